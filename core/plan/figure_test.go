package plan

import (
	"slices"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// With scales of their own, the channel with the largest weight is shown: its
// values, thresholds and levels, worked out here by hand.
func TestFigureOfAChannel(t *testing.T) {
	w := floats("w", []float32{
		-0.5, 0.5, -0.25, 0.25,
		0, 0, 8, 8, // two clusters: the third part is empty
		1, 2, 3, 3.5,
	}, 3, 4)
	m := &model.Model{Layers: []model.Layer{linear("fc", w, nil)}}
	o := recipe.Defaults()
	o.Granularity = "channel"
	f := figureOf(t, m, o)
	if f.Of != "channel 2 of 3" || f.Min != 0 || f.Max != 8 {
		t.Errorf("%q from %v to %v, want channel 2 of 3 from 0 to 8", f.Of, f.Min, f.Max)
	}
	n := int64(0)
	for i, size := range f.Sizes {
		if n += size; size == 0 && len(f.Levels[i]) > 0 {
			t.Errorf("part %d has no weight and the levels %v", i, f.Levels[i])
		}
	}
	if n != 4 || f.Bars[0]+f.Bars[len(f.Bars)-1] != 4 {
		t.Errorf("%d weights in parts of %v, bars %v; the channel has 4", n, f.Sizes, f.Bars)
	}
	if len(f.Plain) != 4 || f.Plain[3] != 8 {
		t.Errorf("plain levels %v, want 4 up to 8", f.Plain)
	}

	o.Granularity = "tensor"
	if f := figureOf(t, m, o); f.Of != "" || f.Min != -0.5 || f.Max != 8 {
		t.Errorf("%q from %v to %v, want the whole weight", f.Of, f.Min, f.Max)
	}
}

// The levels of a codebook are its table times the scale of the channel.
func TestFigureOfACodebook(t *testing.T) {
	w := floats("w", []float32{-1, 0, 1, 2, -4, 0, 4, 8, -2, 0, 2, 4}, 3, 4)
	m := &model.Model{Layers: []model.Layer{linear("fc", w, nil)}}
	o := recipe.Defaults()
	o.Granularity, o.Palette = "channel", 4
	f := figureOf(t, m, o)
	if len(f.Bounds) > 0 || len(f.Levels) != 1 || !slices.Equal(f.Levels[0], []float32{-4, 0, 4, 8}) {
		t.Errorf("levels %v and bounds %v, want those of channel 2: -4 0 4 8", f.Levels, f.Bounds)
	}
}

func figureOf(t *testing.T, m *model.Model, o recipe.Options) *Figure {
	t.Helper()
	p, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.Figure(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The spread is that of the weights that are shown: of two values, 1 and -1,
// mean 0, standard deviation 1 and excess kurtosis -2.
func TestFigureSpread(t *testing.T) {
	values := []float32{1, -1, 1, -1, 1, -1, 1, -1}
	p, err := New(&model.Model{Layers: []model.Layer{linear("l", floats("w", values, 4, 2), nil)}}, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.Figure(0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if s := f.Spread; s.Mean != 0 || s.Std != 1 || s.Kurtosis != -2 {
		t.Errorf("spread %+v, want mean 0, standard deviation 1, kurtosis -2", s)
	}
}
