package split

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// lookedUp codes w and decodes it again.
func lookedUp(c *Codebook, w []float32) []float32 {
	rows := max(1, len(c.Scales))
	n := len(w) / rows
	indices, values := make([]uint16, n), make([]float32, len(w))
	for r := range rows {
		Indices(c, indices, w[r*n:(r+1)*n], r)
		Values(c, values[r*n:(r+1)*n], indices, r)
	}
	return values
}

// decoded codes w and decodes it again, and checks the choice of every index
// against all values of the table.
func decoded(t *testing.T, c *Codebook, w []float32) []float32 {
	t.Helper()
	rows := max(1, len(c.Scales))
	n := len(w) / rows
	indices, values := make([]uint16, len(w)), lookedUp(c, w)
	for r := range rows {
		Indices(c, indices[r*n:(r+1)*n], w[r*n:(r+1)*n], r)
	}
	for i, v := range w {
		scale := float32(1)
		if c.Scales != nil {
			scale = c.Scales[i/n]
		}
		if want := c.Table[indices[i]] * scale; values[i] != want {
			t.Fatalf("index %d of %v is decoded as %v, want %v", indices[i], v, values[i], want)
		}
		if scale == 0 {
			continue
		}
		u := float64(v / scale)
		for at, x := range c.Table {
			chosen, other := math.Abs(u-float64(c.Table[indices[i]])), math.Abs(u-float64(x))
			if other < chosen || other == chosen && at < int(indices[i]) {
				t.Fatalf("%v became %v, but %v is nearer or as near and smaller", u, c.Table[indices[i]], x)
			}
		}
	}
	if len(c.Table) <= 256 {
		narrow := make([]uint8, n)
		for r := range rows {
			Indices(c, narrow, w[r*n:(r+1)*n], r)
			for i, x := range narrow {
				if uint16(x) != indices[r*n+i] {
					t.Fatalf("index %d in 8 bits, %d in 16", x, indices[r*n+i])
				}
			}
		}
	}
	if got, want := c.Error(w), squaredError(w, values); math.Abs(got-want) > 1e-9*want {
		t.Fatalf("error %v, want %v", got, want)
	}
	return values
}

// checkTable looks at what every table must be.
func checkTable(t *testing.T, c *Codebook, most int) {
	t.Helper()
	if len(c.Table) == 0 || len(c.Table) > most {
		t.Errorf("table of %d values, want 1 to %d", len(c.Table), most)
	}
	for i, v := range c.Table {
		if i > 0 && !(v > c.Table[i-1]) || math.Signbit(float64(v)) && v == 0 {
			t.Errorf("value %d of the table is %v after %v", i, v, c.Table[max(i-1, 0)])
		}
	}
	want := 16
	if len(c.Table) <= 16 {
		want = 4
	} else if len(c.Table) <= 256 {
		want = 8
	}
	if c.IndexBits() != want {
		t.Errorf("indices of %d bits for %d values, want %d", c.IndexBits(), len(c.Table), want)
	}
}

var codebooks = []struct {
	name string
	make func(w []float32, rows, parts, bits int) (*Codebook, error)
}{
	{"kmeans", KMeansCodebook}, {"resolution", ResolutionCodebook}, {"fitted", FittedCodebook},
	{"palette", func(w []float32, rows, parts, bits int) (*Codebook, error) {
		return Palette(w, rows, min(parts<<bits, 256))
	}},
	{"alternating palette", func(w []float32, rows, parts, bits int) (*Codebook, error) {
		return AlternatingPalette(w, rows, min(parts<<bits, 256))
	}},
}

func TestCodebooks(t *testing.T) {
	const n = 600
	for _, book := range codebooks {
		for _, dist := range distributions {
			for _, c := range []struct{ rows, parts, bits int }{{1, 2, 2}, {1, 3, 2}, {1, 4, 2}, {4, 4, 2}, {1, 16, 2}, {1, 3, 4}, {2, 3, 8}} {
				w := draw(dist.value, n, 41)
				got, err := book.make(w, c.rows, c.parts, c.bits)
				if err != nil {
					t.Fatal(err)
				}
				t.Run(book.name+" "+dist.name, func(t *testing.T) {
					spare := 0
					if slices.Contains(w, 0) {
						spare = 1
					}
					checkTable(t, got, c.parts<<c.bits+spare)
					if (got.Scales != nil) != (c.rows > 1) || len(got.Scales) > 0 && len(got.Scales) != c.rows {
						t.Errorf("%d scales for %d rows", len(got.Scales), c.rows)
					}
					decoded(t, got, w)
				})
			}
		}
	}
}

// Each step of the way from k-means to a free palette of as many values lowers the error.
func TestCodebooksInOrder(t *testing.T) {
	for _, dist := range distributions {
		if dist.name == "pruned" { // where a codebook may have a value more than a palette
			continue
		}
		for _, rows := range []int{1, 5} {
			w := draw(dist.value, 2000, 43)
			last := math.Inf(1)
			for _, book := range codebooks {
				c, err := book.make(w, rows, 3, 2)
				if err != nil {
					t.Fatal(err)
				}
				e := c.Error(w)
				if e > last*(1+1e-9) {
					t.Errorf("%s, %d rows: %s has error %v, the one before %v", dist.name, rows, book.name, e, last)
				}
				last = e
			}
		}
	}
}

// The levels of k-means and of resolution run from end to end of clusters: for
// k-means against the clustering, for resolution against every division there is.
func TestLevelsOfClusters(t *testing.T) {
	levels := func(values []float32) []float32 {
		lo, hi := float64(slices.Min(values)), float64(slices.Max(values))
		return []float32{float32(lo), float32(lo + (hi-lo)/3), float32(lo + 2*(hi-lo)/3), float32(hi)}
	}
	for _, dist := range distributions[:4] {
		w := draw(dist.value, 40, 47)
		c, err := KMeansCodebook(w, 1, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		clusters, err := kmeans.Optimal(w, 3)
		if err != nil {
			t.Fatal(err)
		}
		var want []float32
		parts := make([][]float32, 3)
		for _, v := range w {
			parts[clusters.Index(v)] = append(parts[clusters.Index(v)], v)
		}
		for _, p := range parts {
			want = append(want, levels(p)...)
		}
		slices.Sort(want)
		if want = slices.Compact(want); !slices.EqualFunc(c.Table, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
			t.Errorf("%s: table %v, want %v", dist.name, c.Table, want)
		}
		up := slices.Sorted(slices.Values(w))
		best := math.Inf(1)
		for i := 1; i < len(up); i++ {
			for j := i + 1; j < len(up); j++ {
				table := slices.Concat(levels(up[:i]), levels(up[i:j]), levels(up[j:]))
				sum := 0.0
				for _, v := range up {
					least := math.Inf(1)
					for _, x := range table {
						d := float64(v) - float64(x)
						least = min(least, d*d)
					}
					sum += least
				}
				best = min(best, sum)
			}
		}
		c, err = ResolutionCodebook(w, 1, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Error(w); e > best*(1+1e-5) {
			t.Errorf("%s: error %v, the least is %v", dist.name, e, best)
		}
	}
}

// Where the weights are made of clusters of evenly spaced values, and an outlier
// that no cluster ends at, fitted levels find them.
func TestFittedFindsTheLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	want := []float32{-9, -8, -7, -6, -0.25, 0.25, 0.75, 1.25, 4, 6, 8, 10}
	var w []float32
	for range 3000 {
		w = append(w, want[r.IntN(len(want))]+float32(0.01*r.NormFloat64()))
	}
	c, err := FittedCodebook(w, 1, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(c.Table, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 0.01 }) {
		t.Errorf("table %v, want %v", c.Table, want)
	}
}

// Linear regression is the optimum for given codes: no other levels near have less error.
func TestFitIsALocalOptimum(t *testing.T) {
	for _, dist := range distributions {
		w := draw(dist.value, 500, 53)
		line := quant.NewLine(w)
		v, e := fit(line, 0, line.Cells(), span(line, 0, line.Cells(), 3), maxRounds)
		if got := line.Error(0, line.Cells(), v); got != e {
			t.Errorf("%s: error %v is said to be %v", dist.name, got, e)
		}
		if wide := line.Error(0, line.Cells(), span(line, 0, line.Cells(), 3)); e > wide {
			t.Errorf("%s: error %v, from end to end %v", dist.name, e, wide)
		}
		for _, d := range []float64{-1e-4, 1e-4} {
			for _, other := range []quant.Levels{{First: v.First + d*v.Step, Step: v.Step, N: v.N}, {First: v.First, Step: v.Step * (1 + d), N: v.N}} {
				if got := line.Error(0, line.Cells(), other); got < e*(1-1e-6) && dist.name != "lattice" && dist.name != "pruned" {
					t.Errorf("%s: error %v, of levels moved a little %v", dist.name, e, got)
				}
			}
		}
	}
}

// Clusters that start in wrong places move until refitting hardly pays.
func TestAlternate(t *testing.T) {
	for _, dist := range distributions {
		line := quant.NewLine(draw(dist.value, 1000, 59))
		lo, hi := line.Range(0, line.Cells())
		width := (float64(hi) - float64(lo)) / 20
		start := []quant.Levels{{First: float64(lo), Step: width, N: 4}, {First: float64(lo) + 4*width, Step: width, N: 4}}
		_, before := refit(line, start)
		end := alternate(line, start)
		next, after := refit(line, end)
		if _, e := refit(line, next); after >= before/2 || e < 0.98*after {
			t.Errorf("%s: error %v at first, %v at last, and %v after that", dist.name, before, after, e)
		}
	}
}

// With scales, a weight of a large row counts more than one of a small row: the
// table is better than that of k-means of the divided weights, however many
// values it has.
func TestPaletteWithScales(t *testing.T) {
	w := draw(distributions[4].value, 2000, 61)
	for i := range w[:1000] {
		w[i] *= 20
	}
	for _, n := range []int{8, 32} {
		c, err := Palette(w, 4, n)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newScaled(w, 4)
		if err != nil {
			t.Fatal(err)
		}
		k, err := kmeans.Optimal(s.values, n)
		if err != nil {
			t.Fatal(err)
		}
		var table []float32
		for _, x := range k.Centers {
			table = append(table, float32(x))
		}
		if got, want := c.Error(w), s.codebook(table).Error(w); got >= 0.99*want {
			t.Errorf("%d values: error %v, k-means of the divided weights has %v", n, got, want)
		}
	}
}

// Zeros stay zeros where there is room for one more value, and only then the table has it.
func TestZerosStayZeros(t *testing.T) {
	w := draw(distributions[5].value, 1000, 3) // pruned
	dense := draw(distributions[0].value, 1000, 3)
	for _, book := range codebooks {
		for _, rows := range []int{1, 4} {
			c, err := book.make(w, rows, 3, 2)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range decoded(t, c, w) {
				if w[i] == 0 && x != 0 {
					t.Fatalf("%s: a zero became %v", book.name, x)
				}
			}
			if c, err = book.make(dense, rows, 3, 2); err != nil {
				t.Fatal(err)
			}
			if len(c.Table) > 12 || slices.Contains(c.Table, 0) {
				t.Errorf("%s: table %v for dense weights", book.name, c.Table)
			}
		}
	}
	full, err := FittedCodebook(w, 1, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(full.Table) > 16 {
		t.Errorf("a table of %d values, and an index of %d bits", len(full.Table), full.IndexBits())
	}
}

// A row of zeros has scale 0 and takes no part.
func TestRowOfZeros(t *testing.T) {
	w := draw(distributions[0].value, 400, 3)
	clear(w[100:200])
	for _, book := range codebooks {
		c, err := book.make(w, 4, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		if c.Scales[1] != 0 {
			t.Errorf("%s: scale %v", book.name, c.Scales[1])
		}
		for i, x := range decoded(t, c, w)[100:200] {
			if x != 0 {
				t.Fatalf("%s: zero %d became %v", book.name, i, x)
			}
		}
	}
}

func TestCodebookOfFewValues(t *testing.T) {
	for _, book := range codebooks {
		for _, w := range [][]float32{{3}, {0, 0}, {-1, 2}, {1e-42, -1e-42}, {-math.MaxFloat32, math.MaxFloat32, 1}} {
			for _, rows := range []int{1, len(w)} {
				c, err := book.make(w, rows, 3, 2)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range decoded(t, c, w) {
					if d := math.Abs(float64(x) - float64(w[i])); d > 1e-6*math.Abs(float64(w[i])) {
						t.Errorf("%s of %v in %d rows: %v became %v", book.name, w, rows, w[i], x)
					}
				}
			}
		}
		for _, w := range [][]float32{{}, {1, float32(math.NaN())}, {float32(math.Inf(1)), 0}} {
			if _, err := book.make(w, 1, 3, 2); err == nil {
				t.Errorf("%s of %v", book.name, w)
			}
		}
	}
	if _, err := Palette([]float32{1}, 1, 257); err == nil {
		t.Error("a palette of 257 values")
	}
}

// Exact 1-D k-means is the palette.
func TestPaletteIsKMeans(t *testing.T) {
	w := draw(distributions[1].value, 500, 3)
	for _, n := range []int{1, 4, 16, 256} {
		c, err := Palette(w, 1, n)
		if err != nil {
			t.Fatal(err)
		}
		k, err := kmeans.Optimal(w, n)
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Error(w); math.Abs(e-k.Inertia) > 1e-5*k.Inertia {
			t.Errorf("%d values: error %v, inertia %v", n, e, k.Inertia)
		}
	}
}
