package quant

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMinMax(t *testing.T) {
	negativeZero := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		values []float32
		lo, hi float32
		finite bool
	}{
		{nil, 0, 0, true},
		{[]float32{3}, 3, 3, true},
		{[]float32{-3}, -3, -3, true},
		{[]float32{negativeZero}, 0, 0, true},
		{[]float32{2, -1, 7, 0, 1, 1, 1, 1, 1, 1, -5}, -5, 7, true},
		{[]float32{math.MaxFloat32, -math.MaxFloat32}, -math.MaxFloat32, math.MaxFloat32, true},
		{[]float32{math.SmallestNonzeroFloat32, 1e-40}, math.SmallestNonzeroFloat32, 1e-40, true},
		{[]float32{1, inf}, 0, 0, false},
		{[]float32{1, -inf}, 0, 0, false},
		{[]float32{nan, 1}, 0, 0, false},
		{[]float32{0, 0, 0, 0, 0, 0, math.Float32frombits(0xffffffff), 0}, 0, 0, false}, // NaN with sign
	} {
		lo, hi, finite := MinMax(c.values)
		if finite != c.finite || finite && (lo != c.lo || hi != c.hi || math.Signbit(float64(lo)) != math.Signbit(float64(c.lo))) {
			t.Errorf("MinMax(%v) = %g %g %v", c.values, lo, hi, finite)
		}
	}
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 50 {
		w := make([]float32, n+1)
		for i := range w {
			w[i] = anyFloat(r)
		}
		if lo, hi, finite := MinMax(w); lo != slices.Min(w) || hi != slices.Max(w) || !finite {
			t.Errorf("MinMax(%v) = %g %g %v", w, lo, hi, finite)
		}
	}
}

// A range learnt in pieces, in whatever order, is that of the whole.
func TestRangeMerge(t *testing.T) {
	w := []float32{5, 2, 3, -1, 4, 9, 6}
	var whole Range
	whole.Add(w)
	if whole != (Range{-1, 9, 7, false}) {
		t.Fatalf("range %+v", whole)
	}
	for cut := range len(w) + 1 {
		var a, b Range
		a.Add(w[:cut])
		b.Add(w[cut:])
		b.Merge(a)
		if b != whole {
			t.Errorf("cut at %d: %+v", cut, b)
		}
	}
	var bad Range
	bad.Add([]float32{nan})
	whole.Merge(bad)
	if !whole.NonFinite || whole.N != 8 {
		t.Errorf("with a NaN: %+v", whole)
	}
}

// METHOD: lower w <= t0, middle t0 < w < t1, upper w >= t1; a weight is in one part only.
func TestPart(t *testing.T) {
	for _, c := range []struct {
		thresholds []float32
		w          float32
		want       int
	}{
		{nil, 1, 0},
		{[]float32{0}, 0, 0}, {[]float32{0}, 1e-45, 1},
		{[]float32{-1, 2}, -1, 0}, {[]float32{-1, 2}, -0.5, 1}, {[]float32{-1, 2}, 2, 2}, {[]float32{-1, 2}, 1.9999999, 1},
		{[]float32{1, 1}, 1, 0}, {[]float32{1, 1}, 1.5, 2}, // equal thresholds leave no middle
		{[]float32{-1, 0, 1}, 0, 2}, {[]float32{-1, 0, 1}, 1, 3}, {[]float32{-1, 0, 1}, -1, 0},
	} {
		if got := Part(c.w, c.thresholds); got != c.want {
			t.Errorf("Part(%g, %v) = %d, want %d", c.w, c.thresholds, got, c.want)
		}
	}
}

// splits are thresholds and weights that meet them: equal, one step beside,
// zeros of both signs, empty parts, all lengths around the unrolled loops.
func splits(f func(thresholds, w []float32)) {
	r := rand.New(rand.NewPCG(5, 5))
	negativeZero := float32(math.Copysign(0, -1))
	for _, thresholds := range [][]float32{
		nil, {0}, {negativeZero}, {0.3},
		{-0.5, 0.5}, {0, 0}, {negativeZero, 0}, {0, negativeZero}, {-1, 0}, {0, 1}, {0.25, 0.25}, {5, 6}, {-6, -5}, {-6, 6}, {-inf, inf}, {1e-45, 1e-44},
		{-0.5, 0, 0.5}, {-1, -1, 1}, {-0.6, -0.2, 0.2, 0.6},
	} {
		special := []float32{0, negativeZero, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1, -1}
		for _, t := range thresholds {
			if t-t == 0 {
				special = append(special, t, math.Nextafter32(t, inf), math.Nextafter32(t, -inf))
			}
		}
		for n := range 40 {
			w := make([]float32, n)
			for i := range w {
				w[i] = float32(r.NormFloat64() / 2)
				if r.IntN(3) == 0 {
					w[i] = special[r.IntN(len(special))]
				}
			}
			f(thresholds, w)
		}
		w := make([]float32, 10001)
		for i := range w {
			w[i] = float32(r.NormFloat64() / 2)
		}
		f(thresholds, w)
	}
}

func TestAddSplit(t *testing.T) {
	splits(func(thresholds, w []float32) {
		got, want := make([]Range, len(thresholds)+1), make([]Range, len(thresholds)+1)
		AddSplit(got, w, thresholds)
		for i := range w {
			r := &want[Part(w[i], thresholds)]
			if r.N == 0 {
				r.Lo, r.Hi = w[i], w[i]
			}
			r.Lo, r.Hi, r.N = min(r.Lo, w[i]), max(r.Hi, w[i]), r.N+1
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v, %d weights:\n got %+v\nwant %+v", thresholds, len(w), got, want)
		}
	})
	ranges := make([]Range, 3)
	AddSplit(ranges, []float32{-1, 0, inf, 1}, []float32{-0.5, 0.5})
	if ranges[0].NonFinite || ranges[1].NonFinite || !ranges[2].NonFinite || ranges[2].N != 2 {
		t.Errorf("with an infinity: %+v", ranges)
	}
}

func TestEncodeSplit(t *testing.T) {
	everyParams(stored, func(p Params) {
		splits(func(thresholds, w []float32) {
			w = append(slices.Clip(w), nan, inf, -inf)
			k := len(thresholds) + 1
			ranges, grids, dst := make([]Range, k), make([]Grid, k), make([][]uint8, k)
			AddSplit(ranges, w[:len(w)-3], thresholds)
			for part := range dst {
				// Half of the range, so that some weights have to be saturated.
				grids[part] = p.Fit(ranges[part].Lo/2, ranges[part].Hi)
				dst[part] = make([]uint8, len(w))
			}
			EncodeSplit(dst, w, thresholds, grids)
			for part, g := range grids {
				single := make([]uint8, 1)
				for i, v := range w {
					if Part(v, thresholds) != part {
						v = 0 // what a masked position holds
					}
					g.Encode(single, []float32{v})
					if dst[part][i] != single[0] {
						t.Fatalf("%+v %v part %d: %g was encoded as %#x, want %#x", g, thresholds, part, w[i], dst[part][i], single[0])
					}
				}
			}
		})
	})
}

// With grids fitted to their parts, the decoded parts add up to one value per
// weight: that of its own part, the others being exactly 0.
func TestSplitSum(t *testing.T) {
	splits(func(thresholds, w []float32) {
		p := Params{4, false}
		k := len(thresholds) + 1
		ranges, grids, dst := make([]Range, k), make([]Grid, k), make([][]uint8, k)
		AddSplit(ranges, w, thresholds)
		for part := range dst {
			grids[part] = p.Fit(ranges[part].Lo, ranges[part].Hi)
			dst[part] = make([]uint8, len(w))
		}
		EncodeSplit(dst, w, thresholds, grids)
		sum := make([]float32, len(w))
		for part, g := range grids {
			g.AddDecoded(sum, dst[part])
		}
		for i, v := range w {
			g := grids[Part(v, thresholds)]
			if want := g.Value(g.Code(v)); sum[i] != want {
				t.Fatalf("%v: %g came back as %g, want %g", thresholds, v, sum[i], want)
			}
		}
	})
}

func TestNoAllocation(t *testing.T) {
	w := make([]float32, 100)
	w[3] = 5 // beyond the grid, for the way that saturates
	thresholds := []float32{-1, 1}
	ranges, grids, dst := make([]Range, 3), make([]Grid, 3), make([][]uint8, 3)
	for p := range dst {
		grids[p], dst[p] = Params{2, false}.Fit(-1, 1), make([]uint8, len(w))
	}
	if n := testing.AllocsPerRun(10, func() {
		AddSplit(ranges, w, thresholds)
		EncodeSplit(dst, w, thresholds, grids)
		grids[0].Encode(dst[0], w)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
