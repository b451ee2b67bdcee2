package plan

import (
	"context"
	"math"
	"slices"
	"strings"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/report"
	"splitquant/core/split"
	"splitquant/core/version"
)

// Progress tells how far a run is.
type Progress struct {
	Stage string  // Learn or Encode
	Unit  int     // index into Plan.Units
	Units int     // how many there are
	Layer string  // the unit's first layer
	Done  float64 // share of the weights that is done, 0 to 1
}

// A Result is what the units of a plan have made: all that a writer needs.
type Result struct {
	Changes []model.Change
	// Activations are those of the model to cut into chunks, by their index.
	Activations []int
	Static      *model.Static    // how activations are quantized, nil where they are not
	Properties  []model.Property // for the file's metadata
	// Report lacks what only the writer knows: the size of the file, what it
	// needs to run, and the time.
	Report *report.Report
}

// Run works on all units, at most jobs tasks at a time, and keeps what they make
// in spool. The result does not depend on jobs. progress, if not nil, is told
// when a task starts and after the last; calls do not overlap.
func (p *Plan) Run(ctx context.Context, spool Spool, jobs int, progress func(Progress)) (*Result, error) {
	w := p.Work(spool, progress)
	if err := w.Run(ctx, jobs, p.Do); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// result gathers what the units made, in the order of the model.
func (p *Plan) result(outcomes []*outcome) *Result {
	r := &Result{Report: &report.Report{
		Version: version.Version, Options: p.Options, Warnings: slices.Clone(p.Model.Warnings),
		Model: report.Model{
			Format: p.Model.Format, Version: p.Model.Version,
			Producer: p.Model.Producer, Parameters: p.Model.Parameters,
		},
	}}
	made := map[*Unit]*outcome{}
	var noise, plain measure.Noise
	var storage measure.Storage
	exact := true
	for i, u := range p.Units {
		o := outcomes[i]
		made[u] = o
		if o.refused != "" {
			r.Report.Warnings = append(r.Report.Warnings, u.layer.Name+": "+o.refused)
			continue
		}
		if o.warning != "" {
			r.Report.Warnings = append(r.Report.Warnings, u.layer.Name+": "+o.warning)
		}
		r.Changes = append(r.Changes, o.change)
		noise.Merge(o.noise)
		plain.Merge(o.plain)
		storage.Add(measure.Storage{Weights: u.elems, Bytes: (storedBits(o.change.Parts, o.change.Form) + 7) / 8})
		exact = exact && (o.exact || o.noise.Exact())
	}
	for i := range p.Model.Layers {
		r.Report.Layers = append(r.Report.Layers, p.describe(i, made))
	}
	r.Report.BitsPerWeight = storage.BitsPerWeight()
	r.Activations, r.Report.Activations = p.activations()
	r.Static = p.static()
	if len(r.Changes)+len(r.Activations) == 0 && r.Static == nil {
		r.Report.Warnings = append(r.Report.Warnings, report.Nothing)
		return r
	}
	r.Report.Exact = exact
	r.Report.SQNR, r.Report.Plain = decibels(noise), decibels(plain)
	r.Properties = p.properties(r.Report)
	return r
}

// describe says what became of layer i.
func (p *Plan) describe(i int, made map[*Unit]*outcome) report.Layer {
	l := &p.Model.Layers[i]
	d := report.Layer{
		Name: l.Name, Op: l.Op, Kind: string(l.Kind), Shape: l.Shape, Parameters: l.Parameters(),
		SharedWith: p.sharedWith(i), Skipped: p.layers[i].skipped,
	}
	u := p.layers[i].unit
	if u == nil {
		return d
	}
	o := made[u]
	if o.refused != "" {
		d.Skipped = o.refused
		return d
	}
	d.Strategy, d.Note = "none", u.Note
	if u.Split {
		d.Strategy = u.Options.Strategy
	}
	if o.warning != "" {
		d.Note = o.warning
	}
	if u.folds {
		d.Note = strings.TrimPrefix(d.Note+"; "+strings.Join(l.Fold.Nodes, ", ")+" folded in", "; ")
	}
	d.Exact = o.exact || o.noise.Exact()
	d.BytesBefore, d.BytesAfter = u.bytesBefore(), (storedBits(o.change.Parts, o.change.Form)+7)/8
	d.BitsPerWeight = measure.Storage{Weights: u.elems, Bytes: d.BytesAfter}.BitsPerWeight()
	if u.float() {
		d.Bits = u.Weight.Type.Bits()
		return d
	}
	d.Bits = u.Options.Bits
	d.SQNR, d.Plain = decibels(o.noise), decibels(o.plain)
	d.MaxAbsError = o.noise.MaxAbs
	d.MaxAbs = math.Abs(float64(o.outlier.Weight))
	d.MaxAbsKept = math.Abs(float64(o.outlier.Kept))
	d.PlainKept = math.Abs(float64(o.plainly.Kept))
	return d
}

// storedBits counts what stands for a weight: values or codes, scales, zero
// points and tables.
func storedBits(parts []model.Stored, form model.Form) (bits int64) {
	for i := range parts {
		s := &parts[i]
		code := int64(s.Type.Bits())
		scale := int64(32)
		if s.Table != nil && split.Halves(s.Scale) {
			scale = 16
		}
		codes := elements(s.Shape)
		if s.Block > 0 && form == model.FormMatMulNBits { // rows are filled up
			codes = int64(s.Block * len(s.Scale))
		}
		bits += code*codes + scale*int64(len(s.Scale)) + code*int64(len(s.Zero)) + 32*int64(len(s.Table))
	}
	return bits
}

// storage is what the unit's weight will take in the result.
func (u *Unit) storage() measure.Storage {
	return measure.Storage{Weights: u.elems, Bytes: (u.stored() + 7) / 8}
}

// decibels returns the SQNR as reports have it: nil where there is no noise,
// since JSON knows no infinity.
func decibels(n measure.Noise) *float64 {
	if n.N == 0 || n.Exact() {
		return nil
	}
	db := n.SQNR()
	return &db
}
