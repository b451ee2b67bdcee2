package plan

import (
	"context"
	"math"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// On all weights, both figures are those of whole runs.
func TestCompareIsWhatRunsMake(t *testing.T) {
	m := threeLayers()
	o := recipe.Defaults()
	c, err := Compare(context.Background(), m, o, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	if c.Weights != c.All || c.Plain.Bits != 4 {
		t.Errorf("%d of %d weights, against %d bits; want all, and 4 bits against 6", c.Weights, c.All, c.Plain.Bits)
	}
	plain := o
	plain.Strategy, plain.Form, plain.Bits = "none", "plain", 4
	for _, pair := range []struct {
		got *float64
		o   recipe.Options
	}{{c.Own.SQNR, o}, {c.Plain.SQNR, plain}} {
		p, err := New(m, pair.o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Run(context.Background(), discard{}, 1, nil)
		if err != nil || pair.got == nil || *pair.got != *r.Report.SQNR {
			t.Errorf("%v, error %v; a run makes %v", pair.got, err, *r.Report.SQNR)
		}
	}
	if part, err := Compare(context.Background(), m, o, 1); err != nil || part.Weights >= part.All || part.Weights == 0 {
		t.Errorf("with a limit: %+v, error %v", part, err)
	}
}

// Plain quantization has no rival, nor has a split that is not quantized.
func TestCompareWithNothing(t *testing.T) {
	for _, form := range []string{"plain", "float"} {
		o := recipe.Defaults()
		o.Form = form
		if c, err := Compare(context.Background(), threeLayers(), o, math.MaxInt64); err != nil || c.Plain.Bits != 0 {
			t.Errorf("%s: %+v, error %v", form, c, err)
		}
	}
}

// threeLayers is a model with layers of several sizes.
func threeLayers() *model.Model {
	return &model.Model{Layers: []model.Layer{
		linear("a", weight("a", 1, 64, 32), nil), linear("b", weight("b", 2, 16, 64), nil), linear("c", weight("c", 3, 10, 16), nil),
	}}
}
