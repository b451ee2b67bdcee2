package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		values []float32
		want   Summary
	}{
		{nil, Summary{}},
		{[]float32{-3}, Summary{N: 1, Min: -3, Max: -3, AbsMax: 3, Mean: -3}},
		{[]float32{0, 0}, Summary{N: 2, Zeros: 2}},
		// Two values: fourth moment equals squared second, excess 1 - 3.
		{[]float32{-1, 1, 1, -1}, Summary{N: 4, Min: -1, Max: 1, AbsMax: 1, Std: 1, Kurtosis: -2}},
		// 1..9: variance (n^2-1)/12 = 20/3, excess -6/5 (n^2+1)/(n^2-1).
		{[]float32{9, 1, 8, 2, 7, 3, 6, 4, 5}, Summary{N: 9, Min: 1, Max: 9, AbsMax: 9, Mean: 5, Std: math.Sqrt(20. / 3), Kurtosis: -1.2 * 82 / 80}},
		// One outlier among n zeros: excess n - 2 + 1/n + ..., exactly (n^3+1)/(n(n+1)) - 3.
		{[]float32{0, 0, -2, 0}, Summary{N: 4, Zeros: 3, Min: -2, AbsMax: 2, Mean: -0.5, Std: math.Sqrt(0.75), Kurtosis: 28./12 - 3}},
	} {
		if got := Summarize(c.values); !near(got, c.want, 1e-14) {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

// near reports whether two summaries agree but for rounding.
func near(a, b Summary, eps float64) bool {
	close := func(x, y float64) bool { return math.Abs(x-y) <= eps*max(1, math.Abs(y)) }
	return a.N == b.N && a.Zeros == b.Zeros && a.Min == b.Min && a.Max == b.Max && a.AbsMax == b.AbsMax &&
		close(a.Mean, b.Mean) && close(a.Std, b.Std) && close(a.Kurtosis, b.Kurtosis)
}

// However the values come in, they give what gonum's stat gives for all of them.
func TestMoments(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	values, x := make([]float32, 2*Piece+999), make([]float64, 2*Piece+999)
	zeros := int64(0)
	for i := range values {
		values[i] = float32(r.NormFloat64()*0.03 + 0.01 + float64(i/Piece)) // pieces differ in their mean
		if r.IntN(100) == 0 {
			values[i], zeros = 0, zeros+1
		}
		x[i] = float64(values[i])
	}
	n := float64(len(x))
	want := Summary{
		N: int64(n), Zeros: zeros, Min: slices.Min(x), Max: slices.Max(x), AbsMax: slices.Max(x),
		Mean: stat.Mean(x, nil), Std: stat.PopStdDev(x, nil),
		// stat.ExKurtosis corrects for the bias of a sample, (n-1)/((n-2)(n-3)) ((n+1) g + 6); this is g.
		Kurtosis: (stat.ExKurtosis(x, nil)*(n-2)*(n-3)/(n-1) - 6) / (n + 1),
	}
	for _, step := range []int{len(values), Piece, 1000} {
		var m Moments
		for at := 0; at < len(values); at += step {
			m.Add(values[at:min(at+step, len(values))])
		}
		if got := m.Summary(); !near(got, want, 1e-10) {
			t.Errorf("%d at a time: %+v, want %+v", step, got, want)
		}
	}
}

func TestHistogram(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		values []float32
		lo, hi float32
		want   []int64
	}{
		{nil, 0, 1, []int64{0, 0}},
		{[]float32{0, 0.4, 0.5, 1}, 0, 1, []int64{2, 2}},
		{[]float32{-1, 2, nan, 0.25}, 0, 1, []int64{0, 1, 0, 0}},
		{[]float32{5, 5, 6}, 5, 5, []int64{2, 0, 0}},
		{[]float32{-math.MaxFloat32, 0, math.MaxFloat32}, -math.MaxFloat32, math.MaxFloat32, []int64{1, 1, 1}},
		{[]float32{-3, -2, -1, 0, 1, 2, 3}, -3, 3, []int64{1, 1, 1, 1, 1, 2}},
	} {
		if got := Histogram(c.values, c.lo, c.hi, len(c.want)); !slices.Equal(got, c.want) {
			t.Errorf("%v in [%g, %g]: %v, want %v", c.values, c.lo, c.hi, got, c.want)
		}
	}
}

func TestSparkline(t *testing.T) {
	for _, c := range []struct {
		counts []int64
		want   string
	}{
		{nil, ""},
		{[]int64{0, 0}, "  "},
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7}, " ▂▃▄▅▆▇█"},
		{[]int64{1, 1000000, 1, 0, 1}, "▁█▁ ▁"},
	} {
		if got := Sparkline(c.counts); got != c.want {
			t.Errorf("%v: %q, want %q", c.counts, got, c.want)
		}
	}
}

func TestStorage(t *testing.T) {
	var s Storage
	if got := s.BitsPerWeight(); got != 0 {
		t.Errorf("nothing has %g bits per weight", got)
	}
	// 1,000 weights in three INT2 parts, 250 bytes each, with a float32 scale and a byte of zero point.
	s.Add(Storage{Weights: 1000, Bytes: 3 * (250 + 4 + 1)})
	if got := s.BitsPerWeight(); got != 6.12 {
		t.Errorf("three parts have %g bits per weight, want 6.12", got)
	}
	s.Add(Storage{Weights: 1000, Bytes: 4000})
	if got := s.BitsPerWeight(); got != 19.06 {
		t.Errorf("with a float32 layer %g bits per weight, want 19.06", got)
	}
}
