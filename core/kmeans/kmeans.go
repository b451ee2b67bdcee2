package kmeans

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// MaxK is the largest number of clusters: an index of 8 bits.
const MaxK = 256

// maxPoints is how many distinct values the general method takes as they are;
// above that it works on as many bins.
const maxPoints = 1 << 16

// fewValues is the number of values from which two passes over them cost less
// than sorting them.
const fewValues = 1 << 14

// Clustering is a division of values on the line into intervals, one for each
// cluster.
type Clustering struct {
	Centers []float64 // the mean of each cluster, ascending
	Counts  []int64   // the number of values in each cluster, never 0
	Inertia float64   // the sum of the squared distances to the centres
	Binned  bool      // the optimum of 65,536 bins, not of the single values

	cuts        []float32 // the boundaries between neighbouring clusters
	last, first []float32 // the values on either side of each, of those where they are known
}

// Sides returns the values on either side of each boundary: the largest of the
// cluster below and the smallest of the one above. They are known, and ok is true,
// unless bins were clustered.
func (c Clustering) Sides() (last, first []float32, ok bool) {
	if len(c.last) < len(c.cuts) {
		return nil, nil, false
	}
	return c.last, c.first, true
}

// Boundaries returns the thresholds between neighbouring clusters, one fewer
// than there are centres: the midpoints of the centres in float32.
//
// A value w belongs to the left of boundary t if w <= t. The second of exactly
// two boundaries is different, as the paper has it: w >= t belongs to the right.
// So with three clusters the lower holds w <= t0, the middle t0 < w < t1 and
// the upper w >= t1.
//
// Therefore a midpoint that float32 cannot hold is rounded down, and up where
// w >= t is the rule: rounding to nearest could carry it over the next value,
// directed rounding cannot. Where bins were clustered (Binned) a midpoint may
// fall inside a bin; it is then moved to the nearest end of that bin. In all cases the
// boundaries give back the very division that Counts and Inertia describe.
func (c Clustering) Boundaries() []float32 {
	return append([]float32(nil), c.cuts...)
}

// Index returns the number of the cluster to which w belongs, by the rule of
// [Clustering.Boundaries].
func (c Clustering) Index(w float32) int {
	return sort.Search(len(c.cuts), func(i int) bool {
		if upward(i, len(c.cuts)) {
			return w < c.cuts[i]
		}
		return w <= c.cuts[i]
	})
}

// upward tells whether a value that equals boundary i of n belongs to the right of it.
func upward(i, n int) bool { return n == 2 && i == 1 }

// Optimal returns the division of values into k clusters with the least
// inertia. Among equal ones it is the one with the smallest first boundary,
// then the smallest second, and so on. With fewer than k distinct values each
// gets a cluster of its own. The result depends on the values alone, not on
// their order; they are not modified.
//
// For k = 3 (and 1) it is exact for any number of values; ties are decided by
// exact arithmetic. For other k it is exact up to 65,536 distinct values, where
// divisions whose inertia differs by less than one part in 10^12 count as equal;
// above that it is the optimum of 65,536 bins and says so in Binned.
//
// It returns an error if k is not within 1 to 256, if there are no values, or
// if one is NaN or infinite.
func Optimal(values []float32, k int) (Clustering, error) {
	if err := check(len(values), k); err != nil {
		return Clustering{}, err
	}
	if k == 3 && len(values) >= fewValues {
		return optimalInPasses(values)
	}
	keys, err := sortedKeys(values)
	if err != nil {
		return Clustering{}, err
	}
	if k == 3 {
		return newLine(points(keys)).three(), nil
	}
	if distinct(keys) <= maxPoints {
		return newLine(points(keys)).general(k), nil
	}
	c := newLine(bins(keys, maxPoints)).general(k)
	c.Binned = k > 1
	return c, nil
}

// optimalInPasses is Optimal for k = 3: it keeps only the values near a boundary.
func optimalInPasses(values []float32) (Clustering, error) {
	var s Summary
	if err := s.Add(values); err != nil {
		return Clustering{}, err
	}
	c := s.Candidates()
	c.Add(values)
	return c.Clustering()
}

// OptimalCounts is [Optimal] for values that are given once each, ascending, with
// the number of times they occur: a 16-bit float type has no more than 65,536.
// A value that does not occur is left out.
func OptimalCounts(values []float32, counts []int64, k int) (Clustering, error) {
	if err := notFinite(values); err != nil {
		return Clustering{}, err
	}
	var cells []cell
	for i, w := range values {
		switch n := len(cells); {
		case counts[i] == 0:
		case n > 0 && cells[n-1].lo == w: // -0 and 0
			cells[n-1] = pointCell(w, cells[n-1].count+counts[i])
		default:
			cells = append(cells, pointCell(w+0, counts[i]))
		}
	}
	if err := check(len(cells), k); err != nil {
		return Clustering{}, err
	}
	if len(cells) > maxPoints {
		return Clustering{}, fmt.Errorf("k-means of %d distinct values with their counts: want at most %d", len(cells), maxPoints)
	}
	if k == 3 {
		return newLine(cells).three(), nil
	}
	return newLine(cells).general(k), nil
}

func check(n, k int) error {
	if k < 1 || k > MaxK {
		return fmt.Errorf("k-means with k = %d: want 1 to %d clusters", k, MaxK)
	}
	if n == 0 {
		return errors.New("k-means of no values")
	}
	return nil
}

func notFinite(values []float32) error {
	for i, w := range values {
		if !finite(float64(w)) {
			return fmt.Errorf("k-means: value %d is %v, want a finite number", i, w)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
