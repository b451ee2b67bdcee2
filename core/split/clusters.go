package split

import (
	"fmt"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// The codebooks below divide the values of a weight into clusters and lay 2^bits
// evenly spaced levels over each, which need not contain 0: in a table nothing
// has to be masked. With more than one row, every row has a scale, its largest
// absolute value, and the clusters are those of the values divided by it.
//
// The values must be finite.

// KMeansCodebook returns the codebook of clusters found by k-means, whose levels
// run from their smallest to their largest value.
func KMeansCodebook(w []float32, rows, parts, bits int) (*Codebook, error) {
	s, err := newScaled(w, rows)
	if err != nil {
		return nil, err
	}
	c, err := kmeans.Optimal(s.values, parts)
	if err != nil {
		return nil, fmt.Errorf("clustering: %w", err)
	}
	return s.codebook(s.ends(bounds(c), bits)), nil
}

// ResolutionCodebook returns the codebook of those clusters whose levels, from
// their smallest to their largest value, make the least squared error. It is
// never worse than that of [KMeansCodebook].
func ResolutionCodebook(w []float32, rows, parts, bits int) (*Codebook, error) {
	k, err := KMeansCodebook(w, rows, parts, bits)
	if err != nil {
		return nil, err
	}
	s, _ := newScaled(w, rows)
	line := s.line()
	edges := all(line)
	if line.Cells() > parts {
		search := &search{line: line, k: parts, cost: func(i, j int) float64 { return line.Error(i, j, span(line, i, j, bits)) }}
		edges = search.find(64).edges
	}
	if c := s.codebook(s.ends(thresholds(line, edges), bits)); c.Error(w) <= k.Error(w) {
		return c, nil
	}
	return k, nil
}

// span returns 2^bits levels from the smallest to the largest value of a run.
func span(line *quant.Line, i, j, bits int) quant.Levels {
	lo, hi := line.Range(i, j)
	return between(lo, hi, bits)
}

func between(lo, hi float32, bits int) quant.Levels {
	n := 1 << bits
	return quant.Levels{First: float64(lo), Step: (float64(hi) - float64(lo)) / float64(n-1), N: n}
}

// values returns the levels of all clusters.
func values(clusters []quant.Levels) []float32 {
	var table []float32
	for _, v := range clusters {
		for k := range v.N {
			table = append(table, float32(v.Value(k)))
		}
	}
	return table
}
