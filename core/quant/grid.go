package quant

import "splitquant/core/tensor"

// Params say what kind of grid to lay over a range of weights.
type Params struct {
	Bits      int  // width of a code: 2, 3, 4, 5, 6 or 8
	Symmetric bool // zero point 0 and as many levels below it as above
}

// Type returns the integer type that stores the codes: the narrowest of 2, 4
// and 8 bits that holds them, unsigned for asymmetric grids, signed for symmetric.
func (p Params) Type() tensor.Type { panic("coming") }

// Fit lays the grid over [lo, hi].
func (p Params) Fit(lo, hi float32) Grid { panic("coming") }

// Flushes reports whether the range is not empty and yet so narrow that its
// scale would not be a normal float32.
func (p Params) Flushes(lo, hi float32) bool { panic("coming") }

// A Grid is a set of evenly spaced levels: code c stands for Scale * (c - Zero).
type Grid struct {
	Scale     float32
	Zero      int32
	Bits      int
	Symmetric bool
}

// Limits returns the smallest and the largest code of the grid.
func (g Grid) Limits() (lo, hi int32) { panic("coming") }

// Code returns saturate(round_half_even(w / Scale) + Zero).
func (g Grid) Code(w float32) int32 { panic("coming") }

// Value returns Scale * (c - Zero) in float32.
func (g Grid) Value(c int32) float32 { panic("coming") }

// Encode writes the low bits of the code of each weight to dst, one to a byte.
func (g Grid) Encode(dst []uint8, w []float32) { panic("coming") }

// Decode writes the value of each code, given as [Grid.Encode] leaves them, to dst.
func (g Grid) Decode(dst []float32, codes []uint8) { panic("coming") }

// AddDecoded adds the value of each code to dst, in float32.
func (g Grid) AddDecoded(dst []float32, codes []uint8) { panic("coming") }
