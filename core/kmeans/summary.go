package kmeans

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"slices"
	"sync"
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
	zeros   uint64              // how many of them are -0
	packed  *[numBins]packedBin // of the latest values, by the upper bits of the values
	bins    *[numBins]moments   // of all others, by those of their keys
}

// moments are sums over the values of a bin; low is the last 16 bits of a value's key.
type moments struct{ count, low, square uint64 }

// A packedBin holds the same in two words, which the hot loop needs: the count in
// the upper 24 bits of the first, the sum of low in the lower 40. Here low is of the
// value itself: the loop has no time for keys.
type packedBin struct{ countLow, square uint64 }

// Add adds values to the summary. It returns an error, after which the summary is
// of no more use, if one is NaN or infinite; the error has its index in values.
func (s *Summary) Add(values []float32) error {
	s.make()
	for raw := range rawBlocks(values) {
		s.add(raw)
	}
	if s.nonFinite() {
		return notFinite(values)
	}
	return nil
}

// AddBytes is Add for values as files have them, little endian.
func (s *Summary) AddBytes(raw []byte) error {
	s.add(raw)
	if !s.nonFinite() {
		return nil
	}
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return notFinite(values)
}

func (s *Summary) add(raw []byte) {
	s.make()
	for len(raw) >= 4 {
		n := min(len(raw)/4, pendingLimit-s.pending)
		before := s.packed[negativeZero].countLow
		addPacked(s.packed, raw[:4*n])
		if s.packed[negativeZero].countLow != before {
			s.zeros += countNegativeZeros(raw[:4*n])
		}
		if s.pending += n; s.pending == pendingLimit {
			s.unpack()
			s.make()
		}
		raw = raw[4*n:]
	}
}

// nonFinite reports whether some value is NaN or infinite. These have all exponent
// bits set: as keys, they are the first 128 and the last 128 bins.
func (s *Summary) nonFinite() bool {
	const exponent = 0x7f80
	found := uint64(0)
	for b := range numBins / 512 {
		found |= s.packed[exponent+b].countLow | s.packed[1<<15|exponent+b].countLow | s.bins[b].count | s.bins[numBins-1-b].count
	}
	return found != 0
}

// addPacked reads both halves of a value from memory: that takes fewer steps than
// to take apart what was read.
func addPacked(bins *[numBins]packedBin, raw []byte) {
	for ; len(raw) >= 32; raw = raw[32:] {
		r := (*[32]byte)(raw)
		bins[binary.LittleEndian.Uint16(r[2:])].add(binary.LittleEndian.Uint16(r[0:]))
		bins[binary.LittleEndian.Uint16(r[6:])].add(binary.LittleEndian.Uint16(r[4:]))
		bins[binary.LittleEndian.Uint16(r[10:])].add(binary.LittleEndian.Uint16(r[8:]))
		bins[binary.LittleEndian.Uint16(r[14:])].add(binary.LittleEndian.Uint16(r[12:]))
		bins[binary.LittleEndian.Uint16(r[18:])].add(binary.LittleEndian.Uint16(r[16:]))
		bins[binary.LittleEndian.Uint16(r[22:])].add(binary.LittleEndian.Uint16(r[20:]))
		bins[binary.LittleEndian.Uint16(r[26:])].add(binary.LittleEndian.Uint16(r[24:]))
		bins[binary.LittleEndian.Uint16(r[30:])].add(binary.LittleEndian.Uint16(r[28:]))
	}
	for ; len(raw) >= 4; raw = raw[4:] {
		bins[binary.LittleEndian.Uint16(raw[2:])].add(binary.LittleEndian.Uint16(raw))
	}
}

func (b *packedBin) add(half uint16) {
	low := uint64(half)
	b.countLow += 1<<40 | low
	b.square += low * low
}

// negativeZero is the packed bin of -0, which belongs to the bin of 0.
const negativeZero = 1 << 15

func countNegativeZeros(raw []byte) (n uint64) {
	for ; len(raw) >= 4; raw = raw[4:] {
		if binary.LittleEndian.Uint32(raw) == 1<<31 {
			n++
		}
	}
	return n
}

// rawBlocks yields values as files have them, some at a time.
func rawBlocks(values []float32) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var raw [4096]byte
		for len(values) > 0 {
			n := min(len(values), len(raw)/4)
			for i, w := range values[:n] {
				binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(w))
			}
			if !yield(raw[:4*n]) {
				return
			}
			values = values[n:]
		}
	}
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
		s.bins = new([numBins]moments)
	}
	if s.packed == nil {
		s.packed = packedPool.Get().(*[numBins]packedBin)
	}
}

// packedPool holds packed bins without values.
var packedPool = sync.Pool{New: func() any { return new([numBins]packedBin) }}

// unpack adds the packed bins to the others and clears them.
func (s *Summary) unpack() {
	if s.pending == 0 {
		return
	}
	for i, p := range s.packed {
		if p.countLow == 0 {
			continue
		}
		m := moments{p.countLow >> 40, p.countLow & (1<<40 - 1), p.square}
		key := i | 1<<15
		if i >= negativeZero {
			if i == negativeZero {
				m.count -= s.zeros
				s.bins[1<<15].count += s.zeros
			}
			key, m = numBins-1-i, m.turned()
		}
		b := &s.bins[key]
		b.count += m.count
		b.low += m.low
		b.square += m.square
	}
	clear(s.packed[:])
	packedPool.Put(s.packed)
	s.packed, s.pending, s.zeros = nil, 0, 0
}

// turned returns the moments with the bits of every low turned round.
func (m moments) turned() moments {
	const ones = 1<<16 - 1
	return moments{m.count, ones*m.count - m.low, ones*ones*m.count - 2*ones*m.low + m.square}
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

// cell returns the values, of which there is at least one, as a cell. The bits of
// their keys above the lowest width are those of first.
func (m moments) cell(first uint32, width int) cell {
	lo := fromKey(first)
	start, ulp := integer(lo)
	// The variance is computed in 128-bit integers, without cancellation.
	hi, low := bits.Mul64(m.count, m.square)
	hi2, low2 := bits.Mul64(m.low, m.low)
	low, borrow := bits.Sub64(low, low2, 0)
	hi, _ = bits.Sub64(hi, hi2, borrow)
	if hi|low == 0 {
		return pointCell(fromKey(first|uint32(m.low/m.count)), int64(m.count))
	}
	spread := (float64(float64(hi)*0x1p64) + float64(low)) / float64(m.count)
	return cell{
		lo:    lo,
		hi:    fromKey(first | (1<<width - 1)),
		count: int64(m.count),
		sum:   scaled(start*int64(m.count)+int64(m.low), ulp),
		inner: spread * ulp * ulp,
	}
}

// Candidates is the second pass for three clusters: it collects the values in those
// bins of a [Summary] where a boundary of the optimum may lie, typically a few per
// cent of all values.
type Candidates struct {
	cells  []cell   // the bins of the summary
	bins   []uint32 // their numbers
	open   Bins
	count  int // the number of values in the open bins
	sieve  *Sieve
	lo, hi float32
}

// Bins are those that a second pass looks into, ascending.
type Bins struct {
	Open []uint16 `json:"open"` // whose values it collects
	Next []uint16 `json:"next"` // right behind one of them, and the first: it looks for their smallest value
	Last []uint16 `json:"last"` // the last: it looks for its largest value
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
			c.cells = append(c.cells, m.cell(uint32(i)<<16, 16))
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
	c.lookForEnds()
	c.sieve = NewSieve(c.open)
	return c
}

// lookForEnds has the second pass look for the smallest and the largest value.
func (c *Candidates) lookForEnds() {
	first, last := uint16(c.bins[0]), uint16(c.bins[len(c.bins)-1])
	if !c.cells[0].point() && !slices.Contains(c.open.Open, first) && !slices.Contains(c.open.Next, first) {
		c.open.Next = append([]uint16{first}, c.open.Next...)
	}
	if !c.cells[len(c.cells)-1].point() && !slices.Contains(c.open.Open, last) {
		c.open.Last = []uint16{last}
	}
}

// Range returns the smallest and the largest of the values, once Clustering has
// returned what they are divided into.
func (c *Candidates) Range() (lo, hi float32) { return c.lo, c.hi }

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

// Each calls yield for every bin of the summary with its number of values, their mean,
// and the sum of their squared distances to that. The upper 16 bits of all values of
// a bin are those of value; those of -0 count as those of 0.
func (c *Candidates) Each(yield func(value float32, count int64, mean, inner float64)) {
	for i, cell := range c.cells {
		yield(fromKey(c.bins[i]<<16), cell.count, cell.mean(), cell.inner)
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
	bins  Bins
	marks [numBins]uint8 // by the upper bits of values: 0 for those not to be looked at
	keys  []uint32
	least []uint32 // the smallest key in each of bins.Next, and of bins.Last with all bits turned round
}

// Marks of bins.
const (
	markOpen = 1 << iota
	markNext
	markLast
	markZero // of what looks like the bin of -0, whose bin is that of 0
)

// NewSieve returns a Sieve for some bins.
func NewSieve(bins Bins) *Sieve {
	s := &Sieve{bins: bins, least: slices.Repeat([]uint32{math.MaxUint32}, len(bins.Next)+len(bins.Last))}
	for mark, list := range map[uint8][]uint16{markOpen: bins.Open, markNext: bins.Next, markLast: bins.Last} {
		for _, b := range list {
			s.marks[math.Float32bits(fromKey(uint32(b)<<16))>>16] |= mark
		}
	}
	if s.marks[0]|s.marks[negativeZero] != 0 {
		s.marks[negativeZero] |= markZero
	}
	return s
}

// mark returns the marks of the bin of a key.
func (s *Sieve) mark(key uint32) uint8 { return s.marks[math.Float32bits(fromKey(key))>>16] }

// Add looks into values.
func (s *Sieve) Add(values []float32) {
	for raw := range rawBlocks(values) {
		s.AddBytes(raw)
	}
}

// AddBytes looks into values as files have them, little endian.
func (s *Sieve) AddBytes(raw []byte) {
	m := &s.marks
	for ; len(raw) >= 32; raw = raw[32:] {
		r := (*[32]byte)(raw)
		marks := m[binary.LittleEndian.Uint16(r[2:])] | m[binary.LittleEndian.Uint16(r[6:])] |
			m[binary.LittleEndian.Uint16(r[10:])] | m[binary.LittleEndian.Uint16(r[14:])] |
			m[binary.LittleEndian.Uint16(r[18:])] | m[binary.LittleEndian.Uint16(r[22:])] |
			m[binary.LittleEndian.Uint16(r[26:])] | m[binary.LittleEndian.Uint16(r[30:])]
		switch {
		case marks == markOpen:
			s.keep(r)
		case marks != 0:
			s.look(r[:])
		}
	}
	s.look(raw)
}

// keep keeps the keys of those of eight values that are marked as open. Every key is
// written, and the place moves on behind those that count: no branch is to be guessed.
func (s *Sieve) keep(r *[32]byte) {
	n := len(s.keys)
	s.keys = slices.Grow(s.keys, 8)[:n+8]
	for i := 0; i < 32; i += 4 {
		b := binary.LittleEndian.Uint32(r[i:])
		s.keys[n] = b ^ (uint32(int32(b)>>31) | 1<<31)
		n += int(s.marks[b>>16])
	}
	s.keys = s.keys[:n]
}

func (s *Sieve) look(raw []byte) {
	for ; len(raw) >= 4; raw = raw[4:] {
		if s.marks[binary.LittleEndian.Uint16(raw[2:])] == 0 {
			continue
		}
		k := key(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		mark := s.mark(k)
		if mark&markOpen != 0 {
			s.keys = append(s.keys, k)
		}
		if mark&markNext != 0 {
			i := slices.Index(s.bins.Next, uint16(k>>16))
			s.least[i] = min(s.least[i], k)
		}
		if mark&markLast != 0 {
			i := len(s.bins.Next)
			s.least[i] = min(s.least[i], ^k)
		}
	}
}

// Found returns the keys of the collected values, and for each bin of Next the
// smallest key in it, for that of Last the largest with all bits turned round: what
// [Candidates.Take] takes.
func (s *Sieve) Found() (keys, least []uint32) { return s.keys, s.least }

// Clustering returns what [Optimal] returns for three clusters; of fewer than 16,384
// values Inertia may be rounded differently. It returns an error if there are no
// values, or if the second pass has not seen those of the first.
func (c *Candidates) Clustering() (Clustering, error) {
	if len(c.cells) == 0 {
		return Clustering{}, errors.New("k-means of no values")
	}
	if len(c.sieve.keys) != c.count {
		return Clustering{}, fmt.Errorf("k-means: the second pass found %d values in the bins where the first counted %d", len(c.sieve.keys), c.count)
	}
	c.findRange()
	fine := c.finely()
	runs, _ := newLine(fine.cells).search(true)
	return newLine(fine.points(runs, c.sieve.keys)).three(), nil
}

// findRange finds the smallest and the largest value.
func (c *Candidates) findRange() {
	first, last := c.cells[0], c.cells[len(c.cells)-1]
	c.lo, c.hi = first.lo, last.hi
	if i := slices.Index(c.open.Next, uint16(c.bins[0])); i >= 0 {
		c.lo = fromKey(c.sieve.least[i])
	} else if !first.point() {
		c.lo = fromKey(slices.Min(c.sieve.keys))
	}
	if len(c.open.Last) > 0 {
		c.hi = fromKey(^c.sieve.least[len(c.open.Next)])
	} else if !last.point() {
		c.hi = fromKey(slices.Max(c.sieve.keys))
	}
}

// fineBins are the bins of a summary, but that each open one is divided into 256:
// then even fewer values need to be told apart.
type fineBins struct {
	cells []cell
	part  []int32        // of each cell, which of the parts of open bins it is; -1 for other bins
	open  [numBins]int32 // where the parts of an open bin begin
	parts int
}

const fineBits = 8

// finely divides the open bins by the values found in them.
func (c *Candidates) finely() *fineBins {
	f := new(fineBins)
	for i, b := range c.open.Open {
		f.open[b] = int32(i << fineBits)
	}
	parts := make([]moments, len(c.open.Open)<<fineBits)
	f.parts = len(parts)
	least := slices.Repeat([]uint32{math.MaxUint32}, len(parts))
	for _, k := range c.sieve.keys {
		i, low := f.partOf(k), uint64(k&(1<<(16-fineBits)-1))
		p := &parts[i]
		p.count++
		p.low += low
		p.square += low * low
		least[i] = min(least[i], k)
	}
	for i, b := range c.bins {
		if c.sieve.mark(b<<16)&markOpen == 0 {
			next := c.cells[i]
			if n := slices.Index(c.open.Next, uint16(b)); n >= 0 && c.sieve.least[n] != math.MaxUint32 {
				next.least, next.seen = fromKey(c.sieve.least[n]), true
			}
			f.cells, f.part = append(f.cells, next), append(f.part, -1)
			continue
		}
		for p := f.open[b]; p < f.open[b]+1<<fineBits; p++ {
			if parts[p].count > 0 {
				fine := parts[p].cell(b<<16|uint32(p)%(1<<fineBits)<<(16-fineBits), 16-fineBits)
				fine.least, fine.seen = fromKey(least[p]), true
				f.cells, f.part = append(f.cells, fine), append(f.part, p)
			}
		}
	}
	return f
}

// partOf returns which part of an open bin a key lies in.
func (f *fineBins) partOf(key uint32) int32 {
	return f.open[key>>16] + int32(key>>(16-fineBits)%(1<<fineBits))
}

// points returns the cells with those that are open, of which keys has the values,
// in single values.
func (f *fineBins) points(runs []run, keys []uint32) []cell {
	wanted := make([]bool, 1+f.parts) // the first of what is in no open bin
	for _, r := range runs {
		if r.open && r.a < r.b && f.part[r.a] >= 0 && !f.cells[r.a].point() {
			wanted[1+f.part[r.a]] = true
		}
	}
	var found []uint32
	for _, k := range keys {
		if wanted[1+f.partOf(k)] {
			found = append(found, k)
		}
	}
	found = sortKeys(found)
	cells := make([]cell, 0, len(f.cells)+len(found))
	for i, c := range f.cells {
		if !wanted[1+f.part[i]] {
			cells = append(cells, c)
			continue
		}
		cells, found = appendPoints(cells, found[:c.count]), found[c.count:]
	}
	return cells
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
	*s = Summary{bins: new([numBins]moments)}
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
