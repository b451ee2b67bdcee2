package split

import (
	"fmt"
	"math"
	"slices"

	"splitquant/core/kmeans"
)

// Palette returns a codebook of n free values, 1 to 256: the centres of the optimal
// k-means of w, or, with more than one row, of its values divided by
// the scale of their row, its largest absolute value. The values must be finite.
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

// AlternatingPalette improves a [Palette] with scales: by turns the values of the
// table become the means of the values they stand for, and the scale of each
// row that of the least squared error, sum w t / sum t^2 over its weights w and
// their values t in the table.
func AlternatingPalette(w []float32, rows, n int) (*Codebook, error) {
	s, err := newScaled(w, rows)
	if err != nil {
		return nil, err
	}
	centers, err := s.centers(n)
	if err != nil || rows == 1 {
		return s.codebook(centers), err
	}
	best := s.codebook(centers)
	least := best.Error(w)
	for range maxRounds {
		centers = s.means(centers)
		s.rescale(centers)
		c := s.codebook(centers)
		e := c.Error(w)
		if !(e < least) {
			break
		}
		best, least = c, e
	}
	return best, nil
}

func (s *scaled) centers(n int) ([]float32, error) {
	c, err := kmeans.Optimal(s.values, n)
	if err != nil {
		return nil, fmt.Errorf("palette of %d values: %w", n, err)
	}
	centers := make([]float32, len(c.Centers))
	for i, v := range c.Centers {
		centers[i] = float32(v)
	}
	return centers, nil
}

// means moves each value of a table to the mean of what is nearest to it, until
// nothing is gained: Lloyd's algorithm, where each weight counts with the square of
// its scale.
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

// rescale gives each row the scale that suits a table best.
func (s *scaled) rescale(table []float32) {
	c := newCodebook(slices.Clone(table), s.scales, false)
	n := len(s.w) / len(s.scales)
	indices := make([]uint16, n)
	scales := slices.Clone(s.scales)
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
