package split

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// hostile are weights that try the arithmetic of a type.
var hostile = []struct {
	name  string
	value func(r *rand.Rand) float64
}{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"denormal", func(r *rand.Rand) float64 { return math.Ldexp(r.NormFloat64(), -140) }},
	{"small halves", func(r *rand.Rand) float64 { return math.Ldexp(r.NormFloat64(), -20) }},
	{"any exponent", func(r *rand.Rand) float64 { return math.Ldexp(2*r.Float64()-1, r.IntN(270)-142) }},
	{"any half", func(r *rand.Rand) float64 { return math.Ldexp(2*r.Float64()-1, r.IntN(40)-24) }},
	{"huge", func(r *rand.Rand) float64 { return math.MaxFloat32 * (2*r.Float64() - 1) }},
	{"huge halves", func(r *rand.Rand) float64 { return 65504 * (2*r.Float64() - 1) }},
	{"the largest", func(r *rand.Rand) float64 { return []float64{-math.MaxFloat32, 0, math.MaxFloat32}[r.IntN(3)] }},
	{"the largest halves", func(r *rand.Rand) float64 { return []float64{-65504, 0, 65504, 65472}[r.IntN(4)] }},
	{"ties", func(r *rand.Rand) float64 { return float64(r.IntN(65)-32) / 4 }},
	{"zeros", func(r *rand.Rand) float64 { return math.Copysign(0, r.NormFloat64()) }},
}

// weightsOf makes n weights of a type, no infinities among them.
func weightsOf(value func(*rand.Rand) float64, n int, t tensor.Type) (raw []byte, w []float32) {
	r := rand.New(rand.NewPCG(3, 3))
	raw, w = make([]byte, n*t.Bits()/8), make([]float32, n)
	exact := make([]float64, n)
	for i := range exact {
		exact[i] = value(r)
	}
	if err := write(raw, exact, t); err != nil {
		panic(err)
	}
	if err := tensor.Float32s(w, raw, t); err != nil {
		panic(err)
	}
	for i, v := range w {
		if v-v != 0 {
			clear(raw[i*t.Bits()/8 : (i+1)*t.Bits()/8])
			w[i] = 0
		}
	}
	return raw, w
}

// The parts, read back from their bytes, add up to the weight bit for bit, in the
// arithmetic of its type and in their order.
func TestRoundingAddsUp(t *testing.T) {
	const n = 5000
	for _, typ := range []tensor.Type{tensor.Float64, tensor.Float32, tensor.Float16, tensor.BFloat16} {
		for _, params := range []quant.Params{{Bits: 2}, {Bits: 4}, {Bits: 8}, {Bits: 4, Symmetric: true}} {
			for _, h := range hostile {
				raw, w := weightsOf(h.value, n, typ)
				r, err := NewRounding(w, typ, params)
				if err != nil {
					t.Fatal(err)
				}
				var parts [K][]byte
				for p := range parts {
					parts[p] = make([]byte, len(raw))
					if err := r.Part(parts[p], raw, p); err != nil {
						t.Fatal(err)
					}
				}
				whole := 0
				for i := range n {
					want := add(t, raw, raw[:0], i, typ)
					sum := add(t, parts[0], parts[1], i, typ)
					sum = add(t, sum, parts[2], i, typ)
					if string(sum) != string(want) {
						t.Fatalf("%v %+v %s: %v + %v + %v is not %v", typ, params, h.name,
							at(parts[0], i, typ), at(parts[1], i, typ), at(parts[2], i, typ), at(raw, i, typ))
					}
					if x := at(raw, i, typ); at(parts[2], i, typ) == x && r.level(0, x) != x {
						whole++
					}
				}
				if h.name == "normal" && whole > 0 {
					t.Errorf("%v %+v: %d of %d weights are whole in P1", typ, params, whole, n)
				}
			}
		}
	}
}

// at decodes element i.
func at(raw []byte, i int, t tensor.Type) float64 {
	var x [1]float64
	size := t.Bits() / 8
	if len(raw) == size {
		i = 0
	}
	if err := read(x[:], raw[i*size:(i+1)*size], t); err != nil {
		panic(err)
	}
	return x[0]
}

// add returns the bytes of the sum of elements i of a and b in the arithmetic of
// the type, as [tensor.PutFloat] rounds it; no b is 0.
func add(t *testing.T, a, b []byte, i int, typ tensor.Type) []byte {
	x := at(a, i, typ)
	if len(b) > 0 {
		x += at(b, i, typ)
	}
	x += 0 // -0 is 0
	if typ == tensor.Float64 {
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(x))
	}
	sum := make([]byte, typ.Bits()/8)
	if err := tensor.PutFloat(sum, []float32{float32(x)}, typ); err != nil {
		t.Fatal(err)
	}
	return sum
}

// P1 is the nearest level of a grid of 2^b, and P3 is much smaller than the weight.
func TestRoundingRounds(t *testing.T) {
	w := draw(distributions[0].value, 1000, 2)
	params := quant.Params{Bits: 4}
	r, err := NewRounding(w, tensor.Float32, params)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, _ := quant.MinMax(w)
	g := params.Fit(lo, hi)
	rest := 0.0
	for _, v := range w {
		p := r.parts(float64(v))
		if want := g.Value(g.Code(v)); p[2] != float64(want) {
			t.Fatalf("P1 of %v is %v, want %v", v, p[2], want)
		}
		rest = max(rest, math.Abs(p[0]))
	}
	if limit := float64(g.Scale) / 2 / 15; rest > limit {
		t.Errorf("P3 is up to %v, want at most %v", rest, limit)
	}
}

func TestRoundingRefuses(t *testing.T) {
	if _, err := NewRounding([]float32{1}, tensor.Int8, quant.Params{Bits: 2}); err == nil {
		t.Error("integers were divided")
	}
	r, err := NewRounding([]float32{1, 2}, tensor.Float16, quant.Params{Bits: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Part(make([]byte, 3), make([]byte, 3), 0); err == nil {
		t.Error("three bytes are no float16")
	}
	if err := r.Part(make([]byte, 2), make([]byte, 4), 0); err == nil {
		t.Error("a part was shorter than its weight")
	}
}
