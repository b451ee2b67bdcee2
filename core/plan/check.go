package plan

import (
	"context"
	"math"

	"splitquant/core/measure"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// chunk is how many weights are decoded and measured at a time: a multiple of
// 8, so that packed codes start on a byte.
const chunk = 1 << 16

// check decodes the packed parts again, as whoever runs the model will, and
// measures what they make of the weights, which are in the order of the file.
// What it reports comes from the very bytes that are handed out.
func (u *Unit) check(ctx context.Context, out *outcome, l *Learned, packed [][]byte, values []float32) error {
	if u.group > 0 {
		return u.checkGroups(ctx, out, l.Grids, packed, values)
	}
	size := min(chunk, len(values))
	codes, sum := make([]uint8, size), make([]float32, size)
	bits := u.params.Type().Bits()
	for at := 0; at < len(values); at += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(chunk, len(values)-at)
		clear(sum)
		for _, p := range u.order() {
			tensor.Unpack(codes[:n], packed[p][at*bits/8:], bits)
			u.addDecoded(sum[:n], codes[:n], at, l.Grids[p])
		}
		out.noise.Add(values[at:at+n], sum[:n])
		out.outlier.see(values[at:at+n], sum)
	}
	return nil
}

// addDecoded adds the values of codes to sum; the first code is that of weight
// number at.
func (u *Unit) addDecoded(sum []float32, codes []uint8, at int, grids []quant.Grid) {
	if len(grids) == 1 {
		grids[0].AddDecoded(sum, codes)
		return
	}
	_, dim, inner := u.Weight.Shape.Axis(u.layer.OutAxis)
	for c, r := range tensor.Runs(int64(at), len(codes), dim, inner) {
		grids[c].AddDecoded(sum[r.From:r.To], codes[r.From:r.To])
	}
}

// plainNoise measures what plain quantization makes of the weights, which lie
// in rows, and returns it with what becomes of the largest.
func plainNoise(rows []float32, grids []quant.Grid) (noise measure.Noise, o outlier) {
	n := len(rows) / len(grids)
	codes, values := make([]uint8, min(chunk, n)), make([]float32, min(chunk, n))
	for r, g := range grids {
		for row := rows[r*n : (r+1)*n]; len(row) > 0; row = row[min(chunk, len(row)):] {
			w := row[:min(chunk, len(row))]
			g.Encode(codes[:len(w)], w)
			g.Decode(values[:len(w)], codes[:len(w)])
			noise.Add(w, values[:len(w)])
			o.see(w, values)
		}
	}
	return noise, o
}

// outlier is the largest absolute weight and what becomes of it.
type outlier struct{ weight, kept float32 }

// see looks for a larger weight than the ones before; kept are the values
// that take the weights' place.
func (o *outlier) see(weights, kept []float32) {
	best := float32(math.Abs(float64(o.weight)))
	for i, w := range weights {
		if a := max(w, -w); a > best {
			best = a
			*o = outlier{w, kept[i]}
		}
	}
}
