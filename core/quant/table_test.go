package quant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"splitquant/core/measure"
	"splitquant/core/tensor"
)

// The oracles of the tables are EncodeSplit, Pack, Unpack and AddDecoded.
func TestTables(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, bits := range []int{2, 3, 4, 5, 8} {
		for _, symmetric := range []bool{false, true} {
			for _, thresholds := range [][]float32{nil, {-0.01}, {-0.02, 0.015}, {0.01, 0.02}, {0.5, float32(math.Inf(1))}} {
				t.Run(fmt.Sprint(bits, symmetric, thresholds), func(t *testing.T) {
					w := make([]float32, 5003)
					for i := range w {
						w[i] = float32(r.NormFloat64() * 0.02)
						if r.IntN(100) == 0 {
							w[i] *= float32(math.Ldexp(1, r.IntN(60)-50))
						}
					}
					ranges := make([]Range, len(thresholds)+1)
					AddSplit(ranges, w, thresholds)
					var grids []Grid
					for _, x := range ranges {
						grids = append(grids, Params{bits, symmetric}.Fit(x.Lo, x.Hi))
					}
					for i := range w[:2000] { // steps of grids and their neighbours, thresholds, and what lies beyond
						g := grids[i%len(grids)]
						lo, hi := g.Limits()
						w[i] = float32((float64(lo+int32(r.IntN(int(hi-lo)+1))-g.Zero) + 0.5) * float64(g.Scale))
						if i%7 == 0 && len(thresholds) > 0 && thresholds[i%len(thresholds)] < 1 {
							w[i] = thresholds[i%len(thresholds)]
						}
						w[i] = math.Float32frombits(math.Float32bits(w[i]) + uint32(r.IntN(3)) - 1)
					}
					w[0], w[1], w[2], w[3], w[4] = 0, float32(math.Copysign(0, -1)), math.MaxFloat32, -math.MaxFloat32, 1e-42
					checkTables(t, w, thresholds, grids, false)
					for i := range w {
						w[i] = math.Float32frombits(math.Float32bits(w[i]) &^ 0xffff)
					}
					checkTables(t, w, thresholds, grids, true)
				})
			}
		}
	}
}

func checkTables(t *testing.T, w, thresholds []float32, grids []Grid, short bool) {
	width := grids[0].Params().Type().Bits()
	codes := make([][]uint8, len(grids))
	for p := range codes {
		codes[p] = make([]uint8, len(w))
	}
	EncodeSplit(codes, w, thresholds, grids)
	coder, decoder := NewCoder(thresholds, grids, short), NewDecoder(grids)
	for _, n := range []int{0, 1, 7, 8, 9, 12, 4096, len(w)} {
		want, got := make([][]byte, len(grids)), make([][]byte, len(grids))
		for p := range want {
			want[p], got[p] = make([]byte, (n*width+7)/8), make([]byte, (n*width+7)/8)
			tensor.Pack(want[p], codes[p][:n], width)
		}
		raw := make([]byte, 4*n)
		if err := tensor.PutFloat(raw, w[:n], tensor.Float32); err != nil {
			t.Fatal(err)
		}
		coder.Pack(got, raw)
		for p := range want {
			for i, b := range want[p] {
				if got[p][i] != b {
					t.Fatalf("%d weights, part %d: byte %d is %#x, want %#x", n, p, i, got[p][i], b)
				}
			}
		}
		sum, values := make([]float32, n), make([]float32, n)
		for p, g := range grids {
			g.AddDecoded(sum, codes[p][:n])
		}
		decoder.Decode(values, got)
		if len(grids) == 1 {
			want, got := grids[0].Error(w[:n]), coder.Error(raw)
			if math.Abs(got-want) > 1e-12*want {
				t.Fatalf("%d weights: squared error %v, want %v", n, got, want)
			}
		}
		var noise measure.Noise
		noise.Add(w[:n], sum)
		if got := decoder.Noise(raw, got); got != noise {
			t.Fatalf("%d weights: noise %v, want %v", n, got, noise)
		}
		if width*len(grids) <= indexBits {
			noise.Signal = 0
		}
		if got := decoder.Error(raw, got); got != noise {
			t.Fatalf("%d weights: noise %v, want %v", n, got, noise)
		}
		checkWatched(t, thresholds, grids, w[:n], raw, short)
		for i, v := range sum {
			if values[i] != v {
				t.Fatalf("%d weights: %v is decoded as %v, want %v", n, w[i], values[i], v)
			}
		}
	}
}

// What is watched and what levels tell are all errors of plain quantization; the codes
// stay the same.
func checkWatched(t *testing.T, thresholds []float32, grids []Grid, w []float32, raw []byte, short bool) {
	t.Helper()
	plain, coder := NewCoder(nil, grids[len(grids)-1:], short), NewCoder(thresholds, grids, short)
	pack := func() (planes [][]byte, watched float64) {
		for range grids {
			planes = append(planes, make([]byte, (len(w)*coder.width+7)/8))
		}
		return planes, coder.Pack(planes, raw)
	}
	want, none := pack()
	coder.Watch(plain)
	got, sum := pack()
	if !reflect.DeepEqual(got, want) || none != 0 {
		t.Fatalf("watching changes the codes, or is done before it is asked for (%v)", none)
	}
	for _, v := range w {
		if level, ok := plain.Level(v); ok {
			d := float64(v) - float64(level)
			sum += d * d
		}
	}
	if wantSum := grids[len(grids)-1].Error(w); math.Abs(sum-wantSum) > 1e-12*wantSum {
		t.Fatalf("%d weights: squared error %v, want %v", len(w), sum, wantSum)
	}
}
