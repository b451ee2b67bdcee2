package kmeans

import "math/bits"

// sameCost is the relative difference below which two divisions count as equal. It
// is far above the rounding errors of spread and far below what one value matters.
const sameCost = 0x1p-40

// general returns the optimal division of the cells into k clusters, or into as
// many as there are cells, for any k.
//
// It is dynamic programming over the suffixes of the line: the least inertia of the
// cells from edge e on in r clusters is the least over e' of the inertia of
// the first cluster, up to e', and that of the rest in r-1. The best e' moves
// only to the right with e, so that a row of the table takes O(m log m) steps by
// divide and conquer. The boundaries are then chosen from the left, each the
// first that reaches the least inertia. That takes all rows: 8 bytes for each of k
// times m entries, 134 MB at most.
func (l *line) general(k int) Clustering {
	m := len(l.cells)
	if m <= k {
		return l.singles()
	}
	s := newSpreads(l)
	rows := make([][]float64, k) // rows[r][e] is the least inertia from e on in r+1 clusters
	for r := range rows {
		rows[r] = make([]float64, m-r)
		switch {
		case r == 0:
			for e := range m {
				rows[0][e] = s.spread(e, m)
			}
		case r < k-1:
			s.row(rows[r], rows[r-1], 0, m-r, 1, m-r)
		default: // only the whole line is wanted
			s.row(rows[r], rows[r-1], 0, 1, 1, m-r)
		}
	}
	edges := []int{0}
	for e, r := 0, k-1; r > 0; r-- {
		least := rows[r][e] * (1 + sameCost)
		e++
		for s.spread(edges[len(edges)-1], e)+rows[r-1][e] > least {
			e++
		}
		edges = append(edges, e)
	}
	return l.cluster(append(edges, m))
}

// row fills row[e] for e from a to b-1, given the row of one cluster fewer, where
// the first cluster is known to end at an edge from first to last.
func (s *spreads) row(row, fewer []float64, a, b, first, last int) {
	if a >= b {
		return
	}
	e := (a + b) / 2
	best, at := s.spread(e, max(first, e+1))+fewer[max(first, e+1)], max(first, e+1)
	for end := at + 1; end <= last; end++ {
		if c := s.spread(e, end) + fewer[end]; c < best {
			best, at = c, end
		}
	}
	row[e] = best
	s.row(row, fewer, a, e, first, at)
	s.row(row, fewer, e+1, b, at, last)
}

// spreads gives the sum of squared distances to the mean for any run of cells,
// taken as points, in constant time and without cancellation: prefix sums of
// squares would lose a tight cluster beside far values.
//
// The cells i and j of a run first differ, in binary, in some bit; at this level
// a multiple of a power of two, middle, lies between them. Tables per level hold the
// moments of the run from each cell to its middle, on either side. The two
// halves of a run are combined by Chan, Golub and LeVeque's formula ("Updating
// formulae and a pairwise algorithm for computing sample variances", 1979), a sum
// of positive terms.
type spreads struct {
	levels [][]half
}

// A half is the cells between a cell, inclusive, and the middle.
type half struct {
	count  float64
	mean   float64 // distance of their mean from the cell just left of the middle
	spread float64 // sum of their squared distances to their mean
}

func newSpreads(l *line) *spreads {
	m := len(l.cells)
	s := &spreads{make([][]half, bits.Len(uint(m-1)))}
	x, n := make([]float64, m), make([]float64, m)
	for i, c := range l.cells {
		x[i], n[i] = c.mean(), float64(c.count)
	}
	for level := range s.levels {
		halves := make([]half, m)
		for middle := 1 << level; middle < m; middle += 2 << level {
			var h half
			for i := middle - 1; i >= middle-1<<level; i-- {
				h = h.with(x[middle-1]-x[i], n[i])
				halves[i] = h
			}
			// The distances start at the first cell of the right half and the gap
			// comes last: they keep their precision where the gap is large.
			h = half{}
			gap := x[middle] - x[middle-1]
			for i := middle; i < min(middle+1<<level, m); i++ {
				h = h.with(x[i]-x[middle], n[i])
				halves[i] = half{h.count, gap + h.mean, h.spread}
			}
		}
		s.levels[level] = halves
	}
	return s
}

// with adds n values at the distance d (Welford's method).
func (h half) with(d, n float64) half {
	count := h.count + n
	off := d - h.mean
	mean := h.mean + float64(off*n)/count
	return half{count, mean, h.spread + float64(float64(n*off)*(d-mean))}
}

// spread returns the sum of the squared distances to their mean of the cells [i, j), i < j.
func (s *spreads) spread(i, j int) float64 {
	j--
	if i == j {
		return 0
	}
	halves := s.levels[bits.Len(uint(i^j))-1]
	a, b := &halves[i], &halves[j]
	d := a.mean + b.mean
	return a.spread + b.spread + float64(float64(d*d)*float64(a.count*b.count))/(a.count+b.count)
}
