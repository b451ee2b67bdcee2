package quant

import "math"

// A Grid is a set of evenly spaced levels: code c stands for Scale * (c - Zero).
type Grid struct {
	Scale     float32
	Zero      int32
	Bits      int
	Symmetric bool
}

// Params returns what kind of grid g is.
func (g Grid) Params() Params { return Params{g.Bits, g.Symmetric} }

// Limits returns the smallest and the largest code of the grid.
func (g Grid) Limits() (lo, hi int32) { return g.Params().Limits() }

// Code returns saturate(round_half_even(w / Scale) + Zero), as ONNX defines
// QuantizeLinear, with the division in float32. A NaN gets the smallest code.
func (g Grid) Code(w float32) int32 {
	lo, hi := g.Limits()
	c := math.RoundToEven(float64(w/g.Scale)) + float64(g.Zero)
	switch {
	case c >= float64(hi):
		return hi
	case c >= float64(lo):
		return int32(c)
	}
	return lo
}

// Value returns Scale * (c - Zero) in float32, as ONNX defines DequantizeLinear.
func (g Grid) Value(c int32) float32 { return float32(c-g.Zero) * g.Scale }

// mask selects the bits of a code that are stored.
func (g Grid) mask() uint8 { return uint8(1<<g.Params().Type().Bits() - 1) }
