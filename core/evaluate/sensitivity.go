package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"splitquant/core/ort"
	"splitquant/core/recipe"
	"splitquant/core/rows"
)

// A Ranking lists the layers of a model by what it costs to quantize them.
type Ranking struct {
	Rows    int            `json:"rows,omitempty"`    // of labelled data; 0 where there are none
	Samples int            `json:"samples,omitempty"` // made-up inputs instead
	Options recipe.Options `json:"options"`
	// Float is the model as it was, All the one with all layers quantized.
	Float  Result      `json:"float"`
	All    Result      `json:"all"`
	Layers []Sensitive `json:"layers"` // the most sensitive first
}

// A Sensitive is one layer, or several that share a weight.
type Sensitive struct {
	Layers []string `json:"layers"`
	Alone  Result   `json:"alone"`  // when nothing else is quantized
	Spared Result   `json:"spared"` // when all else is
	// Loss is what the layer costs alone and Gain what sparing it saves: shares
	// of rows with labelled data, otherwise dB of the outputs' SQNR.
	Loss float64 `json:"loss"`
	Gain float64 `json:"gain"`
}

// A Study says how to find out which layers are sensitive.
type Study struct {
	Original *Model
	Options  recipe.Options // that quantize
	Layers   [][]string     // names; layers that share a weight go together
	// Try quantizes the model by options and opens the result. The function it
	// returns closes that again.
	Try func(ctx context.Context, o recipe.Options) (*Model, func(), error)
	// Set is labelled data. Where it is nil, Inputs are what the outputs are
	// compared on.
	Set      rows.Set
	Inputs   []map[string]ort.Value
	Output   string // with the scores, as in AccuracyOptions
	Progress func(done, total int)
}

// Run quantizes each layer alone, and all but each, and ranks them: by the sum
// of loss and gain, since a layer can hurt alone, or only where others hurt too.
func (s *Study) Run(ctx context.Context) (*Ranking, error) {
	if len(s.Layers) == 0 {
		return nil, errors.New("there is no layer to quantize")
	}
	original := Remember(s.Original)
	done, total := 0, 2*len(s.Layers)+2
	step := func() {
		if s.Progress != nil {
			s.Progress(done, total)
		}
		done++
	}
	r := &Ranking{Samples: len(s.Inputs), Options: s.Options}
	step()
	float, err := s.measure(ctx, original, nil)
	if err != nil {
		return nil, err
	}
	r.Float = *float
	if s.Set != nil {
		r.Rows, r.Samples = s.Set.Len(), 0
	}
	try := func(o recipe.Options, what string) (*Result, error) {
		step()
		m, closeModel, err := s.Try(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		defer closeModel()
		return s.measure(ctx, original, m)
	}
	all, err := try(s.Options, "all layers")
	if err != nil {
		return nil, err
	}
	r.All = *all
	for _, names := range s.Layers {
		var globs []string
		for _, name := range names {
			globs = append(globs, recipe.Literal(name))
		}
		alone, spared := s.Options, s.Options
		alone.Include = globs
		spared.Exclude = slices.Concat(spared.Exclude, globs)
		l := Sensitive{Layers: names}
		result, err := try(alone, names[0])
		if err != nil {
			return nil, err
		}
		l.Alone = *result
		if result, err = try(spared, "all but "+names[0]); err != nil {
			return nil, err
		}
		l.Spared = *result
		l.Loss, l.Gain = r.Float.better(l.Alone), l.Spared.better(r.All)
		r.Layers = append(r.Layers, l)
	}
	step()
	r.sort()
	return r, nil
}

// sort puts the layers whose loss and gain add up to the most first.
func (r *Ranking) sort() {
	slices.SortStableFunc(r.Layers, func(a, b Sensitive) int {
		switch d := (b.Loss + b.Gain) - (a.Loss + a.Gain); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
}

// Keep returns the options of the study with the n most sensitive layers at more
// bits.
func (r *Ranking) Keep(n, bits int) recipe.Options {
	o := r.Options
	o.Layers = slices.Clone(o.Layers)
	for _, l := range r.Layers[:min(n, len(r.Layers))] {
		for _, name := range l.Layers {
			o.Layers = append(o.Layers, recipe.Rule{Layer: recipe.Literal(name), Bits: bits})
		}
	}
	return o
}

// exactDB stands for the SQNR of outputs that are the same bits.
const exactDB = 150

// better is how much better r is than o: in accuracy, or else in dB.
func (r Result) better(o Result) float64 {
	if r.Score != nil && o.Score != nil {
		return r.Accuracy - o.Accuracy
	}
	return r.db() - o.db()
}

func (r Result) db() float64 {
	if r.Agreement == nil || r.SQNR == nil {
		return exactDB
	}
	return min(*r.SQNR, exactDB)
}

// measure compares a model with the original, or the original with itself where
// m is nil.
func (s *Study) measure(ctx context.Context, original *Memory, m *Model) (*Result, error) {
	models := []*Model{original.Rewind()}
	if m != nil {
		models = append(models, m)
	}
	var t *Table
	var err error
	if s.Set != nil {
		t, err = Accuracy(ctx, models, s.Set, AccuracyOptions{Output: s.Output})
	} else {
		t, err = Compare(ctx, models, s.Inputs, nil)
	}
	if err != nil {
		return nil, err
	}
	r := t.Models[len(models)-1]
	if r.Score != nil {
		r.Score.Confusion = nil // of each of many models nobody reads it
	}
	if r.Agreement != nil {
		r.Agreement.Outputs = nil
	}
	return &r, nil
}

// A Memory is a model that gets the same series of inputs again and again, and
// runs on each once.
type Memory struct {
	Model
	outputs []map[string]ort.Value
	next    int
}

// Remember starts a memory of what a model answers.
func Remember(m *Model) *Memory {
	r := &Memory{Model: *m}
	r.Run = func(ctx context.Context, inputs map[string]ort.Value) (map[string]ort.Value, error) {
		if r.next == len(r.outputs) {
			out, err := m.Run(ctx, inputs)
			if err != nil {
				return nil, err
			}
			r.outputs = append(r.outputs, out)
		}
		r.next++
		return r.outputs[r.next-1], nil
	}
	return r
}

// Rewind says that the series starts again.
func (r *Memory) Rewind() *Model {
	r.next = 0
	return &r.Model
}
