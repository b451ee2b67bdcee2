package plan

import (
	"context"
	"fmt"
	"math"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// A Look is what a glance at a weight shows.
type Look struct {
	Min, Max float32
	Bars     []int64 // counts in equal bins from Min to Max
}

// LookAt reads a weight, twice and a piece at a time, and counts its values in
// bins.
func LookAt(w *model.Tensor, bins int) (Look, error) {
	l := Look{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1)), Bars: make([]int64, bins)}
	n, err := w.Shape.Elems()
	if err != nil || n == 0 {
		return Look{Bars: l.Bars}, err
	}
	err = inPieces(w, n, func(values []float32) error {
		lo, hi, finite := quant.MinMax(values)
		if !finite {
			return fmt.Errorf("tensor %q has NaN or infinite values", w.Name)
		}
		l.Min, l.Max = min(l.Min, lo), max(l.Max, hi)
		return nil
	})
	if err != nil {
		return Look{}, err
	}
	return l, inPieces(w, n, func(values []float32) error {
		for i, c := range measure.Histogram(values, l.Min, l.Max, bins) {
			l.Bars[i] += c
		}
		return nil
	})
}

// inPieces calls f for the n values of a tensor, a piece at a time.
func inPieces(t *model.Tensor, n int64, f func([]float32) error) error {
	size := int64(t.Type.Bits() / 8)
	most := min(n, pieceSize)
	raw, values := make([]byte, most*size), make([]float32, most)
	for _, p := range cutAt(n, most) {
		raw, values := raw[:(p.To-p.From)*size], values[:p.To-p.From]
		if got, err := t.Data.ReadAt(raw, p.From*size); got < len(raw) {
			return fmt.Errorf("tensor %q: reading %d bytes: %w", t.Name, len(raw), err)
		}
		if err := tensor.Float32s(values, raw, t.Type); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if err := f(values); err != nil {
			return err
		}
	}
	return nil
}

// A Figure shows where the values of a weight lie, how they are divided, and
// which values its codes can stand for.
type Figure struct {
	Look
	// Of says which channel, group or block is shown where each has clusters or scales
	// of its own, as "channel 3 of 16"; empty for the whole weight.
	Of      string
	Bounds  []float32   // thresholds between the parts, empty without a split
	Centers []float64   // means of the clusters
	Sizes   []int64     // values in each part
	Levels  [][]float32 // for each part, or of the table; none for a part without values
	Plain   []float32
	Spread  measure.Summary // of the values that are shown
	Note    string
}

// mostDrawn is how many weights a picture is drawn of, since it takes all of them
// at once.
const mostDrawn = 1 << 26

// Figure works out the figure of layer i, whether or not a run has been made.
// Where rows have clusters or scales of their own, it is that of the row with
// the largest weight: bars, thresholds and levels of one figure belong together.
func (p *Plan) Figure(i, bins int) (*Figure, error) {
	l := &p.Model.Layers[i]
	if l.Weight == nil || l.Weight.Data == nil {
		return nil, fmt.Errorf("layer %q: %s", l.Name, l.Skipped)
	}
	if n := l.Parameters(); n > mostDrawn {
		return nil, fmt.Errorf("layer %q has %d million weights, more than the %d million that a picture is drawn of", l.Name, n>>20, mostDrawn>>20)
	}
	u := p.layers[i].unit
	if u == nil { // left alone, which is no reason not to show what it holds
		u = newUnit(p.Options.For(l.Name), p.Model, l, []int{i})
	}
	source := u.open(Piece{0, u.elems})
	defer source.close()
	learned, err := u.learnHere(context.Background(), source)
	if err != nil {
		return nil, err
	}
	if learned.Refused != "" {
		return nil, fmt.Errorf("layer %q: the weight has NaN or infinite values", l.Name)
	}
	_, values, err := source.all()
	if err != nil {
		return nil, err
	}
	rows := u.toRows(values)
	f := &Figure{Note: p.layers[i].skipped}
	if u.Note != "" {
		f.Note = u.Note
	}
	row, shown := 0, rows
	if u.grids() > 1 || len(learned.Division.Bounds) > 1 {
		size := len(rows) / u.rows()
		row = largest(rows) / size
		shown = rows[row*size : (row+1)*size]
		f.Of = fmt.Sprintf("%s %d of %d", u.rowName(), row+1, u.rows())
	}
	f.Spread = measure.Summarize(shown)
	lo, hi, _ := quant.MinMax(shown)
	f.Look = Look{lo, hi, measure.Histogram(shown, lo, hi, bins)}
	f.levels(learned, row, u.rows())
	if len(learned.Division.Bounds) > 0 {
		f.divided(shown, learned.Division.Of(row))
	}
	return f, nil
}

// largest returns the index of the first value that is farthest from zero.
func largest(values []float32) int {
	at := 0
	for i, v := range values {
		if math.Abs(float64(v)) > math.Abs(float64(values[at])) {
			at = i
		}
	}
	return at
}

func (u *Unit) rowName() string {
	switch {
	case u.group > 0:
		return "group"
	case u.byChannel():
		return "channel"
	}
	return "block"
}

// levels fills in what the codes of a row stand for, and its cluster centres.
func (f *Figure) levels(l *Learned, row, rows int) {
	f.Plain = levels(l.Plain[min(row, len(l.Plain)-1)])
	for _, grids := range l.Grids {
		f.Levels = append(f.Levels, levels(grids[min(row, len(grids)-1)]))
	}
	if n := len(l.Clusters); n > 0 {
		f.Centers = l.Clusters[row*n/rows].Centers
	}
	if c := l.Codebook; c != nil {
		values, indices := make([]float32, len(c.Table)), make([]uint16, len(c.Table))
		for i := range indices {
			indices[i] = uint16(i)
		}
		split.Values(c, values, indices, row)
		f.Levels = [][]float32{values}
	}
}

// divided fills in the thresholds of a row and how many values lie between
// them. The grid of a part without values means nothing: its levels go.
func (f *Figure) divided(row, thresholds []float32) {
	ranges := make([]quant.Range, len(thresholds)+1)
	quant.AddSplit(ranges, row, thresholds)
	for p, r := range ranges {
		if p < len(thresholds) && !math.IsInf(float64(thresholds[p]), 1) { // else reached by no value
			f.Bounds = append(f.Bounds, thresholds[p])
		}
		if p <= len(f.Bounds) {
			f.Sizes = append(f.Sizes, r.N)
		}
		if r.N == 0 && p < len(f.Levels) {
			f.Levels[p] = nil
		}
	}
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
