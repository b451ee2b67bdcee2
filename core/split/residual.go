package split

import (
	"math"

	"splitquant/core/quant"
)

// Strategy residual divides the digits of a weight's code, not the weights
// (METHOD): a code Q and a zero point Z of 3b bits are numbers of three digits in
// base B = 2^b, Q = sum q_i B^i and Z = sum z_i B^i, so that
//
//	s (Q - Z) = sum s B^i (q_i - z_i)
//
// is the sum of three INT-b parts with scales s B^i and zero points z_i. They
// carry what one INT-3b weight carries, and a weight of 0 is 0 in each.
//
// Symmetric parts have no zero points and the digits -m to m, m = 2^(b-1)-1,
// which write the integers up to (B^3-1)/2 of either sign in the odd base B =
// 2m+1. These are fewer levels than INT-3b has: 27 of 63 at 2 bits, 3,375 of
// 4,095 at 4, 255^3 of 2^24-1 at 8.
//
// Part 0 has the last digits. The sums of the parts in their order are small
// until the last one, so that little is lost to float32.

// ResidualGrids returns the grids of the three parts of w: grids[part] has one
// grid for all rows, or with perRow one for each. The range is found by clip, but
// with more than 16 bits in all there is nothing to clip. The values must be
// finite.
func ResidualGrids(w []float32, rows int, perRow bool, params quant.Params, clip quant.Clip) [][]quant.Grid {
	whole := wide(params)
	if whole.Bits > 16 {
		clip = quant.Clip{}
	}
	if !perRow {
		rows = 1
	}
	grids := make([][]quant.Grid, K)
	n := len(w) / rows
	for r := range rows {
		row := w[r*n : (r+1)*n]
		lo, _, _ := quant.MinMax(row)
		for p, digit := range digitGrids(clip.Grid(row, whole), lo, params) {
			grids[p] = append(grids[p], digit)
		}
	}
	return grids
}

// ResidualGridsOf returns the grids of the three parts of a row whose smallest and
// largest value are known.
func ResidualGridsOf(lo, hi float32, params quant.Params) [K]quant.Grid {
	return digitGrids(wide(params).Fit(lo, hi), lo, params)
}

// wide are the parameters of the code whose digits the parts hold.
func wide(params quant.Params) quant.Params {
	return quant.Params{Bits: K * params.Bits, Symmetric: params.Symmetric}
}

// shorten rounds the scale of a 24-bit grid up to 16 bits. Then the product of a
// digit of 8 bits and its scale is exact in float32, which has 24: what the parts
// of a weight lose must not add up. Ranges near the largest float stay as they
// are.
func shorten(g quant.Grid, lo float32) quant.Grid {
	const rest = 1<<8 - 1
	short := math.Float32frombits((math.Float32bits(g.Scale) + rest) &^ rest)
	if float64(short)*0x1p24 > math.MaxFloat32 {
		return g
	}
	g.Scale = short
	if g.Zero != 0 {
		g.Zero = int32(math.RoundToEven(-float64(lo) / float64(short)))
	}
	return g
}

// digitGrids returns the grids of the digits of a whole grid over weights from lo
// on.
func digitGrids(whole quant.Grid, lo float32, params quant.Params) [K]quant.Grid {
	if whole.Bits == 24 && !whole.Symmetric {
		whole = shorten(whole, lo)
	}
	base, zeros := digits(params)
	scale, zero := whole.Scale, int(whole.Zero)
	if params.Symmetric {
		_, last := whole.Limits()
		scale = float32(float64(scale) * float64(last) / float64(zeros))
	}
	var grids [K]quant.Grid
	for p := range grids {
		grids[p] = quant.Grid{Scale: scale, Zero: int32(zero % base), Bits: params.Bits, Symmetric: params.Symmetric}
		scale *= float32(base)
		zero /= base
	}
	return grids
}

// digits returns the base, and what is added to symmetric codes so that all of
// their digits are from 0 on: the number whose digits are m.
func digits(params quant.Params) (base, zeros int) {
	first, last := params.Limits()
	base = int(last-first) + 1
	if params.Symmetric {
		zeros = (base*base*base - 1) / 2
	}
	return base, zeros
}

// EncodeResidual writes the codes of the three parts of w, low bits as
// [quant.Grid.Encode] has them. grids are as [ResidualGrids] made them.
func EncodeResidual(codes [][]uint8, w []float32, rows int, grids [][]quant.Grid) {
	n := len(w) / rows
	for r := range rows {
		encodeDigits(codes[0][r*n:], codes[1][r*n:], codes[2][r*n:], w[r*n:(r+1)*n], ofRow(grids, r))
	}
}

func encodeDigits(d0, d1, d2 []uint8, w []float32, grids []quant.Grid) {
	params := grids[0].Params()
	base, zeros := digits(params)
	first, _ := params.Limits()
	mask := uint8(1<<params.Type().Bits() - 1)
	for p, power := 0, 1; p < K; p, power = p+1, power*base {
		zeros += int(grids[p].Zero) * power
	}
	scale, zero, most := float64(grids[0].Scale), float64(zeros), float64(base*base*base-1)
	if !params.Symmetric {
		encodeBits(d0, d1, d2, w, params.Bits, scale, zero, most)
		return
	}
	b := uint32(base)
	for i, v := range w {
		q := uint32(min(max(math.RoundToEven(float64(v)/scale)+zero, 0), most))
		d0[i] = uint8(int32(q%b)+first) & mask
		q /= b
		d1[i] = uint8(int32(q%b)+first) & mask
		d2[i] = uint8(int32(q/b)+first) & mask
	}
}

// encodeBits is encodeDigits where the digits are bits of the code.
func encodeBits(d0, d1, d2 []uint8, w []float32, bits int, scale, zero, most float64) {
	// Adding 1.5 * 2^52 leaves no bits for a fraction: the addition rounds half to
	// even. What is too large for that is beyond all codes.
	const magic, far = 3 << 51, 1 << 40
	d0, d1, d2 = d0[:len(w)], d1[:len(w)], d2[:len(w)]
	mask, n, last := uint32(1)<<bits-1, uint(bits), int64(most)
	offset := int64(math.Float64bits(magic)) - int64(zero)
	for i, v := range w {
		x := min(max(float64(v)/scale, -far), far)
		q := uint32(min(max(int64(math.Float64bits(x+magic))-offset, 0), last))
		d0[i], d1[i], d2[i] = uint8(q&mask), uint8(q>>n&mask), uint8(q>>(2*n))
	}
}

// ResidualCoder returns a coder that makes the codes of [EncodeResidual], with grids
// that hold for all weights, by a table. It pays for codes of few bits: nil where
// that has too many steps.
func ResidualCoder(grids []quant.Grid, short bool) *quant.Coder {
	params := grids[0].Params()
	if params.Bits > 3 {
		return nil
	}
	base, _ := digits(params)
	first, _ := params.Limits()
	rank := func(w float32) (all int) {
		var d [K][1]uint8
		encodeDigits(d[0][:], d[1][:], d[2][:], []float32{w}, grids)
		for p := K - 1; p >= 0; p-- {
			all = all*base + int(d[p][0]-uint8(first))&(1<<params.Type().Bits()-1)
		}
		return all
	}
	codes := func(rank int) (all uint64) {
		for p := range K {
			all |= uint64(uint8(rank%base+int(first))&(1<<params.Type().Bits()-1)) << (quant.Lane * p)
			rank /= base
		}
		return all
	}
	return quant.NewRankCoder(params, short, rank, codes)
}
