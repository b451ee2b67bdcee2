package kmeans

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// weights returns n values of the distribution of the matrix on which
// ../shared/paper/RESULTS.md times the reference: N(0, 0.02) with 0.1 % of N(0, 0.2).
func weights(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, n)
	for i := range values {
		sigma := 0.02
		if r.IntN(1000) == 0 {
			sigma = 0.2
		}
		values[i] = float32(sigma * r.NormFloat64())
	}
	return values
}

func BenchmarkOptimal(b *testing.B) {
	for _, c := range []struct{ n, k int }{
		{27, 3}, {4608, 3}, {1 << 16, 3}, {1 << 20, 3}, {1 << 24, 3},
		{1 << 10, 16}, {1 << 16, 4}, {1 << 16, 16}, {1 << 16, 256}, {1 << 20, 16}, {1 << 24, 16},
	} {
		b.Run(fmt.Sprintf("n=%d/k=%d", c.n, c.k), func(b *testing.B) {
			values := weights(c.n)
			b.SetBytes(int64(4 * c.n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Optimal(values, c.k); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead is one plain pass over 16M values, to compare with.
func BenchmarkRead(b *testing.B) {
	values := weights(1 << 24)
	b.SetBytes(4 << 24)
	var lo, hi float32
	for b.Loop() {
		for _, w := range values {
			lo, hi = min(lo, w), max(hi, w)
		}
	}
	_, _ = lo, hi
}
