package tensor

import (
	"fmt"
	"testing"
)

// Every benchmark runs over a million elements, more than a cache holds of
// float32, and reports millions of elements a second.
const benchElems = 1 << 20

func bench(b *testing.B, name string, f func()) {
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			f()
		}
		b.ReportMetric(benchElems*float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s")
	})
}

func BenchmarkFloat(b *testing.B) {
	values := make([]float32, benchElems)
	for i := range values {
		values[i] = float32(i%4001-2000) / 16384
	}
	for _, t := range []Type{Float32, Float16, BFloat16, Float64} {
		size, _ := t.Bytes(benchElems)
		raw := make([]byte, size)
		bench(b, fmt.Sprintf("Put/%v", t), func() { PutFloat(raw, values, t) })
		bench(b, fmt.Sprintf("Get/%v", t), func() { Float32s(values, raw, t) })
	}
}

func BenchmarkPack(b *testing.B) {
	codes, packed := make([]uint8, benchElems), make([]byte, benchElems)
	for _, bits := range []int{2, 4, 8} {
		bench(b, fmt.Sprintf("Pack/%d", bits), func() { Pack(packed, codes, bits) })
		bench(b, fmt.Sprintf("Unpack/%d", bits), func() { Unpack(codes, packed, bits) })
	}
}

func BenchmarkSwapAxes(b *testing.B) {
	dst, src := make([]float32, benchElems), make([]float32, benchElems)
	codes, back := make([]uint8, benchElems), make([]uint8, benchElems)
	for _, columns := range []int{64, 1024, 16384} {
		rows := benchElems / columns
		bench(b, fmt.Sprintf("float32/%dx%d", rows, columns), func() { SwapAxes(dst, src, rows, columns, 1) })
		bench(b, fmt.Sprintf("uint8/%dx%d", rows, columns), func() { SwapAxes(back, codes, rows, columns, 1) })
	}
}
