package quant

import (
	"math"

	"splitquant/core/tensor"
)

// Params say what kind of grid to lay over a range of weights.
type Params struct {
	// Bits is the width of a code: 2, 3, 4, 5, 6 or 8 where codes are stored.
	// Fit, Code and Value work for up to 24 bits.
	Bits      int
	Symmetric bool // zero point 0 and as many levels below it as above
}

// Type returns the integer type that stores the codes: the narrowest of 2, 4
// and 8 bits that holds them, unsigned for asymmetric grids, signed for symmetric.
func (p Params) Type() tensor.Type {
	switch {
	case p.Bits <= 2 && p.Symmetric:
		return tensor.Int2
	case p.Bits <= 2:
		return tensor.Uint2
	case p.Bits <= 4 && p.Symmetric:
		return tensor.Int4
	case p.Bits <= 4:
		return tensor.Uint4
	case p.Symmetric:
		return tensor.Int8
	}
	return tensor.Uint8
}

// Limits returns the smallest and the largest code: 0 and 2^b-1, or, symmetric,
// -(2^(b-1)-1) and 2^(b-1)-1.
func (p Params) Limits() (lo, hi int32) {
	if p.Symmetric {
		n := int32(1)<<(p.Bits-1) - 1
		return -n, n
	}
	return 0, int32(1)<<p.Bits - 1
}

// Fit lays the grid over the finite range from lo to hi, widened to contain 0,
// which always becomes a level:
//
//	asymmetric  s = (hi-lo) / (2^b-1),  z = round(-lo/s)
//	symmetric   s = max(-lo, hi) / (2^(b-1)-1),  z = 0
//
// The scale is a positive normal float32, and every level is finite: where the
// outermost one would overflow, the scale is that much smaller. A range without
// weights, or one that [Params.Flushes], gets scale 1 and zero point 0, on which
// all of it becomes 0.
func (p Params) Fit(lo, hi float32) Grid {
	g := Grid{Scale: 1, Bits: p.Bits, Symmetric: p.Symmetric}
	scale := float32(p.step(lo, hi))
	if !(scale >= smallestNormal && scale <= math.MaxFloat32) {
		return g
	}
	g.Scale = scale
	first, last := g.Limits()
	if !p.Symmetric {
		g.Zero = int32(math.RoundToEven(-min(float64(lo), 0) / float64(scale)))
	}
	steps := float64(max(last-g.Zero, g.Zero-first)) // from 0 to the outermost level
	if float64(scale)*steps > math.MaxFloat32 {
		g.Scale = math.Nextafter32(float32(math.MaxFloat32/steps), 0)
	}
	return g
}

// Flushes reports whether the weights of a range become 0 because they are so
// small, below about 10^-36, that their scale would not be a normal float32.
func (p Params) Flushes(lo, hi float32) bool {
	step := p.step(lo, hi)
	return step > 0 && float32(step) < smallestNormal
}

const smallestNormal = 0x1p-126

// step is the exact scale for a range, in float64, which no difference of two
// float32 overflows.
func (p Params) step(lo, hi float32) float64 {
	below, above := max(-float64(lo), 0), max(float64(hi), 0)
	first, last := p.Limits()
	if p.Symmetric {
		return max(below, above) / float64(last)
	}
	return (below + above) / float64(last-first)
}
