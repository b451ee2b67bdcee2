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
