package split_test

import (
	"fmt"

	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

func ExampleKMeans() {
	weights := []float32{-2, -1.9, -0.1, 0, 0.1, 3}
	d, _, err := split.KMeans(weights, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("boundaries", d.Of(0))
	for _, w := range weights {
		fmt.Print(quant.Part(w, d.Of(0)), " ")
	}
	// Output:
	// boundaries [-0.975 1.5]
	// 0 0 1 1 1 2
}

// k-means gives the outlier a part of its own, and wastes the other levels of that
// part: 0.33 is nearly one of them, and the middle part has finer ones without it.
func ExampleResolution() {
	weights := []float32{-0.31, -0.24, -0.13, -0.1, -0.03, 0.04, 0.12, 0.19, 0.28, 0.33, 1}
	params := quant.Params{Bits: 2}
	kmeans, _, err := split.KMeans(weights, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	best, err := split.Resolution(weights, 1, split.K, params, quant.Clip{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range []split.Division{kmeans, best} {
		fmt.Printf("%.2f: squared error %.4f\n", d.Of(0), d.Error(weights, 1, d.Grids(weights, 1, false, params)))
	}
	// Output:
	// [0.02 0.60]: squared error 0.0078
	// [0.00 0.31]: squared error 0.0051
}

// On a grid of 6 bits, 0.7 is code 44, 230 in base 4, and three INT2 parts have one
// digit each, the last one first.
func ExampleEncodeResidual() {
	weights := []float32{0, 0.7, 1}
	grids := split.ResidualGrids(weights, 1, false, quant.Params{Bits: 2}, quant.Clip{})
	codes := [][]uint8{make([]uint8, 3), make([]uint8, 3), make([]uint8, 3)}
	split.EncodeResidual(codes, weights, 1, grids)
	for i, w := range weights {
		sum := float32(0)
		for p := range codes {
			fmt.Print(codes[p][i], " ")
			sum += grids[p][0].Value(int32(codes[p][i]))
		}
		fmt.Printf("%.1f is %.4f\n", w, sum)
	}
	// Output:
	// 0 0 0 0.0 is 0.0000
	// 0 3 2 0.7 is 0.6984
	// 3 3 3 1.0 is 1.0000
}

func ExampleRounding() {
	weights := []float32{-1, 0.3, 0.7, 2}
	raw := make([]byte, 16)
	if err := tensor.PutFloat(raw, weights, tensor.Float32); err != nil {
		fmt.Println(err)
		return
	}
	r, err := split.NewRounding(weights, tensor.Float32, quant.Params{Bits: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	sum := make([]float32, 4)
	for part := range split.K {
		dst, values := make([]byte, 16), make([]float32, 4)
		if err := r.Part(dst, raw, part); err != nil {
			fmt.Println(err)
			return
		}
		if err := tensor.Float32s(values, dst, tensor.Float32); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f\n", values)
		for i := range sum {
			sum[i] += values[i]
		}
	}
	fmt.Println(sum)
	// Output:
	// [0.000 0.100 0.100 0.000]
	// [0.000 0.200 -0.400 0.000]
	// [-1.000 0.000 1.000 2.000]
	// [-1 0.3 0.7 2]
}

func ExampleFittedCodebook() {
	weights := []float32{-5, -4, -3, -2, -0.3, -0.1, 0.1, 0.3, 2, 4, 6, 8}
	c, err := split.FittedCodebook(weights, 1, 3, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	indices, values := make([]uint8, len(weights)), make([]float32, len(weights))
	split.Indices(c, indices, weights, 0)
	split.Values(c, values, indices, 0)
	fmt.Printf("%d values, indices of %d bits: %d\n", len(c.Table), c.IndexBits(), indices)
	fmt.Printf("%.1f\n", values)
	// Output:
	// 12 values, indices of 4 bits: [0 1 2 3 4 5 6 7 8 9 10 11]
	// [-5.0 -4.0 -3.0 -2.0 -0.3 -0.1 0.1 0.3 2.0 4.0 6.0 8.0]
}
