package quant_test

import (
	"fmt"

	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// One outlier, 2, and all the small weights fall on one level: 0.
func ExampleParams_Fit() {
	w := []float32{-0.1, -0.04, 0, 0.03, 0.07, 2}
	lo, hi, _ := quant.MinMax(w)
	g := quant.Params{Bits: 2}.Fit(lo, hi)
	fmt.Printf("scale %.2f, zero point %d\n", g.Scale, g.Zero)
	for _, v := range w {
		fmt.Printf("%5.2f -> %d -> %.2f\n", v, g.Code(v), g.Value(g.Code(v)))
	}
	// Output:
	// scale 0.70, zero point 0
	// -0.10 -> 0 -> 0.00
	// -0.04 -> 0 -> 0.00
	//  0.00 -> 0 -> 0.00
	//  0.03 -> 0 -> 0.00
	//  0.07 -> 0 -> 0.00
	//  2.00 -> 3 -> 2.10
}

// The same weights, split at -0.07 and 1: every part has a grid of its own, and
// the sum of the three keeps the outlier and the small weights.
func ExampleEncodeSplit() {
	w := []float32{-0.1, -0.04, 0, 0.03, 0.07, 2}
	thresholds := []float32{-0.07, 1}

	ranges := make([]quant.Range, 3)
	quant.AddSplit(ranges, w, thresholds)

	grids, codes := make([]quant.Grid, 3), make([][]uint8, 3)
	for p, r := range ranges {
		grids[p] = quant.Params{Bits: 2}.Fit(r.Lo, r.Hi)
		codes[p] = make([]uint8, len(w))
	}
	quant.EncodeSplit(codes, w, thresholds, grids)

	sum := make([]float32, len(w))
	for p, g := range grids {
		g.AddDecoded(sum, codes[p])
		fmt.Printf("zero point %d, codes %d\n", g.Zero, codes[p])
	}
	fmt.Printf("%.3f\n", sum)
	// Output:
	// zero point 3, codes [0 3 3 3 3 3]
	// zero point 1, codes [1 0 1 2 3 1]
	// zero point 0, codes [0 0 0 0 0 3]
	// [-0.100 -0.037 0.000 0.037 0.073 2.000]
}

// A grid for each output channel of a MatMul's weight, whose columns they are.
func Example_channels() {
	shape := tensor.Shape{2, 3} // two inputs, three outputs
	w := []float32{1, 10, 100, 3, 30, 300}
	outer, dim, inner := shape.Axis(1)

	columns, codes := make([]float32, len(w)), make([]uint8, len(w))
	tensor.SwapAxes(columns, w, outer, dim, inner)
	n := outer * inner
	for c := range dim {
		column := columns[c*n:][:n]
		lo, hi, _ := quant.MinMax(column)
		g := quant.Params{Bits: 2}.Fit(lo, hi)
		g.Encode(codes[c*n:][:n], column)
		fmt.Println("channel", c, "has scale", g.Scale)
	}
	back := make([]uint8, len(w))
	tensor.SwapAxes(back, codes, dim, outer, inner)
	fmt.Println(back)
	// Output:
	// channel 0 has scale 1
	// channel 1 has scale 10
	// channel 2 has scale 100
	// [1 1 1 3 3 3]
}
