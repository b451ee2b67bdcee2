package split

import (
	"math"
	"slices"
	"sort"

	"splitquant/core/quant"
)

// A search looks for the edges at which to divide a line into k parts, so that
// the costs of the parts add up to as little as possible.
//
// It is dynamic programming over candidate edges. The cost of a part depends on
// its two edges only, so the cheapest way to an edge in p parts is one of the
// cheapest ways to an earlier edge in p-1 parts, and one part more. Costs are not
// negative, and that saves nearly all the work: what has cost as much as the best
// division known so far need not be continued.
type search struct {
	line *quant.Line
	k    int
	cost func(i, j int) float64 // of the part between edges i < j
	// least, if not nil, is known sooner than the cost and not above it.
	least func(i, j int) float64
}

// A path is a division of the line, the k-1 edges between its parts, and its cost.
type path struct {
	edges []int
	cost  float64
}

// find returns a division that is as good as the best among candidates(n), or
// better. Few candidates come first, moved in ever smaller steps until none of
// one cell pays: that is nearly always the end of it, and the many, which make
// sure of it, are then ruled out quickly.
func (s *search) find(n int) path {
	best := path{cost: math.Inf(1)}
	for _, m := range []int{16, n} {
		edges := candidates(s.line, m)
		coarse := *s
		if s.k > 3 {
			coarse.cost = remember(s.cost, edges, s.line.Cells())
		}
		best = coarse.best(slices.Repeat([][]int{edges}, s.k-1), best)
		if len(edges) == s.line.Cells()-1 {
			return best // none is better
		}
		best = s.refine(best, max(1, s.line.Cells()/len(edges)))
	}
	return best
}

// refine moves the edges of a path by up to four times reach cells, then by ever
// fewer.
func (s *search) refine(best path, reach int) path {
	for {
		better := s.best(s.around(best.edges, reach), best)
		if better.cost < best.cost {
			best = better
		} else if reach == 1 {
			return best
		} else {
			reach = (reach + 3) / 4
		}
	}
}

// around returns, for each edge, that edge and the four before and behind it at
// the given distance from each other.
func (s *search) around(edges []int, step int) [][]int {
	stages := make([][]int, len(edges))
	for p, e := range edges {
		for d := -4; d <= 4; d++ {
			if at := e + d*step; at > 0 && at < s.line.Cells() {
				stages[p] = append(stages[p], at)
			}
		}
	}
	return stages
}

// A step is the cheapest way from an edge to the end of the line in as many parts
// as there are steps.
type step struct {
	edge int
	cost float64
	next int // index of the step after this one
}

// best returns the cheapest path whose first edge is one of stages[0], the second
// one of stages[1] and so on, if it costs less than known. Among equal ones it is
// that with the smallest first edge, then the smallest second, and so on.
func (s *search) best(stages [][]int, known path) path {
	last := len(stages) - 1
	steps := make([][]step, len(stages)+1) // those of steps[p] have taken place before part p+1
	steps[last+1] = []step{{edge: s.line.Cells()}}
	for p := last; p >= 0; p-- {
		limit := known.cost
		for _, e := range stages[p] {
			before := 0.0
			if p == 0 {
				before = s.cost(0, e)
			}
			t := s.step(e, steps[p+1], limit-before)
			if t.next < 0 {
				continue
			}
			if p == 0 { // only ever better ones are wanted
				limit = t.cost + before
				t.cost = limit
			}
			steps[p] = append(steps[p], t)
		}
		if len(steps[p]) == 0 {
			return known
		}
	}
	t := steps[0][len(steps[0])-1]
	best := path{make([]int, 0, len(stages)), t.cost}
	for p := range stages {
		best.edges = append(best.edges, t.edge)
		t = steps[p+1][t.next]
	}
	return best
}

// step returns the cheapest way from edge e to one of after, which ascend, if it
// costs less than limit; otherwise its next is -1.
func (s *search) step(e int, after []step, limit float64) step {
	t := step{e, limit, -1}
	for n, a := range after {
		if a.edge <= e || a.cost >= t.cost || s.least != nil && a.cost+s.least(e, a.edge) >= t.cost {
			continue
		}
		if c := s.cost(e, a.edge) + a.cost; c < t.cost {
			t.cost, t.next = c, n
		}
	}
	return t
}

// remember returns a cost function that works out each cost between candidates
// once: for more than three parts most are asked for again and again.
func remember(cost func(i, j int) float64, candidates []int, cells int) func(i, j int) float64 {
	edges := slices.Concat([]int{0}, candidates, []int{cells})
	known := slices.Repeat([]float64{-1}, len(edges)*len(edges))
	return func(i, j int) float64 {
		n, _ := slices.BinarySearch(edges, i)
		m, _ := slices.BinarySearch(edges, j)
		c := &known[n*len(edges)+m]
		if *c < 0 {
			*c = cost(i, j)
		}
		return *c
	}
}

// priced returns the path along edges.
func (s *search) priced(edges []int) path {
	p, from := path{edges: edges}, 0
	for _, e := range edges {
		p.cost += s.cost(from, e)
		from = e
	}
	p.cost += s.cost(from, s.line.Cells())
	return p
}

// all returns every edge of a line but its ends.
func all(l *quant.Line) []int {
	var edges []int
	for e := 1; e < l.Cells(); e++ {
		edges = append(edges, e)
	}
	return edges
}

// thresholds returns, for each edge, a value half way between the values on
// either side, or that one of them to which the rule of [Division] gives the same
// meaning.
func thresholds(l *quant.Line, edges []int) []float32 {
	t := make([]float32, len(edges))
	for p, e := range edges {
		_, last := l.Range(e-1, e)
		next, _ := l.Range(e, e+1)
		t[p] = float32((float64(last) + float64(next)) / 2)
		if p == 0 && t[p] == next {
			t[p] = last
		} else if p > 0 && t[p] == last {
			t[p] = next
		}
	}
	return t
}

// candidates returns edges to try on a line, ascending: all where there are not
// more than n, otherwise n quantiles and about as many others. Those are at even
// distances in value, for where values are rare, in cells, for where they repeat,
// and ever closer to the ends, where an outlier or two decide on the range.
func candidates(l *quant.Line, n int) []int {
	cells := l.Cells()
	if cells <= n {
		return all(l)
	}
	var edges []int
	total, _, _ := l.Sums(0, cells)
	lo, hi := l.Range(0, cells)
	for i := 1; i < n; i++ {
		share := float64(i) / float64(n)
		edges = append(edges, sort.Search(cells, func(e int) bool {
			before, _, _ := l.Sums(0, e)
			return before >= total*share
		}))
	}
	m := max(n/4, 16)
	for i := 1; i < m; i++ {
		value := float64(lo) + float64((float64(hi)-float64(lo))*float64(i)/float64(m))
		edges = append(edges, l.Edge(value, 0, cells), cells*i/m)
	}
	for d := 1; d <= cells/n; d += max(1, d/4) {
		edges = append(edges, d, cells-d)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	return slices.DeleteFunc(edges, func(e int) bool { return e <= 0 || e >= cells })
}
