package kmeans

import (
	"math/big"
	"slices"
)

// An oracle knows the sorted distinct values and solves k-means in exact rational
// arithmetic, by definition: no prefix sums, no pruning, no rounding.
type oracle struct {
	values []float32
	counts []int64
	costs  map[[2]int]*big.Rat
}

func newOracle(values []float32) *oracle {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	o := &oracle{costs: map[[2]int]*big.Rat{}}
	for _, w := range sorted {
		if n := len(o.values); n > 0 && o.values[n-1] == w {
			o.counts[n-1]++
		} else {
			o.values = append(o.values, w)
			o.counts = append(o.counts, 1)
		}
	}
	return o
}

func (o *oracle) mean(i, j int) *big.Rat {
	sum, n := new(big.Rat), int64(0)
	for v := i; v < j; v++ {
		w := new(big.Rat).SetFloat64(float64(o.values[v]))
		sum.Add(sum, w.Mul(w, big.NewRat(o.counts[v], 1)))
		n += o.counts[v]
	}
	return sum.Quo(sum, big.NewRat(n, 1))
}

// cost returns the sum of squared distances of the distinct values [i, j) to their mean.
func (o *oracle) cost(i, j int) *big.Rat {
	at := [2]int{i, j}
	if c, ok := o.costs[at]; ok {
		return c
	}
	mean, cost := o.mean(i, j), new(big.Rat)
	for v := i; v < j; v++ {
		d := new(big.Rat).SetFloat64(float64(o.values[v]))
		d.Sub(d, mean)
		d.Mul(d, d)
		cost.Add(cost, d.Mul(d, big.NewRat(o.counts[v], 1)))
	}
	o.costs[at] = cost
	return cost
}

// exhaustive tries every division into min(k, distinct values) clusters and returns
// the edges of the best, the first in lexicographic order among equal ones.
func (o *oracle) exhaustive(k int) (best []int, least *big.Rat) {
	m := len(o.values)
	k = min(k, m)
	var try func(edges []int, cost *big.Rat)
	try = func(edges []int, cost *big.Rat) {
		from, left := edges[len(edges)-1], k-len(edges)
		if left == 0 {
			cost = new(big.Rat).Add(cost, o.cost(from, m))
			if best == nil || cost.Cmp(least) < 0 {
				best, least = append(slices.Clone(edges), m), cost
			}
			return
		}
		for e := from + 1; e <= m-left; e++ {
			try(append(edges, e), new(big.Rat).Add(cost, o.cost(from, e)))
		}
	}
	try([]int{0}, new(big.Rat))
	return best, least
}

// dynamic finds the same in O(k m^2).
func (o *oracle) dynamic(k int) ([]int, *big.Rat) {
	m := len(o.values)
	k = min(k, m)
	least := make([][]*big.Rat, k) // least[r][e]: from e on, in r+1 clusters
	next := make([][]int, k)
	for r := range k {
		least[r], next[r] = make([]*big.Rat, m), make([]int, m)
		for e := range m - r {
			if r == 0 {
				least[0][e], next[0][e] = o.cost(e, m), m
				continue
			}
			for f := e + 1; f <= m-r; f++ {
				c := new(big.Rat).Add(o.cost(e, f), least[r-1][f])
				if least[r][e] == nil || c.Cmp(least[r][e]) < 0 {
					least[r][e], next[r][e] = c, f
				}
			}
		}
	}
	edges := []int{0}
	for r := k - 1; r >= 0; r-- {
		edges = append(edges, next[r][edges[len(edges)-1]])
	}
	return edges, least[k-1][0]
}

// tied returns the edges of c if its inertia is within one part in 10^12 of the least,
// and otherwise those of the optimum.
func (o *oracle) tied(c Clustering, optimum []int, least *big.Rat) []int {
	edges, e, cost := []int{0}, 0, new(big.Rat)
	for _, count := range c.Counts {
		for ; count > 0 && e < len(o.values); e++ {
			count -= o.counts[e]
		}
		cost.Add(cost, o.cost(edges[len(edges)-1], e))
		edges = append(edges, e)
	}
	limit := new(big.Rat).SetFloat64(1 + 1e-12)
	if cost.Cmp(limit.Mul(limit, least)) > 0 {
		return optimum
	}
	return edges
}
