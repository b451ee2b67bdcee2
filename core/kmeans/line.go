package kmeans

import (
	"math"
	"sort"
)

// A cell is a run of neighbouring values that stay together, and what k-means
// needs to know of them.
type cell struct {
	lo, hi float32  // all values lie within; equal if there is only one distinct value
	count  int64    // number of values, more than 0
	sum    twoFloat // their sum
	inner  float64  // sum of their squared distances to their mean
	least  float32  // the smallest value, where seen is set
	seen   bool
}

func (c cell) point() bool { return c.lo == c.hi }

func (c cell) mean() float64 {
	if c.point() {
		return float64(c.lo)
	}
	return (c.sum.hi + c.sum.lo) / float64(c.count)
}

// pointCell returns the cell of count values equal to w.
func pointCell(w float32, count int64) cell {
	m, ulp := integer(w)
	return cell{lo: w, hi: w, count: count, sum: scaled(m*count, ulp)}
}

// points returns one cell for each distinct key of a sorted list.
func points(keys []uint32) []cell {
	return appendPoints(make([]cell, 0, distinct(keys)), keys)
}

func appendPoints(cells []cell, keys []uint32) []cell {
	for i := 0; i < len(keys); {
		j := i + 1
		for j < len(keys) && keys[j] == keys[i] {
			j++
		}
		cells = append(cells, pointCell(fromKey(keys[i]), int64(j-i)))
		i = j
	}
	return cells
}

func distinct(keys []uint32) int {
	n := 0
	for i, k := range keys {
		if i == 0 || k != keys[i-1] {
			n++
		}
	}
	return n
}

// bins covers the values of a sorted list of keys with at most n intervals of
// equal width, as narrow as possible: each starts at the first value that the one
// before it does not reach. So gaps cost nothing, and a far outlier takes one bin
// instead of making all others wide.
func bins(keys []uint32, n int) []cell {
	// end returns the end of the bin that starts at keys[i].
	end := func(i int, width float64) int {
		reach := float64(fromKey(keys[i])) + width
		step := 1
		for i+step < len(keys) && float64(fromKey(keys[i+step])) <= reach {
			i, step = i+step, 2*step
		}
		rest := keys[i+1 : min(i+step, len(keys))]
		return i + 1 + sort.Search(len(rest), func(j int) bool { return float64(fromKey(rest[j])) > reach })
	}
	// The width is searched in the upper 32 bits of a float64, whose order is that of the numbers.
	width := func(h int) float64 { return math.Float64frombits(uint64(h) << 32) }
	h := sort.Search(0x7ff00000, func(h int) bool {
		used := 0
		for i := 0; i < len(keys) && used <= n; used++ {
			i = end(i, width(h))
		}
		return used <= n
	})
	cells := make([]cell, 0, n)
	for i := 0; i < len(keys); {
		j := end(i, width(h))
		cells = append(cells, binCell(keys[i:j]))
		i = j
	}
	return cells
}

// binCell returns one cell of a sorted list of keys.
func binCell(keys []uint32) cell {
	c := cell{lo: fromKey(keys[0]), hi: fromKey(keys[len(keys)-1]), count: int64(len(keys))}
	for _, k := range keys {
		c.sum = c.sum.add(twoFloat{hi: float64(fromKey(k))})
	}
	mean := c.mean()
	for _, k := range keys {
		d := float64(fromKey(k)) - mean
		c.inner += float64(d * d)
	}
	return c
}

// A line is all values in ascending cells, with prefix sums. An edge is a place
// between cells: edge e comes before cell e, and the edges run from 0 to the
// number of cells.
type line struct {
	cells  []cell
	before []int64    // before[e] is the number of values before edge e
	sum    []twoFloat // sum[e] is the sum from the value 0 to edge e; see newLine
}

// newLine makes the prefix sums of cells.
//
// The sums start at zero, not at the smallest value, and grow to both sides. In
// each direction the magnitudes ascend, so the sum up to an edge is at most the
// number of values times the last magnitude before it: the difference of two
// such sums has a relative error of at most 2^-104 times the number of values,
// for values of any range. From the left end, the sum of
// {-1e38, 1e-38, 2e-38} would lose the small values altogether.
func newLine(cells []cell) *line {
	l := &line{cells, make([]int64, len(cells)+1), make([]twoFloat, len(cells)+1)}
	for i, c := range cells {
		l.before[i+1] = l.before[i] + c.count
	}
	zero := sort.Search(len(cells), func(i int) bool { return cells[i].hi > 0 })
	for i := zero; i < len(cells); i++ {
		l.sum[i+1] = l.sum[i].add(cells[i].sum)
	}
	for i := zero - 1; i >= 0; i-- {
		l.sum[i] = l.sum[i+1].add(cells[i].sum.neg())
	}
	return l
}

// count returns the number of values between edges i and j.
func (l *line) count(i, j int) int64 { return l.before[j] - l.before[i] }

// mean returns the mean of the values between two different edges.
func (l *line) mean(i, j int) float64 { return l.sum[j].sub(l.sum[i]) / float64(l.count(i, j)) }

// cluster returns the clustering whose clusters lie between the given edges, of
// which the first is 0 and the last the end of the line.
func (l *line) cluster(edges []int) Clustering {
	k := len(edges) - 1
	c := Clustering{Centers: make([]float64, k), Counts: make([]int64, k), cuts: make([]float32, k-1)}
	for p := range k {
		i, j := edges[p], edges[p+1]
		sum := l.sum[j].add(l.sum[i].neg())
		c.Counts[p] = l.count(i, j)
		c.Centers[p] = sum.hi / float64(c.Counts[p])
		for _, cell := range l.cells[i:j] {
			d := cell.mean() - c.Centers[p]
			c.Inertia += cell.inner + float64(float64(cell.count)*float64(d*d))
		}
	}
	for p := range c.cuts {
		c.see(l.cells[edges[p+1]-1], l.cells[edges[p+1]])
		last, next := l.cells[edges[p+1]-1].hi, l.cells[edges[p+1]].lo
		c.cuts[p] = between(last, next, cut(c.Centers, p), upward(p, len(c.cuts)))
	}
	return c
}

// see notes the values on either side of a boundary if it is known what they are.
func (c *Clustering) see(below, above cell) {
	if above.point() {
		above.least, above.seen = above.lo, true
	}
	if below.point() && above.seen {
		c.last, c.first = append(c.last, below.hi), append(c.first, above.least)
	}
}

// cut returns the midpoint of centres p and p+1 as a threshold in float32:
// rounded down for the rule w <= t, up for the rule w >= t, so that the threshold
// divides float32 values exactly as the midpoint does.
func cut(centers []float64, p int) float32 {
	mid := (centers[p] + centers[p+1]) / 2
	t := float32(mid)
	if upward(p, len(centers)-1) {
		if float64(t) < mid {
			t = math.Nextafter32(t, math.MaxFloat32)
		}
	} else if float64(t) > mid {
		t = math.Nextafter32(t, -math.MaxFloat32)
	}
	return t
}

// between moves threshold t to the nearest one that divides last from next. That
// is needed where a midpoint of float64 centres comes within a rounding error of
// a value, and for bins.
func between(last, next, t float32, up bool) float32 {
	if up {
		return min(max(t, math.Nextafter32(last, next)), next)
	}
	return max(min(t, math.Nextafter32(next, last)), last)
}

// singles returns the clustering that gives each cell a cluster of its own.
func (l *line) singles() Clustering {
	edges := make([]int, len(l.cells)+1)
	for e := range edges {
		edges[e] = e
	}
	return l.cluster(edges)
}
