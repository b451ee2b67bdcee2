package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/tensor"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

var (
	stored = []int{2, 3, 4, 5, 6, 8}                 // widths that are stored in one piece
	wide   = []int{2, 3, 4, 5, 6, 8, 12, 15, 18, 24} // and those of codes made of three digits
)

// everyParams are the widths in both modes.
func everyParams(widths []int, f func(Params)) {
	for _, bits := range widths {
		f(Params{bits, false})
		f(Params{bits, true})
	}
}

// anyFloat returns finite floats of every magnitude, denormals included.
func anyFloat(r *rand.Rand) float32 {
	for {
		if f := math.Float32frombits(r.Uint32()); f-f == 0 {
			return f
		}
	}
}

func TestType(t *testing.T) {
	for bits, want := range map[int][2]tensor.Type{
		2: {tensor.Uint2, tensor.Int2}, 3: {tensor.Uint4, tensor.Int4}, 4: {tensor.Uint4, tensor.Int4},
		5: {tensor.Uint8, tensor.Int8}, 6: {tensor.Uint8, tensor.Int8}, 8: {tensor.Uint8, tensor.Int8},
	} {
		if got := (Params{bits, false}).Type(); got != want[0] {
			t.Errorf("%d bits asymmetric: %v", bits, got)
		}
		if got := (Params{bits, true}).Type(); got != want[1] {
			t.Errorf("%d bits symmetric: %v", bits, got)
		}
	}
}

// Closed forms of METHOD: s = (hi-lo)/(2^b-1), z = round(-lo/s); symmetric s = max|w|/(2^(b-1)-1).
func TestFit(t *testing.T) {
	for _, c := range []struct {
		p      Params
		lo, hi float32
		scale  float32
		zero   int32
	}{
		{Params{2, false}, -1, 2, 1, 1},
		{Params{2, false}, -1.5, 1.5, 1, 2},          // 1.5 to even
		{Params{2, false}, -0.5, 2.5, 1, 0},          // 0.5 to even
		{Params{4, false}, 0.5, 30, 2, 0},            // widened to 0 below
		{Params{4, false}, -30, -0.5, 2, 15},         // widened to 0 above
		{Params{8, false}, -127.5, 127.5, 1, 128},    // 127.5 to even
		{Params{8, false}, -1, 254, 1, 1},            //
		{Params{3, false}, -3, 4, 1, 3},              //
		{Params{2, true}, -0.25, 0.5, 0.5, 0},        // three levels
		{Params{4, true}, -14, 3, 2, 0},              //
		{Params{8, true}, -1, 254, 2, 0},             //
		{Params{8, false}, 0, 0, 1, 0},               // all zero
		{Params{8, true}, 0, 0, 1, 0},                //
		{Params{2, false}, -0x1p-126, 0, 1, 0},       // a third of the smallest normal number
		{Params{2, false}, 0, 0x3p-126, 0x1p-126, 0}, // the smallest scale
		{Params{2, true}, 0, math.SmallestNonzeroFloat32, 1, 0},
		{Params{4, false}, nan, 1, 1, 0},
		{Params{4, false}, -inf, 1, 1, 0},
		{Params{4, true}, 0, inf, 1, 0},
	} {
		g := c.p.Fit(c.lo, c.hi)
		if g != (Grid{c.scale, c.zero, c.p.Bits, c.p.Symmetric}) {
			t.Errorf("%+v over [%g, %g]: %+v, want scale %g, zero point %d", c.p, c.lo, c.hi, g, c.scale, c.zero)
		}
	}
}

func TestFlushes(t *testing.T) {
	for _, c := range []struct {
		p      Params
		lo, hi float32
		want   bool
	}{
		{Params{2, false}, 0, 0, false},
		{Params{2, false}, -1, 1, false},
		{Params{2, false}, 0, 0x3p-126, false},
		{Params{2, false}, 0, 0x2p-126, true},
		{Params{2, true}, 0, 0x2p-126, false},
		{Params{8, true}, -1e-38, 0, true},
	} {
		if got := c.p.Flushes(c.lo, c.hi); got != c.want {
			t.Errorf("%+v.Flushes(%g, %g) = %v", c.p, c.lo, c.hi, got)
		}
		if c.want && c.p.Fit(c.lo, c.hi).Code(c.lo) != 0 {
			t.Errorf("%+v over [%g, %g] does not code to 0", c.p, c.lo, c.hi)
		}
	}
}

// Whatever the range: the scale is a normal number, every level is finite, 0 is
// a level, and no weight moves by more than half a step. The zero point moves
// the levels against the range by at most another half.
func TestFitProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ranges := [][2]float32{
		{-math.MaxFloat32, math.MaxFloat32}, {0, math.MaxFloat32}, {-math.MaxFloat32, 0}, {-math.MaxFloat32 / 2, math.MaxFloat32},
		{-math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32}, {-1, 1e-45}, {-1e-38, 1},
	}
	for range 20000 {
		a, b := anyFloat(r), anyFloat(r)
		switch r.IntN(3) {
		case 0: // of like magnitude
			b = -a * r.Float32()
		case 1: // on one side of 0
			b = 0
		}
		ranges = append(ranges, [2]float32{min(a, b), max(a, b)})
	}
	everyParams(wide, func(p Params) {
		for _, lh := range ranges {
			lo, hi := lh[0], lh[1]
			g := p.Fit(lo, hi)
			if !(g.Scale >= 0x1p-126 && g.Scale <= math.MaxFloat32) {
				t.Fatalf("%+v over [%g, %g]: scale %g", p, lo, hi, g.Scale)
			}
			first, last := g.Limits()
			if g.Zero < first || g.Zero > last || g.Code(0) != g.Zero || g.Value(g.Zero) != 0 {
				t.Fatalf("%+v over [%g, %g]: 0 has code %d, value %g; zero point %d", p, lo, hi, g.Code(0), g.Value(g.Code(0)), g.Zero)
			}
			for _, c := range []int32{first, last} {
				if v := g.Value(c); v-v != 0 {
					t.Fatalf("%+v over [%g, %g]: code %d has value %g", p, lo, hi, c, v)
				}
			}
			if p.Flushes(lo, hi) || max(-lo, hi) > math.MaxFloat32/2 {
				continue // all becomes 0, or the outermost levels had to be moved
			}
			for _, w := range []float32{lo, hi, 0, lo / 2, hi / 3} {
				e := math.Abs(float64(w) - float64(g.Value(g.Code(w))))
				steps := e/float64(g.Scale) - math.Ldexp(1, p.Bits-23) // which float32 division and product round off
				if steps > 1 || p.Symmetric && steps > 0.5 {
					t.Fatalf("%+v over [%g, %g]: %g became %g, with scale %g", p, lo, hi, w, g.Value(g.Code(w)), g.Scale)
				}
			}
		}
	})
}

// The examples of the ONNX backend tests quantizelinear, quantizelinear_uint16,
// quantizelinear_uint4 and dequantizelinear (onnx/backend/test/case/node).
func TestONNX(t *testing.T) {
	for _, c := range []struct {
		g    Grid
		w    []float32
		want []int32
	}{
		{Grid{2, 128, 8, false}, []float32{0, 2, 3, 1000, -254, -1000}, []int32{128, 129, 130, 255, 1, 0}},
		{
			Grid{2, 32767, 16, false},
			[]float32{0, -128, 3, -3, 2.9, -2.9, 3.1, -3.1, 65536, -65534, 70000, -70000},
			[]int32{32767, 32703, 32769, 32765, 32768, 32766, 32769, 32765, 65535, 0, 65535, 0},
		},
		{Grid{2, 1, 4, false}, []float32{0, 2.5, 4.8, 8.6}, []int32{1, 2, 3, 5}},
		{Grid{3, 1, 4, false}, []float32{-30, -20, 6, 9}, []int32{0, 0, 3, 4}},
		{Grid{4, 1, 4, false}, []float32{12, 15, 16, 40}, []int32{4, 5, 5, 11}},
	} {
		for i, w := range c.w {
			if got := c.g.Code(w); got != c.want[i] {
				t.Errorf("%+v: %g got code %d, want %d", c.g, w, got, c.want[i])
			}
		}
	}
	g := Grid{2, 128, 8, false}
	for c, want := range map[int32]float32{0: -256, 3: -250, 128: 0, 255: 254} {
		if got := g.Value(c); got != want {
			t.Errorf("code %d has value %g, want %g", c, got, want)
		}
	}
}

// define is QuantizeLinear written another way: the quotient of two float32 in
// float64, rounded to float32, is the correctly rounded one, since 53 >= 2*24+2.
func define(g Grid, w float32) int32 {
	x := float64(float32(float64(w) / float64(g.Scale)))
	down := math.Floor(x)
	if rest := x - down; rest > 0.5 || rest == 0.5 && math.Mod(down, 2) != 0 {
		down++
	}
	lo, hi := g.Limits()
	return int32(max(float64(lo), min(float64(hi), down+float64(g.Zero))))
}

// hardWeights are what a grid may get wrong: ties, their neighbours, the ends, huge and tiny ones.
func hardWeights(g Grid, r *rand.Rand) []float32 {
	w := []float32{0, float32(math.Copysign(0, -1)), math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -1e-40, inf, -inf}
	for c := int32(-270); c <= 270; c++ {
		tie := g.Scale * (float32(c) + 0.5)
		w = append(w, tie, math.Nextafter32(tie, inf), math.Nextafter32(tie, -inf))
	}
	for e := 1; e < 40; e++ { // quotients where adding 1.5*2^23 no longer rounds
		w = append(w, g.Scale*float32(math.Ldexp(1.25, e)), -g.Scale*float32(math.Ldexp(1.75, e)))
	}
	for range 1000 {
		w = append(w, anyFloat(r), g.Scale*float32(r.NormFloat64()*20))
	}
	return w
}

// someGrids are fitted grids, clipped ones, and those at the ends of float32.
func someGrids(p Params, r *rand.Rand) []Grid {
	grids := []Grid{p.Fit(0, 0), p.Fit(-1, 1), p.Fit(0, 0x1p-120), p.Fit(-math.MaxFloat32, math.MaxFloat32)}
	for range 20 {
		grids = append(grids, p.Fit(-r.Float32(), r.Float32()))
	}
	return grids
}

func TestCode(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	everyParams(wide, func(p Params) {
		for _, g := range someGrids(p, r) {
			for _, w := range hardWeights(g, r) {
				if got, want := g.Code(w), define(g, w); got != want {
					t.Fatalf("%+v: %g got code %d, want %d", g, w, got, want)
				}
			}
			lo, _ := g.Limits()
			if g.Code(nan) != lo {
				t.Fatalf("%+v: NaN got code %d", g, g.Code(nan))
			}
		}
	})
}

// Encode is Code and a mask; Decode is sign extension and Value.
func TestEncodeDecode(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	everyParams(stored, func(p Params) {
		bits := p.Type().Bits()
		for _, g := range someGrids(p, r) {
			for _, w := range [][]float32{append(hardWeights(g, r), nan, -nan), {1}, {}, make([]float32, 8), make([]float32, 15)} {
				codes, values, sum := make([]uint8, len(w)), make([]float32, len(w)), make([]float32, len(w))
				for i := range sum {
					sum[i] = float32(i)
				}
				g.Encode(codes, w)
				g.Decode(values, codes)
				g.AddDecoded(sum, codes)
				for i := range w {
					c := g.Code(w[i])
					if want := uint8(c) & uint8(1<<bits-1); codes[i] != want {
						t.Fatalf("%+v: %g was encoded as %#x, want %#x", g, w[i], codes[i], want)
					}
					if values[i] != g.Value(c) || sum[i] != float32(i)+g.Value(c) {
						t.Fatalf("%+v: code %#x was decoded as %g and %g, want %g", g, codes[i], values[i], sum[i]-float32(i), g.Value(c))
					}
				}
			}
		}
	})
}
