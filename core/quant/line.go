package quant

import (
	"math"
	"slices"
)

// A Line is the distribution of some values: neighbouring ones are brought
// together in cells, with sums from which those of any run of cells follow by a
// subtraction. The squared error of a grid on a run of values then takes some
// steps for each level, however many values there are, so that a search can try
// thousands of grids.
//
// Up to 65,536 values, a cell is one distinct value. More are counted in bins by
// the upper 17 bits of their float32: sign, exponent and eight bits of the
// mantissa, so that the values of a cell differ by less than one part in 256.
//
// An edge is a place between cells: edge e comes before cell e, and the edges run
// from 0 to Cells(). The run (i, j) is the cells between edges i < j.
type Line struct {
	lo, hi  []float32 // smallest and largest value of each cell
	mean    []float64 // of the values of each cell
	n, s, q []float64 // number, sum and sum of squares of the values between 0 and each edge
	start   []int32   // the first edge that is not before the start of each bin; nil where cells are few
}

const (
	fewValues  = 1 << 16 // as many values are kept apart
	prefixBits = 17      // by which more are counted
	manyCells  = 1 << 12 // pay for a table that finds edges sooner
)

// NewLine returns the distribution of w, whose values are finite.
func NewLine(w []float32) *Line { return NewScaledLine(w, []float32{1}) }

// NewScaledLine returns the distribution of the values of w divided by the scale
// of their row. w has as many equally long rows as there are scales; a row of
// scale 0 is left out. Each value counts with the square of its scale, so that a
// squared error on the line is one of w.
func NewScaledLine(w, scales []float32) *Line {
	if len(w) <= fewValues {
		return pointLine(w, scales)
	}
	return binLine(w, scales)
}

// pointLine makes one cell of each distinct value.
func pointLine(w, scales []float32) *Line {
	keys := make([]uint64, 0, len(w)) // the value in the upper half, its row in the lower
	n := len(w) / len(scales)
	for r, scale := range scales {
		if scale == 0 {
			continue
		}
		for _, v := range w[r*n : (r+1)*n] {
			keys = append(keys, uint64(sortable(v/scale))<<32|uint64(r))
		}
	}
	keys = sortKeys(keys)
	distinct := 0
	for i, k := range keys {
		if i == 0 || k>>32 != keys[i-1]>>32 {
			distinct++
		}
	}
	l := newLine(distinct)
	for i, c := 0, 0; i < len(keys); c++ {
		key, weight := keys[i]>>32, 0.0
		for ; i < len(keys) && keys[i]>>32 == key; i++ {
			scale := float64(scales[uint32(keys[i])])
			weight += float64(scale * scale)
		}
		value := unsortable(uint32(key))
		sum := float64(weight * float64(value))
		l.set(c, value, value, weight, sum, float64(sum*float64(value)))
	}
	return l.finish()
}

// binLine counts the values in bins.
func binLine(w, scales []float32) *Line {
	if len(scales) == 1 && scales[0] == 1 {
		b := new(Bins)
		b.Add(w)
		return b.Line()
	}
	const rest = 32 - prefixBits
	type bin struct {
		n, s, q float64
		ends
	}
	bins := make([]bin, 1<<prefixBits)
	n := len(w) / len(scales)
	for r, scale := range scales {
		weight := float64(float64(scale) * float64(scale))
		if scale == 0 {
			continue
		}
		for _, v := range w[r*n : (r+1)*n] {
			u := v / scale
			key := sortable(u)
			b := &bins[key>>rest]
			sum := float64(weight * float64(u))
			b.n += weight
			b.s += sum
			b.q += float64(sum * float64(u))
			b.see(key & (1<<rest - 1))
		}
	}
	used := 0
	for i := range bins {
		if bins[i].n > 0 {
			used++
		}
	}
	l := newLine(used)
	c := 0
	for i := range bins {
		if b := &bins[i]; b.n > 0 {
			lo, hi := b.values(i)
			l.set(c, lo, hi, b.n, b.s, b.q)
			c++
		}
	}
	return l.finish()
}

func newLine(cells int) *Line {
	ends, sums := make([]float32, 2*cells), make([]float64, 3*(cells+1)+cells)
	edges := func(k int) []float64 { return sums[k*(cells+1) : (k+1)*(cells+1)] }
	return &Line{ends[:cells], ends[cells:], sums[3*(cells+1):], edges(0), edges(1), edges(2), nil}
}

// set stores what is known of cell c, its sums at the edge behind it.
func (l *Line) set(c int, lo, hi float32, n, s, q float64) {
	l.lo[c], l.hi[c], l.mean[c] = lo, hi, min(max(s/n, float64(lo)), float64(hi))
	l.n[c+1], l.s[c+1], l.q[c+1] = n, s, q
}

// finish turns the sums of cells into those between 0 and each edge. They grow to
// both sides, so that far values take no precision from those near 0.
func (l *Line) finish() *Line {
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
	if l.Cells() < manyCells {
		return l
	}
	l.start = make([]int32, 1<<prefixBits+1)
	e := 0
	for b := range l.start {
		for e < l.Cells() && int(sortable(l.lo[e])>>(32-prefixBits)) < b {
			e++
		}
		l.start[b] = int32(e)
	}
	return l
}

// Cells returns the number of cells.
func (l *Line) Cells() int { return len(l.mean) }

// Range returns the smallest and the largest value of the run (i, j).
func (l *Line) Range(i, j int) (lo, hi float32) { return l.lo[i], l.hi[j-1] }

// Sums returns the number of values in the run (i, j), each counted with the
// square of its scale, their sum and the sum of their squares.
func (l *Line) Sums(i, j int) (n, s, q float64) {
	return l.n[j] - l.n[i], l.s[j] - l.s[i], l.q[j] - l.q[i]
}

// Edge returns the edge in the run (i, j), ends included, that comes before the
// first cell whose mean exceeds x.
func (l *Line) Edge(x float64, i, j int) int {
	if l.start != nil {
		b := sortable(float32(x)) >> (32 - prefixBits)
		i, j = max(i, min(int(l.start[b]), j)), max(i, min(int(l.start[b+1]), j))
	}
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

// Levels are N evenly spaced numbers: First, First+Step, First+2*Step and so on.
type Levels struct {
	First, Step float64
	N           int
}

// Levels returns the values of all codes of the grid, ascending.
func (g Grid) Levels() Levels {
	lo, hi := g.Limits()
	return Levels{float64(g.Scale) * float64(lo-g.Zero), float64(g.Scale), int(hi-lo) + 1}
}

// Value returns level k, counted from 0.
func (v Levels) Value(k int) float64 { return v.First + float64(v.Step*float64(k)) }

// Nearest brings the cells of the run (i, j) to the nearest level each, and
// yields for every level in use its number and the sums of its cells.
func (l *Line) Nearest(i, j int, v Levels, yield func(k int, n, s, q float64)) {
	if v.N <= j-i {
		for k := 0; k < v.N && i < j; k++ {
			e := j
			if k < v.N-1 {
				e = l.Edge(v.Value(k)+float64(v.Step/2), i, j)
			}
			if e > i {
				n, s, q := l.Sums(i, e)
				yield(k, n, s, q)
			}
			i = e
		}
		return
	}
	for c := i; c < j; c++ { // fewer cells than levels
		k := 0
		if v.Step > 0 {
			k = int(max(0, min(math.RoundToEven((l.mean[c]-v.First)/v.Step), float64(v.N-1))))
		}
		n, s, q := l.Sums(c, c+1)
		yield(k, n, s, q)
	}
}

// Error returns the squared error of the run (i, j) where each value becomes the
// nearest level. The values of a bin go to one level together.
func (l *Line) Error(i, j int, v Levels) float64 {
	sum := 0.0
	l.Nearest(i, j, v, func(k int, n, s, q float64) {
		x := v.Value(k)
		sum += max(0, q-float64(x*(2*s-float64(x*n)))) // of (w-x)^2, multiplied out
	})
	return sum
}

// sortable maps finite floats to integers of the same order; -0 and 0 are one.
func sortable(f float32) uint32 { return uint32(key(f+0)) ^ 1<<31 }

// unsortable is the inverse of sortable.
func unsortable(k uint32) float32 { return unkey(int64(int32(k ^ 1<<31))) }

// sortKeys sorts by the upper 32 bits, equal ones in the order they come, in
// place or into another slice, which it returns. From some hundred keys on it is
// a radix sort with digits of 11, 11 and 10 bits.
func sortKeys(keys []uint64) []uint64 {
	const digit = 11
	if len(keys) < 512 {
		slices.Sort(keys) // the lower bits, row numbers, ascend anyway
		return keys
	}
	var at [3][1 << digit]int
	for _, k := range keys {
		at[0][k>>32%(1<<digit)]++
		at[1][k>>(32+digit)%(1<<digit)]++
		at[2][k>>(32+2*digit)]++
	}
	to := make([]uint64, len(keys))
	for pass := range at {
		at, next := &at[pass], 0
		for d, n := range at {
			at[d] = next
			next += n
		}
		for _, k := range keys {
			d := k >> (32 + pass*digit) % (1 << digit)
			to[at[d]] = k
			at[d]++
		}
		keys, to = to, keys
	}
	return keys
}
