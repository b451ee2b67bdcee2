package split

import (
	"math"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// Resolution divides each of the equally long rows of w where the squared error
// of its parts on grids of their own is least (METHOD, strategy resolution):
// what a split is for, while k-means minimises the variance of the parts. The
// grids are those of [Division.Grids] for one row. The values must be finite.
//
// The result is never worse than that of [KMeansParts]. Among up to 64 distinct
// values it is the best division there is; among more it is as good as that of a
// search over 64 quantiles for each threshold, or, where w is one row in three
// parts, over 256, give or take what the bins of [quant.Line] hide.
func Resolution(w []float32, rows, parts int, params quant.Params) (Division, error) {
	r := resolution{parts, params, 64, rows > 1 && params.Bits > 4}
	if rows == 1 && parts == 3 {
		r.fineness = 256
	}
	return divideRows(w, rows, parts, r.divide)
}

type resolution struct {
	parts    int
	params   quant.Params
	fineness int  // how many quantiles to try for each threshold
	rough    bool // search by an estimate of the error first
}

// divide returns the thresholds of a row.
func (r resolution) divide(row []float32) ([]float32, error) {
	if _, _, finite := quant.MinMax(row); !finite || len(row) == 0 {
		return nil, errValues
	}
	line := quant.NewLine(row)
	if line.Cells() <= r.parts {
		return thresholds(line, all(line)), nil
	}
	s := &search{line, r.parts, func(i, j int) float64 {
		lo, hi := line.Range(i, j)
		return line.Error(i, j, r.params.Fit(lo, hi).Levels())
	}}
	if line.Cells() <= 64 {
		return thresholds(line, s.find(64).edges), nil
	}
	var best path
	if r.rough {
		best = s.refine(s.priced(r.roughly(line)), 1)
	} else {
		best = s.find(r.fineness)
	}
	return r.better(row, s, best)
}

// roughly returns a division with little of what is to be expected of the error where
// there are many levels: a twelfth of the square of the step for every value but 0.
func (r resolution) roughly(line *quant.Line) []int {
	zero := line.Edge(0, 0, line.Cells()) - 1 // the last cell up to 0
	s := &search{line, r.parts, func(i, j int) float64 {
		lo, hi := line.Range(i, j)
		n, _, _ := line.Sums(i, j)
		if i <= zero && zero < j {
			if lo, hi := line.Range(zero, zero+1); lo == 0 && hi == 0 {
				zeros, _, _ := line.Sums(zero, zero+1)
				n -= zeros
			}
		}
		step := r.params.Fit(lo, hi).Levels().Step
		return n * step * step / 12
	}}
	return s.find(r.fineness).edges
}

// better returns the thresholds of a path or those of k-means, whichever make the
// lesser error.
func (r resolution) better(row []float32, s *search, best path) ([]float32, error) {
	c, err := kmeans.Optimal(row, r.parts)
	if err != nil {
		return nil, err
	}
	found, clusters := thresholds(s.line, best.edges), bounds(c)
	if best.cost < 0.9*s.nearby(clusters) || r.error(row, found) <= r.error(row, clusters) {
		return found, nil
	}
	return clusters, nil
}

// nearby returns the least cost of a division at edges next to thresholds, which may
// lie within a cell. If it is far above that of another division, the weights need not be asked.
func (s *search) nearby(thresholds []float32) float64 {
	stages := make([][]int, len(thresholds))
	for p, t := range thresholds {
		e := s.line.Edge(float64(t), 0, s.line.Cells())
		for at := max(1, e-1); at <= min(e+1, s.line.Cells()-1); at++ {
			stages[p] = append(stages[p], at)
		}
	}
	return s.best(stages, path{cost: math.Inf(1)}).cost
}

// error is the squared error of a row divided at thresholds, taken from every weight.
func (r resolution) error(row, thresholds []float32) float64 {
	d := Division{[][]float32{thresholds}}
	return d.Error(row, 1, d.Grids(row, 1, false, r.params))
}
