package kmeans

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// numBins is the number of prefixes of 16 bits: sign, exponent and the first seven
// bits of the mantissa. Within a bin float32 values are evenly spaced, so each is
// the first value of the bin plus an integer, its last 16 bits, times that spacing.
const numBins = 1 << 16

// pendingLimit keeps count and sum of a packed bin below 2^24 and 2^40.
const pendingLimit = 1<<24 - 1

// A Summary is what a first pass over the values learns for [Optimal] with three
// clusters: number, sum and sum of squares in 65,536 bins. All are integers, so a
// summary does not depend on the order of the values, and summaries of pieces add
// up to the summary of the whole. Its size, 2.5 MB, does not depend on the number
// of values. The zero Summary is empty and ready to use, by one goroutine at a time.
//
// The second pass is [Candidates].
type Summary struct {
	pending int                 // number of values in packed
	packed  *[numBins]packedBin // of the latest values
	bins    *[numBins]moments   // of all others
}

// moments are sums over the values of a bin; low is the last 16 bits of a value's key.
type moments struct{ count, low, square uint64 }

// A packedBin holds the same in two words, which the hot loop needs: the count in
// the upper 24 bits of the first, the sum of low in the lower 40.
type packedBin struct{ countLow, square uint64 }

// Add adds values to the summary. It returns an error, after which the summary is
// of no more use, if one is NaN or infinite; the error has its index in values.
func (s *Summary) Add(values []float32) error {
	s.make()
	for rest := values; len(rest) > 0; {
		n := min(len(rest), pendingLimit-s.pending)
		addPacked(s.packed, rest[:n])
		s.pending += n
		if s.pending == pendingLimit {
			s.unpack()
		}
		rest = rest[n:]
	}
	// NaN and infinities have all exponent bits set: they are the first 128 and the last 128 bins.
	for b := range numBins / 512 {
		if s.packed[b].countLow|s.packed[numBins-1-b].countLow|s.bins[b].count|s.bins[numBins-1-b].count != 0 {
			return notFinite(values)
		}
	}
	return nil
}

func addPacked(bins *[numBins]packedBin, values []float32) {
	for ; len(values) >= 4; values = values[4:] {
		v := (*[4]float32)(values)
		k0, k1, k2, k3 := key(v[0]), key(v[1]), key(v[2]), key(v[3])
		bins[k0>>16].add(uint64(k0 & 0xffff))
		bins[k1>>16].add(uint64(k1 & 0xffff))
		bins[k2>>16].add(uint64(k2 & 0xffff))
		bins[k3>>16].add(uint64(k3 & 0xffff))
	}
	for _, w := range values {
		k := key(w)
		bins[k>>16].add(uint64(k & 0xffff))
	}
}

func (b *packedBin) add(low uint64) {
	b.countLow += 1<<40 | low
	b.square += low * low
}

// AddBin adds count values whose keys have the upper bits of bin, and sums of what
// is below: of low, the lower bits, and of its square. A key is the bits of a
// float32, of a negative one all of them turned round, of others the first, so that
// their order is that of the values; bin has at least 16 bits, as many as width says.
func (s *Summary) AddBin(bin uint32, width int, count, low, square uint64) {
	s.make()
	// What bin has below the 16 bits belongs to the lower ones of every value.
	more := uint64(bin<<(32-width)) & 0xffff
	m := &s.bins[bin>>(width-16)]
	m.count += count
	m.low += low + more*count
	m.square += square + 2*more*low + more*more*count
}

func (s *Summary) make() {
	if s.bins == nil {
		s.bins, s.packed = new([numBins]moments), new([numBins]packedBin)
	}
}

// unpack adds the packed bins to the others and clears them.
func (s *Summary) unpack() {
	if s.pending == 0 {
		return
	}
	for i, p := range s.packed {
		if p.countLow != 0 {
			b := &s.bins[i]
			b.count += p.countLow >> 40
			b.low += p.countLow & (1<<40 - 1)
			b.square += p.square
		}
	}
	clear(s.packed[:])
	s.pending = 0
}

// Merge adds the values that t has seen.
func (s *Summary) Merge(t *Summary) {
	if t.bins == nil {
		return
	}
	s.make()
	t.unpack()
	for i, m := range t.bins {
		b := &s.bins[i]
		b.count += m.count
		b.low += m.low
		b.square += m.square
	}
}

// cell returns bin i, which is not empty, as a cell.
func (m moments) cell(i int) cell {
	first := fromKey(uint32(i) << 16)
	start, ulp := integer(first)
	// The variance is computed in 128-bit integers, without cancellation.
	hi, lo := bits.Mul64(m.count, m.square)
	hi2, lo2 := bits.Mul64(m.low, m.low)
	lo, borrow := bits.Sub64(lo, lo2, 0)
	hi, _ = bits.Sub64(hi, hi2, borrow)
	if hi|lo == 0 {
		return pointCell(fromKey(uint32(i)<<16|uint32(m.low/m.count)), int64(m.count))
	}
	spread := (float64(float64(hi)*0x1p64) + float64(lo)) / float64(m.count)
	return cell{
		lo:    first,
		hi:    fromKey(uint32(i)<<16 | 0xffff),
		count: int64(m.count),
		sum:   scaled(start*int64(m.count)+int64(m.low), ulp),
		inner: spread * ulp * ulp,
	}
}

// Candidates is the second pass for three clusters: it collects the values in those
// bins of a [Summary] where a boundary of the optimum may lie, typically a few per
// cent of all values.
type Candidates struct {
	cells []cell   // the bins of the summary
	bins  []uint32 // their numbers
	open  Bins
	count int // the number of values in the open bins
	sieve *Sieve
}

// Bins are those that a second pass looks into, ascending.
type Bins struct {
	Open []uint16 `json:"open"` // whose values it collects
	Next []uint16 `json:"next"` // right behind one of them: it looks for their smallest value
}

// Candidates returns an empty second pass for the values that s has seen. For
// several pieces at once, take one for each from the summary of the whole.
func (s *Summary) Candidates() *Candidates {
	c := new(Candidates)
	if s.bins == nil {
		return c
	}
	s.unpack()
	for i, m := range s.bins {
		if m.count != 0 {
			c.cells = append(c.cells, m.cell(i))
			c.bins = append(c.bins, uint32(i))
		}
	}
	if len(c.cells) == 0 {
		return c
	}
	// A boundary whose midpoint falls into a bin counts as one inside this bin, so the
	// bins left and right of the open ones need no closer look.
	runs, _ := newLine(c.cells).search(true)
	behind := false
	for _, r := range runs {
		if r.a == r.b {
			continue
		}
		first := c.cells[r.a]
		switch {
		case r.open && !first.point():
			c.open.Open = append(c.open.Open, uint16(c.bins[r.a]))
			c.count += int(first.count)
		case behind && !first.point():
			c.open.Next = append(c.open.Next, uint16(c.bins[r.a]))
		}
		behind = r.open
	}
	c.sieve = NewSieve(c.open)
	return c
}

// Add collects from values, which are those of the summary or a piece of them.
func (c *Candidates) Add(values []float32) {
	if c.sieve != nil {
		c.sieve.Add(values)
	}
}

// Merge adds what d has collected from other values of the same summary.
func (c *Candidates) Merge(d *Candidates) {
	if d.sieve != nil {
		c.Take(d.sieve.Found())
	}
}

// Bins says what the second pass looks into: all that a [Sieve] elsewhere needs to
// know.
func (c *Candidates) Bins() Bins { return c.open }

// Take takes in what a [Sieve] for c.Bins() has found.
func (c *Candidates) Take(keys, least []uint32) {
	c.sieve.keys = append(c.sieve.keys, keys...)
	for i, k := range least {
		c.sieve.least[i] = min(c.sieve.least[i], k)
	}
}

// A Sieve is the second pass over a piece, where the summary of the whole is not
// at hand.
type Sieve struct {
	mark  [numBins]uint16 // 0 for nothing, 1 for an open bin, 2+2i for least[i]
	keys  []uint32
	least []uint32
}

// NewSieve returns a Sieve for some bins.
func NewSieve(bins Bins) *Sieve {
	s := new(Sieve)
	for _, b := range bins.Open {
		s.mark[b] = 1
	}
	for i, b := range bins.Next {
		s.mark[b] = uint16(2 + 2*i)
	}
	s.least = slices.Repeat([]uint32{math.MaxUint32}, len(bins.Next))
	return s
}

// Add looks into values.
func (s *Sieve) Add(values []float32) {
	m := &s.mark
	for ; len(values) >= 8; values = values[8:] {
		s.keys = slices.Grow(s.keys, 8)
		n := len(s.keys)
		v, to := (*[8]float32)(values), (*[8]uint32)(s.keys[n:n+8:n+8])
		// Every key is written, and the place moves on behind those that count: no
		// branch is to be guessed.
		j := 0
		k := key(v[0])
		m0 := m[k>>16]
		to[j&7] = k
		j += int(m0 & 1)
		k = key(v[1])
		m1 := m[k>>16]
		to[j&7] = k
		j += int(m1 & 1)
		k = key(v[2])
		m2 := m[k>>16]
		to[j&7] = k
		j += int(m2 & 1)
		k = key(v[3])
		m3 := m[k>>16]
		to[j&7] = k
		j += int(m3 & 1)
		k = key(v[4])
		m4 := m[k>>16]
		to[j&7] = k
		j += int(m4 & 1)
		k = key(v[5])
		m5 := m[k>>16]
		to[j&7] = k
		j += int(m5 & 1)
		k = key(v[6])
		m6 := m[k>>16]
		to[j&7] = k
		j += int(m6 & 1)
		k = key(v[7])
		m7 := m[k>>16]
		to[j&7] = k
		j += int(m7 & 1)
		s.keys = s.keys[:n+j]
		if m0|m1|m2|m3|m4|m5|m6|m7 > 1 {
			s.lessen(v[:])
		}
	}
	for _, w := range values {
		if k := key(w); m[k>>16] == 1 {
			s.keys = append(s.keys, k)
		}
	}
	s.lessen(values)
}

// lessen looks for the smallest values.
func (s *Sieve) lessen(values []float32) {
	for _, w := range values {
		k := key(w)
		if mark := s.mark[k>>16]; mark > 1 {
			s.least[mark/2-1] = min(s.least[mark/2-1], k)
		}
	}
}

// Found returns the keys of the collected values, and the smallest key in each of
// the bins of Next, for [Candidates.Take].
func (s *Sieve) Found() (keys, least []uint32) { return s.keys, s.least }

// Clustering returns what [Optimal] returns for three clusters; of fewer than 16,384
// values Inertia may be rounded differently. It returns an error if there are no
// values, or if the second pass has not seen those of the first.
func (c *Candidates) Clustering() (Clustering, error) {
	if len(c.cells) == 0 {
		return Clustering{}, errors.New("k-means of no values")
	}
	keys := sortKeys(c.sieve.keys)
	if c.sieve.keys = keys; len(keys) != c.count {
		return Clustering{}, fmt.Errorf("k-means: the second pass found %d values in the bins where the first counted %d", len(keys), c.count)
	}
	cells := make([]cell, 0, len(c.cells)+distinct(keys))
	for i, b := range c.bins {
		switch mark := c.sieve.mark[b]; {
		case mark == 1:
			n := c.cells[i].count
			cells, keys = appendPoints(cells, keys[:n]), keys[n:]
		case mark > 1 && c.sieve.least[mark/2-1] != math.MaxUint32:
			next := c.cells[i]
			next.least, next.seen = fromKey(c.sieve.least[mark/2-1]), true
			cells = append(cells, next)
		default:
			cells = append(cells, c.cells[i])
		}
	}
	return newLine(cells).three(), nil
}

// MarshalBinary writes the summary: for each bin that has values its number and
// its sums, as varints. It returns no error.
func (s *Summary) MarshalBinary() ([]byte, error) {
	if s.bins == nil {
		return nil, nil
	}
	s.unpack()
	var b []byte
	last := -1
	for i, m := range s.bins {
		if m.count != 0 {
			for _, v := range [...]uint64{uint64(i - last), m.count, m.low, m.square} {
				b = binary.AppendUvarint(b, v)
			}
			last = i
		}
	}
	return b, nil
}

// UnmarshalBinary takes in a summary that MarshalBinary wrote, in place of what
// was there.
func (s *Summary) UnmarshalBinary(b []byte) error {
	*s = Summary{bins: new([numBins]moments), packed: new([numBins]packedBin)}
	bin := -1
	for len(b) > 0 {
		var v [4]uint64
		for i := range v {
			n := 0
			if v[i], n = binary.Uvarint(b); n <= 0 {
				return errors.New("k-means: a summary ends within a number")
			}
			b = b[n:]
		}
		if v[0] == 0 || v[0] > uint64(numBins-1-bin) {
			return errors.New("k-means: a summary has a bin beyond the last")
		}
		bin += int(v[0])
		s.bins[bin] = moments{v[1], v[2], v[3]}
	}
	return nil
}
