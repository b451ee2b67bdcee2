package split

import (
	"fmt"
	"math"
	"slices"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// Palette returns a codebook of n free values, 1 to 256. Without scales they are
// the centres of the optimal k-means of w; with scales they start there and move
// to a local optimum in which every weight counts with the square of its scale.
// Rows and scales are those of [KMeansCodebook].
func Palette(w []float32, rows, n int) (*Codebook, error) {
	s, err := newScaled(w, rows)
	if err != nil {
		return nil, err
	}
	centers, err := s.centers(n)
	if err != nil {
		return nil, err
	}
	return s.codebook(centers), nil
}

// AlternatingPalette improves a [Palette] with scales: by turns the scale of each
// row becomes that of the least squared error, sum w t / sum t^2 over its weights
// w and their values t in the table, and the table is found anew.
func AlternatingPalette(w []float32, rows, n int) (*Codebook, error) {
	s, err := newScaled(w, rows)
	if err != nil {
		return nil, err
	}
	centers, err := s.centers(n)
	if err != nil {
		return nil, err
	}
	best := s.codebook(slices.Clone(centers))
	if rows == 1 {
		return best, nil
	}
	least := best.Error(w)
	for range maxRounds {
		s.rescale(best)
		centers = s.means(centers)
		c := s.codebook(slices.Clone(centers))
		e := c.Error(w)
		if !(e < least) {
			break
		}
		best, least = c, e
	}
	return best, nil
}

// centers returns the values of a palette.
func (s *scaled) centers(n int) ([]float32, error) {
	c, err := kmeans.Optimal(s.values, n)
	if err != nil {
		return nil, fmt.Errorf("palette of %d values: %w", n, err)
	}
	centers := make([]float32, len(c.Centers))
	for i, v := range c.Centers {
		centers[i] = float32(v)
	}
	if s.scales == nil {
		return centers, nil
	}
	if line := s.line(); n > 1 && n <= 16 && line.Cells() > n {
		centers = weightedCenters(line, n)
	}
	return s.means(centers), nil
}

// weightedCenters returns a start for means that is better than k-means without
// weights: the means of the n parts of a line whose squared distances to them are
// least, by a search that would take too long for many parts.
func weightedCenters(line *quant.Line, n int) []float32 {
	s := &search{line: line, k: n, cost: func(i, j int) float64 {
		n, s, q := line.Sums(i, j)
		return max(0, q-float64(s*s)/n)
	}}
	var centers []float32
	from := 0
	for _, e := range append(s.find(64).edges, line.Cells()) {
		n, s, _ := line.Sums(from, e)
		centers = append(centers, float32(s/n))
		from = e
	}
	return centers
}

// rescale gives each row the scale that suits the values it has in a codebook.
func (s *scaled) rescale(c *Codebook) {
	n := len(s.w) / len(s.scales)
	indices := make([]uint16, n)
	scales := slices.Clone(s.scales) // the codebook keeps the old ones
	for r := range scales {
		row := s.w[r*n : (r+1)*n]
		Indices(c, indices, row, r)
		var wt, tt float64
		for i, v := range row {
			t := float64(c.Table[indices[i]])
			wt += float64(float64(v) * t)
			tt += float64(t * t)
		}
		if scale := float32(wt / tt); scale > 0 && scales[r] > 0 {
			scales[r] = scale
		}
	}
	s.scales = scales
	s.divide()
}

// means moves each value of a table to the mean of what is nearest to it, until
// nothing is gained: Lloyd's algorithm, where each weight counts with the square
// of its scale.
func (s *scaled) means(table []float32) []float32 {
	line, least := s.line(), math.Inf(1)
	best := table
	for range maxRounds {
		e, from := 0.0, 0
		next := slices.Clone(table)
		for i := range table {
			x, to := float64(table[i]), line.Cells()
			if i < len(table)-1 {
				to = line.Edge((x+float64(table[i+1]))/2, from, to)
			}
			if to > from {
				n, s, q := line.Sums(from, to)
				e += max(0, q-float64(x*(2*s-float64(x*n))))
				next[i] = float32(s / n)
			}
			from = to
		}
		if !(e < least) {
			break
		}
		best, least, table = table, e, next
	}
	return best
}
