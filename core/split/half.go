package split

import (
	"math"
	"slices"

	"splitquant/core/tensor"
)

// HalfScales rounds the scales to numbers that float16 holds, so that they cost
// 16 bits each and not 32. A power of two moves from the scales to the table,
// which changes nothing, to bring the largest scale near 1. Where the scales
// span more than float16's normal numbers do they stay as they are.
func (c *Codebook) HalfScales() {
	largest, least := float32(0), float32(math.Inf(1))
	for _, s := range c.Scales {
		largest = max(largest, s)
		if s != 0 {
			least = min(least, s)
		}
	}
	_, exp := math.Frexp(float64(largest))
	down, up := float32(math.Ldexp(1, -exp)), float32(math.Ldexp(1, exp))
	const normal = 1.0 / (1 << 14) // the smallest normal float16
	if largest == 0 || least*down < normal || !c.scalable(up) {
		return
	}
	scales := make([]float32, len(c.Scales))
	for i, s := range c.Scales {
		scales[i] = s * down
	}
	c.Scales = rounded(scales)
	for i := range c.Table {
		c.Table[i] *= up
	}
	for i := range c.cuts {
		c.cuts[i] *= up
	}
}

// scalable reports whether the table times a power of two is exact and finite.
func (c *Codebook) scalable(factor float32) bool {
	for _, values := range [...][]float32{c.Table, c.cuts} {
		for _, v := range values {
			if w := v * factor; w/factor != v || math.IsInf(float64(w), 0) && !math.IsInf(float64(v), 0) {
				return false
			}
		}
	}
	return true
}

// Halves reports whether float16 holds all of the scales as they are.
func Halves(scales []float32) bool { return slices.Equal(scales, rounded(scales)) }

// rounded returns values as float16 rounds them.
func rounded(values []float32) []float32 {
	half, back := make([]byte, 2*len(values)), make([]float32, len(values))
	if tensor.PutFloat(half, values, tensor.Float16) != nil || tensor.Float32s(back, half, tensor.Float16) != nil {
		panic("split: float16 is a float type") // no other error is possible: the lengths agree
	}
	return back
}
