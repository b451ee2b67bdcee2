package plan

import (
	"fmt"
	"math"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/quant"
)

// A Look is what a glance at a weight shows.
type Look struct {
	Min, Max float32
	Bars     []int64 // counts in equal bins from Min to Max
}

// LookAt reads a weight and counts its values in bins.
func LookAt(w *model.Tensor, bins int) (Look, error) {
	_, values, err := read(w)
	if err != nil {
		return Look{}, err
	}
	lo, hi, finite := quant.MinMax(values)
	if !finite {
		return Look{}, fmt.Errorf("tensor %q has NaN or infinite values", w.Name)
	}
	return Look{lo, hi, measure.Histogram(values, lo, hi, bins)}, nil
}

// A Figure shows where the values of a weight lie, how they are divided, and
// which values its codes can stand for.
type Figure struct {
	Look
	Bounds  []float32 // thresholds between the parts, empty without a split
	Centers []float64 // means of the clusters
	Sizes   []int64   // weights in each cluster
	Levels  [][]float32
	Plain   []float32
	Note    string
}

// Figure works out the figure of layer i, whether or not a run has been made.
// Where rows have clusters or scales of their own, those of the first are shown.
func (p *Plan) Figure(i, bins int) (*Figure, error) {
	l := &p.Model.Layers[i]
	if l.Weight == nil || l.Weight.Data == nil {
		return nil, fmt.Errorf("layer %q: %s", l.Name, l.Skipped)
	}
	u := p.layers[i].unit
	if u == nil { // left alone, which is no reason not to show what it holds
		u = newUnit(p.Options.For(l.Name), p.Model, l, []int{i})
	}
	_, values, err := u.read()
	if err != nil {
		return nil, err
	}
	lo, hi, finite := quant.MinMax(values)
	if !finite {
		return nil, fmt.Errorf("layer %q: the weight has NaN or infinite values", l.Name)
	}
	rows := u.toRows(values)
	learned, err := u.learn(rows)
	if err != nil {
		return nil, err
	}
	f := &Figure{
		Look: Look{lo, hi, measure.Histogram(values, lo, hi, bins)},
		Note: p.layers[i].skipped, Plain: levels(learned.Plain[0]),
	}
	if u.Note != "" {
		f.Note = u.Note
	}
	if len(learned.Division.Bounds) > 0 {
		f.divided(rows[:len(rows)/u.rows()], learned.Division.Of(0))
	}
	if len(learned.Clusters) > 0 {
		f.Centers = learned.Clusters[0].Centers
	}
	if c := learned.Codebook; c != nil {
		f.Levels = [][]float32{c.Table}
	}
	for _, grids := range learned.Grids {
		f.Levels = append(f.Levels, levels(grids[0]))
	}
	return f, nil
}

// divided fills in the thresholds of a row and how many values lie between them.
func (f *Figure) divided(row, thresholds []float32) {
	ranges := make([]quant.Range, len(thresholds)+1)
	quant.AddSplit(ranges, row, thresholds)
	for p, t := range thresholds {
		if math.IsInf(float64(t), 1) { // reached by no value
			break
		}
		f.Bounds = append(f.Bounds, t)
		f.Sizes = append(f.Sizes, ranges[p].N)
	}
	f.Sizes = append(f.Sizes, ranges[len(f.Bounds)].N)
}

// levels lists the values that the codes of a grid stand for, ascending.
func levels(g quant.Grid) []float32 {
	lo, hi := g.Limits()
	values := make([]float32, 0, hi-lo+1)
	for c := lo; c <= hi; c++ {
		values = append(values, g.Value(c))
	}
	return values
}
