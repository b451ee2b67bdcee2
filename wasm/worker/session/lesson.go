package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"

	"splitquant/core/lesson"
	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/tensor"
	"splitquant/wasm/message"
)

// lesson computes what a lesson shows.
func (s *Session) lesson(r message.Request) error {
	if r.Lesson == nil {
		return errors.New("the lesson asks for nothing")
	}
	var info message.LessonInfo
	var err error
	switch a := r.Lesson; {
	case a.Cost != nil:
		info.Cost, err = cost(*a.Cost)
	case a.Digit != nil:
		info.Digit, err = s.digit(*a.Digit)
	case a.Text != nil:
		info.Text, err = s.text(*a.Text)
	case a.Own != nil:
		info.Own, err = s.own(*a.Own)
	default:
		info.Answer, err = lesson.Work(a.Ask)
	}
	if err != nil {
		return err
	}
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Lesson: &info}, nil)
	return nil
}

// cost quantizes a layer of the lesson's weights in many ways, as a run would.
func cost(a message.CostAsk) (*report.Frontier, error) {
	v, _, err := lesson.Draw(nil, a.Data)
	if err != nil {
		return nil, err
	}
	if a.Rows < 1 || len(v) < a.Rows {
		return nil, errors.New("a layer needs a row, and a weight in each")
	}
	v = v[:len(v)/a.Rows*a.Rows]
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	w := &model.Tensor{Name: "weight", Type: tensor.Float32, Shape: tensor.Shape{int64(a.Rows), int64(len(v) / a.Rows)}, Data: bytes.NewReader(raw)}
	m := &model.Model{Tensors: []*model.Tensor{w}, Layers: []model.Layer{
		{Name: "layer", Op: "Gemm", Kind: model.Linear, Shape: w.Shape, Weight: w}}}
	return plan.Frontier(context.Background(), m, recipe.Defaults(), a.Rules, 1, func(plan.Progress) {})
}
