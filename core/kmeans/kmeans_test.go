package kmeans

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// kinds are sources of values, from the ordinary to the nasty.
var kinds = []struct {
	name string
	draw func(r *rand.Rand) float32
}{
	{"normal", func(r *rand.Rand) float32 { return float32(0.02 * r.NormFloat64()) }},
	{"normal with outliers", func(r *rand.Rand) float32 {
		return float32(0.02 * r.NormFloat64() * math.Pow(10, float64(r.IntN(20)/18)))
	}},
	{"uniform", func(r *rand.Rand) float32 { return r.Float32() }},
	{"negative", func(r *rand.Rand) float32 { return -r.Float32() - 3 }},
	{"five integers", func(r *rand.Rand) float32 { return float32(r.IntN(5)) }},
	{"lattice", func(r *rand.Rand) float32 { return float32(r.IntN(255)-127) * 0.1 }},
	{"two values", func(r *rand.Rand) float32 { return float32(r.IntN(2)) * 0.1 }},
	{"all equal", func(r *rand.Rand) float32 { return 0.1 }},
	{"zeros of both signs", func(r *rand.Rand) float32 {
		return []float32{0, float32(math.Copysign(0, -1)), 1, -1}[r.IntN(4)]
	}},
	{"pruned", func(r *rand.Rand) float32 {
		if r.IntN(10) > 0 {
			return 0
		}
		return float32(r.NormFloat64())
	}},
	{"denormal", func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32() % 20) }},
	{"around zero", func(r *rand.Rand) float32 {
		return math.Float32frombits(r.Uint32()%20 | r.Uint32()&(1<<31))
	}},
	{"huge", func(r *rand.Rand) float32 { return math.MaxFloat32 * (2*r.Float32() - 1) }},
	{"one binade, neighbours", func(r *rand.Rand) float32 { return math.Float32frombits(math.Float32bits(1) + r.Uint32()%300) }},
	{"across a binade", func(r *rand.Rand) float32 { return math.Float32frombits(math.Float32bits(-2) - 10 + r.Uint32()%20) }},
	{"powers of four", func(r *rand.Rand) float32 { return float32(math.Ldexp(1, 2*r.IntN(120)-120)) }},
	{"any bits", func(r *rand.Rand) float32 {
		for {
			if w := math.Float32frombits(r.Uint32()); finite(float64(w)) {
				return w
			}
		}
	}},
	{"bfloat16", func(r *rand.Rand) float32 {
		return math.Float32frombits(math.Float32bits(float32(r.NormFloat64())) &^ 0xffff)
	}},
	{"a huge value beside small ones", func(r *rand.Rand) float32 {
		return []float32{-3e38, 1e-3, 2e-3, 3e-3, 5e-3, 3e38, 1e-40, 2e-40}[r.IntN(8)]
	}},
}

func drawn(draw func(*rand.Rand) float32, n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	values := make([]float32, n)
	for i := range values {
		values[i] = draw(r)
	}
	return values
}

// checkAgainst compares a clustering with the exact optimum of an oracle.
func checkAgainst(t *testing.T, c Clustering, o *oracle, edges []int, least *big.Rat) {
	t.Helper()
	if len(c.Centers) != len(edges)-1 || c.Binned {
		t.Fatalf("%d centres, binned %v; want %d, exact", len(c.Centers), c.Binned, len(edges)-1)
	}
	for p, center := range c.Centers {
		var count int64
		for _, n := range o.counts[edges[p]:edges[p+1]] {
			count += n
		}
		if c.Counts[p] != count {
			t.Fatalf("counts %v, want the edges %v of %v (%v)", c.Counts, edges, o.values, o.counts)
		}
		if want, _ := o.mean(edges[p], edges[p+1]).Float64(); !near(center, want, 0x1p-51) {
			t.Errorf("centre %d is %v, want %v", p, center, want)
		}
	}
	// The tightest clusters have float64 centres some 2^-29 of their width off.
	if want, _ := least.Float64(); !near(c.Inertia, want, 1e-8) {
		t.Errorf("inertia %v, want %v", c.Inertia, want)
	}
	for v, w := range o.values {
		p, _ := slices.BinarySearch(edges, v+1)
		if got := c.Index(w); got != p-1 {
			t.Errorf("value %v is put into cluster %d, want %d; boundaries %v", w, got, p-1, c.Boundaries())
		}
	}
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

func TestOptimalIsExhaustiveOptimum(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for seed := range uint64(12) {
				values := drawn(kind.draw, 1+int(seed), seed)
				o := newOracle(values)
				for k := 1; k <= len(values)+2; k++ {
					c, err := Optimal(values, k)
					if err != nil {
						t.Fatal(err)
					}
					edges, least := o.exhaustive(k)
					checkAgainst(t, c, o, edges, least)
				}
			}
		})
	}
}

func TestOptimalIsDynamicOptimum(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			values := drawn(kind.draw, 60, 1)
			o := newOracle(values)
			for _, k := range []int{2, 3, 4, 7, 16} {
				c, err := Optimal(values, k)
				if err != nil {
					t.Fatal(err)
				}
				edges, least := o.dynamic(k)
				checkAgainst(t, c, o, edges, least)
			}
		})
	}
}

// Evenly spaced values have many optima, which rounding errors would tell apart.
// The oracle is arithmetic: the clusters differ in size by at most one, and the
// smaller ones come first.
func TestOptimalTies(t *testing.T) {
	for _, c := range []struct {
		n, k       int
		start, gap float64
	}{
		{100, 3, 0, 1}, {101, 3, -7, 0.5}, {1000, 3, 1, 0x1p-23}, {20000, 3, -1, 0x1p-24},
		{17, 4, 0, 3}, {1003, 16, -5, 1}, {4000, 256, 1, 0x1p-23}, {65536, 100, 0, 1},
	} {
		values := make([]float32, c.n)
		for i := range values {
			values[i] = float32(c.start + float64(i)*c.gap)
		}
		got, err := Optimal(values, c.k)
		if err != nil {
			t.Fatal(err)
		}
		for p, count := range got.Counts {
			want := int64(c.n / c.k)
			if p >= c.k-c.n%c.k {
				want++
			}
			if count != want {
				t.Errorf("%d values, k = %d: cluster %d has %d values, want %d", c.n, c.k, p, count, want)
			}
		}
	}
}

// Mirrored values have mirrored optima of equal inertia, computed in another order.
func TestOptimalOfMirroredValues(t *testing.T) {
	for seed := range uint64(200) {
		values := drawn(kinds[seed%3].draw, 5, seed)
		for _, w := range values {
			values = append(values, -w)
		}
		o := newOracle(values)
		for k := 2; k < 6; k++ {
			c, err := Optimal(values, k)
			if err != nil {
				t.Fatal(err)
			}
			edges, least := o.exhaustive(k)
			checkAgainst(t, c, o, edges, least)
		}
	}
}

// The search for three clusters and dynamic programming share only the cells; the two
// passes share only the search.
func TestThreeClustersThreeWays(t *testing.T) {
	for _, kind := range kinds {
		for _, n := range []int{1500, fewValues + 1} {
			t.Run(fmt.Sprint(kind.name, n), func(t *testing.T) {
				values := drawn(kind.draw, n, 5)
				keys, err := sortedKeys(values)
				if err != nil {
					t.Fatal(err)
				}
				want := newLine(points(keys)).general(3)
				passes, err := optimalInPasses(values)
				if err != nil {
					t.Fatal(err)
				}
				for name, got := range map[string]Clustering{"search": newLine(points(keys)).three(), "passes": passes} {
					if !near(got.Inertia, want.Inertia, 1e-8) {
						t.Errorf("%s: inertia %v, want %v", name, got.Inertia, want.Inertia)
					}
					got.Inertia = want.Inertia
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%s: %+v, want %+v", name, got, want)
					}
				}
			})
		}
	}
}

func TestOrderOfValuesDoesNotMatter(t *testing.T) {
	for _, kind := range kinds {
		for _, n := range []int{1000, fewValues, maxPoints + 5000} {
			values := drawn(kind.draw, n, 7)
			shuffled := slices.Clone(values)
			rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for _, k := range []int{1, 3, 5} {
				a, err := Optimal(values, k)
				if err != nil {
					t.Fatal(err)
				}
				b, err := Optimal(shuffled, k)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(a, b) {
					t.Errorf("%s, n = %d, k = %d: %+v, and %+v in another order", kind.name, n, k, a, b)
				}
			}
		}
	}
}

// Above 65,536 distinct values the optimum of the bins is told apart from the exact
// one, which is known for three clusters. It cannot be better, and with bins of
// at most 1/60,000 of the range it is hardly worse.
func TestBins(t *testing.T) {
	for _, kind := range []int{0, 1, 2} {
		values := drawn(kinds[kind].draw, 200_000, 3)
		keys, err := sortedKeys(values)
		if err != nil {
			t.Fatal(err)
		}
		cells := bins(keys, maxPoints)
		if len(cells) > maxPoints {
			t.Fatalf("%d bins", len(cells))
		}
		var count int64
		for i, c := range cells {
			count += c.count
			if i > 0 && c.lo <= cells[i-1].hi {
				t.Fatalf("bin %d begins at %v, the one before ends at %v", i, c.lo, cells[i-1].hi)
			}
		}
		if count != int64(len(values)) {
			t.Errorf("the bins hold %d values of %d", count, len(values))
		}
		binned := newLine(cells).general(3)
		exact, err := Optimal(values, 3)
		if err != nil {
			t.Fatal(err)
		}
		if r := binned.Inertia / exact.Inertia; r < 1-1e-12 || r > 1+1e-7 {
			t.Errorf("%s: the inertia of the bins is %v of the optimum", kinds[kind].name, r)
		}
	}
}

func TestBinsOfFewValuesAreTheValues(t *testing.T) {
	keys, err := sortedKeys([]float32{1e30, 1, 1, 2, -4})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := bins(keys, 4), points(keys); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := bins(keys, 3); len(got) != 3 || got[1].lo != 1 || got[1].hi != 2 || got[1].inner != 2.0/3 {
		t.Errorf("three bins of -4, 1, 1, 2, 1e30: %v", got)
	}
}

func TestBinnedOptimum(t *testing.T) {
	values := append(drawn(kinds[0].draw, maxPoints+10_000, 4), 1e6)
	for _, k := range []int{1, 2, 16} {
		c, err := Optimal(values, k)
		if err != nil {
			t.Fatal(err)
		}
		if c.Binned != (k > 1) {
			t.Errorf("k = %d: binned %v", k, c.Binned)
		}
		checkBoundaries(t, values, c)
		// Lloyd's algorithm on all values finds next to nothing to improve.
		trace, err := LloydFrom(values, c.Centers)
		if err != nil {
			t.Fatal(err)
		}
		if last := trace.Steps[len(trace.Steps)-1]; last.Inertia < c.Inertia*(1-1e-6) {
			t.Errorf("k = %d: inertia %v, Lloyd's algorithm goes on to %v", k, c.Inertia, last.Inertia)
		}
	}
}

// checkBoundaries puts each value where the boundaries say, by the rule as METHOD.md has
// it, and compares with counts, centres and inertia.
func checkBoundaries(t *testing.T, values []float32, c Clustering) {
	t.Helper()
	t0 := c.Boundaries()
	for p, t1 := range t0 {
		mid := (c.Centers[p] + c.Centers[p+1]) / 2
		towards := float32(math.MaxFloat32)
		if p == 1 && len(t0) == 2 {
			towards = -towards
		}
		if past := math.Nextafter32(t1, towards); !c.Binned && (float64(t1) < mid) != (mid < float64(past)) && float64(t1) != mid {
			t.Errorf("boundary %d is %v for the midpoint %v", p, t1, mid)
		}
	}
	counts, sums, inertia := make([]int64, len(c.Counts)), make([]float64, len(c.Counts)), 0.0
	for _, w := range values {
		p := 0
		switch {
		case len(t0) == 2 && w <= t0[0]:
			p = 0
		case len(t0) == 2 && w < t0[1]:
			p = 1
		case len(t0) == 2:
			p = 2
		default:
			for p < len(t0) && !(w <= t0[p]) {
				p++
			}
		}
		if p != c.Index(w) {
			t.Fatalf("value %v is in cluster %d, Index says %d", w, p, c.Index(w))
		}
		counts[p]++
		sums[p] += float64(w)
		inertia += (float64(w) - c.Centers[p]) * (float64(w) - c.Centers[p])
	}
	if !slices.Equal(counts, c.Counts) {
		t.Errorf("the boundaries give counts %v, want %v", counts, c.Counts)
	}
	for p := range sums {
		if scale := math.Sqrt(inertia/float64(len(values))) + math.Abs(c.Centers[p]); math.Abs(sums[p]/float64(counts[p])-c.Centers[p]) > 1e-9*scale {
			t.Errorf("the mean of cluster %d is %v, want %v", p, sums[p]/float64(counts[p]), c.Centers[p])
		}
	}
	if math.Abs(inertia-c.Inertia) > 1e-8*inertia {
		t.Errorf("the inertia is %v, want %v", c.Inertia, inertia)
	}
}

func TestBoundariesGiveTheDivision(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for _, n := range []int{50, 3000, 2 * fewValues} {
				values := drawn(kind.draw, n, 11)
				for _, k := range []int{1, 2, 3, 4, 16} {
					c, err := Optimal(values, k)
					if err != nil {
						t.Fatal(err)
					}
					checkBoundaries(t, values, c)
				}
			}
		})
	}
}

// Neighbouring float32 values leave no room: a threshold rounded to nearest would be
// wrong on one side or the other.
func TestBoundariesBetweenNeighbours(t *testing.T) {
	for _, start := range []float32{1, -1, 0, -2e-45, 3.3e38, -3.3e38} {
		a := start
		b := math.Nextafter32(a, math.MaxFloat32)
		c := math.Nextafter32(b, math.MaxFloat32)
		for _, values := range [][]float32{{a, b}, {a, b, c}, {a, a, a, b, c}, {a, b, c, c, c, c}} {
			got, err := Optimal(values, 3)
			if err != nil {
				t.Fatal(err)
			}
			checkBoundaries(t, values, got)
			want := []float32{a}
			if slices.Contains(values, c) {
				want = []float32{a, c}
			}
			if !slices.Equal(got.Boundaries(), want) {
				t.Errorf("%v: boundaries %v, want %v", values, got.Boundaries(), want)
			}
		}
	}
}

func TestOptimalErrors(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	many := drawn(kinds[0].draw, 2*fewValues, 1)
	many[fewValues+17] = -inf
	for _, c := range []struct {
		values []float32
		k      int
		want   string
	}{
		{[]float32{1}, 0, "k-means with k = 0: want 1 to 256 clusters"},
		{[]float32{1}, 257, "k-means with k = 257: want 1 to 256 clusters"},
		{nil, 3, "k-means of no values"},
		{[]float32{1, 2, nan}, 3, "k-means: value 2 is NaN, want a finite number"},
		{[]float32{1, -nan, inf}, 2, "k-means: value 1 is NaN, want a finite number"},
		{[]float32{inf, 2, 1}, 3, "k-means: value 0 is +Inf, want a finite number"},
		{many, 3, fmt.Sprintf("k-means: value %d is -Inf, want a finite number", fewValues+17)},
		{many, 4, fmt.Sprintf("k-means: value %d is -Inf, want a finite number", fewValues+17)},
	} {
		if _, err := Optimal(c.values, c.k); err == nil || err.Error() != c.want {
			t.Errorf("k = %d: error %v, want %s", c.k, err, c.want)
		}
		if _, err := Lloyd(c.values, c.k, 1); err == nil || !strings.HasPrefix(err.Error(), "k-means") {
			t.Errorf("Lloyd, k = %d: error %v", c.k, err)
		}
	}
}

func TestValuesAreNotModified(t *testing.T) {
	for _, n := range []int{10, 1000, fewValues} {
		values := drawn(kinds[0].draw, n, 2)
		before := slices.Clone(values)
		for _, k := range []int{3, 4} {
			c, err := Optimal(values, k)
			if err != nil {
				t.Fatal(err)
			}
			c.Boundaries()[0] = 7
			if !slices.Equal(values, before) || c.Boundaries()[0] == 7 {
				t.Fatal("modified")
			}
		}
	}
}

// FuzzOptimal compares the optimum of up to 12 arbitrary values with exhaustive search.
func FuzzOptimal(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\x80\xbf\x00\x00\x00\x80\x00\x00\x00\x00\xff\xff\x7f\x7f"), 3)
	f.Add([]byte("\x01\x00\x00\x00\x02\x00\x00\x80\x03\x00\x00\x00\xff\xff\x7f\xff"), 2)
	f.Fuzz(func(t *testing.T, data []byte, k int) {
		var values []float32
		valid := true
		for len(data) >= 4 && len(values) < 12 {
			w := math.Float32frombits(uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24)
			values, data = append(values, w), data[4:]
			valid = valid && finite(float64(w))
		}
		c, err := Optimal(values, k)
		if valid := valid && len(values) > 0 && k >= 1 && k <= MaxK; valid != (err == nil) {
			t.Fatalf("error %v for k = %d of %v", err, k, values)
		}
		if err != nil {
			return
		}
		o := newOracle(values)
		edges, least := o.exhaustive(k)
		if k != 3 {
			edges = o.tied(c, edges, least)
		}
		checkAgainst(t, c, o, edges, least)
		if k == 3 {
			c, err := optimalInPasses(values)
			if err != nil {
				t.Fatal(err)
			}
			checkAgainst(t, c, o, edges, least)
		}
	})
}
