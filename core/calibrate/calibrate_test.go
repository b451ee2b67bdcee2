package calibrate

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

func normal(r *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * scale)
	}
	return v
}

// TestHistogramOrder counts the same values in several orders and groups, of
// sizes that make the bins join: all must come out alike. The oracle of a bin is
// the count of the values that lie in it.
func TestHistogramOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := append(normal(r, 3000, 1e-3), normal(r, 3000, 2)...)
	values = append(values, 0, 0, float32(math.Copysign(0, -1)), 7.999, -100, 64, -64, 0x1p-149)
	var whole Histogram
	whole.Add(values)
	for range 5 {
		r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		var h Histogram
		for rest := values; len(rest) > 0; {
			n := min(len(rest), r.IntN(500))
			var part Histogram
			if r.IntN(2) == 0 {
				part.Add(rest[:n])
				h.Merge(&part)
			} else {
				h.Add(rest[:n])
			}
			rest = rest[n:]
		}
		if !reflect.DeepEqual(h, whole) {
			t.Fatalf("the order matters: %d, %d values from %g to %g", h.N, whole.N, h.Min, h.Max)
		}
	}
	if whole.N != int64(len(values)) || whole.Zeros != 3 || whole.Min != -100 || whole.exp != 7 {
		t.Errorf("%d values, %d zeros, from %g, reach 2^%d", whole.N, whole.Zeros, whole.Min, whole.exp)
	}
	width := 128.0 / side
	for i, got := range whole.counts {
		var want int64
		lo, hi := float64(i-side)*width, float64(i-side+1)*width
		for _, v := range values {
			if x := float64(v); x > 0 && x >= lo && x < hi || x < 0 && x > lo && x <= hi {
				want++
			}
		}
		if got != want {
			t.Fatalf("bin %d from %g to %g has %d values, want %d", i, lo, hi, got, want)
		}
	}
}

// TestNonFinite counts what is no number by itself.
func TestNonFinite(t *testing.T) {
	var h Histogram
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	h.Add([]float32{1, nan, inf, -inf, -2})
	if h.N != 2 || h.NonFinite != 3 || h.Min != -2 || h.Max != 1 {
		t.Errorf("got %d and %d, from %g to %g", h.N, h.NonFinite, h.Min, h.Max)
	}
}

// TestMethods has ranges with known answers.
func TestMethods(t *testing.T) {
	eight, four := quant.Params{Bits: 8}, quant.Params{Bits: 4}
	ramp := make([]float32, 100_000) // evenly from -1 to 3
	for i := range ramp {
		ramp[i] = float32(i)/25_000 - 1
	}
	r := rand.New(rand.NewPCG(3, 4))
	outlier := append(normal(r, 100_000, 1), 100)
	for _, c := range []struct {
		name, method string
		values       []float32
		p            quant.Params
		lo, hi       float64 // of the range, to 3 %
	}{
		{"all values", "minmax", ramp, eight, -1, 3},
		{"a percentile of a ramp", "percentile:90", ramp, eight, -0.8, 2.8},
		{"the percentile that cuts an outlier", "percentile:99.99", outlier, eight, -3.9, 3.9},
		// The least error of a uniform distribution is that of its whole range.
		{"nothing to clip", "mse", ramp, eight, -1, 3},
		// Uniform values lose what is clipped and gain nothing.
		{"nothing to clip", "entropy", ramp, four, -1, 3},
		{"only zeros", "mse", make([]float32, 10), eight, 0, 0},
	} {
		m, err := ParseMethod(c.method)
		if err != nil {
			t.Fatal(err)
		}
		var h Histogram
		h.Add(c.values)
		got := m.Range(&h, c.p)
		if slack := 0.03 * (c.hi - c.lo); math.Abs(float64(got.Min)-c.lo) > slack || math.Abs(float64(got.Max)-c.hi) > slack {
			t.Errorf("%s, %s: %v, want [%g, %g]", c.name, m, got, c.lo, c.hi)
		}
	}
	// The best clip of a normal distribution at 4 bits is 2.55 deviations on
	// either side for least squared error (Banner, Nahshan, Soudry 2019, table of
	// optimal clipping values); a search in 64ths of the largest comes close.
	var h Histogram
	h.Add(normal(r, 200_000, 1))
	got := Method{Clip: quant.Clip{MSE: true}}.Range(&h, four)
	if math.Abs(float64(got.Max)-2.55) > 0.25 || math.Abs(float64(got.Min)+2.55) > 0.25 {
		t.Errorf("4 bits of a normal distribution: %v, want about [-2.55, 2.55]", got)
	}
	for _, word := range []string{"kl", "percentile:0", ""} {
		if _, err := ParseMethod(word); err == nil {
			t.Errorf("method %q is taken", word)
		}
	}
}

// TestLeastError compares the search with all 64 x 64 pairs of ends.
func TestLeastError(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i, p := range []quant.Params{{Bits: 4}, {Bits: 8}, {Bits: 4, Symmetric: true}} {
		var h Histogram
		values := normal(r, 20_000, 1)
		for j := range values {
			if i > 0 {
				values[j] = float32(math.Exp(float64(values[j]))) - 1
			}
		}
		h.Add(values)
		bins, best := h.bins(), math.Inf(1)
		for lo := 1; lo <= steps; lo++ {
			for hi := 1; hi <= steps; hi++ {
				best = min(best, squaredError(bins, model.Range{Min: h.Min * float32(lo) / steps, Max: h.Max * float32(hi) / steps}, p))
			}
		}
		if got := squaredError(bins, leastError(&h, p), p); got > 1.02*best {
			t.Errorf("%+v: error %g, the best of all is %g", p, got, best)
		}
	}
}

// TestDivergence has four bins and two levels, done by hand: P = (1, 3, 2, 4)/10
// on levels {0, 1} and {2, 3} gives Q = (2, 2, 3, 3)/10.
func TestDivergence(t *testing.T) {
	bins := []bin{{0.1, 1}, {0.2, 3}, {0.9, 2}, {1, 4}}
	want := 0.1*math.Log(0.5) + 0.3*math.Log(1.5) + 0.2*math.Log(2.0/3) + 0.4*math.Log(4.0/3)
	got := divergence(bins, model.Range{Min: 0, Max: 1}, quant.Params{Bits: 1})
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("got %g, want %g", got, want)
	}
	// Half of the range: what lies above counts for P at its end, not for Q, whose
	// bins have 1/2 each: P = (1, 9)/10 on two levels, Q = (1, 3)/4.
	want = 0.1*math.Log(0.1/0.25) + 0.9*math.Log(0.9/0.75)
	got = divergence(bins, model.Range{Min: 0, Max: 0.25}, quant.Params{Bits: 1})
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("clipped: got %g, want %g", got, want)
	}
}

// TestRun watches a function that doubles its input, in chunks of channels.
func TestRun(t *testing.T) {
	double := &evaluate.Model{Run: func(_ context.Context, in map[string]ort.Value) (map[string]ort.Value, error) {
		values, err := in["x"].Floats()
		for i := range values {
			values[i] *= 2
		}
		return map[string]ort.Value{"y": ort.Float32(in["x"].Shape, values)}, err
	}}
	batches := func(all ...[]float32) func(func(map[string]ort.Value, error) bool) {
		return func(yield func(map[string]ort.Value, error) bool) {
			for _, v := range all {
				if !yield(map[string]ort.Value{"x": ort.Float32(tensor.Shape{2, 4}, v)}, nil) {
					return
				}
			}
		}
	}
	values := []model.Value{{Name: "x", Input: true}, {Name: "y", Axis: 1, Channels: 4}}
	if got := Outputs(values); len(got) != 1 || got[0] != "y" {
		t.Errorf("outputs %q, want y alone", got)
	}
	seen, err := Run(context.Background(), double, values, batches([]float32{1, 2, 3, 4, 5, 6, 7, 8}, []float32{-1, 0, 0, 0, 0, 0, 0, 10}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Ranges{"x": {Min: -1, Max: 10}, "y": {Min: -2, Max: 20}, "y/chunk1": {Min: -2, Max: 12}, "y/chunk2": {Min: 0, Max: 14}, "y/chunk3": {Min: 0, Max: 20}}
	if got := seen.Ranges(Method{}, quant.Params{Bits: 8}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, c := range []struct {
		values []model.Value
		data   []float32
		want   string
	}{
		{nil, make([]float32, 8), "no activations to watch"},
		{values, nil, "no data"},
		{[]model.Value{{Name: "z"}}, make([]float32, 8), `does not give out "z"`},
		{[]model.Value{{Name: "y", Axis: 1, Channels: 3}}, make([]float32, 8), "expected 3 channels along axis 1"},
		{values, []float32{float32(math.NaN()), 0, 0, 0, 0, 0, 0, 0}, `activation "x": some of its values are NaN`},
	} {
		all := batches(c.data)
		if c.data == nil {
			all = batches()
		}
		if _, err := Run(context.Background(), double, c.values, all, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", err, c.want)
		}
	}
}

// BenchmarkAdd counts the values of one activation.
func BenchmarkAdd(b *testing.B) {
	values := normal(rand.New(rand.NewPCG(7, 8)), 1<<16, 1)
	var h Histogram
	b.SetBytes(int64(4 * len(values)))
	for b.Loop() {
		h.Add(values)
	}
}
