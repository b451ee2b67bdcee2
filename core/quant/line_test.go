package quant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shapes are distributions of weights that are hard on searches and sums.
var shapes = []struct {
	name  string
	value func(r *rand.Rand) float64
}{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"outliers", func(r *rand.Rand) float64 {
		if r.IntN(50) == 0 {
			return 20 * r.NormFloat64()
		}
		return r.NormFloat64()
	}},
	{"positive", func(r *rand.Rand) float64 { return 1 + r.Float64() }},
	{"negative", func(r *rand.Rand) float64 { return -r.ExpFloat64() }},
	{"pruned", func(r *rand.Rand) float64 { return r.NormFloat64() * float64(r.IntN(2)) }},
	{"lattice", func(r *rand.Rand) float64 { return float64(r.IntN(19)-9) / 8 }},
	{"magnitudes", func(r *rand.Rand) float64 { return math.Ldexp(r.NormFloat64(), r.IntN(40)-20) }},
}

func draw(value func(*rand.Rand) float64, n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 8))
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(value(r))
	}
	return w
}

// run returns the values of w that lie in the run (i, j) of l.
func run(l *Line, w []float32, i, j int) []float32 {
	if i == j {
		return nil
	}
	lo, hi := l.Range(i, j)
	return slices.DeleteFunc(slices.Clone(w), func(v float32) bool { return v < lo || v > hi })
}

func near(got, want, scale float64) bool { return math.Abs(got-want) <= 1e-11*scale }

// Sums, ranges, edges and errors against the values themselves, for lines of
// points and of bins.
func TestLine(t *testing.T) {
	for _, shape := range shapes {
		for _, n := range []int{1, 2, 100, 700, fewValues + 5000} {
			w := draw(shape.value, n, 1)
			l := NewLine(w)
			r := rand.New(rand.NewPCG(2, 2))
			seen := 0
			for c := range l.Cells() {
				lo, hi := l.Range(c, c+1)
				if n <= fewValues && lo != hi {
					t.Fatalf("%s: cell %d of %d values runs from %v to %v", shape.name, c, n, lo, hi)
				}
				if float64(hi)-float64(lo) > max(math.Abs(float64(lo)), math.Abs(float64(hi)))/256 {
					t.Fatalf("%s: cell %d runs from %v to %v", shape.name, c, lo, hi)
				}
				count, _, _ := l.Sums(c, c+1)
				seen += int(count)
			}
			if seen != n {
				t.Fatalf("%s: cells of %d values, want %d", shape.name, seen, n)
			}
			for range 4 {
				i, j := r.IntN(l.Cells()+1), r.IntN(l.Cells()+1)
				i, j = min(i, j), max(i, j)
				values := run(l, w, i, j)
				var s, q float64
				for _, v := range values {
					s += float64(v)
					q += float64(v) * float64(v)
				}
				gotN, gotS, gotQ := l.Sums(i, j)
				if int(gotN) != len(values) || !near(gotS, s, math.Sqrt(q*float64(n))) || !near(gotQ, q, q) {
					t.Fatalf("%s: sums of (%d, %d) are %v %v %v, want %d %v %v", shape.name, i, j, gotN, gotS, gotQ, len(values), s, q)
				}
				if i == j {
					continue
				}
				if lo, hi := l.Range(i, j); lo != slices.Min(values) || hi != slices.Max(values) {
					t.Fatalf("%s: range of (%d, %d) is %v to %v", shape.name, i, j, lo, hi)
				}
				x := float64(values[r.IntN(len(values))])
				e := l.Edge(x, i, j)
				for c := i; c < j; c++ {
					if n <= fewValues && (l.mean[c] > x) != (c >= e) {
						t.Fatalf("%s: edge %d for %v, but cell %d is %v", shape.name, e, x, c, l.mean[c])
					}
				}
				for _, levels := range []int{1, 4, 16, 300} {
					lo, hi := l.Range(i, j)
					v := Levels{float64(lo) + 0.1, (float64(hi) - float64(lo)) / float64(levels), levels}
					want := 0.0
					for _, x := range values {
						least := math.Inf(1)
						for k := range levels {
							d := float64(x) - v.Value(k)
							least = min(least, d*d)
						}
						want += least
					}
					tolerance := 1e-11 * (want + q)
					if n > fewValues {
						tolerance += want / 20 // the values of a bin go to one level
					}
					if got := l.Error(i, j, v); math.Abs(got-want) > tolerance {
						t.Fatalf("%s, %d values: error of (%d, %d) on %d levels is %v, want %v", shape.name, n, i, j, levels, got, want)
					}
				}
			}
		}
	}
}

// With scales, the error on a line is that of the weights themselves.
func TestScaledLine(t *testing.T) {
	for _, n := range []int{40, 20000} {
		w := draw(shapes[1].value, 4*n, 3)
		scales := []float32{0.5, 3, 0, 7}
		clear(w[2*n : 3*n])
		l := NewScaledLine(w, scales)
		v := Levels{-2, 0.37, 16}
		want := 0.0
		for i, x := range w {
			scale := float64(scales[i/n])
			if scale == 0 {
				continue
			}
			least := math.Inf(1)
			for k := range v.N {
				d := float64(x) - scale*v.Value(k)
				least = min(least, d*d)
			}
			want += least
		}
		if got := l.Error(0, l.Cells(), v); math.Abs(got-want) > 1e-3*want {
			t.Errorf("%d values: error %v, want %v", len(w), got, want)
		}
	}
}

// A value 10^30 times as large as the others takes nothing from their sums.
func TestLineKeepsSmallSums(t *testing.T) {
	w := append(draw(shapes[0].value, 1000, 4), 1e30, -1e30)
	l := NewLine(w)
	small := NewLine(w[:1000])
	v := Levels{-2, 0.5, 9}
	if got, want := l.Error(1, l.Cells()-1, v), small.Error(0, small.Cells(), v); !near(got, want, want) {
		t.Errorf("error %v beside outliers, %v without", got, want)
	}
}

func TestLineOfOneValue(t *testing.T) {
	l := NewLine([]float32{float32(math.Copysign(0, -1)), 0, 0})
	if lo, hi := l.Range(0, l.Cells()); l.Cells() != 1 || lo != 0 || hi != 0 || math.Signbit(float64(lo)) {
		t.Errorf("zeros of both signs: %d cells from %v to %v", l.Cells(), lo, hi)
	}
	if e := l.Error(0, 1, Levels{}); e != 0 {
		t.Errorf("error %v", e)
	}
}

func BenchmarkLine(b *testing.B) {
	for _, n := range []int{128, fewValues, 1 << 20} {
		w := draw(shapes[1].value, n, 5)
		bench(b, fmt.Sprint("New/", n), n, func() { NewLine(w) })
		l := NewLine(w)
		for _, bits := range []int{2, 4, 8} {
			lo, hi := l.Range(0, l.Cells())
			v := Params{bits, false}.Fit(lo, hi).Levels()
			b.Run(fmt.Sprintf("Error/%d/%d", n, bits), func(b *testing.B) {
				for b.Loop() {
					l.Error(0, l.Cells(), v)
				}
			})
		}
	}
}
