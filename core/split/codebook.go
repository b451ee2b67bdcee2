package split

import (
	"math"
	"slices"
)

// A Codebook is a table of values and stands for a weight by one index for each
// of its elements: the codebook form. Element i is Table[index[i]], or, with
// scales, that times the scale of its row.
type Codebook struct {
	Table  []float32 // ascending, each value once, at most 65,536
	Scales []float32 // nil, or one for each row; 0 for a row of zeros

	// cuts are the midpoints of neighbouring values, rounded down to float32, up
	// to one less than a power of two, filled with +Inf.
	cuts []float32
}

// newCodebook makes a table of levels. Where the weights have zeros, and an index
// of the same width has a place for one value more, 0 is added, so that a pruned
// weight stays pruned.
func newCodebook(levels, scales []float32, zeros bool) *Codebook {
	for i := range levels {
		levels[i] += 0 // -0 is 0
	}
	slices.Sort(levels)
	c := &Codebook{Table: slices.Compact(levels), Scales: scales}
	if at, ok := slices.BinarySearch(c.Table, 0); zeros && !ok && len(c.Table) < 1<<c.IndexBits() {
		c.Table = slices.Insert(c.Table, at, 0)
	}
	size := 1
	for size < len(c.Table) {
		size *= 2
	}
	c.cuts = slices.Repeat([]float32{float32(math.Inf(1))}, size-1)
	for i, v := range c.Table[1:] {
		middle := (float64(c.Table[i]) + float64(v)) / 2
		cut := float32(middle)
		if float64(cut) > middle {
			cut = math.Nextafter32(cut, float32(math.Inf(-1)))
		}
		c.cuts[i] = cut + 0 // -0 would have the wrong sign in index
	}
	return c
}

// IndexBits returns how many bits an index is stored in: 4 where the table has up
// to 16 values, 8 up to 256, otherwise 16.
func (c *Codebook) IndexBits() int {
	switch n := len(c.Table); {
	case n <= 16:
		return 4
	case n <= 256:
		return 8
	}
	return 16
}

// scale returns the scale of a row.
func (c *Codebook) scale(row int) float32 {
	if c.Scales == nil {
		return 1
	}
	return c.Scales[row]
}

// Indices writes the index of every weight of a row to dst, which has as many
// elements: that of the table's nearest value, of two equally near that of the
// smaller one. An index of 16 bits needs uint16.
func Indices[T uint8 | uint16](c *Codebook, dst []T, w []float32, row int) {
	scale := c.scale(row)
	if scale == 0 {
		clear(dst)
		return
	}
	half := (len(c.cuts) + 1) / 2
	for i, v := range w {
		u := v / scale
		n := 0
		for step := half; step > 0; step /= 2 {
			// The sign of the difference is 1 where u lies beyond the cut.
			n += step & -int(math.Float32bits(c.cuts[n+step-1]-u)>>31)
		}
		dst[i] = T(n)
	}
}

// Values writes what indices of a row stand for to dst, which has as many
// elements: the product in float32 of a value of the table and the scale, as
// Gather and Mul of ONNX give it.
func Values[T uint8 | uint16](c *Codebook, dst []float32, indices []T, row int) {
	scale := c.scale(row)
	for i, n := range indices {
		dst[i] = c.Table[n] * scale
	}
}

// Error returns the squared error of the codebook for w, which has as many
// equally long rows as there are scales.
func (c *Codebook) Error(w []float32) float64 {
	rows := max(1, len(c.Scales))
	n := len(w) / rows
	var indices [4096]uint16
	var values [4096]float32
	sum := 0.0
	for r := range rows {
		for row := w[r*n : (r+1)*n]; len(row) > 0; {
			piece := row[:min(len(row), len(values))]
			Indices(c, indices[:len(piece)], piece, r)
			Values(c, values[:], indices[:len(piece)], r)
			for i, v := range piece {
				d := float64(v) - float64(values[i])
				sum += float64(d * d)
			}
			row = row[len(piece):]
		}
	}
	return sum
}
