package quant

import (
	"math"
	"slices"
	"testing"
)

func TestParseClip(t *testing.T) {
	for word, want := range map[string]Clip{
		"minmax": {}, "mse": {MSE: true}, "percentile:99.9": {Percentile: 99.9}, "percentile:100": {Percentile: 100},
	} {
		got, err := ParseClip(word)
		if err != nil || got != want {
			t.Errorf("ParseClip(%q) = %+v, %v", word, got, err)
		}
		if got.String() != word {
			t.Errorf("%q became %q", word, got)
		}
	}
	for _, word := range []string{"", "max", "percentile", "percentile:", "percentile:0", "percentile:-1", "percentile:100.1", "percentile:NaN", "percentile:x"} {
		if c, err := ParseClip(word); err == nil {
			t.Errorf("ParseClip(%q) = %+v, want an error", word, c)
		}
	}
}

// Against sorting: the same number of values is cut off at both ends.
func TestPercentile(t *testing.T) {
	for _, shape := range shapes {
		for _, n := range []int{1, 2, 10, 1000, fewValues + 1000} {
			w := draw(shape.value, n, 6)
			up := slices.Sorted(slices.Values(w))
			absolute := slices.Clone(w)
			for i, v := range absolute {
				absolute[i] = max(v, -v)
			}
			slices.Sort(absolute)
			for _, p := range []float64{100, 99.9, 90, 50, 0.1} {
				k := min(int(math.RoundToEven(float64(n)*(100-p)/200)), n-1)
				lo, hi := percentile(w, p, false)
				if k < n-1-k && (lo != up[k] || hi != up[n-1-k]) {
					t.Errorf("%s, %d values: %v %% are from %v to %v, want %v to %v", shape.name, n, p, lo, hi, up[k], up[n-1-k])
				}
				k = min(int(math.RoundToEven(float64(n)*(100-p)/100)), n-1)
				if lo, hi := percentile(w, p, true); -lo != hi || hi != absolute[n-1-k] {
					t.Errorf("%s, %d values: symmetric, %v %% are from %v to %v, want %v", shape.name, n, p, lo, hi, absolute[n-1-k])
				}
			}
		}
	}
}

// Against an exhaustive search over zero points and fine steps of the scale.
func TestLeastError(t *testing.T) {
	for _, p := range []Params{{2, false}, {3, false}, {4, false}, {2, true}, {4, true}} {
		for _, shape := range shapes {
			w := draw(shape.value, 200, 7)
			lo, hi, _ := MinMax(w)
			widest := p.Fit(lo, hi)
			best := widest.Error(w)
			first, last := p.Limits()
			for z := first; z <= last; z++ {
				if p.Symmetric && z != 0 {
					continue
				}
				g := widest
				g.Zero = z
				for range 1500 {
					best = min(best, g.Error(w))
					g.Scale *= 0.997
				}
			}
			g := Clip{MSE: true}.Grid(w, p)
			if got := g.Error(w); got > 1.15*best || got > widest.Error(w) {
				t.Errorf("%+v %s: error %v, exhaustive search %v, min/max %v", p, shape.name, got, best, widest.Error(w))
			}
			for _, d := range []float32{0.999, 1.001} {
				other := g
				other.Scale *= d
				if e := other.Error(w); e < g.Error(w)*(1-1e-6) && shape.name == "normal" {
					t.Errorf("%+v %s: error %v, with a scale %v times as large %v", p, shape.name, g.Error(w), d, e)
				}
			}
			if g.Params() != p {
				t.Errorf("grid of %+v, want %+v", g.Params(), p)
			}
		}
	}
}

func TestClipWithoutChoice(t *testing.T) {
	for _, clip := range []Clip{{}, {MSE: true}, {Percentile: 50}} {
		for _, w := range [][]float32{nil, {0}, {0, 0, 0}, {1e-42, -1e-42}, {5}, {-math.MaxFloat32, math.MaxFloat32}} {
			for _, p := range []Params{{2, false}, {8, true}} {
				g := clip.Grid(w, p)
				for _, v := range w {
					if x := g.Value(g.Code(v)); math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
						t.Errorf("%v of %v on %+v is %v", v, w, g, x)
					}
				}
				if !(g.Scale >= smallestNormal) {
					t.Errorf("%v %v: scale %v", clip, w, g.Scale)
				}
			}
		}
	}
}
