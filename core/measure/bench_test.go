package measure

import "testing"

// Every benchmark runs over a million weights and reports millions of them a second.
func bench(b *testing.B, name string, f func(w, q []float32)) {
	w, q := weights(1 << 20)
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
	bench(b, "Histogram", func(w, q []float32) { Histogram(w, -0.125, 0.125, 256) })
}
