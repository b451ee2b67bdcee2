package split_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/quant"
	"splitquant/core/split"
)

func normal(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(r.NormFloat64())
	}
	return w
}

// inertia is the squared distance of the values to the means of their parts.
func inertia(w, t []float32) float64 {
	var sum [split.K]float64
	var n [split.K]float64
	for _, v := range w {
		p := quant.Part(v, t)
		sum[p] += float64(v)
		n[p]++
	}
	var total float64
	for _, v := range w {
		p := quant.Part(v, t)
		d := float64(v) - sum[p]/n[p]
		total += d * d
	}
	return total
}

// Against an exhaustive search over all pairs of boundaries, row by row.
func TestKMeansDividesEachRowBest(t *testing.T) {
	const rows, n = 5, 24
	w := normal(rows*n, 7)
	d, clusters, err := split.KMeans(w, rows)
	if err != nil {
		t.Fatal(err)
	}
	for r := range rows {
		row := w[r*n : (r+1)*n]
		best := math.Inf(1)
		for _, a := range row {
			for _, b := range row {
				if a < b {
					best = min(best, inertia(row, []float32{a, b}))
				}
			}
		}
		if got := inertia(row, d.Of(r)); got > best*(1+1e-9) {
			t.Errorf("row %d: inertia %v, exhaustive search finds %v", r, got, best)
		}
		if c := clusters[r].Counts; c[0]+c[1]+c[2] != n {
			t.Errorf("row %d: clusters of %v values, want %d in all", r, c, n)
		}
	}
}

// Grids and codes of one row are those of quant for the values of each part.
func TestEncodeIsQuantOfEachPart(t *testing.T) {
	const rows, n = 4, 100
	w := normal(rows*n, 3)
	for _, bits := range []int{2, 4, 8} {
		for _, divided := range []int{1, rows} {
			for _, perRow := range []bool{false, true} {
				params := quant.Params{Bits: bits}
				d, _, err := split.KMeans(w, divided)
				if err != nil {
					t.Fatal(err)
				}
				grids := d.Grids(w, rows, perRow, params)
				codes := [][]uint8{make([]uint8, len(w)), make([]uint8, len(w)), make([]uint8, len(w))}
				d.Encode(codes, w, rows, grids)
				for i, v := range w {
					r := i / n
					for p := range split.K {
						g := grids[p][0]
						if perRow {
							g = grids[p][r]
						}
						want := g.Zero
						if quant.Part(v, d.Of(min(r, divided-1))) == p {
							want = g.Code(v)
						}
						if got := int32(codes[p][i]); got != want {
							t.Fatalf("%d bits, %d divisions, per row %v: code of part %d of weight %d is %d, want %d", bits, divided, perRow, p, i, got, want)
						}
					}
				}
			}
		}
	}
}

func TestMaskKeepsEveryByteOnce(t *testing.T) {
	values := []float32{-3, float32(math.Copysign(0, -1)), 0.5, 3}
	src := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	d := split.Division{Bounds: [][]float32{{-1, 1}}}
	want := [split.K][]byte{{1, 2, 0, 0, 0, 0, 0, 0}, {0, 0, 3, 4, 5, 6, 0, 0}, {0, 0, 0, 0, 0, 0, 7, 8}}
	for p := range split.K {
		dst := []byte{9, 9, 9, 9, 9, 9, 9, 9}
		d.Mask(dst, src, values, 0, p)
		if string(dst) != string(want[p][:]) {
			t.Errorf("part %d is %v, want %v", p, dst, want[p])
		}
	}
}

func TestFewValues(t *testing.T) {
	for _, w := range [][]float32{{1}, {1, 1, 1}, {1, 2}, {-1, 0, 0, -1}} {
		d, _, err := split.KMeans(w, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := inertia(w, d.Of(0)); got != 0 {
			t.Errorf("%v: inertia %v, want 0: one part for each value", w, got)
		}
	}
	if _, _, err := split.KMeans([]float32{1, float32(math.NaN())}, 1); err == nil {
		t.Error("a NaN was accepted")
	}
}
