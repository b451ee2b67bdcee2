package quant

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Clip is how the range of a grid is found. What lies outside is clipped to the
// outermost level: an outlier is lost and the other weights have finer steps. The
// zero Clip is min/max, which clips nothing.
type Clip struct {
	// MSE takes the range with the least squared error.
	MSE bool
	// Percentile, if not 0, is how many percent of the values lie within the
	// range: as many are cut off below as above, or, symmetric, those with the
	// largest absolute value. It is at most 100.
	Percentile float64
}

// ParseClip returns the Clip that a word stands for: minmax, mse, or percentile
// and a number, as in percentile:99.9.
func ParseClip(word string) (Clip, error) {
	switch word {
	case "minmax":
		return Clip{}, nil
	case "mse":
		return Clip{MSE: true}, nil
	}
	number, ok := strings.CutPrefix(word, "percentile:")
	if !ok {
		return Clip{}, fmt.Errorf("clip %q is unknown; it is minmax, mse or percentile:P", word)
	}
	p, err := strconv.ParseFloat(number, 64)
	if err != nil || !(p > 0 && p <= 100) {
		return Clip{}, fmt.Errorf("clip %q: want a number of percent above 0 and up to 100", word)
	}
	return Clip{Percentile: p}, nil
}

// String returns the word for c.
func (c Clip) String() string {
	switch {
	case c.MSE:
		return "mse"
	case c.Percentile != 0:
		return "percentile:" + strconv.FormatFloat(c.Percentile, 'g', -1, 64)
	}
	return "minmax"
}

// Grid lays a grid over w, whose values are finite.
func (c Clip) Grid(w []float32, p Params) Grid {
	lo, hi, _ := MinMax(w)
	all := p.Fit(lo, hi)
	switch {
	case len(w) == 0 || p.Flushes(lo, hi):
		return all
	case c.MSE:
		line := NewLine(w)
		if g, _ := line.LeastError(0, line.Cells(), p); g.Error(w) < all.Error(w) {
			return g
		}
		return all
	case c.Percentile != 0:
		return p.Fit(percentile(w, c.Percentile, p.Symmetric))
	}
	return all
}

// percentile returns the range that keeps p percent of w.
func percentile(w []float32, p float64, symmetric bool) (lo, hi float32) {
	out := float64(len(w)) * (100 - p) / 100 // how many are clipped
	if symmetric {
		absolute := make([]float32, len(w))
		for i, v := range w {
			absolute[i] = max(v, -v)
		}
		w, out = absolute, 2*out
	}
	k := min(int(math.RoundToEven(out/2)), len(w)-1)
	line := NewLine(w)
	hi = line.value(w, len(w)-1-k)
	if symmetric {
		return -hi, hi
	}
	return min(line.value(w, k), hi), hi
}

// value returns the value of which k of w are before it in ascending order; l is
// the line of w.
func (l *Line) value(w []float32, k int) float32 {
	rank := l.n[0] + float64(k)
	c, _ := slices.BinarySearchFunc(l.n[1:], rank, func(upTo, rank float64) int {
		if upTo <= rank {
			return -1
		}
		return 1
	})
	lo, hi := l.lo[c], l.hi[c]
	if lo == hi {
		return lo
	}
	var bin []float32
	for _, v := range w {
		if v >= lo && v <= hi {
			bin = append(bin, v)
		}
	}
	slices.Sort(bin)
	return bin[int(rank-l.n[c])]
}

// LeastError returns the grid with the least squared error on the run (i, j), as
// far as a search finds it, and that error.
//
// The ends of the range are drawn in, first both together and then each on its
// own, in steps of a fifth and then finer ones. For the best grid so far, and for
// those with other zero points nearby, the scale then becomes the one that suits
// the codes, until nothing is gained.
func (l *Line) LeastError(i, j int, p Params) (Grid, float64) {
	s := newClipSearch(l, i, j, p)
	s.drawAll(0.8, 20)
	s.drawAll(0.95, 3)
	s.drawAll(0.99, 3)
	s.polish()
	return s.best, s.least
}

// ClippedError returns about the error of [Line.LeastError], some times faster.
func (l *Line) ClippedError(i, j int, p Params) float64 {
	s := newClipSearch(l, i, j, p)
	s.drawAll(0.85, 10)
	return s.least
}

// A clipSearch looks for the range whose grid has the least error on a run.
type clipSearch struct {
	line   *Line
	i, j   int
	params Params
	lo, hi float64    // the range of all values
	kept   [2]float64 // how much of either end is left in the range of best
	best   Grid
	least  float64 // error of best
}

func newClipSearch(l *Line, i, j int, p Params) *clipSearch {
	lo, hi := l.Range(i, j)
	s := &clipSearch{line: l, i: i, j: j, params: p, lo: float64(lo), hi: float64(hi), kept: [2]float64{1, 1}, least: math.Inf(1)}
	s.try(p.Fit(lo, hi))
	return s
}

// try keeps g if it is better than the best so far.
func (s *clipSearch) try(g Grid) bool {
	e := s.line.Error(s.i, s.j, g.Levels())
	if e < s.least {
		s.best, s.least = g, e
		return true
	}
	return false
}

// drawAll draws in the ends of the range together and, where both matter, each on
// its own.
func (s *clipSearch) drawAll(ratio float64, steps int) {
	s.draw(ratio, steps, true, true)
	if s.lo < 0 && s.hi > 0 && !s.params.Symmetric {
		s.draw(ratio, steps, true, false)
		s.draw(ratio, steps, false, true)
	}
}

// draw multiplies ends by powers of ratio and of its inverse, as far as they then
// are within the range of all values.
func (s *clipSearch) draw(ratio float64, steps int, lower, upper bool) {
	from := s.kept
	for _, r := range []float64{ratio, 1 / ratio} {
		at := from
		for range steps {
			if lower {
				at[0] *= r
			}
			if upper {
				at[1] *= r
			}
			if at[0] > 1 || at[1] > 1 {
				break
			}
			if s.try(s.params.Fit(float32(s.lo*at[0]), float32(s.hi*at[1]))) {
				s.kept = at
			}
		}
	}
}

// polish improves the scale of the best grid and of those with neighbouring zero points.
func (s *clipSearch) polish() {
	better := true
	for round := 0; better && round < 8; round++ {
		better = false
		around := s.best
		for _, d := range []int32{0, -1, 1, -2, 2} {
			g := around
			g.Zero += d
			if lo, hi := g.Limits(); d != 0 && (s.params.Symmetric || g.Zero < lo || g.Zero > hi) {
				continue
			}
			for range 6 {
				scale := s.bestScale(g)
				if !(scale >= smallestNormal) || scale == g.Scale {
					break
				}
				g.Scale = scale
				better = s.try(g) || better
			}
		}
	}
}

// bestScale returns the scale of the least squared error for the codes that the
// values have on g: for codes c that is sum w (c-z) / sum (c-z)^2.
func (s *clipSearch) bestScale(g Grid) float32 {
	first, _ := g.Limits()
	var wc, cc float64
	s.line.Nearest(s.i, s.j, g.Levels(), func(k int, n, sum, _ float64) {
		c := float64(int32(k) + first - g.Zero)
		wc += float64(sum * c)
		cc += float64(float64(n*c) * c)
	})
	return float32(wc / cc)
}
