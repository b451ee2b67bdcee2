package plan

import (
	"context"
	"fmt"
	"math"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// A Comparison holds what the options make of a model against what plain
// quantization makes of it in no more room.
type Comparison struct {
	Weights int64 // that were measured
	All     int64 // that the options work on
	Own     report.Point
	// Plain is the widest plain quantization that takes no more bits per
	// weight. Its Bits are 0 where there is none, or where the options are it.
	Plain report.Point
}

// Compare measures both on about limit weights: on whole layers, in the order
// of the model, of which those that are too large for what is left of the limit
// are passed over. It takes at least one.
func Compare(ctx context.Context, m *model.Model, o recipe.Options, limit int64) (*Comparison, error) {
	p, err := New(m, o)
	if err != nil {
		return nil, err
	}
	if len(p.Units) == 0 {
		return nil, fmt.Errorf("the model has no layer that can be quantized")
	}
	c := &Comparison{}
	sample := p.sample(limit)
	for _, u := range p.Units {
		c.All += u.elems
	}
	for _, u := range sample {
		c.Weights += u.elems
	}
	bits := p.bitsPerWeight()
	if c.Own, err = p.point(ctx, sample); err != nil {
		return nil, err
	}
	c.Own.Series, c.Own.Bits, c.Own.BitsPerWeight = "own", o.Bits, bits
	rival, err := p.rival(bits)
	if err != nil || rival == nil {
		return c, err
	}
	same := make([]*Unit, len(sample))
	for i, u := range sample {
		same[i] = rival.layers[u.Layers[0]].unit
	}
	if c.Plain, err = rival.point(ctx, same); err != nil {
		return nil, err
	}
	c.Plain.Series, c.Plain.Bits, c.Plain.BitsPerWeight = "plain", rival.Options.Bits, rival.bitsPerWeight()
	return c, nil
}

// sample picks units of about limit weights, at least one.
func (p *Plan) sample(limit int64) (sample []*Unit) {
	smallest := p.Units[0]
	for _, u := range p.Units {
		if u.elems < smallest.elems {
			smallest = u
		}
		if u.elems <= limit {
			sample, limit = append(sample, u), limit-u.elems
		}
	}
	if len(sample) == 0 {
		sample = []*Unit{smallest}
	}
	return sample
}

// rival plans plain quantization that takes at most so many bits per weight,
// for the same layers and with the same range; nil where there is none.
func (p *Plan) rival(bits float64) (*Plan, error) {
	o := p.Options
	if o.Form == "float" || !p.splits() {
		return nil, nil
	}
	o.Strategy, o.Form, o.Palette, o.Parts, o.Layers = "none", "plain", 0, parts, nil
	for _, r := range p.Options.Layers {
		if r.Exclude {
			o.Layers = append(o.Layers, recipe.Rule{Layer: r.Layer, Exclude: true})
		}
	}
	for _, b := range []int{8, 4, 2} { // widths that are stored as they are
		o.Bits = b
		rival, err := New(p.Model, o)
		if err != nil {
			return nil, err
		}
		if len(rival.Units) == len(p.Units) && rival.bitsPerWeight() <= bits {
			return rival, nil
		}
	}
	return nil, nil
}

// splits reports whether any unit is something else than plain.
func (p *Plan) splits() bool {
	for _, u := range p.Units {
		if u.Split || u.Options.Palette != 0 {
			return true
		}
	}
	return false
}

func (p *Plan) bitsPerWeight() float64 {
	var s measure.Storage
	for _, u := range p.Units {
		s.Add(u.storage())
	}
	return s.BitsPerWeight()
}

// point runs some units for their noise alone.
func (p *Plan) point(ctx context.Context, units []*Unit) (report.Point, error) {
	var noise measure.Noise
	for _, u := range units {
		if err := ctx.Err(); err != nil {
			return report.Point{}, err
		}
		out, err := u.run(ctx, discard{})
		if err != nil {
			return report.Point{}, err
		}
		noise.Merge(out.noise)
	}
	var point report.Point
	if db := noise.SQNR(); !math.IsInf(db, 0) {
		point.SQNR = &db
	}
	return point, nil
}
