package session

import (
	"context"
	"errors"
	"fmt"

	"splitquant/core/calibrate"
	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/recipe"
	"splitquant/core/rows"
	"splitquant/wasm/message"
)

// addStatic runs the result with activations in codes, whole and in three chunks,
// by ranges that are found on the same data. What goes wrong is said in a line.
func (p *proof) addStatic(o recipe.Options, how message.StaticRequest) {
	ranges, err := p.watch(how, o.Symmetric)
	p.seen = 1
	if err != nil {
		line := message.ProofLine{Result: evaluate.Result{Model: message.Static}, Bits: o.Bits, Activations: how.Bits, Error: err.Error()}
		p.info.Lines = append(p.info.Lines, line)
		return
	}
	p.info.Ranges = ranges
	o.ActivationBits, o.Ranges = how.Bits, ranges
	for _, c := range []candidate{{name: message.Static}, {name: message.StaticSplit}} {
		c.options = o
		c.options.Activations = "keep"
		if c.name == message.StaticSplit {
			c.options.Activations = "split"
		}
		if err := c.options.Validate(); err != nil {
			p.info.Lines = append(p.info.Lines, message.ProofLine{Result: evaluate.Result{Model: c.name}, Bits: o.Bits, Activations: how.Bits, Error: err.Error()})
			continue
		}
		p.add(c)
	}
}

// watch runs a copy of the original that gives out its activations, and returns
// the ranges that they lie in.
func (p *proof) watch(how message.StaticRequest, symmetric bool) (model.Ranges, error) {
	method, err := calibrate.ParseMethod(how.Method)
	if err != nil {
		return nil, err
	}
	values := p.file.Values()
	if len(values) == 0 {
		return nil, errors.New("the model has no activations to watch: no layers that can be quantized, and no element-wise functions")
	}
	p.tell(message.StageWatch, message.Original, 0)
	copied := p.host.NewStore()
	if err := p.file.WriteWatched(copied, calibrate.Outputs(values)); err != nil {
		return nil, err
	}
	m, err := p.host.Open(fmt.Sprintf("%s with its activations as outputs", p.name), copied, nil)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	batches, total := calibrate.Inputs(p.samples), len(p.samples)
	p.info.RangeRows = total
	if p.set != nil {
		few := rows.Thin(p.set, message.CalibrationRows)
		batches, total = calibrate.Rows(m.Model, few)
		p.info.RangeRows = few.Len()
	}
	seen, err := calibrate.Run(context.Background(), m.Model, values, batches, func(done int) {
		p.tell(message.StageWatch, message.Original, float64(done)/float64(max(total, 1)))
	})
	if err != nil {
		return nil, err
	}
	return seen.Ranges(method, quant.Params{Bits: how.Bits, Symmetric: symmetric}), nil
}
