package kmeans

import (
	"math"
	"math/big"
	"slices"
	"sort"
)

// The optimum for three clusters, without looking at every pair of boundaries.
//
// In an optimal division no value is nearer to a neighbouring centre than to its
// own: moving it there would lower the inertia. So the midpoint of the lower two
// centres lies between the last value of the lower cluster and the first of the
// middle one, and the midpoint of the upper two likewise. Few pairs of boundaries
// have this property, and it can be refuted for many at once. Suppose all that is
// known is that the lower cluster ends somewhere in a run P of cells and the
// middle one somewhere in a run Q. The mean of an interval rises when values are
// added above or taken away below, so each of the three centres lies between two
// means that the prefix sums give. If the midpoints that these allow miss P, or
// Q, then no optimum has its boundaries in P and Q.
//
// A second argument refutes more. Whatever the boundaries in P and Q, the values
// outside of both cost at least what they cost around means of their own, and those
// inside at least the square of their distance to the nearest centre. If that is more
// than a division that is known costs, no optimum has its boundaries there.
//
// The search starts with one run of everything. It cuts runs into smaller ones,
// closes those that belong to no feasible pair, and ends with single cells. Where
// the cells are bins these are the ones to look into; where they are values the
// pairs left are the few divisions at which Lloyd's algorithm would rest, and the
// best of them is the optimum. No optimum is ever dropped, because the comparisons
// allow for more than the rounding errors of the means.

// A run is the cells [a, b). A boundary lies in the run if the last value left of
// the boundary does.
type run struct {
	a, b int
	open bool // a boundary of an optimal division may lie here
}

// A pair of edges: the middle cluster lies between them.
type pair struct{ i, j int }

// three returns the optimal division into three clusters, or into as many as
// there are distinct values. Boundaries lie only next to cells of one value.
func (l *line) three() Clustering {
	_, pairs := l.search(false)
	if len(pairs) == 0 {
		return l.singles()
	}
	best := l.best(pairs)
	return l.cluster([]int{0, best.i, best.j, len(l.cells)})
}

// search narrows down where the boundaries of the optimal divisions into three
// lie. It returns the runs, single cells where open, and the pairs of their ends.
// A cell of several values is open only if inside is set. There are no pairs if
// there are fewer than three distinct values.
func (l *line) search(inside bool) ([]run, []pair) {
	runs := []run{{0, len(l.cells), true}}
	known := newRival(l)
	for {
		runs = l.refine(runs, inside)
		pairs := l.feasible(runs, known)
		if !slices.ContainsFunc(runs, func(r run) bool { return r.open && r.b-r.a > 1 }) {
			return runs, pairs
		}
	}
}

// refine cuts each open run into four, and joins closed ones.
func (l *line) refine(runs []run, inside bool) []run {
	var cut []run
	for _, r := range runs {
		if !r.open {
			if n := len(cut); n > 0 && !cut[n-1].open {
				cut[n-1].b = r.b
			} else {
				cut = append(cut, r)
			}
			continue
		}
		step := (r.b - r.a + 3) / 4
		for a := r.a; a < r.b; a += step {
			s := run{a, min(a+step, r.b), true}
			s.open = s.b-s.a > 1 || inside || l.cells[a].point()
			cut = append(cut, s)
		}
	}
	return cut
}

// A rival is a division that is known, with which others are compared by their
// gain, the sum over the clusters of (sum of values)^2 / (number of values): what a
// division saves of the sum of all squares.
type rival struct {
	line    *line
	squares []float64 // the sums of the squares of the cells before each edge
	gain    float64   // the largest known
}

func newRival(l *line) *rival {
	n := len(l.cells)
	r := &rival{line: l, squares: make([]float64, n+1)}
	for i, c := range l.cells {
		m := c.mean()
		r.squares[i+1] = r.squares[i] + c.inner + float64(float64(c.count)*float64(m*m))
	}
	for _, share := range []float64{0.33, 0.1, 0.01, 0.001} { // of the values in the outer clusters
		at := func(share float64) int {
			return sort.Search(n, func(e int) bool { return float64(l.before[e]) >= share*float64(l.before[n]) })
		}
		r.climb(at(share), at(1-share))
	}
	return r
}

// climb goes from a division to better ones, as Lloyd's algorithm does with cells.
func (r *rival) climb(i, j int) {
	l := r.line
	behind := func(a, b float64) int {
		return sort.Search(len(l.cells), func(c int) bool { return l.cells[c].mean() > (a+b)/2 })
	}
	for range 100 {
		if i < 1 || j <= i || j >= len(l.cells) {
			return
		}
		r.see(i, j)
		lower, middle, upper := l.mean(0, i), l.mean(i, j), l.mean(j, len(l.cells))
		a, b := behind(lower, middle), behind(middle, upper)
		if a == i && b == j {
			return
		}
		i, j = a, b
	}
}

// see notes the gain of the division at edges i and j.
func (r *rival) see(i, j int) {
	r.gain = max(r.gain, r.share(0, i)+r.share(i, j)+r.share(j, len(r.line.cells)))
}

// share is what a cluster between two edges adds to a gain.
func (r *rival) share(i, j int) float64 {
	if i == j {
		return 0
	}
	sum := r.line.sum[j].sub(r.line.sum[i])
	return float64(sum*sum) / float64(r.line.count(i, j))
}

// beats reports whether no division with its boundaries in P and Q is as good. The
// centres lie up to below, from low to high, and from above on.
func (r *rival) beats(P, Q run, below, low, high, above float64) bool {
	l, n := r.line, len(r.line.cells)
	i, j := P.b, Q.b
	if l.splits(P) {
		i = P.a
	}
	if l.splits(Q) {
		j = Q.a
	}
	most := r.share(0, i) + r.share(Q.b, n) + r.squares[Q.b] - r.squares[i]
	if P.b <= j {
		most += r.share(P.b, j) - (r.squares[j] - r.squares[P.b])
		most -= l.distance(i, P.b, below, low) + l.distance(j, Q.b, high, above)
	}
	// The rounding errors of sums over up to 2^20 cells are less than that share of
	// all squares.
	return most < r.gain-0x1p-32*r.squares[n]
}

// distance returns the least sum of the squared distances of the values between two
// edges to centres that lie up to below and from above on.
func (l *line) distance(i, j int, below, above float64) float64 {
	if i == j {
		return 0
	}
	d := max(0, min(float64(l.cells[i].lo)-below, above-float64(l.cells[j-1].hi)))
	return float64(float64(l.count(i, j)) * float64(d*d))
}

// feasible returns the pairs of open runs in which the boundaries of an optimal
// division may lie, in ascending order, and closes the runs that are in none. No
// pair has an optimum that loses against the known division.
func (l *line) feasible(runs []run, known *rival) []pair {
	var pairs []pair
	needed := make([]bool, len(runs))
	start, end := run{}, run{a: len(l.cells), b: len(l.cells)}
	for p, P := range runs {
		if !P.open {
			continue
		}
		lower0, upper0 := l.means(start, P)
		first, next := p, l.next(P)
		if !l.splits(P) {
			first++
		}
		last := float64(l.cells[P.a].lo)
		q := first + sort.Search(len(runs)-first, func(i int) bool {
			_, upper1 := l.means(P, runs[first+i])
			return reaches(upper0, upper1, last)
		})
		for ; q < len(runs); q++ {
			Q := runs[q]
			lower1, upper1 := l.means(P, Q)
			if !reaches(-lower0, -lower1, -next) {
				break
			}
			if !Q.open || Q.b == end.b && !l.splits(Q) {
				continue
			}
			lower2, upper2 := l.means(Q, end)
			if reaches(upper1, upper2, float64(l.cells[Q.a].lo)) && reaches(-lower1, -lower2, -l.next(Q)) &&
				!known.beats(P, Q, upper0, lower1, upper1, lower2) {
				pairs = append(pairs, pair{P.b, Q.b})
				needed[p], needed[q] = true, true
			}
		}
	}
	for r := range runs {
		runs[r].open = needed[r]
	}
	return pairs
}

// reaches tells whether the midpoint of two centres may be as large as x. The
// centres come with a relative error of about 2^-52; or, where positive and
// negative values cancel in one, with 2^-72 of a magnitude that does not exceed
// those of x and the other centre.
func reaches(c, d, x float64) bool {
	return c+d-2*x >= -0x1p-44*(math.Abs(c)+math.Abs(d)+math.Abs(x))
}

// splits tells whether run r has places inside, and not only at its end.
func (l *line) splits(r run) bool {
	return r.b-r.a > 1 || r.b > r.a && !l.cells[r.a].point()
}

// next returns the largest possible first value to the right of a boundary in r.
func (l *line) next(r run) float64 {
	return float64(l.cells[min(r.b, len(l.cells)-1)].hi)
}

// means returns the smallest and the largest mean that a cluster can have which
// begins at a boundary in run P and ends at one in run Q.
func (l *line) means(P, Q run) (lower, upper float64) {
	i, j := P.b, Q.b
	if l.splits(P) {
		i = P.a
	}
	if l.splits(Q) {
		j = Q.a
	}
	if i < j {
		lower = l.mean(i, j)
	} else {
		lower = float64(l.cells[i].lo)
	}
	if P.b < Q.b {
		upper = l.mean(P.b, Q.b)
	} else {
		upper = float64(l.cells[P.b-1].hi)
	}
	return lower, upper
}

// best returns the pair of the least inertia; of equal ones the first.
//
// Inertia is the sum of squares of all values less the gain, the sum over the
// clusters of (sum of values)^2 / (number of values). The gains are compared in
// float64 first, and those within the reach of its rounding errors as fractions.
func (l *line) best(pairs []pair) pair {
	gains := make([]float64, len(pairs))
	for n, p := range pairs {
		for _, c := range []pair{{0, p.i}, {p.i, p.j}, {p.j, len(l.cells)}} {
			sum := l.sum[c.j].sub(l.sum[c.i])
			gains[n] += float64(sum*sum) / float64(l.count(c.i, c.j))
		}
	}
	least := slices.Max(gains) * (1 - 0x1p-36)
	var close []pair
	for n, p := range pairs {
		if gains[n] >= least {
			close = append(close, p)
		}
	}
	if len(close) == 1 {
		return close[0]
	}
	return l.exactBest(close)
}

func (l *line) exactBest(pairs []pair) pair {
	edges := []int{0, len(l.cells)}
	for _, p := range pairs {
		edges = append(edges, p.i, p.j)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	sums := l.exactSums(edges)
	gain := func(p pair) *big.Rat {
		total := new(big.Rat)
		for _, c := range []pair{{0, p.i}, {p.i, p.j}, {p.j, len(l.cells)}} {
			i, _ := slices.BinarySearch(edges, c.i)
			j, _ := slices.BinarySearch(edges, c.j)
			sum := new(big.Int).Sub(sums[j], sums[i])
			total.Add(total, new(big.Rat).SetFrac(sum.Mul(sum, sum), big.NewInt(l.count(c.i, c.j))))
		}
		return total
	}
	best, most := pairs[0], gain(pairs[0])
	for _, p := range pairs[1:] {
		if g := gain(p); g.Cmp(most) > 0 {
			best, most = p, g
		}
	}
	return best
}

// exactSums returns the sum of the values before each edge, in units of the
// smallest float32, 2^-149. Each cell lies within one binade, so the values of
// each binade are summed as int64, and the binades only at the edges.
func (l *line) exactSums(edges []int) []*big.Int {
	const smallest = 1023 - 149 // exponent field of 2^-149 in float64
	var binades [256]int64
	sums := make([]*big.Int, len(edges))
	cell := 0
	for n, e := range edges {
		for ; cell < e; cell++ {
			c := l.cells[cell]
			_, ulp := integer(c.lo)
			binades[math.Float64bits(ulp)>>52-smallest] += c.sum.units(ulp)
		}
		sums[n] = new(big.Int)
		for exp, units := range binades {
			if units != 0 {
				b := big.NewInt(units)
				sums[n].Add(sums[n], b.Lsh(b, uint(exp)))
			}
		}
	}
	return sums
}
