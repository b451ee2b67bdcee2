package measure_test

import (
	"fmt"

	"splitquant/core/measure"
	"splitquant/core/quant"
)

// A weight that loses a tenth of its size has a hundredth of its power as noise.
func ExampleNoise() {
	var noise measure.Noise
	noise.Add([]float32{10, 0, 0}, []float32{9, 0, 0})
	fmt.Printf("%.0f dB, largest error %g\n", noise.SQNR(), noise.MaxAbs)

	noise.Add([]float32{5, 5}, []float32{5, 5})
	fmt.Printf("%.2f dB over %d weights\n", noise.SQNR(), noise.N)
	// Output:
	// 20 dB, largest error 1
	// 21.76 dB over 5 weights
}

// More bits, less noise: about six decibels for each.
func ExampleNoise_SQNR() {
	w := make([]float32, 1000)
	for i := range w {
		w[i] = float32(i-500) / 500
	}
	for _, bits := range []int{2, 4, 8} {
		lo, hi, _ := quant.MinMax(w)
		g := quant.Params{Bits: bits}.Fit(lo, hi)
		codes, back := make([]uint8, len(w)), make([]float32, len(w))
		g.Encode(codes, w)
		g.Decode(back, codes)

		var noise measure.Noise
		noise.Add(w, back)
		fmt.Printf("%d bits: %.1f dB\n", bits, noise.SQNR())
	}
	// Output:
	// 2 bits: 9.5 dB
	// 4 bits: 23.5 dB
	// 8 bits: 48.1 dB
}

// One outlier among small weights: the kurtosis gives it away.
func ExampleSummarize() {
	w := []float32{-0.2, -0.1, -0.1, 0, 0, 0.1, 0.1, 0.2, 5}
	s := measure.Summarize(w)
	fmt.Printf("%d values in [%.1f, %.1f], %d of them 0\n", s.N, s.Min, s.Max, s.Zeros)
	fmt.Printf("mean %.2f, deviation %.2f, excess kurtosis %.1f\n", s.Mean, s.Std, s.Kurtosis)
	fmt.Printf("[%s]\n", measure.Sparkline(measure.Histogram(w, -0.2, 5, 8)))
	// Output:
	// 9 values in [-0.2, 5.0], 2 of them 0
	// mean 0.56, deviation 1.58, excess kurtosis 4.1
	// [█      ▁]
}

// Three parts of 2 bits, each with a float32 scale and a zero point.
func ExampleStorage() {
	layer := measure.Storage{Weights: 4096, Bytes: 3 * (4096*2/8 + 4 + 1)}
	fmt.Printf("%.3f bits per weight\n", layer.BitsPerWeight())
	// Output:
	// 6.029 bits per weight
}
