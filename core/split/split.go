package split

import (
	"fmt"
	"math"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
)

// K is the number of parts: lower, middle and upper.
const K = 3

// A Division says where the rows of a weight divide into K parts. [quant.Part]
// tells the part of a value: lower if w <= t[0], upper if w >= t[1], and
// middle otherwise.
type Division struct {
	// Bounds holds K-1 thresholds for each row, or one set for all rows. A
	// threshold that no value reaches is +Inf.
	Bounds [][]float32
}

// Of returns the thresholds of a row.
func (d Division) Of(row int) []float32 { return d.Bounds[min(row, len(d.Bounds)-1)] }

// KMeans divides each of the equally long rows of w at the midpoints between
// the centres of the optimal 3-means of its values (METHOD, strategy kmeans;
// arXiv 2501.12428, with the optimum in place of Lloyd's iteration). The
// clusterings come with the division, for figures. The values must be finite.
func KMeans(w []float32, rows int) (Division, []kmeans.Clustering, error) {
	d := Division{Bounds: make([][]float32, rows)}
	clusters := make([]kmeans.Clustering, rows)
	n := len(w) / rows
	for r := range rows {
		c, err := kmeans.Optimal(w[r*n:(r+1)*n], K)
		if err != nil {
			return Division{}, nil, fmt.Errorf("clustering row %d of %d: %w", r, rows, err)
		}
		clusters[r], d.Bounds[r] = c, c.Boundaries()
		for len(d.Bounds[r]) < K-1 { // fewer than K distinct values
			d.Bounds[r] = append(d.Bounds[r], float32(math.Inf(1)))
		}
	}
	return d, clusters, nil
}

// Grids lays a grid over every part of w: grids[part] has one grid for all
// rows, or with perRow one for each.
func (d Division) Grids(w []float32, rows int, perRow bool, params quant.Params) [][]quant.Grid {
	grids := make([][]quant.Grid, K)
	ranges := make([]quant.Range, K)
	n := len(w) / rows
	for r := range rows {
		quant.AddSplit(ranges, w[r*n:(r+1)*n], d.Of(r))
		if !perRow && r < rows-1 {
			continue
		}
		for p := range grids {
			grids[p] = append(grids[p], params.Fit(ranges[p].Lo, ranges[p].Hi))
		}
		clear(ranges)
	}
	return grids
}

// Encode writes the codes of every part of w to its own slice: codes[p][i] is
// the code of w[i] where that belongs to part p, and the zero point elsewhere.
// grids are as [Division.Grids] made them.
func (d Division) Encode(codes [][]uint8, w []float32, rows int, grids [][]quant.Grid) {
	n := len(w) / rows
	dst, row := make([][]uint8, K), make([]quant.Grid, K)
	for r := range rows {
		for p := range K {
			dst[p] = codes[p][r*n : (r+1)*n]
			row[p] = grids[p][min(r, len(grids[p])-1)]
		}
		quant.EncodeSplit(dst, w[r*n:(r+1)*n], d.Of(r), row)
	}
}

// Mask copies to dst the elements of src whose value belongs to part, and
// clears the others: that part of a row in the weight's own type, bit for bit.
// values are those of src as float32, in the same order.
func (d Division) Mask(dst, src []byte, values []float32, row, part int) {
	if len(values) == 0 {
		return
	}
	size, t := len(src)/len(values), d.Of(row)
	for i, w := range values {
		at := i * size
		if quant.Part(w, t) == part {
			copy(dst[at:at+size], src[at:])
		} else {
			clear(dst[at : at+size])
		}
	}
}
