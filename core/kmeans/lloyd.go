package kmeans

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// MaxSteps is the number of steps after which Lloyd's algorithm is given up; it is
// the default of scikit-learn.
const MaxSteps = 300

// A Step is one state of Lloyd's algorithm.
type Step struct {
	Centers    []float64 // ascending; a cluster without values keeps its centre
	Boundaries []float32 // as those of [Clustering.Boundaries]
	Counts     []int64   // number of values nearest to each centre, by that rule
	Inertia    float64   // sum of squared distances to the nearest centre
	Moved      int64     // number of values not in the cluster of the step before
}

// A Trace is the course of Lloyd's algorithm: each step moves the centres to the means
// of their clusters and puts every value to the nearest centre. The first step
// has the start centres, and all values count as moved.
type Trace struct {
	Steps     []Step
	Converged bool // the last step moved no value
}

// Lloyd runs Lloyd's algorithm from a k-means++ start, as the paper's reference
// implementation does. What it converges to is a local optimum and depends on the
// seed; the same seed always gives the same trace. It ends when no value moves or
// after [MaxSteps]. It returns an error under the conditions of [Optimal], and if there
// are fewer than k distinct values.
//
// The start is drawn as in Arthur and Vassilvitskii, "k-means++: the advantages of
// careful seeding" (2007): the first centre evenly from the values, each further
// one with a probability in proportion to the squared distance to the nearest centre
// so far.
func Lloyd(values []float32, k int, seed uint64) (Trace, error) {
	if err := check(len(values), k); err != nil {
		return Trace{}, err
	}
	keys, err := sortedKeys(values)
	if err != nil {
		return Trace{}, err
	}
	l := newLine(points(keys))
	if len(l.cells) < k {
		return Trace{}, fmt.Errorf("k-means++ start with k = %d: there are only %d distinct values", k, len(l.cells))
	}
	return l.lloyd(l.plusPlus(k, seed)), nil
}

// LloydFrom runs Lloyd's algorithm from the given centres, in any order.
func LloydFrom(values []float32, start []float64) (Trace, error) {
	if err := check(len(values), len(start)); err != nil {
		return Trace{}, err
	}
	for i, c := range start {
		if !(math.Abs(c) <= math.MaxFloat32) {
			return Trace{}, fmt.Errorf("k-means: start centre %d is %v, want a finite float32 number", i, c)
		}
	}
	keys, err := sortedKeys(values)
	if err != nil {
		return Trace{}, err
	}
	centers := slices.Clone(start)
	slices.Sort(centers)
	return newLine(points(keys)).lloyd(centers), nil
}

// plusPlus draws k different values as ascending start centres.
func (l *line) plusPlus(k int, seed uint64) []float64 {
	random := rand.NewPCG(seed, 0)
	weights := make([]float64, len(l.cells))
	for i, c := range l.cells {
		weights[i] = float64(c.count)
	}
	var centers []float64
	nearest := slices.Repeat([]float64{math.Inf(1)}, len(l.cells))
	for range k {
		c := float64(l.cells[draw(weights, random)].lo)
		centers = append(centers, c)
		for i, cell := range l.cells {
			d := float64(cell.lo) - c
			nearest[i] = min(nearest[i], float64(d*d))
			weights[i] = float64(float64(cell.count) * nearest[i])
		}
	}
	slices.Sort(centers)
	return centers
}

// draw returns i with a probability in proportion to weights[i], never one of weight 0.
func draw(weights []float64, random *rand.PCG) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	at := float64(float64(random.Uint64()>>11) * 0x1p-53 * total)
	last := 0
	for i, w := range weights {
		if w > 0 {
			last = i
			if at -= w; at < 0 {
				break
			}
		}
	}
	return last
}

// lloyd runs Lloyd's algorithm from ascending centres.
func (l *line) lloyd(centers []float64) Trace {
	edges := make([]int, len(centers)+1) // at first no value is in any cluster
	var t Trace
	for {
		var s Step
		s, edges = l.step(centers, edges)
		t.Steps = append(t.Steps, s)
		t.Converged = s.Moved == 0
		if t.Converged || len(t.Steps) > MaxSteps {
			return t
		}
		centers = slices.Clone(centers)
		for p := range centers {
			if i, j := edges[p], edges[p+1]; i < j {
				centers[p] = l.mean(i, j)
			}
		}
	}
}

// step puts every value to the nearest centre; old are the edges of the step before.
func (l *line) step(centers []float64, old []int) (Step, []int) {
	k := len(centers)
	s := Step{Centers: centers, Boundaries: make([]float32, k-1), Counts: make([]int64, k), Moved: l.count(0, len(l.cells))}
	edges := make([]int, k+1)
	edges[k] = len(l.cells)
	for p := range s.Boundaries {
		t := cut(centers, p)
		s.Boundaries[p] = t
		edges[p+1] = edges[p] + sort.Search(len(l.cells)-edges[p], func(i int) bool {
			w := l.cells[edges[p]+i].lo
			return w > t || w == t && upward(p, k-1)
		})
	}
	for p := range k {
		i, j := edges[p], edges[p+1]
		s.Counts[p] = l.count(i, j)
		if i, j := max(i, old[p]), min(j, old[p+1]); i < j {
			s.Moved -= l.count(i, j)
		}
		for _, c := range l.cells[i:j] {
			d := float64(c.lo) - centers[p]
			s.Inertia += float64(float64(c.count) * float64(d*d))
		}
	}
	return s, edges
}
