package measure

import (
	"math/rand/v2"
	"testing"
)

// Every benchmark runs over a million normally distributed weights and reports
// millions of them a second.
func bench(b *testing.B, name string, f func(w, q []float32)) {
	r := rand.New(rand.NewPCG(5, 6))
	w, q := make([]float32, 1<<20), make([]float32, 1<<20)
	for i := range w {
		w[i] = float32(r.NormFloat64()) * 0.02
		q[i] = w[i] + (r.Float32()-0.5)*0.01
	}
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			f(w, q)
		}
		b.ReportMetric(float64(len(w))*float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s")
	})
}

func BenchmarkMeasure(b *testing.B) {
	bench(b, "Noise", func(w, q []float32) { new(Noise).Add(w, q) })
	bench(b, "Summarize", func(w, q []float32) { Summarize(w) })
	bench(b, "Histogram", func(w, q []float32) { Histogram(w, -0.1, 0.1, 256) })
}
