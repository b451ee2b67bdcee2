package split

import (
	"cmp"
	"math"
	"slices"

	"splitquant/core/quant"
)

// FittedCodebook returns the codebook of clusters whose levels are placed where
// the squared error is least (METHOD, "grids that are fitted"): neither the first
// nor the last level has to be at the end of its cluster.
//
// The clusters are found by the search of [ResolutionCodebook], with levels
// fitted to each cluster by linear regression. Then, by turns, each value goes to
// the nearest level of all clusters, which moves the thresholds, and the clusters
// are fitted to what they have got.
func FittedCodebook(w []float32, rows, parts, bits int) (*Codebook, error) {
	s, err := newScaled(w, rows)
	if err != nil {
		return nil, err
	}
	line := s.line()
	edges := all(line)
	if line.Cells() > parts {
		search := &search{line: line, k: parts, cost: func(i, j int) float64 {
			v := span(line, i, j, bits)
			if bits > 4 { // with many levels there is little to be fitted
				return line.Error(i, j, v)
			}
			_, e := fit(line, i, j, v, searchRounds)
			return e
		}}
		edges = search.find(64).edges
	}
	clusters, from := make([]quant.Levels, 0, parts), 0
	for _, e := range append(edges, line.Cells()) {
		v, _ := fit(line, from, e, span(line, from, e, bits), maxRounds)
		clusters, from = append(clusters, v), e
	}
	return s.codebook(values(alternate(line, clusters))), nil
}

// fit moves levels to where the squared error of the run (i, j) is less: by turns
// each value goes to the nearest level, and the levels are fitted to that, until
// nothing is gained or the rounds are over. It returns the levels and their
// error.
func fit(line *quant.Line, i, j int, v quant.Levels, rounds int) (quant.Levels, float64) {
	least := line.Error(i, j, v)
	for range rounds {
		var r regression
		line.Nearest(i, j, v, func(k int, n, s, _ float64) { r.add(k, n, s) })
		better := r.fit(v)
		e := line.Error(i, j, better)
		if !(e < least) {
			break
		}
		v, least = better, e
	}
	return v, least
}

// alternate does the same for all clusters at once, on the whole line.
func alternate(line *quant.Line, clusters []quant.Levels) []quant.Levels {
	best, least := clusters, math.Inf(1)
	for range maxRounds {
		next, e := refit(line, clusters)
		if !(e < least) {
			break
		}
		best, least, clusters = clusters, e, next
	}
	return best
}

// What alternates mostly rests after ten or twenty rounds. The search, which fits
// thousands of clusters, sees enough after a few.
const (
	maxRounds    = 50
	searchRounds = 6
)

// refit returns the squared error where each value goes to the nearest level of
// any cluster, and the clusters fitted to that.
func refit(line *quant.Line, clusters []quant.Levels) (fitted []quant.Levels, e float64) {
	type level struct {
		value      float64
		cluster, k int
	}
	var levels []level
	for c, v := range clusters {
		for k := range v.N {
			levels = append(levels, level{v.Value(k), c, k})
		}
	}
	slices.SortStableFunc(levels, func(a, b level) int { return cmp.Compare(a.value, b.value) })
	sums := make([]regression, len(clusters))
	from := 0
	for n, l := range levels {
		to := line.Cells()
		if n < len(levels)-1 {
			to = line.Edge((l.value+levels[n+1].value)/2, from, to)
		}
		if to > from {
			n, s, q := line.Sums(from, to)
			sums[l.cluster].add(l.k, n, s)
			e += max(0, q-float64(l.value*(2*s-float64(l.value*n))))
		}
		from = to
	}
	for c, v := range clusters {
		fitted = append(fitted, sums[c].fit(v))
	}
	return fitted, e
}

// A regression gathers the sums for the straight line w = first + step k through
// values w that have gone to levels k.
type regression struct{ n, w, k, kk, wk float64 }

// add takes in n values with the sum w that have gone to level k.
func (r *regression) add(k int, n, w float64) {
	x := float64(k)
	r.n += n
	r.w += w
	r.k += float64(n * x)
	r.kk += float64(float64(n*x) * x)
	r.wk += float64(w * x)
}

// fit returns the levels of the line with the least squared error, or v where
// there is none: with all values on one level, or without any.
func (r *regression) fit(v quant.Levels) quant.Levels {
	spread := float64(r.n*r.kk) - float64(r.k*r.k)
	if !(spread > 0) {
		return v
	}
	step := (float64(r.n*r.wk) - float64(r.k*r.w)) / spread
	return quant.Levels{First: (r.w - float64(step*r.k)) / r.n, Step: step, N: v.N}
}
