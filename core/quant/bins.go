package quant

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"splitquant/core/tensor"
)

// Bins count values by the upper 17 bits of their float32, for a [Line] of more
// values than are kept apart. All that is summed is an integer: the Bins of pieces
// add up to those of the whole, in any order. They take 8 MB, however many values
// there are. The zero Bins are empty and ready to use, by one goroutine at a time.
type Bins struct {
	pending int
	zeros   uint64              // how many of the latest values are -0: they count as 0
	tiny    ends                // of the others in the bin of -0
	packed  *[numBins]packedBin // of the latest values, by the upper bits of the values
	bins    *[numBins]moments   // of all others, by those of their keys
	ends    *[numBins]ends
}

const (
	numBins  = 1 << prefixBits
	restBits = 32 - prefixBits
)

// moments are sums over the values of a bin. Within one, values are evenly
// spaced: each is the first of the bin and low, its last 15 bits, times that
// spacing.
type moments struct{ count, low, square uint64 }

// A packedBin holds the same in two words: the count in the upper 24 bits of the
// first, the sum of low in the lower 40. Here low is of the value itself, whose key
// the hot loop has no time for. All that is known of a bin lies together, filled up
// so that none lies in two lines of the cache.
type packedBin struct {
	countLow, square uint64
	ends             ends
	_                uint64
}

// pendingLimit is how many values the packed bins hold.
const pendingLimit = 1<<24 - 1

// ends are the longest ways from values to the end and to the start of their bin.
type ends struct{ below, above uint32 }

func (e *ends) see(low uint32) {
	// Branches that are hardly ever taken cost less than storing each time.
	if below := ^low & (1<<restBits - 1); below > e.below {
		e.below = below
	}
	if low > e.above {
		e.above = low
	}
}

// values returns the smallest and the largest value of bin i.
func (e *ends) values(i int) (lo, hi float32) {
	return unsortable((uint32(i)+1)<<restBits - 1 - e.below), unsortable(uint32(i)<<restBits + e.above)
}

// Add counts values, which are finite.
func (b *Bins) Add(values []float32) {
	raw := make([]byte, 4*min(len(values), 4096))
	for len(values) > 0 {
		n := min(len(values), 4096)
		_ = tensor.PutFloat(raw[:4*n], values[:n], tensor.Float32) // of as many bytes as there must be
		b.AddBytes(raw[:4*n])
		values = values[n:]
	}
}

// AddBytes counts values that are float32 as files have them, little endian. It
// reports whether all are finite; if not, the bins are of no more use.
func (b *Bins) AddBytes(w []byte) (finite bool) {
	b.make()
	for len(w) >= 4 {
		n := min(len(w)/4, pendingLimit-b.pending)
		before := b.packed[negativeZero].countLow
		b.addPacked(w[:4*n])
		if b.packed[negativeZero].countLow != before {
			b.lookAtNegativeZeros(w[:4*n])
		}
		if b.pending += n; b.pending == pendingLimit {
			b.unpack()
		}
		w = w[4*n:]
	}
	// NaN and infinities have all exponent bits set.
	const exponent = 0xff << (prefixBits - 9)
	found := uint64(0)
	for i := range numBins / 512 {
		found |= b.packed[exponent+i].countLow | b.packed[negativeZero+exponent+i].countLow | b.bins[i].count | b.bins[numBins-1-i].count
	}
	return found == 0
}

// negativeZero is the packed bin of -0.
const negativeZero = numBins / 2

// lookAtNegativeZeros tells -0, which belongs to the bin of 0, from what else is in
// its packed bin.
func (b *Bins) lookAtNegativeZeros(w []byte) {
	for ; len(w) >= 4; w = w[4:] {
		switch v := bitsAt(w); {
		case v == 1<<31:
			b.zeros++
		case v>>restBits == negativeZero:
			b.tiny.see(v & (1<<restBits - 1))
		}
	}
}

func (b *Bins) make() {
	if b.bins == nil {
		b.bins, b.packed, b.ends = new([numBins]moments), new([numBins]packedBin), new([numBins]ends)
	}
}

func (b *Bins) addPacked(w []byte) {
	p := b.packed
	for ; len(w) >= 16; w = w[16:] {
		v := (*[16]byte)(w)
		b0, b1, b2, b3 := bitsAt(v[0:]), bitsAt(v[4:]), bitsAt(v[8:]), bitsAt(v[12:])
		p[b0>>restBits].add(b0)
		p[b1>>restBits].add(b1)
		p[b2>>restBits].add(b2)
		p[b3>>restBits].add(b3)
	}
	for ; len(w) >= 4; w = w[4:] {
		p[bitsAt(w)>>restBits].add(bitsAt(w))
	}
}

func (p *packedBin) add(bits uint32) {
	low := bits & (1<<restBits - 1)
	p.countLow += 1<<40 | uint64(low)
	p.square += uint64(low) * uint64(low)
	p.ends.see(low)
}

// unpack adds the packed bins to the others and clears them.
func (b *Bins) unpack() {
	if b.pending == 0 {
		return
	}
	for i, p := range b.packed {
		if p.countLow == 0 {
			continue
		}
		m, e := moments{p.countLow >> 40, p.countLow & (1<<40 - 1), p.square}, p.ends
		if i < negativeZero {
			b.add(i+numBins/2, m, e)
			continue
		}
		if i == negativeZero {
			if m.count, e = m.count-b.zeros, b.tiny; b.zeros > 0 {
				b.add(numBins/2, moments{count: b.zeros}, ends{below: 1<<restBits - 1})
			}
		}
		if m.count > 0 {
			b.add(numBins-1-i, m.turned(), ends{e.above, e.below})
		}
	}
	clear(b.packed[:])
	b.pending, b.zeros, b.tiny = 0, 0, ends{}
}

// turned returns the moments with the bits of every low turned round.
func (m moments) turned() moments {
	const ones = 1<<restBits - 1
	return moments{m.count, ones*m.count - m.low, ones*ones*m.count - 2*ones*m.low + m.square}
}

// Range returns the range of the values.
func (b *Bins) Range() (r Range) {
	b.make()
	b.unpack()
	for i, m := range b.bins {
		if m.count > 0 {
			lo, hi := b.ends[i].values(i)
			r.Merge(Range{Lo: lo, Hi: hi, N: int64(m.count)})
		}
	}
	return r
}

// Merge adds the values that o has counted.
func (b *Bins) Merge(o *Bins) {
	if o.bins == nil {
		return
	}
	b.make()
	o.unpack()
	for i, m := range o.bins {
		if m.count != 0 {
			b.add(i, m, o.ends[i])
		}
	}
}

func (b *Bins) add(i int, m moments, e ends) {
	to := &b.bins[i]
	to.count += m.count
	to.low += m.low
	to.square += m.square
	b.ends[i].below, b.ends[i].above = max(b.ends[i].below, e.below), max(b.ends[i].above, e.above)
}

// Each calls yield for every bin that has values with its number, which are the
// upper 17 bits of their keys; how many there are; and the sums of what is below,
// and of its square. A key is the bits of a float32, of a negative one all turned
// round, of others the first.
func (b *Bins) Each(yield func(bin uint32, count, low, square uint64)) {
	b.make()
	b.unpack()
	for i, m := range b.bins {
		if m.count > 0 {
			yield(uint32(i), m.count, m.low, m.square)
		}
	}
}

// BinBits is how many bits the number of a bin has.
const BinBits = prefixBits

// Line returns the distribution of the values.
func (b *Bins) Line() *Line {
	b.make()
	b.unpack()
	used := 0
	for i := range b.bins {
		if b.bins[i].count > 0 {
			used++
		}
	}
	l := newLine(used)
	c := 0
	for i, m := range b.bins {
		if m.count > 0 {
			lo, hi := b.ends[i].values(i)
			n, s, q := m.sums(i)
			l.set(c, lo, hi, n, s, q)
			c++
		}
	}
	return l.finish()
}

// sums returns number, sum and sum of squares of the values of bin i, the last
// two rounded once.
func (m moments) sums(i int) (n, s, q float64) {
	first := unsortable(uint32(i) << restBits)
	start, ulp := integer(first)
	n = float64(m.count)
	s = float64(start*int64(m.count)+int64(m.low)) * ulp
	// start^2 count + 2 start low + square, in 128 bits.
	hi, lo := bits.Mul64(uint64(start*start), m.count)
	side := uint64(start)
	if start < 0 {
		side = uint64(-start)
	}
	hi2, lo2 := bits.Mul64(2*side, m.low)
	var carry uint64
	if start < 0 {
		lo, carry = bits.Sub64(lo, lo2, 0)
		hi, _ = bits.Sub64(hi, hi2, carry)
	} else {
		lo, carry = bits.Add64(lo, lo2, 0)
		hi, _ = bits.Add64(hi, hi2, carry)
	}
	lo, carry = bits.Add64(lo, m.square, 0)
	hi += carry
	return n, s, (float64(float64(hi)*0x1p64) + float64(lo)) * ulp * ulp
}

// integer returns the signed integer m and the power of two ulp with w = m * ulp,
// where ulp is the distance of neighbouring float32 values in the binade of w.
func integer(w float32) (m int64, ulp float64) {
	b := math.Float32bits(w)
	m, e := int64(b&0x7fffff), int(b>>23&0xff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 23
	}
	if w < 0 {
		m = -m
	}
	return m, math.Float64frombits(uint64(e-150+1023) << 52)
}

// MarshalBinary writes the bins that have values, as varints. It returns no error.
func (b *Bins) MarshalBinary() ([]byte, error) {
	if b.bins == nil {
		return nil, nil
	}
	b.unpack()
	var p []byte
	last := -1
	for i, m := range b.bins {
		if m.count != 0 {
			e := b.ends[i]
			for _, v := range [...]uint64{uint64(i - last), m.count, m.low, m.square, uint64(e.below), uint64(e.above)} {
				p = binary.AppendUvarint(p, v)
			}
			last = i
		}
	}
	return p, nil
}

// UnmarshalBinary takes in what MarshalBinary wrote, in place of what was there.
func (b *Bins) UnmarshalBinary(p []byte) error {
	*b = Bins{}
	b.make()
	bin := -1
	for len(p) > 0 {
		var v [6]uint64
		for i := range v {
			n := 0
			if v[i], n = binary.Uvarint(p); n <= 0 {
				return errors.New("bins end within a number")
			}
			p = p[n:]
		}
		if v[0] == 0 || v[0] > uint64(numBins-1-bin) {
			return errors.New("a bin beyond the last")
		}
		bin += int(v[0])
		b.add(bin, moments{v[1], v[2], v[3]}, ends{uint32(v[4]), uint32(v[5])})
	}
	return nil
}

// AddTimes counts a finite value n times.
func (b *Bins) AddTimes(v float32, n int64) {
	if n == 0 {
		return
	}
	b.make()
	key := sortable(v)
	low, count := uint64(key&(1<<restBits-1)), uint64(n)
	var e ends
	e.see(uint32(low))
	b.add(int(key>>restBits), moments{count, count * low, count * low * low}, e)
}
