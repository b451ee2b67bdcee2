package split

import (
	"fmt"
	"math"

	"splitquant/core/quant"
)

// K is the number of parts of the paper's split: lower, middle and upper.
const K = 3

// A Division says where the rows of a weight divide into parts. [quant.Part]
// tells the part of a value: the first one if w <= t[0], otherwise the last one
// whose threshold w reaches. With three parts that is the paper's rule: lower w
// <= t[0], middle t[0] < w < t[1], upper w >= t[1].
type Division struct {
	// Bounds holds the thresholds for each row, or one set for all rows: one
	// threshold fewer than there are parts, ascending. A threshold that no value
	// reaches is +Inf.
	Bounds [][]float32
}

// Of returns the thresholds of a row.
func (d Division) Of(row int) []float32 { return d.Bounds[min(row, len(d.Bounds)-1)] }

// Parts returns the number of parts.
func (d Division) Parts() int { return len(d.Bounds[0]) + 1 }

// Grids lays a grid over every part of w by its smallest and largest value:
// grids[part] has one grid for all rows, or with perRow one for each.
func (d Division) Grids(w []float32, rows int, perRow bool, params quant.Params) [][]quant.Grid {
	grids := make([][]quant.Grid, d.Parts())
	ranges := make([]quant.Range, d.Parts())
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

// ClippedGrids is like Grids, with ranges found by clip.
func (d Division) ClippedGrids(w []float32, rows int, perRow bool, params quant.Params, clip quant.Clip) [][]quant.Grid {
	if clip == (quant.Clip{}) {
		return d.Grids(w, rows, perRow, params)
	}
	grids := make([][]quant.Grid, d.Parts())
	values := make([][]float32, d.Parts())
	n := len(w) / rows
	for r := range rows {
		t := d.Of(r)
		for _, v := range w[r*n : (r+1)*n] {
			p := quant.Part(v, t)
			values[p] = append(values[p], v)
		}
		if !perRow && r < rows-1 {
			continue
		}
		for p := range grids {
			grids[p] = append(grids[p], clip.Grid(values[p], params))
			values[p] = values[p][:0]
		}
	}
	return grids
}

// Encode writes the codes of every part of w to its own slice: codes[p][i] is the
// code of w[i] where that belongs to part p, and the zero point elsewhere. grids
// are as [Division.Grids] made them.
func (d Division) Encode(codes [][]uint8, w []float32, rows int, grids [][]quant.Grid) {
	n := len(w) / rows
	dst := make([][]uint8, d.Parts())
	for r := range rows {
		for p := range dst {
			dst[p] = codes[p][r*n : (r+1)*n]
		}
		quant.EncodeSplit(dst, w[r*n:(r+1)*n], d.Of(r), ofRow(grids, r))
	}
}

// Error returns the squared error of all parts on their grids, which are as
// [Division.Grids] made them.
func (d Division) Error(w []float32, rows int, grids [][]quant.Grid) float64 {
	n := len(w) / rows
	sum := 0.0
	for r := range rows {
		sum += quant.SplitError(w[r*n:(r+1)*n], d.Of(r), ofRow(grids, r))
	}
	return sum
}

// ofRow returns the grid of every part for a row.
func ofRow(grids [][]quant.Grid, row int) []quant.Grid {
	of := make([]quant.Grid, len(grids))
	for p, g := range grids {
		of[p] = g[min(row, len(g)-1)]
	}
	return of
}

// Mask copies to dst the elements of src whose value belongs to part, and clears
// the others: that part of a row in the weight's own type, bit for bit. values
// are those of src as float32, in the same order.
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

// divideRows calls divide for the number and the values of each row, and makes a
// Division of the thresholds it returns.
func divideRows(w []float32, rows, parts int, divide func(row []float32) ([]float32, error)) (Division, error) {
	d := Division{make([][]float32, rows)}
	n := len(w) / rows
	for r := range rows {
		t, err := divide(w[r*n : (r+1)*n])
		if err != nil {
			return Division{}, fmt.Errorf("row %d of %d: %w", r, rows, err)
		}
		d.Bounds[r] = fill(t, parts)
	}
	return d, nil
}

// fill adds thresholds that no value reaches where there are fewer distinct values
// than parts.
func fill(t []float32, parts int) []float32 {
	for len(t) < parts-1 {
		t = append(t, float32(math.Inf(1)))
	}
	return t
}
