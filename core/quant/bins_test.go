package quant

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"

	"splitquant/core/tensor"
)

// binned draws values of all magnitudes and signs.
func binned(n int) []float32 {
	r := rand.New(rand.NewPCG(3, 14))
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(math.Ldexp(r.Float64()-0.5, r.IntN(20)-r.IntN(140)*r.IntN(2)))
		if r.IntN(50) == 0 {
			w[i] = 0
		}
	}
	return w
}

// The oracle for the sums of a bin is exact arithmetic.
func TestBinsSumExactly(t *testing.T) {
	w := binned(20000)
	b := new(Bins)
	b.Add(w)
	b.unpack()
	type sum struct{ n, s, q *big.Float }
	want := map[uint32]sum{}
	exact := func() *big.Float { return new(big.Float).SetPrec(1000) }
	lo, hi := map[uint32]float32{}, map[uint32]float32{}
	for _, v := range w {
		k := sortable(v) >> restBits
		x := exact().SetFloat64(float64(v))
		s, ok := want[k]
		if !ok {
			s = sum{exact(), exact(), exact()}
			want[k], lo[k], hi[k] = s, v, v
		}
		s.n.Add(s.n, big.NewFloat(1))
		s.s.Add(s.s, x)
		s.q.Add(s.q, exact().Mul(x, x))
		lo[k], hi[k] = min(lo[k], v), max(hi[k], v)
	}
	used := 0
	for i, m := range b.bins {
		if m.count == 0 {
			continue
		}
		used++
		k := uint32(i)
		n, s, q := m.sums(i)
		for j, got := range [...]float64{n, s, q} {
			exactly, _ := [...]*big.Float{want[k].n, want[k].s, want[k].q}[j].Float64()
			if math.Abs(got-exactly) > 0x1p-51*math.Abs(exactly) {
				t.Errorf("bin %d: sum %d is %v, want %v", i, j, got, exactly)
			}
		}
		if l, h := b.ends[i].values(i); l != lo[k] || h != hi[k] {
			t.Errorf("bin %d: from %v to %v, want %v to %v", i, l, h, lo[k], hi[k])
		}
	}
	if used != len(want) {
		t.Errorf("%d bins with values, want %d", used, len(want))
	}
}

func TestBinsOfPieces(t *testing.T) {
	w := binned(5000)
	whole, pieces, single := new(Bins), new(Bins), new(Bins)
	whole.Add(w)
	for from := 0; from < len(w); from += 700 {
		piece := new(Bins)
		piece.Add(w[from:min(from+700, len(w))])
		b, _ := piece.MarshalBinary()
		sent := new(Bins)
		if err := sent.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		pieces.Merge(sent)
	}
	times := map[float32]int64{}
	for _, v := range w {
		times[v]++
	}
	for v, n := range times {
		single.AddTimes(v, n)
	}
	if want := whole.Line(); !reflect.DeepEqual(pieces.Line(), want) || !reflect.DeepEqual(single.Line(), want) {
		t.Error("bins of pieces, or of values and their numbers, differ from those of the whole")
	}
	b, _ := whole.MarshalBinary()
	if new(Bins).UnmarshalBinary(b[:3]) == nil {
		t.Error("3 bytes are taken for bins")
	}
	if new(Bins).UnmarshalBinary([]byte{0, 1, 1, 1, 1, 1}) == nil || new(Bins).UnmarshalBinary([]byte{0xff, 0xff, 0xff, 1, 1, 1, 1, 1, 1}) == nil {
		t.Error("a bin before the first or behind the last is taken")
	}
}

func TestIndexMagnitude(t *testing.T) {
	w := binned(1003)
	raw := make([]byte, 4*len(w))
	if err := tensor.PutFloat(raw, w, tensor.Float32); err != nil {
		t.Fatal(err)
	}
	for i, v := range w {
		most := max(v, -v)
		want := 0
		for max(w[want], -w[want]) != most {
			want++
		}
		if got := IndexMagnitude(raw, most); got != want {
			t.Errorf("the magnitude of value %d is at %d, want %d", i, got, want)
		}
	}
	if got := IndexMagnitude(raw, math.MaxFloat32); got != -1 {
		t.Errorf("what is not there is at %d", got)
	}
}

// Values that the loops treat in a way of their own: zeros of either sign, and what
// shares a bin with them. The oracle adds one value at a time.
func TestBinsOfZeros(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 71))
	w := make([]float32, 5001)
	for i := range w {
		w[i] = math.Float32frombits(r.Uint32N(3) | r.Uint32N(2)<<14 | r.Uint32N(2)<<31)
		if i%10 == 0 {
			w[i] = float32(r.NormFloat64())
		}
	}
	var want Bins
	for _, v := range w {
		want.AddTimes(v+0, 1)
	}
	var got Bins
	for _, piece := range [][]float32{w[:7], w[7:3000], w[3000:]} {
		if !got.AddBytes(bytesOf(t, piece)) {
			t.Fatal("finite values are taken for others")
		}
	}
	a, _ := got.MarshalBinary()
	b, _ := want.MarshalBinary()
	if !reflect.DeepEqual(a, b) {
		t.Error("other bins than of one value at a time")
	}
	var whole Range
	whole.Add(w)
	if r := got.Range(); r != whole {
		t.Errorf("range %v, want %v", r, whole)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if new(Bins).AddBytes(bytesOf(t, []float32{1, float32(bad), 2})) {
			t.Errorf("%v is taken for finite", bad)
		}
	}
}

func bytesOf(t *testing.T, w []float32) []byte {
	raw := make([]byte, 4*len(w))
	if err := tensor.PutFloat(raw, w, tensor.Float32); err != nil {
		t.Fatal(err)
	}
	return raw
}

// The oracle is Range.Add.
func TestRangeOfBytes(t *testing.T) {
	negative := math.Float32frombits(1 << 31)
	for _, w := range [][]float32{
		{}, {0}, {negative}, {negative, 0}, {1, 2, 3}, {-1, -2, -3}, {-1, negative}, {2, negative}, binned(1003), {math.MaxFloat32, -math.MaxFloat32},
		{1, float32(math.NaN())}, {1, -float32(math.NaN())}, {float32(math.Inf(1))}, {-3, float32(math.Inf(-1))}, {1e-45, -1e-45},
		{5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {-5, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15, -16},
	} {
		var want, got Range
		want.Add(w)
		got.AddBytes(bytesOf(t, w))
		if want.NonFinite {
			want.Lo, want.Hi, got.Lo, got.Hi = 0, 0, 0, 0
		}
		if got != want {
			t.Errorf("the range of %v is %v, want %v", w, got, want)
		}
	}
}
