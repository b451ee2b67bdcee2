package split

import (
	"errors"
	"slices"

	"splitquant/core/quant"
)

// A scaled weight is one whose rows are divided by their scales.
type scaled struct {
	w, scales []float32 // scales of more than one row
	values    []float32 // w divided by the scales
}

var errValues = errors.New("want one or more values, and finite ones")

// newScaled divides the rows of w by their largest absolute value if they are several.
func newScaled(w []float32, rows int) (*scaled, error) {
	if _, _, finite := quant.MinMax(w); !finite || len(w) == 0 {
		return nil, errValues
	}
	if rows == 1 {
		return &scaled{w, nil, w}, nil
	}
	s := &scaled{w, make([]float32, rows), nil}
	n := len(w) / rows
	for r := range s.scales {
		lo, hi, _ := quant.MinMax(w[r*n : (r+1)*n])
		s.scales[r] = max(-lo, hi)
	}
	s.divide()
	return s, nil
}

// divide works out the values for the scales.
func (s *scaled) divide() {
	s.values = slices.Grow(s.values[:0], len(s.w))[:len(s.w)]
	n := len(s.w) / len(s.scales)
	for r, scale := range s.scales {
		dst := s.values[r*n : (r+1)*n]
		if scale == 0 {
			clear(dst)
			continue
		}
		for i, v := range s.w[r*n : (r+1)*n] {
			dst[i] = v / scale
		}
	}
}

// line returns the distribution of the values.
func (s *scaled) line() *quant.Line {
	if s.scales == nil || slices.Max(s.scales) == 0 {
		return quant.NewLine(s.values)
	}
	return quant.NewScaledLine(s.w, s.scales)
}

// ends returns the levels of the clusters between thresholds, from end to end of each.
func (s *scaled) ends(thresholds []float32, bits int) []float32 {
	ranges := make([]quant.Range, len(thresholds)+1)
	quant.AddSplit(ranges, s.values, thresholds)
	var clusters []quant.Levels
	for _, r := range ranges {
		if r.N > 0 {
			clusters = append(clusters, between(r.Lo, r.Hi, bits))
		}
	}
	return values(clusters)
}

// codebook returns the codebook with the given levels.
func (s *scaled) codebook(levels []float32) *Codebook {
	return newCodebook(levels, s.scales, slices.Contains(s.w, 0))
}
