package tensor

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
)

// decode16 is the definition of a 16-bit IEEE 754 format with the given number
// of exponent bits, in float64, which holds all of them exactly.
func decode16(h uint16, exponentBits int) float64 {
	fractionBits := 15 - exponentBits
	bias := 1<<(exponentBits-1) - 1
	exponent := int(h >> fractionBits & (1<<exponentBits - 1))
	fraction := float64(h & (1<<fractionBits - 1))
	sign := 1.0
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 1<<exponentBits-1 && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 1<<exponentBits-1:
		return math.NaN()
	case exponent == 0:
		return math.Copysign(math.Ldexp(fraction, 1-bias-fractionBits), sign)
	}
	return sign * math.Ldexp(1+math.Ldexp(fraction, -fractionBits), exponent-bias)
}

var formats16 = []struct {
	t            Type
	exponentBits int
}{{Float16, 5}, {BFloat16, 8}}

// all16 is every 16-bit pattern as little endian bytes.
func all16() []byte {
	b := make([]byte, 2<<16)
	for i := range 1 << 16 {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(i))
	}
	return b
}

func TestDecode16(t *testing.T) {
	for _, f := range formats16 {
		got := make([]float32, 1<<16)
		if err := Float32s(got, all16(), f.t); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			want := decode16(uint16(i), f.exponentBits)
			if math.IsNaN(want) && math.IsNaN(float64(v)) {
				continue
			}
			if float64(v) != want || math.Signbit(float64(v)) != math.Signbit(want) {
				t.Fatalf("%v %#04x = %g, want %g", f.t, i, v, want)
			}
		}
	}
}

// Every 16-bit float, NaNs with their payload included, comes back as it was.
func TestRoundTrip16(t *testing.T) {
	for _, f := range formats16 {
		values, back := make([]float32, 1<<16), make([]byte, 2<<16)
		if err := Float32s(values, all16(), f.t); err != nil {
			t.Fatal(err)
		}
		if err := PutFloat(back, values, f.t); err != nil {
			t.Fatal(err)
		}
		for i := range values {
			if got := binary.LittleEndian.Uint16(back[2*i:]); got != uint16(i) {
				t.Fatalf("%v %#04x came back as %#04x", f.t, i, got)
			}
		}
	}
}

// Rounding is checked against a search among all values of the format, at every
// midpoint between neighbours, just beside it, and for random bit patterns.
func TestEncode16(t *testing.T) {
	for _, f := range formats16 {
		infinity := sort.Search(1<<15, func(h int) bool { return math.IsInf(decode16(uint16(h), f.exponentBits), 0) })
		value := make([]float64, infinity+1) // of the patterns of positive numbers, ascending
		for h := range value {
			value[h] = decode16(uint16(h), f.exponentBits)
		}
		// IEEE 754, 4.3.1: for rounding, the number after the largest one counts instead of infinity.
		value[infinity] = 2*value[infinity-1] - value[infinity-2]

		nearest := func(v float32) uint16 {
			sign := uint16(0)
			if math.Signbit(float64(v)) {
				sign = 1 << 15
			}
			x := math.Abs(float64(v))
			up := sort.SearchFloat64s(value, x)
			switch {
			case math.IsNaN(x):
				t.Fatal("no nearest value of NaN")
			case up > infinity:
				return sign | uint16(infinity)
			case value[up] == x:
				return sign | uint16(up)
			}
			below, above := x-value[up-1], value[up]-x
			if below < above || below == above && up%2 == 1 {
				up--
			}
			return sign | uint16(up)
		}

		var values []float32
		for h := range infinity {
			middle := float32((value[h] + value[h+1]) / 2)
			for _, v := range []float32{middle, math.Nextafter32(middle, 0), math.Nextafter32(middle, math.MaxFloat32)} {
				values = append(values, v, -v)
			}
		}
		values = append(values, math.MaxFloat32, float32(math.Inf(-1)), math.SmallestNonzeroFloat32)
		r := rand.New(rand.NewPCG(1, 2))
		for range 100000 {
			if v := math.Float32frombits(r.Uint32()); v == v {
				values = append(values, v)
			}
		}
		dst := make([]byte, 2*len(values))
		if err := PutFloat(dst, values, f.t); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if got, want := binary.LittleEndian.Uint16(dst[2*i:]), nearest(v); got != want {
				t.Fatalf("%v(%g) = %#04x, want %#04x", f.t, v, got, want)
			}
		}
	}
}

// A NaN whose payload lies in the bits that are cut off must not become an infinity.
func TestEncodeNaN(t *testing.T) {
	for _, f := range formats16 {
		for _, bits := range []uint32{0x7f800001, 0xff800001, 0x7fffffff, 0xffc00000} {
			b := make([]byte, 2)
			if err := PutFloat(b, []float32{math.Float32frombits(bits)}, f.t); err != nil {
				t.Fatal(err)
			}
			h := binary.LittleEndian.Uint16(b)
			if !math.IsNaN(decode16(h, f.exponentBits)) || h>>15 != uint16(bits>>31) {
				t.Errorf("NaN %#x became %v %#04x", bits, f.t, h)
			}
		}
	}
}

func TestFloat32s(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		t    Type
		src  []byte
		want []float32
	}{
		{Float32, []byte{0, 0, 128, 63, 0, 0, 0, 128}, []float32{1, float32(math.Copysign(0, -1))}},
		{Float64, []byte{0, 0, 0, 0, 0, 0, 240, 63}, []float32{1}},
		{Float64, []byte{0, 0, 0, 0x10, 0, 0, 240, 63}, []float32{1}}, // 1 + 2^-24, half way: to even
		{Float64, []byte{0, 0, 0, 0x30, 0, 0, 240, 63}, []float32{1 + 2*0x1p-23}},
		{Float64, []byte{0, 0, 0, 0, 0, 0, 0, 0x7f}, []float32{inf}}, // too large
		{Float16, []byte{1, 0, 0xff, 0x7b}, []float32{0x1p-24, 65504}},
		{BFloat16, []byte{0x49, 0x40}, []float32{3.140625}},
		{Int64, []byte{0xfe, 255, 255, 255, 255, 255, 255, 255}, []float32{-2}},
		{Uint64, []byte{0, 255, 255, 255, 255, 255, 255, 255}, []float32{0x1p64}},
		{Int32, []byte{1, 0, 0, 1, 0, 0, 0, 128}, []float32{1 << 24, -1 << 31}}, // 2^24 + 1: to even
		{Uint32, []byte{0, 0, 0, 128}, []float32{1 << 31}},
		{Int16, []byte{0xff, 0xff, 1, 0}, []float32{-1, 1}},
		{Uint16, []byte{0xff, 0xff}, []float32{65535}},
		{Int8, []byte{0x80, 127}, []float32{-128, 127}},
		{Uint8, []byte{0x80}, []float32{128}},
		{Int4, []byte{0x87, 0x0f}, []float32{7, -8, -1}}, // onnx.proto: the first element in the low bits
		{Uint4, []byte{0x87, 0x0f}, []float32{7, 8, 15}},
		{Int2, []byte{0xe4, 0x02}, []float32{0, 1, -2, -1, -2}},
		{Uint2, []byte{0xe4, 0x02}, []float32{0, 1, 2, 3, 2}},
		{Float32, nil, nil},
	} {
		got := make([]float32, len(c.want))
		if err := Float32s(got, c.src, c.t); err != nil {
			t.Errorf("%v: %v", c.t, err)
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(c.want[i]) {
				t.Errorf("%v % x: got %g, want %g", c.t, c.src, got, c.want)
				break
			}
		}
	}
}

// The unrolled loops and the loops for what is left over agree at every length.
func TestLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, typ := range []Type{Float64, Float32, Float16, BFloat16} {
		for n := range 40 {
			values := make([]float32, n)
			for i := range values {
				values[i] = float32(r.IntN(512) - 256) // exact in all four
			}
			size, _ := typ.Bytes(int64(n))
			b := make([]byte, size)
			back := make([]float32, n)
			if err := PutFloat(b, values, typ); err != nil {
				t.Fatal(err)
			}
			if err := Float32s(back, b, typ); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(values, back) {
				t.Fatalf("%v: %v came back as %v", typ, values, back)
			}
		}
	}
}

func TestFloatErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{Float32s(make([]float32, 3), make([]byte, 11), Float32), "11 bytes for 3 elements of type float32, which take 12"},
		{Float32s(make([]float32, 3), make([]byte, 3), Int4), "3 bytes for 3 elements of type int4, which take 2"},
		{Float32s(make([]float32, 1), make([]byte, 1), Bool), "type bool"},
		{Float32s(make([]float32, 1), make([]byte, 8), String), "type string"},
		{PutFloat(make([]byte, 3), make([]float32, 1), Float16), "3 bytes for 1 elements of type float16, which take 2"},
		{PutFloat(make([]byte, 1), make([]float32, 1), Int8), "type int8"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %q, want one with %q", c.err, c.want)
		}
	}
}

func TestCount16(t *testing.T) {
	src := []byte{1, 0, 2, 0, 1, 0, 0xff, 0xff, 0, 1, 1, 0, 3}
	got := new([1 << 16]uint32)
	Count16(got, src)
	Count16(got, src[:2])
	want := map[int]uint32{1: 4, 2: 1, 0xffff: 1, 0x100: 1}
	for code, n := range got {
		if n != want[code] {
			t.Errorf("code %#x was counted %d times, want %d", code, n, want[code])
		}
	}
}
