package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"splitquant/core/measure"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// An Agreement says how near the outputs of a model are to those of another,
// the original. The figures of the model are those of its worst output.
type Agreement struct {
	MaxAbs float64  `json:"max_abs_diff"`
	MaxRel float64  `json:"max_rel_diff"` // MaxAbs over the original's largest absolute value
	Cosine *float64 `json:"cosine"`       // of all values as one vector; nil where one of the two is all 0
	SQNR   *float64 `json:"sqnr_db"`      // nil where Exact
	Exact  bool     `json:"exact,omitempty"`
	// Top1 is the share of rows whose largest value is in the same place, along
	// the last axis of the first output that has rows; nil where none has.
	Top1 *float64 `json:"top1_agreement"`
	// NaN counts values that are NaN or infinite in one of the two alone. The
	// other figures leave them out.
	NaN     int64    `json:"nan,omitempty"`
	Outputs []Output `json:"outputs,omitempty"`
}

// An Output is the agreement of one output.
type Output struct {
	Name   string   `json:"name"`
	Values int64    `json:"values"` // compared
	MaxAbs float64  `json:"max_abs_diff"`
	MaxRel float64  `json:"max_rel_diff"`
	Cosine *float64 `json:"cosine"`
	SQNR   *float64 `json:"sqnr_db"`
	Exact  bool     `json:"exact,omitempty"`
	Top1   *float64 `json:"top1_agreement,omitempty"`
	NaN    int64    `json:"nan,omitempty"`
}

// Compare runs the models, of which the first is the original, on the same
// inputs, such as those of [Inputs], and compares what they make of them.
// progress, if not nil, is told how many inputs are done.
func Compare(ctx context.Context, models []*Model, inputs []map[string]ort.Value, progress func(done, total int)) (*Table, error) {
	if len(models) == 0 || len(inputs) == 0 {
		return nil, errors.New("comparing needs models and inputs")
	}
	comparisons, err := comparisonsOf(models)
	if err != nil {
		return nil, err
	}
	for i, in := range inputs {
		if progress != nil {
			progress(i, len(inputs))
		}
		var original map[string]ort.Value
		for j, m := range models {
			out, err := m.run(ctx, in)
			if err != nil {
				return nil, err
			}
			if j == 0 {
				original = out
			} else if err := comparisons[j].add(original, out); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	if progress != nil {
		progress(len(inputs), len(inputs))
	}
	t := &Table{Samples: len(inputs)}
	for j, m := range models {
		r := Result{Model: m.Name}
		if j > 0 {
			r.Agreement = comparisons[j].agreement()
		}
		t.Models = append(t.Models, r)
	}
	return t, nil
}

// comparisonsOf starts a comparison of each model with the first; that of the
// first itself stays unused.
func comparisonsOf(models []*Model) (comparisons []*comparison, err error) {
	for _, m := range models {
		if err := alike(models[0], m); err != nil {
			return nil, err
		}
		comparisons = append(comparisons, newComparison(models[0]))
	}
	return comparisons, nil
}

// alike reports inputs and outputs that only one of two models has.
func alike(a, b *Model) error {
	if err := same("input", a.Name, a.Inputs, b.Name, b.Inputs); err != nil {
		return err
	}
	return same("output", a.Name, a.Outputs, b.Name, b.Outputs)
}

func same(what, a string, as []ort.Info, b string, bs []ort.Info) error {
	for _, want := range as {
		i := slices.IndexFunc(bs, func(o ort.Info) bool { return o.Name == want.Name })
		switch {
		case i < 0:
			return fmt.Errorf("%s has %s %q and %s has not: they are not forms of one model", a, what, want.Name, b)
		case bs[i].Type != want.Type:
			return fmt.Errorf("%s %q is %v in %s and %v in %s: they are not forms of one model", what, want.Name, want.Type, a, bs[i].Type, b)
		}
	}
	if len(as) < len(bs) {
		return fmt.Errorf("%s has %d %ss and %s has %d: they are not forms of one model", a, len(as), what, b, len(bs))
	}
	return nil
}

// comparison takes in the outputs of two models run by run.
type comparison struct{ outputs []*sums }

// sums are of one output.
type sums struct {
	name                  string
	noise                 measure.Noise
	largest               float64 // of the original's absolute values
	dot, squareA, squareB float64
	rows, agree, nan      int64
}

// newComparison compares the outputs that hold numbers.
func newComparison(m *Model) *comparison {
	c := &comparison{}
	for _, o := range m.Outputs {
		if o.Type != tensor.String {
			c.outputs = append(c.outputs, &sums{name: o.Name})
		}
	}
	return c
}

func (c *comparison) add(want, got map[string]ort.Value) error {
	for _, s := range c.outputs {
		a, b := want[s.name], got[s.name]
		if !slices.Equal(a.Shape, b.Shape) {
			return fmt.Errorf("output %q has shape %v, the original's has %v", s.name, b.Shape, a.Shape)
		}
		x, err := a.Floats()
		if err != nil {
			return fmt.Errorf("output %q: %w", s.name, err)
		}
		y, err := b.Floats()
		if err != nil {
			return fmt.Errorf("output %q: %w", s.name, err)
		}
		if a.Type.IsFloat() && len(a.Shape) > 1 {
			s.top1(x, y, int(a.Shape[len(a.Shape)-1]))
		}
		s.add(x, y)
	}
	return nil
}

// top1 counts rows of n values, and those whose largest is in the same place.
func (s *sums) top1(x, y []float32, n int) {
	if n < 2 {
		return
	}
	for at := 0; at+n <= len(x); at += n {
		s.rows++
		if argmax(x[at:at+n]) == argmax(y[at:at+n]) {
			s.agree++
		}
	}
}

// argmax returns the index of the largest value, the first of equal ones; -1
// where there is none but NaN.
func argmax(v []float32) int {
	best := -1
	for i, x := range v {
		if x == x && (best < 0 || x > v[best]) {
			best = i
		}
	}
	return best
}

// add takes in values; those that cannot be compared are taken out first.
func (s *sums) add(x, y []float32) {
	kept := 0
	for i := range x {
		a, b := float64(x[i]), float64(y[i])
		if bad := math.IsNaN(a-b) || math.IsInf(a-b, 0); bad {
			if !(x[i] == y[i] || x[i] != x[i] && y[i] != y[i]) {
				s.nan++
			}
			continue
		}
		s.largest = max(s.largest, math.Abs(a))
		s.dot += a * b
		s.squareA += a * a
		s.squareB += b * b
		x[kept], y[kept] = x[i], y[i]
		kept++
	}
	s.noise.Add(x[:kept], y[:kept])
}

func (c *comparison) agreement() *Agreement {
	a := &Agreement{Exact: true}
	for _, s := range c.outputs {
		o := s.output()
		a.Outputs = append(a.Outputs, o)
		a.MaxAbs, a.MaxRel = max(a.MaxAbs, o.MaxAbs), max(a.MaxRel, o.MaxRel)
		a.Cosine, a.SQNR = lower(a.Cosine, o.Cosine), lower(a.SQNR, o.SQNR)
		a.Exact = a.Exact && o.Exact
		a.NaN += o.NaN
		if a.Top1 == nil {
			a.Top1 = o.Top1
		}
	}
	return a
}

// lower returns the smaller of two figures, of which either may be missing.
func lower(a, b *float64) *float64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func (s *sums) output() Output {
	o := Output{Name: s.name, Values: s.noise.N, MaxAbs: s.noise.MaxAbs, Exact: s.noise.Exact() && s.nan == 0, NaN: s.nan}
	if s.largest > 0 {
		o.MaxRel = s.noise.MaxAbs / s.largest
	}
	if s.squareA > 0 && s.squareB > 0 {
		o.Cosine = finite(min(1, s.dot/(math.Sqrt(s.squareA)*math.Sqrt(s.squareB))))
	}
	if !s.noise.Exact() {
		o.SQNR = finite(s.noise.SQNR())
	}
	if s.rows > 0 {
		share := float64(s.agree) / float64(s.rows)
		o.Top1 = &share
	}
	return o
}

// finite is nil for what JSON cannot hold.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// run runs the model and says in plain words what went wrong.
func (m *Model) run(ctx context.Context, inputs map[string]ort.Value) (map[string]ort.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := m.checkIDs(inputs); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	out, err := m.Run(ctx, inputs)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	for _, o := range m.Outputs {
		if _, ok := out[o.Name]; !ok {
			return nil, fmt.Errorf("%s: output %q is missing", m.Name, o.Name)
		}
	}
	return out, nil
}

// ErrTokenizer is the error of ids that the model's embedding does not have.
var ErrTokenizer = errors.New("the tokenizer is not the model's")

// checkIDs reports ids that the model has no embedding for. ONNX Runtime would
// report them too, in its own words, or on some devices read something else.
func (m *Model) checkIDs(inputs map[string]ort.Value) error {
	for name, size := range m.IDs {
		v, ok := inputs[name]
		if !ok || size <= 0 || v.Type.IsFloat() {
			continue
		}
		ids, err := v.Floats() // exact below 2^24, and so large is no vocabulary
		if err != nil {
			return fmt.Errorf("input %q: %w", name, err)
		}
		for _, id := range ids {
			if id < 0 || int64(id) >= size {
				return fmt.Errorf("token id %d of input %q is outside the %d rows of the embedding: %w", int64(id), name, size, ErrTokenizer)
			}
		}
	}
	return nil
}
