package main

import (
	"splitquant/core/kmeans"
	"splitquant/core/measure"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// kernels measures single passes over a million weights.
func (b *bench) kernels() {
	const n = 1 << 20
	w := weights(n)
	bytes, half := raw(w), make([]byte, 2*n)
	if err := tensor.PutFloat(half, w, tensor.BFloat16); err != nil {
		panic(err)
	}
	values, codes, packed := make([]float32, n), make([]uint8, n), make([]byte, n)
	three := [][]uint8{make([]uint8, n), make([]uint8, n), make([]uint8, n)}
	lo, hi, _ := quant.MinMax(w)
	params := quant.Params{Bits: 2}
	grid := params.Fit(lo, hi)
	bounds, grids := []float32{-0.02, 0.02}, []quant.Grid{params.Fit(lo, -0.02), params.Fit(-0.02, 0.02), params.Fit(0.02, hi)}
	coder, plain, decoder := quant.NewCoder(bounds, grids, false), quant.NewCoder(nil, []quant.Grid{grid}, false), quant.NewDecoder(grids)
	var summary kmeans.Summary
	if err := summary.Add(w); err != nil {
		panic(err)
	}
	near := summary.Candidates().Bins()
	c := clock(processor)
	for _, k := range []struct {
		what string
		f    func()
	}{
		{"read float32", func() { _ = tensor.Float32s(values, bytes, tensor.Float32) }},
		{"read bfloat16", func() { _ = tensor.Float32s(values, half, tensor.BFloat16) }},
		{"read float16", func() { _ = tensor.Float32s(values, half, tensor.Float16) }},
		{"count bfloat16", func() { tensor.Count16(new([1 << 16]uint32), half) }},
		{"range", func() { new(quant.Range).AddBytes(bytes) }},
		{"ranges of three parts", func() { quant.AddSplit(make([]quant.Range, 3), w, bounds) }},
		{"histogram for k-means", func() { _ = new(kmeans.Summary).AddBytes(bytes) }},
		{"histogram for resolution", func() { new(quant.Bins).AddBytes(bytes) }},
		{"values near boundaries", func() { kmeans.NewSieve(near).AddBytes(bytes) }},
		{"codes by table, three parts, packed", func() { coder.Pack(three, bytes) }},
		{"codes by table, three parts, decoded and measured", func() { decodeAll(decoder, bytes, three) }},
		{"error by table, one part", func() { plain.Error(bytes) }},
		{"codes, one part", func() { grid.Encode(codes, w) }},
		{"codes, three parts", func() { quant.EncodeSplit(three, w, bounds, grids) }},
		{"pack 2 bits", func() { tensor.Pack(packed, codes, 2) }},
		{"unpack 2 bits", func() { tensor.Unpack(codes, packed, 2) }},
		{"add decoded", func() { grid.AddDecoded(values, codes) }},
		{"largest weight", func() { quant.IndexMagnitude(bytes, hi+1) }},
		{"error sums", func() { new(measure.Noise).Add(w, values) }},
	} {
		var seconds []float64
		const times = 10
		for range b.rounds {
			seconds = append(seconds, c.took(func() {
				for range times {
					k.f()
				}
			}).Seconds())
		}
		b.add(k.what, "M weights/s", "", rates(times*n, seconds))
	}
}

// decodeAll measures packed codes of 2 bits, as many at a time as that takes.
func decodeAll(d *quant.Decoder, w []byte, planes [][]byte) {
	for at := 0; at < len(w); at += 4 * measure.Piece {
		var cut [][]byte
		for _, p := range planes {
			cut = append(cut, p[at/16:at/16+measure.Piece/4])
		}
		d.Error(w[at:at+4*measure.Piece], cut)
	}
}
