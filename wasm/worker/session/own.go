package session

import (
	"context"
	"errors"
	"math"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/wasm/message"
)

// own shows a layer of the open model as the lessons do: its levels plain and
// split, and what each keeps and costs.
func (s *Session) own(a message.OwnAsk) (*message.OwnInfo, error) {
	if s.file == nil {
		return nil, errors.New("no model is open")
	}
	m := s.file.Model()
	o := wayOptions(message.Way{Bits: a.Bits, Strategy: a.Strategy})
	p, err := plan.New(m, o)
	if err != nil {
		return nil, err
	}
	if len(p.Units) == 0 {
		return nil, errors.New("the model has no layer that can be quantized")
	}
	v := &message.OwnInfo{Model: s.name, Count: len(p.Units)}
	v.Index = ((a.Index % v.Count) + v.Count) % v.Count
	at := p.Units[v.Index].Layers[0]
	v.Layer = message.Describe(m, s.file.Size()).Layers[at]
	if v.Figure, err = figureOf(p, at); err != nil {
		return nil, err
	}
	one := &model.Model{Tensors: []*model.Tensor{m.Layers[at].Weight}, Layers: []model.Layer{m.Layers[at]}}
	split, err := plan.Compare(context.Background(), one, o, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	o.Strategy, o.Form = "none", "plain"
	plain, err := plan.Compare(context.Background(), one, o, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	v.Split, v.Rival, v.Plain = split.Own, split.Plain, plain.Own
	return v, nil
}
