package calibrate

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// Outputs names the values that a file must give out so that they can be
// watched: all but inputs of the model, which are known anyway.
func Outputs(values []model.Value) (names []string) {
	for _, v := range values {
		if !v.Input {
			names = append(names, v.Name)
		}
	}
	return names
}

// Seen is what is known of the values of a model.
type Seen struct {
	Batches int // that were run
	values  []seen
}

type seen struct {
	model.Value
	whole  Histogram
	chunks [model.Chunks]Histogram // where the value has channels; their sum is the whole
}

// Run runs a model, which gives out the values, on batches of inputs. progress,
// if not nil, is told how many batches are done.
func Run(ctx context.Context, m *evaluate.Model, values []model.Value, batches iter.Seq2[map[string]ort.Value, error], progress func(done int)) (*Seen, error) {
	if len(values) == 0 {
		return nil, errors.New("the model has no activations to watch: no layers, and no element-wise functions")
	}
	s := &Seen{}
	for _, v := range values {
		s.values = append(s.values, seen{Value: v})
	}
	for inputs, err := range batches {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		outputs, err := m.Run(ctx, inputs)
		if err != nil {
			return nil, err
		}
		if err := s.add(inputs, outputs); err != nil {
			return nil, err
		}
		s.Batches++
		if progress != nil {
			progress(s.Batches)
		}
	}
	if s.Batches == 0 {
		return nil, errors.New("there are no data to find ranges with")
	}
	return s, nil
}

// add counts the values of one run.
func (s *Seen) add(inputs, outputs map[string]ort.Value) error {
	for i := range s.values {
		v := &s.values[i]
		from := outputs
		if v.Input {
			from = inputs
		}
		x, ok := from[v.Name]
		if !ok {
			return fmt.Errorf("the model does not give out %q", v.Name)
		}
		if err := v.add(x); err != nil {
			return fmt.Errorf("activation %q: %w", v.Name, err)
		}
	}
	return nil
}

func (v *seen) add(x ort.Value) error {
	values, err := x.Floats()
	if err != nil {
		return err
	}
	if v.Channels == 0 {
		v.whole.Add(values)
		return v.whole.finite()
	}
	if v.Axis >= len(x.Shape) || x.Shape[v.Axis] != v.Channels {
		return fmt.Errorf("shape is %v, expected %d channels along axis %d", x.Shape, v.Channels, v.Axis)
	}
	outer, _, inner := tensor.Shape(x.Shape).Axis(v.Axis)
	for range outer {
		for i, channels := range model.ChunkSizes(v.Channels) {
			n := int(channels) * inner
			v.chunks[i].Add(values[:n])
			if err := v.chunks[i].finite(); err != nil {
				return err
			}
			values = values[n:]
		}
	}
	return nil
}

// finite says that a histogram has seen what is no number.
func (h *Histogram) finite() error {
	if h.NonFinite > 0 {
		return errors.New("some of its values are NaN or infinite, for which there is no range")
	}
	return nil
}

// Histogram returns that of a value, nil where it was not watched. Nobody may
// change it.
func (s *Seen) Histogram(name string) *Histogram {
	for i := range s.values {
		if v := &s.values[i]; v.Name == name {
			return v.all()
		}
	}
	return nil
}

// all is the histogram of a value and all of its chunks.
func (v *seen) all() *Histogram {
	if v.Channels == 0 {
		return &v.whole
	}
	var h Histogram
	for i := range v.chunks {
		h.Merge(&v.chunks[i])
	}
	return &h
}

// Ranges returns the ranges of all values, and of their chunks, for grids of
// the given kind.
func (s *Seen) Ranges(m Method, p quant.Params) model.Ranges {
	ranges := make(model.Ranges)
	for i := range s.values {
		v := &s.values[i]
		ranges[v.Name] = m.Range(v.all(), p)
		for c := range v.chunks {
			if v.Channels > 0 {
				ranges[model.ChunkName(v.Name, c)] = m.Range(&v.chunks[c], p)
			}
		}
	}
	return ranges
}
