package quant

import (
	"math"
	"testing"
)

// Against the definition: Part, Code and Value of every weight.
func TestSplitError(t *testing.T) {
	everyParams(stored, func(p Params) {
		splits(func(thresholds, w []float32) {
			ranges, grids := make([]Range, len(thresholds)+1), make([]Grid, len(thresholds)+1)
			AddSplit(ranges, w, thresholds)
			for part, r := range ranges {
				grids[part] = p.Fit(r.Lo/2, r.Hi) // some weights have to be saturated
			}
			want := 0.0
			for _, v := range w {
				g := grids[Part(v, thresholds)]
				d := float64(v) - float64(g.Value(g.Code(v)))
				want += d * d
			}
			if got := SplitError(w, thresholds, grids); !near(got, want, want) {
				t.Fatalf("%+v %v: error %v, want %v", p, thresholds, got, want)
			}
		})
	})
	g := Params{4, false}.Fit(-1, 1)
	huge := []float32{1e30, -1e30, 1e8, -1e8, math.MaxFloat32}
	want := 0.0
	for _, v := range huge {
		d := float64(v) - float64(g.Value(g.Code(v)))
		want += d * d
	}
	if got := g.Error(huge); got != want {
		t.Errorf("far beyond the grid: error %v, want %v", got, want)
	}
}
