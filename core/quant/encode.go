package quant

import "math"

// The loops of this package run over every weight of a model, in WebAssembly
// too, where each turn of a loop and each branch is dear. So they take eight
// weights a turn, through pointers to arrays (a slice with constant length and
// capacity needs one check and no pointer arithmetic), use no tables as long as
// the row of a small layer, and leave saturation, which a grid fitted to its
// weights hardly needs, to a second look at the eight.

// magic is 1.5 * 2^23. Adding it to a float32 below 2^22 in magnitude leaves
// no bits for a fraction, so that the addition rounds half to even, and the sum
// less magicBits, as integers, is the rounded number. Larger numbers, infinities
// and NaNs give integers beyond any code.
const (
	magic     = 3 << 22
	magicBits = 0x4b400000
)

// A rounder turns weights into codes that are not saturated yet.
type rounder struct {
	scale  float32
	offset uint32 // magicBits less the zero point
}

func (g Grid) rounder() rounder { return rounder{g.Scale, magicBits - uint32(g.Zero)} }

// code is written to be inlined. The result is an int32 in two's complement.
func (r *rounder) code(w float32) uint32 {
	return math.Float32bits(float32(w/r.scale)+magic) - r.offset
}

// limits tell codes that must be saturated from others by a few instructions.
type limits struct {
	lo   uint32 // smallest code, in two's complement
	odd  uint32 // 1 where the largest code less the smallest is 2^b-2 and not 2^b-1
	span uint32 // 2^b-1
}

func (g Grid) limits() limits {
	lo, hi := g.Limits()
	span := uint32(1)<<g.Bits - 1
	return limits{uint32(lo), span - uint32(hi-lo), span}
}

// beyond returns bits that exceed l.span where c must be saturated. The results
// for several codes can be joined by |.
func (l *limits) beyond(c uint32) uint32 {
	c -= l.lo
	return c | (c + l.odd)
}

// Encode writes the low bits of the code of each weight to dst, one code to a
// byte: the code itself, or, symmetric, its two's complement in as many bits as
// g.Params().Type() has. dst has as many elements as w.
func (g Grid) Encode(dst []uint8, w []float32) {
	r, l, m := g.rounder(), g.limits(), g.mask()
	i := 0
	for ; i+8 <= len(w); i += 8 {
		d, v := (*[8]uint8)(dst[i:i+8:i+8]), (*[8]float32)(w[i:i+8:i+8])
		c0, c1, c2, c3 := r.code(v[0]), r.code(v[1]), r.code(v[2]), r.code(v[3])
		c4, c5, c6, c7 := r.code(v[4]), r.code(v[5]), r.code(v[6]), r.code(v[7])
		d[0], d[1], d[2], d[3] = uint8(c0)&m, uint8(c1)&m, uint8(c2)&m, uint8(c3)&m
		d[4], d[5], d[6], d[7] = uint8(c4)&m, uint8(c5)&m, uint8(c6)&m, uint8(c7)&m
		if l.beyond(c0)|l.beyond(c1)|l.beyond(c2)|l.beyond(c3)|
			l.beyond(c4)|l.beyond(c5)|l.beyond(c6)|l.beyond(c7) > l.span {
			g.encodePlain(d[:], v[:])
		}
	}
	g.encodePlain(dst[i:], w[i:])
}

// encodePlain is Encode as it is defined.
func (g Grid) encodePlain(dst []uint8, w []float32) {
	m := g.mask()
	for i, v := range w {
		dst[i] = uint8(g.Code(v)) & m
	}
}

// Decode writes the value of each code, given as [Grid.Encode] leaves them, to
// dst, which has as many elements as codes.
func (g Grid) Decode(dst []float32, codes []uint8) {
	u := g.decoder()
	i := 0
	for ; i+8 <= len(codes); i += 8 {
		d, c := (*[8]float32)(dst[i:i+8:i+8]), (*[8]uint8)(codes[i:i+8:i+8])
		d[0], d[1], d[2], d[3] = u.value(c[0]), u.value(c[1]), u.value(c[2]), u.value(c[3])
		d[4], d[5], d[6], d[7] = u.value(c[4]), u.value(c[5]), u.value(c[6]), u.value(c[7])
	}
	for ; i < len(codes); i++ {
		dst[i] = u.value(codes[i])
	}
}

// AddDecoded adds the value of each code to dst, in float32. Called for the
// parts of a split in their order it gives what the sum of their
// DequantizeLinear gives.
func (g Grid) AddDecoded(dst []float32, codes []uint8) {
	u := g.decoder()
	i := 0
	for ; i+8 <= len(codes); i += 8 {
		d, c := (*[8]float32)(dst[i:i+8:i+8]), (*[8]uint8)(codes[i:i+8:i+8])
		d[0] += u.value(c[0])
		d[1] += u.value(c[1])
		d[2] += u.value(c[2])
		d[3] += u.value(c[3])
		d[4] += u.value(c[4])
		d[5] += u.value(c[5])
		d[6] += u.value(c[6])
		d[7] += u.value(c[7])
	}
	for ; i < len(codes); i++ {
		dst[i] += u.value(codes[i])
	}
}

// A decoder turns stored codes into values without converting integers to
// floats: below 2^23 the bits of 2^23 + n are those of 2^23 plus n.
type decoder struct {
	sign  uint8   // the sign bit of a signed code, whose flipping adds its weight
	base  float32 // 2^23 plus that weight plus the zero point
	scale float32
}

func (g Grid) decoder() decoder {
	sign := uint8(0)
	if g.Symmetric {
		sign = g.mask()/2 + 1
	}
	return decoder{sign, float32(1<<23 + int32(sign) + g.Zero), g.Scale}
}

// value is written to be inlined. The outer conversion keeps the product from
// being fused with an addition.
func (u *decoder) value(c uint8) float32 {
	return float32((math.Float32frombits(0x4b000000|uint32(c^u.sign)) - u.base) * u.scale)
}
