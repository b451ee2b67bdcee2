package plan

import (
	"context"
	"fmt"
	"io"

	"splitquant/core/kmeans"
	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// Learned is what the first stage finds out about a weight: all that is
// needed to encode any piece of it.
type Learned struct {
	Refused  string  // why the weight stays as it is; then nothing else is known
	Lo, Hi   float32 // its smallest and largest value
	Division split.Division
	Clusters []kmeans.Clustering // one for each row of the division; for figures
	Grids    [][]quant.Grid      // for each part, one or one for each channel
	Plain    []quant.Grid        // of the weight in one part, for comparison
	Codebook *split.Codebook     // in place of a division and grids; nil without
	Sums     *Sums               // where bins of the values told them; nil otherwise
}

// Sums are of all weights, and need not be taken from each.
type Sums struct {
	Signal float64 // of squares
	// Plain is the squared error of plain quantization, but for weights that
	// a [quant.Coder] watches.
	Plain float64
}

// most is the magnitude of the largest weight.
func (l *Learned) most() float32 { return max(-l.Lo, l.Hi) }

// outcome is what the stages made of a weight.
type outcome struct {
	change  model.Change
	refused string // why the weight stays as it was, empty where it does not
	warning string
	exact   bool // the parts are the weight's own values
	noise   measure.Noise
	plain   measure.Noise
	outlier Outlier // what becomes of the largest weight
	plainly Outlier // what plain quantization would have made of it
}

// whole goes through both stages of a weight in one piece.
func (u *Unit) whole(ctx context.Context, s *source) (l *Learned, e *Encoded, err error) {
	if l, err = u.learnHere(ctx, s); err != nil || l.Refused != "" {
		return l, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	switch {
	case u.float() && u.Options.Strategy == "residual":
		e, err = s.roundings()
	case u.codebook():
		e, err = s.codebook(ctx, l)
	case u.group > 0 && !u.float():
		e, err = s.groups(ctx, l)
	default:
		e, err = s.encode(ctx, l)
	}
	if err == nil {
		e.Biases, err = u.changeBiases()
	}
	return l, e, err
}

// roundings makes the float form of strategy residual.
func (s *source) roundings() (*Encoded, error) {
	raw, values, err := s.all()
	if err != nil {
		return nil, err
	}
	r, err := split.NewRounding(values, s.u.Weight.Type, s.u.params)
	if err != nil {
		return nil, err
	}
	out := new(Encoded)
	for _, p := range s.u.order() {
		part := make([]byte, len(raw))
		if err := r.Part(part, raw, p); err != nil {
			return nil, err
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}

// outcome describes what was made of a weight, by what was learned of it and the
// pieces of its parts.
func (u *Unit) outcome(l *Learned, pieces []*Encoded, parts []io.ReaderAt) *outcome {
	if l.Refused != "" {
		return &outcome{refused: l.Refused}
	}
	out := &outcome{change: u.change(), exact: u.float()}
	for i, p := range u.order() {
		out.change.Parts = append(out.change.Parts, u.stored1(parts[i], p, l))
	}
	for _, e := range pieces {
		for _, n := range e.Noise {
			out.noise.Merge(n)
		}
		for _, n := range e.Plain {
			out.plain.Merge(n)
		}
		out.outlier.merge(e.Outlier)
		out.plainly.merge(e.Plainly)
		for _, b := range e.Biases {
			b.addTo(&out.change)
		}
	}
	if l.Sums != nil {
		out.noise.Signal, out.plain.Signal = l.Sums.Signal, l.Sums.Signal
		out.plain.Noise += l.Sums.Plain
	}
	if !u.Split && !u.codebook() {
		out.plain, out.plainly = out.noise, out.outlier
	}
	if !u.float() && u.params.Flushes(l.Lo, l.Hi) {
		out.warning = "its values are too small for a scale, they become 0"
	}
	return out
}

// change is what the unit will do to the model, as far as the plan knows it.
func (u *Unit) change() model.Change {
	c := model.Change{Weight: u.Weight, Form: model.FormLayers, Folded: u.folds}
	switch {
	case u.codebook():
		c.Form = model.FormCodebook
	case u.nbits():
		c.Form = model.FormMatMulNBits
	case u.summed:
		c.Form = model.FormSummed
	}
	return c
}

// stored1 describes a part to the writer.
func (u *Unit) stored1(data io.ReaderAt, part int, l *Learned) model.Stored {
	s := model.Stored{Name: u.partName(part), Type: u.Weight.Type, Shape: u.Weight.Shape, Data: data}
	switch {
	case u.float():
		return s
	case u.codebook():
		c := l.Codebook
		return model.Stored{
			Type: indexType(len(c.Table)), Shape: u.Weight.Shape, Data: data, Axis: max(u.layer.OutAxis, 0), Table: c.Table, Scale: c.Scales,
		}
	}
	s.Type, s.Axis = u.params.Type(), max(u.layer.OutAxis, 0)
	for _, g := range l.Grids[part] {
		s.Scale = append(s.Scale, g.Scale)
		s.Zero = append(s.Zero, g.Zero)
	}
	if u.group > 0 {
		u.describeGroups(&s)
	}
	return s
}

// read returns all bytes and values of a tensor.
func read(t *model.Tensor) (raw []byte, values []float32, err error) {
	n, err := t.Shape.Elems()
	if err != nil {
		return nil, nil, err
	}
	size, err := t.Type.Bytes(n)
	if err != nil {
		return nil, nil, err
	}
	raw, values = make([]byte, size), make([]float32, n)
	if _, err := t.Data.ReadAt(raw, 0); err != nil && size > 0 {
		return nil, nil, fmt.Errorf("tensor %q: reading %d bytes: %w", t.Name, size, err)
	}
	return raw, values, tensor.Float32s(values, raw, t.Type)
}

// toRows brings the weights of each output channel together where channels
// have clusters or scales of their own.
func (u *Unit) toRows(values []float32) []float32 {
	if u.group > 0 {
		return toGroups(u, values)
	}
	outer, dim, inner := u.runs()
	if outer == 1 {
		return values
	}
	rows := make([]float32, len(values))
	tensor.SwapAxes(rows, values, outer, dim, inner)
	return rows
}

// runs says how the weight lies in the file: outer times, one run of inner
// elements for each of dim rows.
func (u *Unit) runs() (outer, dim, inner int) {
	if u.byChannel() {
		return u.Weight.Shape.Axis(u.layer.OutAxis)
	}
	return 1, u.rows(), int(u.elems) / u.rows()
}
