package quant

import (
	"math"
	"slices"
)

// A Line is the distribution of some values: neighbouring ones are brought
// together in cells, and the sums over any run of cells cost two subtractions.
// So the squared error of a grid on a run costs a few steps for each level, no
// matter how many values there are, and a search can try thousands of grids.
//
// Up to 65,536 values, a cell is one distinct value. More are counted in bins of
// 17 bits of their float32 (sign, exponent and the first eight of the mantissa), so that
// the values of a cell differ by less than one part in 256.
//
// An edge is a place between cells: edge e comes before cell e, and edges run
// from 0 to Cells(). A run (i, j) are the cells between two edges.
type Line struct {
	lo, hi  []float32 // smallest and largest value of each cell
	mean    []float64 // of the values of each cell
	n, s, q []float64 // number, sum and sum of squares of the values between 0 and each edge
}

// sorted is up to how many values a line keeps apart.
const sorted = 1 << 16

// prefix is how many bits of a float32 number a bin.
const prefix = 17

// NewLine returns the distribution of w, whose values are finite.
func NewLine(w []float32) *Line { return NewScaledLine(w, []float32{1}) }

// NewScaledLine returns the distribution of the values of w divided by the
// scale of their row; w has as many equally long rows as there are scales, which
// are positive. Every value counts with the square of its scale: a squared
// error on the line is one of w.
func NewScaledLine(w, scales []float32) *Line {
	if len(w) <= sorted {
		return sortedLine(w, scales)
	}
	return binnedLine(w, scales)
}

func sortedLine(w, scales []float32) *Line {
	keys := make([]uint64, len(w)) // value, then row
	n := len(w) / len(scales)
	for r, scale := range scales {
		for i := r * n; i < (r+1)*n; i++ {
			keys[i] = uint64(orderedBits(w[i]/scale))<<32 | uint64(r)
		}
	}
	slices.Sort(keys)
	distinct := 0
	for i, k := range keys {
		if i == 0 || k>>32 != keys[i-1]>>32 {
			distinct++
		}
	}
	l := newLine(distinct)
	for i, c := 0, 0; i < len(keys); c++ {
		first := keys[i] >> 32
		value, weight := unorderedBits(uint32(first)), 0.0
		for ; i < len(keys) && keys[i]>>32 == first; i++ {
			scale := float64(scales[uint32(keys[i])])
			weight += float64(scale * scale)
		}
		x := float64(value)
		l.set(c, value, value, weight, x*weight, x*float64(x*weight))
	}
	l.add()
	return l
}

func binnedLine(w, scales []float32) *Line {
	type bin struct {
		n, s, q       float64
		above, below uint32 // how far the extremes are from the ends of the bin
	}
	const width = 1<<(32-prefix) - 1
	bins := make([]bin, 1<<prefix)
	n := len(w) / len(scales)
	for r, scale := range scales {
		weight := float64(scale) * float64(scale)
		for _, v := range w[r*n : (r+1)*n] {
			u := v / scale
			x := float64(u)
			key := orderedBits(u)
			b := &bins[key>>(32-prefix)]
			b.above = max(b.above, key&width)
			b.below = max(b.below, ^key&width)
			wx := float64(weight * x)
			b.n += weight
			b.s += wx
			b.q += float64(wx * x)
		}
	}
	used := 0
	for i := range bins {
		if bins[i].n != 0 {
			used++
		}
	}
	l := newLine(used)
	c := 0
	for i, b := range bins {
		if b.n != 0 {
			start := uint32(i) << (32 - prefix)
			l.set(c, unorderedBits(start+width-b.below), unorderedBits(start+b.above), b.n, b.s, b.q)
			c++
		}
	}
	l.add()
	return l
}

func newLine(cells int) *Line {
	ends, sums := make([]float32, 2*cells), make([]float64, 4*(cells+1))
	take := func() []float64 {
		s := sums[: cells+1 : cells+1]
		sums = sums[cells+1:]
		return s
	}
	return &Line{ends[:cells], ends[cells:], take()[:cells], take(), take(), take()}
}

// set stores the sums of cell c behind its edge, for add to add up.
func (l *Line) set(c int, lo, hi float32, n, s, q float64) {
	l.lo[c], l.hi[c], l.mean[c] = lo, hi, s/n
	l.n[c+1], l.s[c+1], l.q[c+1] = n, s, q
}

// add turns the sums of the cells into sums from 0 to each edge. They grow to
// both sides, so that far values do not take precision from those near 0.
func (l *Line) add() {
	zero := l.Edge(0, 0, l.Cells())
	for _, sums := range [][]float64{l.n, l.s, l.q} {
		below := 0.0
		for e := zero; e > 0; e-- {
			cell := sums[e]
			sums[e] = below
			below -= cell
		}
		sums[0] = below
		for e := zero + 1; e < len(sums); e++ {
			sums[e] += sums[e-1]
		}
	}
}

// Cells returns the number of cells.
func (l *Line) Cells() int { return len(l.mean) }

// Range returns the smallest and the largest value of the run (i, j), which is not empty.
func (l *Line) Range(i, j int) (lo, hi float32) { return l.lo[i], l.hi[j-1] }

// Sums returns the number of values of the run (i, j), their sum and the sum of their squares.
func (l *Line) Sums(i, j int) (n, s, q float64) {
	return l.n[j] - l.n[i], l.s[j] - l.s[i], l.q[j] - l.q[i]
}

// Error returns the squared error of the run (i, j) where every cell goes to the
// nearest of the given number of levels, first, first+step, first+2*step and so on.
func (l *Line) Error(i, j int, first, step float64, levels int) float64 {
	if levels > j-i {
		return l.cellError(i, j, first, step, levels)
	}
	sum, level := 0.0, first
	for k := 1; k <= levels && i < j; k++ {
		e := j
		if k < levels {
			e = l.Edge(level+step/2, i, j)
		}
		if e > i {
			n, s, q := l.Sums(i, e)
			sum += max(0, q-float64(level*(2*s-float64(level*n))))
			i = e
		}
		level = first + float64(step*float64(k))
	}
	return sum
}

// cellError is Error, one cell at a time.
func (l *Line) cellError(i, j int, first, step float64, levels int) float64 {
	sum := 0.0
	for c := i; c < j; c++ {
		n, s, q := l.Sums(c, c+1)
		if step > 0 && float64(l.hi[c])-float64(l.lo[c]) > step {
			// Over a whole step the error is distributed evenly.
			sum += n * step * step / 12
			continue
		}
		k := 0.0
		if step > 0 {
			k = max(0, min(math.RoundToEven((l.mean[c]-first)/step), float64(levels-1)))
		}
		level := first + float64(step*k)
		sum += max(0, q-float64(level*(2*s-float64(level*n))))
	}
	return sum
}

// Edge returns the first edge from i to j before which no value exceeds x.
func (l *Line) Edge(x float64, i, j int) int {
	m := l.mean[i:j]
	for len(m) > 0 {
		half := len(m) / 2
		if m[half] <= x {
			i += half + 1
			m = m[half+1:]
		} else {
			m = m[:half]
		}
	}
	return i
}

// orderedBits maps floats to integers of the same order; -0 and 0 are one.
func orderedBits(f float32) uint32 {
	b := math.Float32bits(f + 0)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// unorderedBits is the inverse of orderedBits.
func unorderedBits(k uint32) float32 {
	return math.Float32frombits(k ^ (uint32(^int32(k)>>31) | 1<<31))
}
