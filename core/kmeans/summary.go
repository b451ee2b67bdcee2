package kmeans

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
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
	if s.bins == nil {
		s.bins, s.packed = new([numBins]moments), new([numBins]packedBin)
	}
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
	for _, w := range values {
		k := key(w)
		low := uint64(k & 0xffff)
		b := &bins[k>>16]
		b.countLow += 1<<40 | low
		b.square += low * low
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
	if s.bins == nil {
		s.bins, s.packed = new([numBins]moments), new([numBins]packedBin)
	}
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
	cells []cell         // the bins of the summary
	bins  []uint32       // their numbers
	mark  *[numBins]bool // the bins to look into
	keys  []uint32       // the keys of the values in them
	count int            // the number of values in them
}

// Candidates returns an empty second pass for the values that s has seen. For
// several pieces at once, take one for each from the summary of the whole.
func (s *Summary) Candidates() *Candidates {
	c := &Candidates{mark: new([numBins]bool)}
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
	for _, r := range runs {
		if r.open && !c.cells[r.a].point() {
			c.mark[c.bins[r.a]] = true
			c.count += int(c.cells[r.a].count)
		}
	}
	return c
}

// Add collects from values, which are those of the summary or a piece of them.
func (c *Candidates) Add(values []float32) {
	if c.keys == nil {
		c.keys = make([]uint32, 0, min(c.count, len(values)))
	}
	c.keys = collect(c.keys, c.mark, values)
}

// collect appends the keys of the values that lie in marked bins.
func collect(keys []uint32, mark *[numBins]bool, values []float32) []uint32 {
	for _, w := range values {
		if k := key(w); mark[k>>16] {
			keys = append(keys, k)
		}
	}
	return keys
}

// Merge adds what d has collected from other values of the same summary.
func (c *Candidates) Merge(d *Candidates) { c.keys = append(c.keys, d.keys...) }

// Clustering returns what [Optimal] returns for three clusters; of fewer than 16,384
// values Inertia may be rounded differently. It returns an error if there are no
// values, or if the second pass has not seen those of the first.
func (c *Candidates) Clustering() (Clustering, error) {
	if len(c.cells) == 0 {
		return Clustering{}, errors.New("k-means of no values")
	}
	if len(c.keys) != c.count {
		return Clustering{}, fmt.Errorf("k-means: the second pass found %d values in the bins where the first counted %d", len(c.keys), c.count)
	}
	c.keys = sortKeys(c.keys)
	cells, keys := make([]cell, 0, len(c.cells)+distinct(c.keys)), c.keys
	for i, b := range c.bins {
		if c.mark[b] {
			n := c.cells[i].count
			cells, keys = appendPoints(cells, keys[:n]), keys[n:]
		} else {
			cells = append(cells, c.cells[i])
		}
	}
	return newLine(cells).three(), nil
}

// Bins lists, ascending, the bins of the summary whose values the second pass
// collects: all that a [Sieve] elsewhere needs to know.
func (c *Candidates) Bins() []uint16 {
	var bins []uint16
	for b, marked := range c.mark {
		if marked {
			bins = append(bins, uint16(b))
		}
	}
	return bins
}

// Take takes in the keys that a [Sieve] for c.Bins() has collected.
func (c *Candidates) Take(keys []uint32) { c.keys = append(c.keys, keys...) }

// A Sieve is the second pass over a piece, where the summary of the whole is not
// at hand: it collects the values in some of its bins.
type Sieve struct {
	mark [numBins]bool
	keys []uint32
}

// NewSieve returns a Sieve for some bins, as [Candidates.Bins] lists them.
func NewSieve(bins []uint16) *Sieve {
	s := new(Sieve)
	for _, b := range bins {
		s.mark[b] = true
	}
	return s
}

// Add collects from values.
func (s *Sieve) Add(values []float32) { s.keys = collect(s.keys, &s.mark, values) }

// Keys returns what was collected, for [Candidates.Take]: a number for each
// value, in their order.
func (s *Sieve) Keys() []uint32 { return s.keys }

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
