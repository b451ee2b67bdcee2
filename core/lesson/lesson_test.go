package lesson

import (
	"math"
	"slices"
	"testing"
)

func work(t *testing.T, a Ask) Answer {
	t.Helper()
	answer, err := Work(a)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// The closed form of METHOD: lo = -0.3, hi = 1.2, two bits, so s = 0.5 and
// z = round(0.6) = 1; levels -0.5, 0, 0.5, 1.
func TestPlainIsTheClosedForm(t *testing.T) {
	v := []float32{-0.3, 0.1, 0.26, 1.2}
	q := work(t, Ask{Quantize: &QuantizeAsk{Values: v, Ways: []Way{{Bits: 2, Strategy: "none"}}}}).Quantize[0]
	p := q.Parts[0]
	if math.Abs(float64(p.Scale)-0.5) > 1e-6 || p.Zero != 1 || p.Lo != 0 || len(q.Parts) != 1 || p.N != 4 || p.Used != 4 {
		t.Errorf("part %+v", p)
	}
	if !slices.Equal(q.Codes, []int32{0, 1, 2, 3}) {
		t.Errorf("codes %v", q.Codes)
	}
	var squared float64
	for i, want := range []float64{-0.5, 0, 0.5, 1} {
		if math.Abs(float64(q.Become[i])-want) > 1e-6 {
			t.Errorf("value %d became %v, want %v", i, q.Become[i], want)
		}
		squared += (float64(v[i]) - want) * (float64(v[i]) - want)
	}
	if math.Abs(q.Squared-squared) > 1e-6 || math.Abs(q.Largest-0.24) > 1e-6 || q.Small.N != 4 || q.SmallUsed != 4 {
		t.Errorf("error %+v, of the small ones %+v; want %v and 0.24, all small", q.Error, q.Small, squared)
	}
}

// One outlier among many small values: each split has less error than the
// plain way, resolution at least as little as k-means, and residual is plain
// quantization to three times the bits.
func TestWaysInOrder(t *testing.T) {
	ask := QuantizeAsk{Data: []Data{{Bell: 500, Outliers: []float64{12}}}}
	for _, s := range []string{"none", "kmeans", "resolution", "residual"} {
		ask.Ways = append(ask.Ways, Way{Bits: 2, Strategy: s})
	}
	ask.Ways = append(ask.Ways, Way{Bits: 6, Strategy: "none"})
	q := work(t, Ask{Quantize: &ask}).Quantize
	plain, kmeans, resolution, residual, six := q[0], q[1], q[2], q[3], q[4]
	if !(kmeans.Squared < plain.Squared && resolution.Squared <= kmeans.Squared && residual.Squared < resolution.Squared) {
		t.Errorf("squared errors %v, %v, %v, %v", plain.Squared, kmeans.Squared, resolution.Squared, residual.Squared)
	}
	if math.Abs(residual.Squared-six.Squared) > 1e-3*six.Squared {
		t.Errorf("residual has the error %v, plain with 6 bits %v", residual.Squared, six.Squared)
	}
	if plain.Bits != 2 || kmeans.Bits != 6 || residual.Bits != 6 || six.Bits != 8 {
		t.Errorf("bits %v, %v, %v, %v", plain.Bits, kmeans.Bits, residual.Bits, six.Bits)
	}
	for i, x := range work(t, Ask{Quantize: &ask}).Values {
		levels := kmeans.Parts[kmeans.Of[i]].Levels
		for _, l := range levels { // the oracle: the nearest level of its part, by looking at all
			if math.Abs(float64(l-x)) < math.Abs(float64(kmeans.Become[i]-x))-1e-6 {
				t.Fatalf("%v became %v, though %v is nearer", x, kmeans.Become[i], l)
			}
		}
	}
}

func TestClippingLosesTheOutlier(t *testing.T) {
	ask := QuantizeAsk{Data: []Data{{Bell: 500, Outliers: []float64{12}}}, Ways: []Way{
		{Bits: 2, Strategy: "none"}, {Bits: 2, Strategy: "none", Clip: "percentile:99"}}}
	q := work(t, Ask{Quantize: &ask}).Quantize
	last := len(q[0].Become) - 1
	if math.Abs(float64(q[0].Become[last])-12) > 2 || q[1].Become[last] > 6 || q[1].Small.Squared >= q[0].Small.Squared || q[1].Lost <= q[0].Lost {
		t.Errorf("the outlier 12 became %v, clipped %v; errors of the others %v and %v",
			q[0].Become[last], q[1].Become[last], q[0].Small.Squared, q[1].Small.Squared)
	}
}

// Lloyd's inertia never rises and never falls below the optimum; a bad start
// ends above it. The oracle of each step's inertia is the sum written out.
func TestCluster(t *testing.T) {
	v := []float32{-5, -4.8, -5.2, 0, 0.1, -0.2, 9, 9.3, 8.8, 9.1}
	c := work(t, Ask{Cluster: &ClusterAsk{Values: v, Start: []float64{8.8, 9.05, 9.3}}}).Cluster
	before := math.Inf(1)
	for i, s := range c.Steps {
		sum := 0.0
		for j, x := range v {
			d := float64(x) - s.Centers[c.Of[i][j]]
			sum += d * d
		}
		if math.Abs(sum-s.Inertia) > 1e-9 || s.Inertia > before || s.Inertia < c.Best.Inertia {
			t.Errorf("step %d: inertia %v, written out %v, before %v, best %v", i, s.Inertia, sum, before, c.Best.Inertia)
		}
		before = s.Inertia
	}
	if !c.Converged || c.Steps[len(c.Steps)-1].Inertia < 2*c.Best.Inertia {
		t.Errorf("a bad start ended at %v, the optimum is %v", c.Steps[len(c.Steps)-1].Inertia, c.Best.Inertia)
	}
}

func TestLayer(t *testing.T) {
	w := []float32{0.1, -0.2, 5, -0.1, 0.3, -4}
	x := []float32{1, 2, -0.5}
	l := work(t, Ask{Layer: &LayerAsk{Weight: w, Input: x}}).Layer
	if l.Rebuilt != 0 || l.Apart > 1e-6 {
		t.Errorf("in float the weight is off by %v, the output by %v", l.Rebuilt, l.Apart)
	}
	for i := range w {
		in := 0
		for p := range l.Parts {
			if l.Parts[p][i] != 0 {
				in++
			}
		}
		if in != 1 {
			t.Errorf("weight %d is in %d parts", i, in)
		}
	}
	q := work(t, Ask{Layer: &LayerAsk{Weight: w, Input: x, Bits: 2}}).Layer
	if q.Rebuilt == 0 || q.Apart == 0 {
		t.Error("two bits lose nothing")
	}
}

// What the page sends comes from the address too: it may be anything.
func TestBadAsks(t *testing.T) {
	nan := float32(math.NaN())
	for _, a := range []Ask{
		{},
		{Quantize: &QuantizeAsk{Ways: []Way{{Bits: 2, Strategy: "none"}}}},
		{Quantize: &QuantizeAsk{Values: []float32{nan}, Ways: []Way{{Bits: 2, Strategy: "kmeans"}}}},
		{Quantize: &QuantizeAsk{Values: []float32{1}, Ways: []Way{{Bits: 99, Strategy: "none"}}}},
		{Quantize: &QuantizeAsk{Values: []float32{1}, Ways: []Way{{Bits: 2, Strategy: "magic"}}}},
		{Quantize: &QuantizeAsk{Values: []float32{1}, Ways: []Way{{Bits: 2, Strategy: "none", Clip: "percentile:x"}}}},
		{Quantize: &QuantizeAsk{Values: []float32{1}, Ways: []Way{{Bits: 2, Strategy: "none", First: 5}}}},
		{Quantize: &QuantizeAsk{Data: []Data{{Bell: 1 << 40}}}},
		{Quantize: &QuantizeAsk{Data: []Data{{Bell: -1}}}},
		{Cluster: &ClusterAsk{Values: []float32{1, 2}}},
		{Cluster: &ClusterAsk{Values: []float32{1, 2}, Start: []float64{math.NaN()}}},
		{Layer: &LayerAsk{Weight: []float32{1, 2, 3}, Input: []float32{1, 2}}},
		{Layer: &LayerAsk{Weight: []float32{1, nan}, Input: []float32{1, 2}}},
		{Layer: &LayerAsk{Weight: []float32{1, 2}, Input: []float32{1, 2}, Bits: 1}},
	} {
		if answer, err := Work(a); err == nil {
			t.Errorf("%+v: no error but %+v", a, answer)
		}
	}
}

// Three chunks of different spread: each has its own scale, and the error is
// no larger than with one for all.
func TestChunks(t *testing.T) {
	q := work(t, Ask{Quantize: &QuantizeAsk{
		Data: []Data{{Bell: 32, Spread: 0.1}, {Bell: 32, Spread: 1}, {Bell: 32, Spread: 8}},
		Ways: []Way{{Bits: 4, Strategy: "none"}, {Bits: 4, Strategy: "chunks"}},
	}}).Quantize
	whole, cut := q[0], q[1]
	if len(cut.Parts) != 3 || cut.Parts[0].N != 32 || !(cut.Parts[0].Scale < cut.Parts[1].Scale && cut.Parts[1].Scale < cut.Parts[2].Scale) {
		t.Errorf("parts %+v", cut.Parts)
	}
	if cut.Parts[2].Scale > whole.Parts[0].Scale || cut.Squared > whole.Squared || cut.Bits != whole.Bits {
		t.Errorf("errors %v whole, %v cut", whole.Squared, cut.Squared)
	}
}

// Of ten values the first chunk has four.
func TestChunksUneven(t *testing.T) {
	q := work(t, Ask{Quantize: &QuantizeAsk{Data: []Data{{Bell: 10}}, Ways: []Way{{Bits: 2, Strategy: "chunks"}}}}).Quantize[0]
	if want := []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}; !slices.Equal(q.Of, want) {
		t.Errorf("chunks %v, want %v", q.Of, want)
	}
}
