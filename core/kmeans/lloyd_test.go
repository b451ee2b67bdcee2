package kmeans

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

// A course worked out by hand, with a value on a midpoint (2) that goes to the left,
// and a centre (30) that never gets a value.
func TestLloydByHand(t *testing.T) {
	got, err := LloydFrom([]float32{6, 0, 2, 4, 0}, []float64{4, 0, 30, 5})
	if err != nil {
		t.Fatal(err)
	}
	want := Trace{Converged: true, Steps: []Step{
		{Centers: []float64{0, 4, 5, 30}, Boundaries: []float32{2, 4.5, 17.5}, Counts: []int64{3, 1, 1, 0}, Inertia: 5, Moved: 5},
		{Centers: []float64{2. / 3, 4, 6, 30}, Boundaries: []float32{2.3333333, 5, 18}, Counts: []int64{3, 1, 1, 0}, Inertia: 8. / 3, Moved: 0},
	}}
	for i := range min(len(got.Steps), len(want.Steps)) {
		if math.Abs(got.Steps[i].Inertia-want.Steps[i].Inertia) < 1e-15 {
			got.Steps[i].Inertia = want.Steps[i].Inertia
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// With three clusters a value on the upper boundary goes up, also where all centres
// are one value.
func TestLloydUpperBoundary(t *testing.T) {
	got, err := LloydFrom([]float32{0, 1, 2, 3, 4}, []float64{0, 2, 4})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{2, 1, 2}; !slices.Equal(got.Steps[0].Counts, want) {
		t.Errorf("counts %v, want %v", got.Steps[0].Counts, want)
	}
	got, err = LloydFrom([]float32{1, 1, 2}, []float64{1, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{2, 0, 1}; !slices.Equal(got.Steps[0].Counts, want) {
		t.Errorf("equal centres: counts %v, want %v", got.Steps[0].Counts, want)
	}
}

func TestLloydProperties(t *testing.T) {
	for _, kind := range kinds {
		values := drawn(kind.draw, 500, 6)
		distinct := len(newOracle(values).values)
		for _, k := range []int{1, 2, 3, 8} {
			trace, err := Lloyd(values, k, 42)
			if distinct < k {
				if err == nil {
					t.Errorf("%s: %d different values drawn from %d", kind.name, k, distinct)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			again, err := Lloyd(values, k, 42)
			if err != nil || !reflect.DeepEqual(trace, again) {
				t.Errorf("%s, k = %d: another trace from the same seed", kind.name, k)
			}
			optimum, err := Optimal(values, k)
			if err != nil {
				t.Fatal(err)
			}
			clusters := make([]int, len(values))
			for n, s := range trace.Steps {
				if n > 0 && s.Inertia > trace.Steps[n-1].Inertia*(1+1e-12) || s.Inertia < optimum.Inertia*(1-1e-8) {
					t.Errorf("%s, k = %d: inertia %v in step %d, before %v, optimum %v", kind.name, k, s.Inertia, n, trace.Steps[max(n, 1)-1].Inertia, optimum.Inertia)
				}
				if !slices.IsSorted(s.Centers) || !slices.IsSorted(s.Boundaries) {
					t.Errorf("%s, k = %d: centres %v, boundaries %v", kind.name, k, s.Centers, s.Boundaries)
				}
				checkStep(t, values, clusters, n == 0, s)
			}
			if n := len(trace.Steps); trace.Converged != (trace.Steps[n-1].Moved == 0) || !trace.Converged && n != MaxSteps+1 {
				t.Errorf("%s, k = %d: converged %v after %d steps", kind.name, k, trace.Converged, n)
			}
		}
	}
}

// checkStep puts each value to the nearest centre by looking at all of them, and
// compares counts, inertia and moved values. It updates clusters.
func checkStep(t *testing.T, values []float32, clusters []int, first bool, s Step) {
	t.Helper()
	counts, inertia, moved := make([]int64, len(s.Centers)), 0.0, int64(0)
	for i, w := range values {
		best := 0
		for p, c := range s.Centers {
			near, nearer := math.Abs(float64(w)-s.Centers[best]), math.Abs(float64(w)-c)
			if nearer < near || nearer == near && p == 2 && best == 1 && len(s.Centers) == 3 {
				best = p
			}
		}
		counts[best]++
		inertia += (float64(w) - s.Centers[best]) * (float64(w) - s.Centers[best])
		if first || clusters[i] != best {
			moved++
		}
		clusters[i] = best
	}
	if !slices.Equal(counts, s.Counts) || moved != s.Moved || !near(inertia, s.Inertia, 1e-12) {
		t.Errorf("step %+v, want counts %v, inertia %v, moved %d", s, counts, inertia, moved)
	}
}

// From the optimal centres Lloyd's algorithm does not move.
func TestOptimumIsFixed(t *testing.T) {
	for _, kind := range kinds {
		values := drawn(kind.draw, 400, 8)
		for _, k := range []int{2, 3, 5} {
			c, err := Optimal(values, k)
			if err != nil {
				t.Fatal(err)
			}
			trace, err := LloydFrom(values, c.Centers)
			if err != nil {
				t.Fatal(err)
			}
			if s := trace.Steps[0]; len(trace.Steps) != 2 || !slices.Equal(s.Counts, c.Counts) || !slices.Equal(s.Boundaries, c.Boundaries()) {
				t.Errorf("%s, k = %d: %d steps from the optimum %+v, the first %+v", kind.name, k, len(trace.Steps), c, s)
			}
		}
	}
}

// k-means++ draws each value as first centre in proportion to its count, and the
// second in proportion to the squared distance: with values 0 (three times), 1
// and 3 the pair (0, 3) comes with probability 3/5 * 9/10 + 1/5 * 27/31.
func TestPlusPlusProbabilities(t *testing.T) {
	keys, err := sortedKeys([]float32{0, 0, 0, 1, 3})
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(points(keys))
	const n = 20_000
	hits := 0
	for seed := range uint64(n) {
		if slices.Equal(l.plusPlus(2, seed), []float64{0, 3}) {
			hits++
		}
	}
	p := 3./5*9/10 + 1./5*27/31
	if got, sigma := float64(hits)/n, math.Sqrt(p*(1-p)/n); math.Abs(got-p) > 4*sigma {
		t.Errorf("frequency %v, want %v within %v", got, p, 4*sigma)
	}
}

func TestLloydErrors(t *testing.T) {
	for _, c := range []struct {
		values []float32
		start  []float64
		want   string
	}{
		{[]float32{1}, nil, "k-means with k = 0: want 1 to 256 clusters"},
		{nil, []float64{1}, "k-means of no values"},
		{[]float32{1}, []float64{1, math.NaN()}, "k-means: start centre 1 is NaN, want a finite float32 number"},
		{[]float32{1}, []float64{1e40}, "k-means: start centre 0 is 1e+40, want a finite float32 number"},
		{[]float32{1, float32(math.Inf(-1))}, []float64{1}, "k-means: value 1 is -Inf, want a finite number"},
	} {
		if _, err := LloydFrom(c.values, c.start); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := Lloyd([]float32{1, 1, 2}, 3, 1); err == nil || err.Error() != "k-means++ start with k = 3: there are only 2 distinct values" {
		t.Errorf("error %v", err)
	}
}
