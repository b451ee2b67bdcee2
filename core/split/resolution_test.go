package split

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"splitquant/core/quant"
)

type distribution struct {
	name  string
	value func(r *rand.Rand) float64
}

// distributions of weights, some hard on searches.
var distributions = []distribution{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"outliers", func(r *rand.Rand) float64 {
		if r.IntN(100) == 0 {
			return 10 * r.NormFloat64()
		}
		return r.NormFloat64()
	}},
	{"laplace", func(r *rand.Rand) float64 { return r.ExpFloat64() * float64(2*r.IntN(2)-1) }},
	{"uniform", func(r *rand.Rand) float64 { return 2*r.Float64() - 1 }},
	{"lognormal", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }},
	{"pruned", func(r *rand.Rand) float64 { return r.NormFloat64() * float64(r.IntN(2)) }},
	{"lattice", func(r *rand.Rand) float64 { return math.Round(4*r.NormFloat64()) / 4 }},
	{"far", func(r *rand.Rand) float64 { return 3 + r.NormFloat64() }},
}

func draw(value func(*rand.Rand) float64, n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 9))
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(value(r))
	}
	return w
}

// errorOf quantizes every weight of a row on the grid of its part, by definition.
func errorOf(w, thresholds []float32, params quant.Params) float64 {
	ranges := make([]quant.Range, len(thresholds)+1)
	for _, v := range w {
		ranges[quant.Part(v, thresholds)].Add([]float32{v})
	}
	sum := 0.0
	for _, v := range w {
		r := ranges[quant.Part(v, thresholds)]
		g := params.Fit(r.Lo, r.Hi)
		d := float64(v) - float64(g.Value(g.Code(v)))
		sum += d * d
	}
	return sum
}

// Against every division there is, with two, three and four parts.
func TestResolutionIsBest(t *testing.T) {
	for _, params := range []quant.Params{{Bits: 2}, {Bits: 3}, {Bits: 4}, {Bits: 8}, {Bits: 2, Symmetric: true}, {Bits: 4, Symmetric: true}} {
		for _, dist := range distributions {
			for parts := 2; parts <= 4; parts++ {
				w := draw(dist.value, 56/parts, uint64(parts))
				values := slices.Compact(slices.Sorted(slices.Values(w)))
				best := math.Inf(1)
				var try func(thresholds []float32, from int)
				try = func(thresholds []float32, from int) {
					if len(thresholds) == parts-1 {
						best = min(best, errorOf(w, thresholds, params))
						return
					}
					for i := from; i < len(values); i++ {
						v := values[i]
						if len(thresholds) == 0 {
							v = values[i-1] // the lower part includes its threshold
						}
						try(append(slices.Clip(thresholds), v), i+1)
					}
				}
				try(nil, 1)
				d, err := Resolution(w, 1, parts, params, quant.Clip{})
				if err != nil {
					t.Fatal(err)
				}
				if got := errorOf(w, d.Of(0), params); got > best*(1+1e-6)+1e-12 {
					t.Errorf("%+v %s in %d parts: error %v, the least is %v", params, dist.name, parts, got, best)
				}
			}
		}
	}
}

// Against METHOD's yardsticks: k-means, and a search over 256 x 256 quantiles,
// with errors taken from every weight.
func TestResolutionOnLongRows(t *testing.T) {
	if testing.Short() {
		t.Skip("an exhaustive search")
	}
	const n = 3000
	for _, params := range []quant.Params{{Bits: 2}, {Bits: 4}, {Bits: 6}, {Bits: 3, Symmetric: true}} {
		for _, dist := range distributions {
			w := draw(dist.value, n, 17)
			d, err := Resolution(w, 1, K, params, quant.Clip{})
			if err != nil {
				t.Fatal(err)
			}
			got := errorOf(w, d.Of(0), params)
			up := slices.Sorted(slices.Values(w))
			// The parts of a division do not know of each other: their errors are worked out once.
			var quantiles []int
			for q := 1; q < 256; q++ {
				quantiles = append(quantiles, q*n/256)
			}
			part := func(i, j int) float64 {
				if i == j {
					return 0
				}
				return params.Fit(up[i], up[j-1]).Error(up[i:j])
			}
			best := math.Inf(1)
			for _, i := range quantiles {
				lower := part(0, i)
				for _, j := range quantiles {
					if j < i || lower >= best {
						continue
					}
					if upper := part(j, n); lower+upper < best {
						best = min(best, lower+part(i, j)+upper)
					}
				}
			}
			if got > best*(1+1e-9) {
				t.Errorf("%+v %s: error %v, a search over quantiles finds %v", params, dist.name, got, best)
			}
			k, _, err := KMeans(w, 1)
			if err != nil {
				t.Fatal(err)
			}
			if e := errorOf(w, k.Of(0), params); got > e {
				t.Errorf("%+v %s: error %v, k-means has %v", params, dist.name, got, e)
			}
		}
	}
}

// Each row divides for itself, never worse than with k-means, at thresholds among
// its values.
func TestResolutionOfRows(t *testing.T) {
	const rows, n = 6, 150
	for _, bits := range []int{2, 4, 5, 8} {
		params := quant.Params{Bits: bits}
		for _, dist := range distributions {
			w := draw(dist.value, rows*n, 23)
			d, err := Resolution(w, rows, K, params, quant.Clip{})
			if err != nil {
				t.Fatal(err)
			}
			k, _, err := KMeans(w, rows)
			if err != nil {
				t.Fatal(err)
			}
			for r := range rows {
				row := w[r*n : (r+1)*n]
				if got, e := errorOf(row, d.Of(r), params), errorOf(row, k.Of(r), params); got > e {
					t.Errorf("%d bits, %s, row %d: error %v, k-means has %v", bits, dist.name, r, got, e)
				}
				up := slices.Sorted(slices.Values(row))
				for p, x := range d.Of(r) {
					i, found := slices.BinarySearch(up, x)
					if !found && (i == 0 || i == len(up)) {
						t.Errorf("%d bits, %s, row %d: threshold %d, %v, is beyond the weights", bits, dist.name, r, p, x)
					}
				}
			}
			again, err := Resolution(w[n:2*n], 1, K, params, quant.Clip{})
			if err != nil {
				t.Fatal(err)
			}
			if bits <= 4 && errorOf(w[n:2*n], again.Of(0), params) > errorOf(w[n:2*n], d.Of(1), params) {
				t.Errorf("%d bits, %s: a row on its own is divided worse", bits, dist.name)
			}
		}
	}
}

// With clipped grids too, whichever way the search goes, k-means is never better.
func TestClippedResolution(t *testing.T) {
	const rows, n = 3, 300
	for _, clip := range []quant.Clip{{MSE: true}, {Percentile: 99}} {
		for _, bits := range []int{2, 4, 8} {
			params := quant.Params{Bits: bits}
			for _, dist := range distributions {
				w := draw(dist.value, rows*n, 29)
				for _, of := range []int{1, rows} {
					d, err := Resolution(w, of, K, params, clip)
					if err != nil {
						t.Fatal(err)
					}
					k, _, err := KMeans(w, of)
					if err != nil {
						t.Fatal(err)
					}
					got := d.Error(w, of, d.ClippedGrids(w, of, true, params, clip))
					want := k.Error(w, of, k.ClippedGrids(w, of, true, params, clip))
					if got > want*(1+1e-12) {
						t.Errorf("%v, %d bits, %s, %d rows: error %v, k-means has %v", clip, bits, dist.name, of, got, want)
					}
				}
			}
		}
	}
}

// A quarter of a million weights go through bins.
func TestResolutionOfManyWeights(t *testing.T) {
	w := draw(distributions[1].value, 1<<18, 5)
	for _, params := range []quant.Params{{Bits: 2}, {Bits: 4}} {
		d, err := Resolution(w, 1, K, params, quant.Clip{})
		if err != nil {
			t.Fatal(err)
		}
		few, err := Resolution(w[:1<<16], 1, K, params, quant.Clip{})
		if err != nil {
			t.Fatal(err)
		}
		// The thresholds of a quarter of the weights, which are points, do as
		// well but for the tails.
		if got, e := d.Error(w, 1, d.Grids(w, 1, false, params)), few.Error(w, 1, few.Grids(w, 1, false, params)); got > e {
			t.Errorf("%+v: error %v, thresholds of a quarter of the weights have %v", params, got, e)
		}
	}
}

func TestResolutionOfFewValues(t *testing.T) {
	for _, w := range [][]float32{{1}, {0, 0}, {1, 2}, {-1, 0, 0, 2}} {
		for parts := 2; parts <= 4; parts++ {
			d, err := Resolution(w, 1, parts, quant.Params{Bits: 2}, quant.Clip{})
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Of(0)) != parts-1 || d.Parts() != parts {
				t.Errorf("%v in %d parts: thresholds %v", w, parts, d.Of(0))
			}
			if e := errorOf(w, d.Of(0), quant.Params{Bits: 2}); e > 1e-12 && parts > 2 {
				t.Errorf("%v in %d parts: error %v", w, parts, e)
			}
		}
	}
	for _, w := range [][]float32{{}, {1, float32(math.NaN())}, {float32(math.Inf(1)), 0}} {
		if _, err := Resolution(w, 1, K, quant.Params{Bits: 2}, quant.Clip{}); err == nil {
			t.Errorf("%v was divided", w)
		}
	}
}

// k-means with more than three clusters has another rule for values on a boundary
// than a Division: each value must land in its cluster all the same, among
// neighbouring floats too, where a boundary is one of them.
func TestKMeansParts(t *testing.T) {
	next := float32(1)
	neighbours := func(*rand.Rand) float64 {
		next = math.Nextafter32(next, 2)
		return float64(next)
	}
	for parts := 2; parts <= 8; parts++ {
		for _, dist := range append(slices.Clip(distributions), distribution{"neighbours", neighbours}) {
			w := draw(dist.value, 300, 3)
			d, clusters, err := KMeansParts(w, 1, parts)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range w {
				if p, c := quant.Part(v, d.Of(0)), clusters[0].Index(v); p != c {
					t.Fatalf("%s in %d parts: %v is in part %d and cluster %d", dist.name, parts, v, p, c)
				}
			}
		}
	}
}

func BenchmarkStrategies(b *testing.B) {
	for _, n := range []int{1 << 20, 1 << 24} {
		w := draw(func(r *rand.Rand) float64 {
			if r.IntN(1000) == 0 {
				return 0.2 * r.NormFloat64()
			}
			return 0.02 * r.NormFloat64()
		}, n, 1)
		bench := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(4 * n))
				for b.Loop() {
					f()
				}
			})
		}
		for _, bits := range []int{2, 4} {
			params := quant.Params{Bits: bits}
			bench(fmt.Sprintf("plain/%d", bits), func() { quant.Clip{}.Grid(w, params) })
			bench(fmt.Sprintf("plain-mse/%d", bits), func() { quant.Clip{MSE: true}.Grid(w, params) })
			bench(fmt.Sprintf("kmeans/%d", bits), func() {
				d, _, _ := KMeans(w, 1)
				d.Grids(w, 1, false, params)
			})
			bench(fmt.Sprintf("resolution/%d", bits), func() {
				d, _ := Resolution(w, 1, K, params, quant.Clip{})
				d.Grids(w, 1, false, params)
			})
			bench(fmt.Sprintf("residual/%d", bits), func() { ResidualGrids(w, 1, false, params, quant.Clip{}) })
			bench(fmt.Sprintf("fitted/%d", bits), func() { FittedCodebook(w, 1, 4, bits) })
		}
		bench("palette/16", func() { Palette(w, 1, 16) })
	}
}
