package plan

import (
	"errors"
	"fmt"
	"io"

	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/quant"
	"splitquant/core/report"
)

// activations returns the indices, in the model, of the activations that the
// options cut into chunks, and what is to say about all of them.
func (p *Plan) activations() (cut []int, all []report.Activation) {
	if p.Options.Activations != "split" {
		return nil, nil
	}
	for i, a := range p.Model.Activations {
		skipped := a.Skipped
		if reason, ok := p.Options.Selects(a.Name); !ok {
			skipped = reason
		}
		if skipped == "" {
			cut = append(cut, i)
		}
		all = append(all, report.Activation{Name: a.Name, Op: a.Op, Axis: a.Axis, Channels: a.Channels, Skipped: skipped})
	}
	return cut, all
}

// static says how activations are quantized: by grids over the ranges that the
// options give, in the sense of [quant.Params.Fit]. Nil where they are not.
func (p *Plan) static() *model.Static {
	o := &p.Options
	if o.ActivationBits == 0 {
		return nil
	}
	s := &model.Static{Grids: make(map[string]model.Grid, len(o.Ranges))}
	params := quant.Params{Bits: o.ActivationBits, Symmetric: o.Symmetric}
	for name, r := range o.Ranges {
		g := params.Fit(r.Min, r.Max)
		s.Grids[name] = model.Grid{Scale: g.Scale, Zero: g.Zero, Type: params.Type()}
	}
	for i, a := range p.Model.Activations {
		if _, ok := o.Selects(a.Name); ok {
			s.Activations = append(s.Activations, i)
		}
	}
	return s
}

// needsRanges says why activations that are to be quantized cannot be.
func (p *Plan) needsRanges() error {
	switch o := &p.Options; {
	case o.ActivationBits == 0:
		return nil
	case p.Model.Guessed:
		return errors.New("a file without a graph has no activations to quantize")
	case len(o.Ranges) == 0:
		return errors.New("activations are quantized to ranges that are known before: give them, or data to find them with")
	}
	return nil
}

// noteStatic says in a report what became of the activations that were to be
// quantized.
func noteStatic(r *report.Report, w written) {
	r.Rounded = w.rounded
	if w.left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d activations stay in float, since there is no range for them, such as %q", w.left, w.first))
	}
}

// Values lists the values that static quantization may give a scale; none where
// a file has no graph.
func (f *File) Values() []model.Value {
	if f, ok := f.format.(onnxFile); ok {
		return f.File.Values()
	}
	return nil
}

// WriteWatched writes the model as it is, but that it gives out values in between
// beside its own outputs. Data in files beside it are taken in.
func (f *File) WriteWatched(w io.Writer, outputs []string) error {
	g, ok := f.format.(onnxFile)
	if !ok {
		return errors.New("a file without a graph has no activations to watch")
	}
	_, err := g.File.Write(w, nil, onnx.WriteOptions{Outputs: outputs})
	return err
}
