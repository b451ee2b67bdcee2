package kmeans

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestPiecesGiveTheWhole(t *testing.T) {
	for _, kind := range kinds {
		values := drawn(kind.draw, fewValues+3000, 9)
		want, err := Optimal(values, 3)
		if err != nil {
			t.Fatal(err)
		}
		pieces := slices.Collect(slices.Chunk(values, 5000))
		var whole Summary
		for _, piece := range pieces {
			var s Summary
			if err := s.Add(piece); err != nil {
				t.Fatal(err)
			}
			whole.Merge(&s)
		}
		found := whole.Candidates()
		for _, piece := range pieces {
			c := whole.Candidates()
			c.Add(piece)
			found.Merge(c)
		}
		got, err := found.Clustering()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: in pieces %+v, whole %+v", kind.name, got, want)
		}
	}
}

// More values in one bin than its packed form holds, with the largest remainder.
func TestSummaryUnpacksInTime(t *testing.T) {
	values := make([]float32, pendingLimit+5)
	w := fromKey(key(1) | 0xffff)
	for i := range values {
		values[i] = w
	}
	values[0] = 1
	var s Summary
	if err := s.Add(values); err != nil {
		t.Fatal(err)
	}
	s.unpack()
	n := uint64(len(values) - 1)
	if got, want := s.bins[key(1)>>16], (moments{n + 1, n * 0xffff, n * 0xffff * 0xffff}); got != want {
		t.Errorf("moments %v, want %v", got, want)
	}
}

// The moments of a bin give its sum exactly and its spread to float64 precision.
func TestBinsAreExact(t *testing.T) {
	for _, kind := range kinds {
		values := drawn(kind.draw, 2000, 1)
		var s Summary
		if err := s.Add(values); err != nil {
			t.Fatal(err)
		}
		s.unpack()
		byBin := map[int][]float32{}
		for _, w := range values {
			i := int(key(w) >> 16)
			byBin[i] = append(byBin[i], w)
		}
		for i, in := range byBin {
			c, o := s.bins[i].cell(uint32(i)<<16, 16), newOracle(in)
			if c.count != int64(len(in)) || c.lo > o.values[0] || c.hi < o.values[len(o.values)-1] || c.point() != (len(o.values) == 1) {
				t.Fatalf("%s: bin %d of %v (%v) is %+v", kind.name, i, o.values, o.counts, c)
			}
			sum := o.mean(0, len(o.values))
			sum.Mul(sum, big.NewRat(c.count, 1))
			if exact(c.sum).Cmp(sum) != 0 {
				t.Errorf("%s: the sum of bin %d is %v, want %v", kind.name, i, exact(c.sum), sum)
			}
			if inner, _ := o.cost(0, len(o.values)).Float64(); !near(c.inner, inner, 1e-14) {
				t.Errorf("%s: the spread of bin %d is %v, want %v", kind.name, i, c.inner, inner)
			}
		}
	}
}

func exact(a twoFloat) *big.Rat {
	hi := new(big.Rat).SetFloat64(a.hi)
	return hi.Add(hi, new(big.Rat).SetFloat64(a.lo))
}

func TestSecondPassOfOtherValues(t *testing.T) {
	var s Summary
	if err := s.Add(drawn(kinds[0].draw, 5000, 1)); err != nil {
		t.Fatal(err)
	}
	c := s.Candidates()
	if _, err := c.Clustering(); err == nil {
		t.Error("no error where the second pass saw nothing")
	}
	c.Add(drawn(kinds[0].draw, 6000, 1))
	want := fmt.Sprintf("k-means: the second pass found %d values in the bins where the first counted %d", len(c.sieve.keys), c.count)
	if _, err := c.Clustering(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestEmptySummary(t *testing.T) {
	var s, other Summary
	s.Merge(&other)
	if err := errors.Join(s.Add(nil), s.AddBytes([]byte{1, 2, 3})); err != nil {
		t.Error(err)
	}
	c := s.Candidates()
	c.Add(nil)
	if _, err := c.Clustering(); err == nil || err.Error() != "k-means of no values" {
		t.Errorf("error %v", err)
	}
	if err := s.Add([]float32{1, float32(math.NaN())}); err == nil || err.Error() != "k-means: value 1 is NaN, want a finite number" {
		t.Errorf("error %v", err)
	}
}

func TestKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := []float32{-math.MaxFloat32, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 1, math.MaxFloat32}
	for range 1000 {
		values = append(values, kinds[16].draw(r))
	}
	slices.Sort(values)
	for i, w := range values {
		if got := fromKey(key(w)); got != w {
			t.Fatalf("%v comes back as %v", w, got)
		}
		if i > 0 && (values[i-1] < w) != (key(values[i-1]) < key(w)) {
			t.Fatalf("%v and %v have keys %x and %x", values[i-1], w, key(values[i-1]), key(w))
		}
		if m, ulp := integer(w); float64(m)*ulp != float64(w) || m <= -1<<24 || m >= 1<<24 {
			t.Fatalf("%v is not %d * %v", w, m, ulp)
		}
	}
	if key(0) != key(float32(math.Copysign(0, -1))) {
		t.Error("zeros differ")
	}
}

func TestSortKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 100, 511, 512, 5000} {
		keys := make([]uint32, n)
		for i := range keys {
			keys[i] = r.Uint32() >> r.IntN(30)
		}
		want := slices.Clone(keys)
		slices.Sort(want)
		if got := sortKeys(keys); !slices.Equal(got, want) {
			t.Errorf("%d keys are not sorted", n)
		}
	}
}

// Sums of two floats keep 104 bits; the oracle is rational arithmetic. The prefix
// sums keep the promise of newLine for any interval.
func TestPrefixSums(t *testing.T) {
	for _, kind := range kinds {
		keys, err := sortedKeys(drawn(kind.draw, 80, 2))
		if err != nil {
			t.Fatal(err)
		}
		l := newLine(points(keys))
		for i := range l.cells {
			sum, size := new(big.Rat), new(big.Rat)
			for j := i; j < len(l.cells); j++ {
				w := exact(l.cells[j].sum)
				sum.Add(sum, w)
				size.Add(size, w.Abs(w))
				off := new(big.Rat).Sub(exact(l.sum[j+1].add(l.sum[i].neg())), sum)
				if off.Abs(off).Cmp(w.Mul(size, new(big.Rat).SetFloat64(80*0x1p-104))) > 0 {
					t.Fatalf("%s: the sum from %v to %v is off by %v", kind.name, l.cells[i].lo, l.cells[j].hi, off)
				}
				if want, _ := sum.Float64(); math.Abs(l.sum[j+1].sub(l.sum[i])-want) > 0x1p-51*math.Abs(want) && !cancels(sum, size) {
					t.Fatalf("%s: the float64 sum from %v to %v is off", kind.name, l.cells[i].lo, l.cells[j].hi)
				}
			}
		}
	}
}

// cancels tells whether a sum is so much smaller than its terms that it need not be precise.
func cancels(sum, size *big.Rat) bool {
	limit := new(big.Rat).Mul(size, new(big.Rat).SetFloat64(0x1p-40))
	return new(big.Rat).Abs(sum).Cmp(limit) < 0
}

// A summary that was sent, and a sieve that knows only the bins, lead to the same
// clusters; values with their numbers do too.
func TestSummaryElsewhere(t *testing.T) {
	values := weights(100_000)
	for i := range values { // few enough to count
		values[i] = float32(int(values[i]*4096)) / 4096
	}
	want, err := Optimal(values, 3)
	if err != nil {
		t.Fatal(err)
	}
	var whole Summary
	for from := 0; from < len(values); from += 30_000 {
		var s, sent Summary
		if err := s.Add(values[from:min(from+30_000, len(values))]); err != nil {
			t.Fatal(err)
		}
		b, _ := s.MarshalBinary()
		if err := sent.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		whole.Merge(&sent)
	}
	c := whole.Candidates()
	sieve := NewSieve(c.Bins())
	sieve.Add(values)
	c.Take(sieve.Found())
	got, err := c.Clustering()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	last, first, ok := got.Sides()
	for _, v := range values {
		if i := got.Index(v); ok && (i < 2 && v > last[i] || i > 0 && v < first[i-1]) {
			t.Fatalf("%v of cluster %d, between %v and %v", v, i, first, last)
		}
	}
	if !ok || !slices.Contains(values, last[0]) || !slices.Contains(values, last[1]) || !slices.Contains(values, first[0]) || !slices.Contains(values, first[1]) {
		t.Errorf("beside the boundaries lie %v and %v, %v", last, first, ok)
	}
	times := map[float32]int64{}
	for _, v := range values {
		times[v]++
	}
	distinct := slices.Sorted(maps.Keys(times))
	counts := make([]int64, len(distinct))
	for i, v := range distinct {
		counts[i] = times[v]
	}
	if got, err = OptimalCounts(distinct, counts, 3); err != nil || !reflect.DeepEqual(got.Boundaries(), want.Boundaries()) || !reflect.DeepEqual(got.Counts, want.Counts) {
		t.Errorf("by counts %+v, %v; want %+v", got, err, want)
	}
	for _, k := range []int{2, 4, 7} {
		want, err := Optimal(values, k)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := OptimalCounts(distinct, counts, k); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("k = %d by counts: %+v, %v; want %+v", k, got, err, want)
		}
	}
	for _, bad := range [][]byte{{1}, {0, 1, 1, 1}, {0xff, 0xff, 0xff, 1, 1, 1, 1}} {
		if new(Summary).UnmarshalBinary(bad) == nil {
			t.Errorf("% x is taken for a summary", bad)
		}
	}
}

// Zeros of either sign, and what shares a bin with them. The oracles are the keys of
// all values, and their smallest and largest.
func TestSummaryOfZeros(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 71))
	values := make([]float32, 20_001)
	want := map[uint32]moments{}
	for i := range values {
		values[i] = math.Float32frombits(r.Uint32N(3) | r.Uint32N(2)<<14 | r.Uint32N(2)<<31)
		if i%10 == 0 {
			values[i] = float32(r.NormFloat64())
		}
		k := key(values[i])
		low, m := uint64(k&0xffff), want[k>>16]
		want[k>>16] = moments{m.count + 1, m.low + low, m.square + low*low}
	}
	var s Summary
	for _, piece := range [][]float32{values[:7], values[7:3000], values[3000:]} {
		if err := s.Add(piece); err != nil {
			t.Fatal(err)
		}
	}
	s.unpack()
	for b, m := range s.bins {
		if m != want[uint32(b)] {
			t.Fatalf("bin %d is %v, want %v", b, m, want[uint32(b)])
		}
	}
	c := s.Candidates()
	c.Add(values)
	if _, err := c.Clustering(); err != nil {
		t.Fatal(err)
	}
	if lo, hi := c.Range(); lo != slices.Min(values) || hi != slices.Max(values) {
		t.Errorf("from %v to %v, want from %v to %v", lo, hi, slices.Min(values), slices.Max(values))
	}
}

// The range is that of the values, whether a boundary lies in the first or last bin
// or not.
func TestRangeOfCandidates(t *testing.T) {
	for _, kind := range kinds {
		for _, n := range []int{1, 3, 50, 5000} {
			values := drawn(kind.draw, n, 4)
			var s Summary
			if err := s.Add(values); err != nil {
				t.Fatal(err)
			}
			c := s.Candidates()
			c.Add(values)
			if _, err := c.Clustering(); err != nil {
				t.Fatal(err)
			}
			if lo, hi := c.Range(); lo != slices.Min(values) || hi != slices.Max(values) {
				t.Errorf("%s: %d values from %v to %v, want from %v to %v", kind.name, n, lo, hi, slices.Min(values), slices.Max(values))
			}
		}
	}
}
