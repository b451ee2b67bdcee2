package split

import (
	"math"

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
	half := make([]byte, 2*len(c.Scales))
	scales := make([]float32, len(c.Scales))
	for i, s := range c.Scales {
		scales[i] = s * down
	}
	if tensor.PutFloat(half, scales, tensor.Float16) != nil || tensor.Float32s(scales, half, tensor.Float16) != nil {
		return
	}
	c.Scales = scales
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
