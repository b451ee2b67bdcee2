package measure

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNoise(t *testing.T) {
	for _, c := range []struct {
		name  string
		w, q  []float32
		want  Noise
		sqnr  float64
		exact bool
	}{
		{"nothing", nil, nil, Noise{}, math.Inf(1), true},
		{"exact", []float32{1, -2, 3}, []float32{1, -2, 3}, Noise{14, 0, 0, 3}, math.Inf(1), true},
		{"a tenth", []float32{10, 0, 0, 0, 0}, []float32{9, 0, 0, 0, 0}, Noise{100, 1, 1, 5}, 20, false},
		{"all lost", []float32{3, 4}, []float32{0, 0}, Noise{25, 25, 4, 2}, 0, false},
		{"only noise", []float32{0, 0}, []float32{0, -2}, Noise{0, 4, 2, 2}, math.Inf(-1), false},
		{"each once", []float32{1, 2, 4, 8, 16, 32, 64}, make([]float32, 7), Noise{5461, 5461, 64, 7}, 0, false}, // (4^7-1)/3
		{"huge", []float32{math.MaxFloat32}, []float32{-math.MaxFloat32},
			Noise{math.MaxFloat32 * math.MaxFloat32, 4 * math.MaxFloat32 * math.MaxFloat32, 2 * math.MaxFloat32, 1}, 10 * math.Log10(0.25), false},
	} {
		var s Noise
		s.Add(c.w, c.q)
		if s != c.want || s.Exact() != c.exact {
			t.Errorf("%s: %+v, exact %v; want %+v", c.name, s, s.Exact(), c.want)
		}
		if got := s.SQNR(); got != c.sqnr && !(math.Abs(got-c.sqnr) < 1e-12) {
			t.Errorf("%s: %g dB, want %g", c.name, got, c.sqnr)
		}
	}
	var bad Noise
	bad.Add([]float32{float32(math.NaN())}, []float32{0})
	if !math.IsNaN(bad.SQNR()) || bad.Exact() {
		t.Errorf("NaN gives %g dB", bad.SQNR())
	}
}

// weights come from the generator PCG, whose numbers Go fixes, by operations
// that are exact, so that they are the same everywhere.
func weights(n int) (w, q []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	w, q = make([]float32, n), make([]float32, n)
	for i := range w {
		w[i] = float32(r.IntN(1<<24)-1<<23) / float32(int64(1)<<r.IntN(40))
		q[i] = float32(r.IntN(1<<24)-1<<23) / float32(int64(1)<<r.IntN(40))
	}
	return w, q
}

// The same bits from one call, from pieces merged in order, and on every
// platform: the numbers below were printed on amd64, and WebAssembly must agree.
func TestNoiseBits(t *testing.T) {
	for _, want := range []Noise{
		{0x1.ee3e684481ba1p+45, 0x1.0f68db311e631p+47, 0x1.9738b49896cep+22, 100},
		{0x1.18e63e2cb864bp+57, 0x1.146cf9c9cf732p+58, 0x1.b9788ep+23, 3*Piece + 1234},
	} {
		w, q := weights(int(want.N))
		var whole, merged Noise
		whole.Add(w, q)
		for at := 0; at < len(w); at += Piece {
			var piece Noise
			end := min(at+Piece, len(w))
			piece.Add(w[at:end], q[at:end])
			merged.Merge(piece)
		}
		if whole != want || merged != want {
			t.Errorf("in one call %x, in pieces %x, want %x", whole, merged, want)
		}
		// The plain sums, of another order, are the same but for rounding.
		var signal, noise float64
		for i := range w {
			d := float64(w[i]) - float64(q[i])
			signal += float64(w[i]) * float64(w[i])
			noise += d * d
		}
		if math.Abs(signal/whole.Signal-1) > 1e-12 || math.Abs(noise/whole.Noise-1) > 1e-12 {
			t.Errorf("sums %g and %g, want %g and %g", whole.Signal, whole.Noise, signal, noise)
		}
	}
}

func TestDecibels(t *testing.T) {
	for _, c := range [][2]float64{{1, 0}, {0, math.Inf(-1)}, {math.Inf(1), math.Inf(1)}, {0x1p-1074, -3233.0621534311581}} {
		if got := Decibels(c[0]); got != c[1] {
			t.Errorf("Decibels(%g) = %g, want %g", c[0], got, c[1])
		}
	}
	for _, ratio := range []float64{-1, math.NaN(), math.Inf(-1)} {
		if got := Decibels(ratio); !math.IsNaN(got) {
			t.Errorf("Decibels(%g) = %g, want NaN", ratio, got)
		}
	}
	check := func(ratio float64) {
		got, want := Decibels(ratio), 10*math.Log10(ratio)
		if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))) {
			t.Fatalf("Decibels(%g) = %.17g, math.Log10 gives %.17g", ratio, got, want)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for e := -1022; e < 1024; e++ { // below, math.Log10 of Go 1.26 is wrong on amd64
		check(math.Ldexp(1, e))
		check(math.Ldexp(1+r.Float64(), e))
	}
	for range 100000 {
		check(r.Float64() + 0.5) // around 1, where the logarithm is small
	}
}

// The same bits on every platform: printed on amd64.
func TestDecibelsBits(t *testing.T) {
	for _, c := range []struct{ ratio, want float64 }{
		{2, 0x1.8151824c7587fp+01}, {10, 0x1.4p+03}, {1.0 / 3, -0x1.315b8bdf1e5bep+02}, {12345.678, 0x1.475239e0a4945p+05}, {1e-300, -0x1.7700000000001p+11},
	} {
		if got := Decibels(c.ratio); got != c.want {
			t.Errorf("Decibels(%g) = %x, want %x", c.ratio, got, c.want)
		}
	}
}
