package quant

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Every benchmark runs over a million normally distributed weights and reports
// millions of them a second.
func benchWeights() []float32 {
	r := rand.New(rand.NewPCG(6, 6))
	w := make([]float32, 1<<20)
	for i := range w {
		w[i] = float32(r.NormFloat64()) * 0.02
	}
	return w
}

func bench(b *testing.B, name string, weights int, f func()) {
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			f()
		}
		b.ReportMetric(float64(weights)*float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s")
	})
}

func BenchmarkRange(b *testing.B) {
	w := benchWeights()
	thresholds := []float32{-0.012, 0.012}
	bench(b, "MinMax", len(w), func() { MinMax(w) })
	bench(b, "AddSplit", len(w), func() { AddSplit(make([]Range, 3), w, thresholds) })
}

func BenchmarkGrid(b *testing.B) {
	w := benchWeights()
	codes := make([]uint8, len(w))
	lo, hi, _ := MinMax(w)
	for _, p := range []Params{{2, false}, {4, true}, {8, false}} {
		g := p.Fit(lo, hi)
		bench(b, fmt.Sprintf("Encode/%+v", p), len(w), func() { g.Encode(codes, w) })
	}
	clipped := Params{2, false}.Fit(lo/2, hi/2)
	bench(b, "Encode/clipped", len(w), func() { clipped.Encode(codes, w) })
	g := Params{8, true}.Fit(lo, hi)
	values := make([]float32, len(w))
	bench(b, "Decode", len(w), func() { g.Decode(values, codes) })
	bench(b, "AddDecoded", len(w), func() { g.AddDecoded(values, codes) })
}

func BenchmarkEncodeSplit(b *testing.B) {
	w := benchWeights()
	for _, thresholds := range [][]float32{{0}, {-0.012, 0.012}, {-0.012, 0, 0.012}} {
		k := len(thresholds) + 1
		ranges, grids, dst := make([]Range, k), make([]Grid, k), make([][]uint8, k)
		AddSplit(ranges, w, thresholds)
		for i, r := range ranges {
			grids[i] = Params{2, false}.Fit(r.Lo, r.Hi)
			dst[i] = make([]uint8, len(w))
		}
		bench(b, fmt.Sprint(k), len(w), func() { EncodeSplit(dst, w, thresholds, grids) })
	}
}
