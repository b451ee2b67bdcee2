package session

import (
	"context"
	"errors"
	"fmt"

	"splitquant/core/dataset/digits"
	"splitquant/core/lesson"
	"splitquant/core/plan"
	"splitquant/wasm/message"
)

// A digitModel is the sample, quantized in one way.
type digitModel struct {
	*lesson.Digits
	bits float64 // stored per weight
}

// digit asks the sample model about images. What it becomes in each way is
// kept, so that a stroke is answered at once.
func (s *Session) digit(a message.DigitAsk) (*message.DigitInfo, error) {
	if s.file == nil {
		return nil, errors.New("the sample model is not open")
	}
	info := &message.DigitInfo{Label: -1}
	var image digits.Image
	switch {
	case a.Measure:
	case len(a.Image) == len(image):
		copy(image[:], a.Image)
	case len(a.Image) == 0 && a.Index >= 0 && a.Index < digits.TestCount:
		image, info.Label = digits.Draw(digits.TestSeed, a.Index)
		info.Image = image[:]
	default:
		return nil, fmt.Errorf("an image of %d pixels, or number %d: want %d pixels, or a number below %d", len(a.Image), a.Index, len(image), digits.TestCount)
	}
	for _, w := range a.Ways {
		m, err := s.digitModel(w)
		if err != nil {
			return nil, err
		}
		answer := message.ModelAnswer{BitsPerWeight: m.bits}
		if a.Measure {
			answer.Says, answer.Correct = m.measure()
		} else {
			answer.Probabilities = lesson.Probabilities(m.Logits(&image))
		}
		info.Models = append(info.Models, answer)
	}
	return info, nil
}

// measure answers all test digits.
func (m digitModel) measure() (says []byte, correct int) {
	for i := range digits.TestCount {
		image, label := digits.Draw(digits.TestSeed, i)
		answer := lesson.Likeliest(m.Logits(&image))
		says = append(says, byte(answer))
		if answer == label {
			correct++
		}
	}
	return says, correct
}

// digitModel quantizes the open model as a run would, form summed.
func (s *Session) digitModel(w message.Way) (digitModel, error) {
	if m, ok := s.digits[w]; ok {
		return m, nil
	}
	m := digitModel{bits: 32}
	model := s.file.Model()
	var err error
	if w.Bits == 0 {
		m.Digits, err = lesson.NewDigits(model, nil)
	} else {
		var p *plan.Plan
		if p, err = plan.New(model, wayOptions(w)); err != nil {
			return m, err
		}
		var r *plan.Result
		if r, err = p.Run(context.Background(), plan.Memory{}, 1, nil); err != nil {
			return m, err
		}
		m.bits = r.Report.BitsPerWeight
		m.Digits, err = lesson.NewDigits(model, r.Changes)
	}
	if err != nil {
		return m, err
	}
	if s.digits == nil {
		s.digits = map[message.Way]digitModel{}
	}
	s.digits[w] = m
	return m, nil
}
