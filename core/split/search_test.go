package split

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"splitquant/core/quant"
)

// cells returns a line of n cells.
func cells(n int) *quant.Line {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(i)
	}
	return quant.NewLine(w)
}

// cheapest looks at every division of the edges from i on into k parts, from the
// smallest first edge up.
func cheapest(cost func(i, j int) float64, i, end, k int) path {
	if k == 1 {
		return path{nil, cost(i, end)}
	}
	best := path{nil, math.Inf(1)}
	for e := i + 1; e <= end-k+1; e++ {
		rest := cheapest(cost, e, end, k-1)
		if c := cost(i, e) + rest.cost; c < best.cost {
			best = path{append([]int{e}, rest.edges...), c}
		}
	}
	return best
}

// Against an exhaustive search, with costs that have nothing to do with each
// other, and with few different ones, so that many divisions cost the same.
func TestBestPath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 300 {
		n, k := 6+r.IntN(6), 2+r.IntN(4)
		table := make([]float64, (n+1)*(n+1))
		for i := range table {
			table[i] = float64(r.IntN(1000))
			if trial%2 == 0 {
				table[i] = float64(r.IntN(3))
			}
		}
		cost := func(i, j int) float64 { return table[i*(n+1)+j] }
		want := cheapest(cost, 0, n, k)
		s := &search{line: cells(n), k: k, cost: cost}
		got := s.find(n)
		if got.cost != want.cost || !slices.Equal(got.edges, want.edges) && trial%2 == 1 {
			t.Fatalf("%d cells in %d parts: %v, exhaustive search finds %v", n, k, got, want)
		}
		stages := slices.Repeat([][]int{all(s.line)}, k-1)
		if got := s.best(stages, path{cost: math.Inf(1)}); got.cost != want.cost || !slices.Equal(got.edges, want.edges) {
			t.Fatalf("%d cells in %d parts: %v, exhaustive search finds %v first", n, k, got, want)
		}
		s.least = func(i, j int) float64 { return cost(i, j) / 2 }
		if got := s.best(stages, path{cost: math.Inf(1)}); got.cost != want.cost || !slices.Equal(got.edges, want.edges) {
			t.Fatalf("%d cells in %d parts: %v where costs are known in advance, want %v", n, k, got, want)
		}
		if p := s.best(stages, want); !slices.Equal(p.edges, want.edges) || p.cost != want.cost {
			t.Fatalf("%v replaced the equally good %v", p, want)
		}
		if p := s.priced(want.edges); p.cost != want.cost {
			t.Fatalf("%v costs %v", want, p.cost)
		}
	}
}

// A smooth cost has one valley, whose bottom the refinement reaches from few
// candidates.
func TestRefine(t *testing.T) {
	for k := 2; k <= 6; k++ {
		const n = 3000
		s := &search{line: cells(n), k: k, cost: func(i, j int) float64 { d := float64(j - i); return d * d }}
		got := s.find(32)
		for p, e := range got.edges {
			if want := n * (p + 1) / k; e < want-1 || e > want+1 {
				t.Errorf("%d parts: edge %d is %d, want %d", k, p, e, want)
			}
		}
	}
}

func TestCandidates(t *testing.T) {
	for _, n := range []int{16, 64, 256} {
		for _, size := range []int{2, 16, 17, 100, 10000} {
			l := cells(size)
			edges := candidates(l, n)
			if !slices.IsSorted(edges) || len(slices.Compact(slices.Clone(edges))) != len(edges) || edges[0] != 1 || edges[len(edges)-1] != size-1 {
				t.Errorf("%d of %d cells: %v", n, size, edges)
			}
			if size <= n && len(edges) != size-1 {
				t.Errorf("%d candidates on %d cells, want all", len(edges), size)
			}
			for q := 1; q < n && size > n; q++ {
				if e := (q*size + n - 1) / n; !slices.Contains(edges, e) {
					t.Errorf("%d of %d cells: quantile %d, edge %d, is missing", n, size, q, e)
				}
			}
		}
	}
	// Nearly all values are one: there still are enough edges for 16 parts.
	w := make([]float32, 100000)
	for i := range 300 {
		w[i] = float32(i) + 1
	}
	if edges := candidates(quant.NewLine(w), 16); len(edges) < 15 {
		t.Errorf("%d candidates", len(edges))
	}
}

// The thresholds of any edges put every value on its side, neighbouring floats too.
func TestThresholds(t *testing.T) {
	var w []float32
	for _, start := range []float32{-1, 0, 1e-45, 3, 1e30} {
		for range 3 {
			w = append(w, start)
			start = math.Nextafter32(start, 2*start+1)
		}
	}
	l := quant.NewLine(w)
	for e := 1; e < l.Cells()-2; e++ {
		for f := e + 1; f < l.Cells()-1; f++ {
			edges := []int{e, f, l.Cells() - 1}
			bounds := thresholds(l, edges)
			for c := range l.Cells() {
				v, _ := l.Range(c, c+1)
				want, _ := slices.BinarySearch(edges, c+1)
				if got := quant.Part(v, bounds); got != want {
					t.Fatalf("thresholds %v put %v in part %d, want %d", bounds, v, got, want)
				}
			}
		}
	}
}
