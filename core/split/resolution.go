package split

import (
	"math"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// Resolution divides each of the equally long rows of w where the squared error
// of its parts on grids of their own is least (METHOD, strategy resolution): what
// a split is for, while k-means minimises the variance of the parts. The grids
// are those of [Division.Grids] for one row, or with a clip those of
// [Division.ClippedGrids]. The values must be finite.
//
// The result is never worse than that of [KMeansParts]. With min/max ranges it is
// the best division there is where a row has up to 64 distinct values. For more
// it is as good as a search over 64 quantiles for each threshold, over 256 where
// w is one row in three parts, give or take what the bins of a [quant.Line] hide.
// For many rows of more than 4 bits, or clipped, an estimate of the error narrows
// the search. Clipping by percentile, or with more than 4 bits, where it matters
// little, only takes part in the comparison with k-means.
func Resolution(w []float32, rows, parts int, params quant.Params, clip quant.Clip) (Division, error) {
	return divideRows(w, rows, parts, newResolution(rows, parts, params, clip).divide)
}

func newResolution(rows, parts int, params quant.Params, clip quant.Clip) resolution {
	r := resolution{parts: parts, params: params, clip: clip, clips: clip.MSE && params.Bits <= 4, fineness: 64}
	if rows == 1 && parts == K && !r.clips {
		r.fineness = 256
	}
	r.rough = rows > 1 && (params.Bits > 4 || r.clips)
	return r
}

// ResolutionOf is [Resolution] for one row that is too long to be held, of which
// the line is known, and the division by [KMeansParts]. What it finds is the result
// unless it has more error ([Division.Error]) than the clusters; sure says that it
// has not. ranges are those of the parts of what it finds.
func ResolutionOf(line *quant.Line, clusters Division, params quant.Params) (found Division, ranges []quant.Range, sure bool) {
	parts := clusters.Parts()
	r := newResolution(1, parts, params, quant.Clip{})
	edges, sure := r.few(line)
	if !sure {
		edges, sure = r.many(line, clusters.Of(0))
	}
	ranges = make([]quant.Range, parts)
	from := 0
	for p, e := range append(edges[:len(edges):len(edges)], line.Cells()) {
		n, _, _ := line.Sums(from, e)
		lo, hi := line.Range(from, e)
		ranges[p] = quant.Range{Lo: lo, Hi: hi, N: int64(n)}
		from = e
	}
	return Division{[][]float32{fill(thresholds(line, edges), parts)}}, ranges, sure
}

// Summary returns what [kmeans.Summary] knows of the values in bins.
func Summary(b *quant.Bins) *kmeans.Summary {
	s := new(kmeans.Summary)
	b.Each(func(bin uint32, count, low, square uint64) { s.AddBin(bin, quant.BinBits, count, low, square) })
	return s
}

type resolution struct {
	parts    int
	params   quant.Params
	clip     quant.Clip
	clips    bool // search by the error of clipped grids
	fineness int  // how many quantiles to try for each threshold
	rough    bool // search by an estimate of the error first
}

// divide returns the thresholds of a row.
func (r resolution) divide(row []float32) ([]float32, error) {
	if _, _, finite := quant.MinMax(row); !finite || len(row) == 0 {
		return nil, errValues
	}
	line := quant.NewLine(row)
	if edges, ok := r.few(line); ok {
		return thresholds(line, edges), nil
	}
	c, err := kmeans.Optimal(row, r.parts)
	if err != nil {
		return nil, err
	}
	clusters := bounds(c)
	edges, sure := r.many(line, clusters)
	found := thresholds(line, edges)
	if sure || r.error(row, found) <= r.error(row, clusters) {
		return found, nil
	}
	return clusters, nil
}

// few returns the best division of a line of so few cells that all can be tried.
func (r resolution) few(line *quant.Line) (edges []int, ok bool) {
	switch {
	case line.Cells() <= r.parts:
		return all(line), true
	case line.Cells() <= r.fineness && r.clip == (quant.Clip{}):
		s := &search{line: line, k: r.parts, cost: r.cost(line)}
		return s.find(r.fineness).edges, true
	}
	return nil, false
}

// many returns the best division of a line that it finds, and whether that is
// surely better than the clusters.
func (r resolution) many(line *quant.Line, clusters []float32) (edges []int, sure bool) {
	s := &search{line: line, k: r.parts, cost: r.cost(line)}
	best := s.nearby(clusters)
	limit := 0.9 * best.cost // bins do not hide more
	if r.rough {
		if p := s.priced(r.roughly(line)); p.cost < best.cost {
			best = p
		}
		best = s.refine(best, 1)
	} else {
		if r.params.Bits > 4 { // the error of many values is more than half of what is to be expected
			estimate := r.estimate(line)
			s.least = func(i, j int) float64 { return estimate(i, j) / 2 }
		}
		best = s.find(r.fineness)
	}
	return best.edges, best.cost < limit && (r.clips || r.clip == quant.Clip{})
}

// cost returns the error of a part of a line on its grid.
func (r resolution) cost(line *quant.Line) func(i, j int) float64 {
	if r.clips {
		return func(i, j int) float64 { return line.ClippedError(i, j, r.params) }
	}
	return func(i, j int) float64 {
		lo, hi := line.Range(i, j)
		return line.Error(i, j, r.params.Fit(lo, hi).Levels())
	}
}

// roughly returns the best division by an estimate of the error, or where it is
// clipped by that of min/max ranges.
func (r resolution) roughly(line *quant.Line) []int {
	s := &search{line: line, k: r.parts, cost: resolution{params: r.params}.cost(line)}
	if r.params.Bits > 4 {
		s.cost = r.estimate(line)
	}
	return s.find(r.fineness).edges
}

// estimate returns about the error of a part with many levels: a twelfth of the
// square of the step for every value but 0.
func (r resolution) estimate(line *quant.Line) func(i, j int) float64 {
	behind, zeros := line.Edge(0, 0, line.Cells()), 0.0 // the edge behind 0
	if behind > 0 {
		if lo, hi := line.Range(behind-1, behind); lo == 0 && hi == 0 {
			zeros, _, _ = line.Sums(behind-1, behind)
		}
	}
	return func(i, j int) float64 {
		lo, hi := line.Range(i, j)
		n, _, _ := line.Sums(i, j)
		if i < behind && behind <= j {
			n -= zeros
		}
		step := r.params.Fit(lo, hi).Levels().Step
		return n * step * step / 12
	}
}

// nearby returns the cheapest division at edges next to thresholds, which may lie
// within a cell.
func (s *search) nearby(thresholds []float32) path {
	stages := make([][]int, len(thresholds))
	for p, t := range thresholds {
		e := s.line.Edge(float64(t), 0, s.line.Cells())
		for at := max(1, e-1); at <= min(e+1, s.line.Cells()-1); at++ {
			stages[p] = append(stages[p], at)
		}
	}
	return s.best(stages, path{cost: math.Inf(1)})
}

// error is the squared error of a row divided at thresholds, taken from every weight.
func (r resolution) error(row, thresholds []float32) float64 {
	d := Division{[][]float32{thresholds}}
	return d.Error(row, 1, d.ClippedGrids(row, 1, false, r.params, r.clip))
}
