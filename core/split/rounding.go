package split

import (
	"encoding/binary"
	"fmt"
	"math"

	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// A Rounding is the float form of strategy residual: P1 is W rounded to the
// nearest level of a b-bit grid, P2 is W - P1 rounded likewise, and P3 = W - P1 -
// P2 (METHOD). Part 0 is P3, part 1 is P2 and part 2 is P1; they are dense.
//
// Added up in this order, in the weight's own type, (P3 + P2) + P1 is W bit for
// bit, but that -0 becomes 0. The nearest level to W is 0 or between W/2 and 2W,
// and then the difference is exact (Sterbenz, "Floating-point computation",
// 1974), and so are both sums. Exceptions are only possible where a level is no
// number of the type and had to be rounded itself, or where levels near the
// largest float were drawn in. Every sum is therefore tried, and a weight for
// which it fails goes whole to P1.
//
// In any other order the sums round.
type Rounding struct {
	grids [2]quant.Grid
	t     tensor.Type
}

// NewRounding lays the grids over w, the finite values of a weight of float type t.
func NewRounding(w []float32, t tensor.Type, params quant.Params) (Rounding, error) {
	if !t.IsFloat() {
		return Rounding{}, fmt.Errorf("weights of type %v have no remainder; want a float type", t)
	}
	lo, hi, _ := quant.MinMax(w)
	r := Rounding{t: t}
	r.grids[0] = params.Fit(lo, hi)
	lo, hi = 0, 0
	for _, v := range w {
		rest := float32(float64(v) - r.level(0, float64(v)))
		lo, hi = min(lo, rest), max(hi, rest)
	}
	r.grids[1] = params.Fit(lo, hi)
	return r, nil
}

// Part writes one part of a weight to dst, both in the weight's own type: part 0
// is P3, part 1 P2, part 2 P1.
func (r Rounding) Part(dst, src []byte, part int) error {
	const piece = 4096
	size := r.t.Bits() / 8
	if len(dst) != len(src) || len(src)%size != 0 {
		return fmt.Errorf("%d bytes for a part of a weight of %d bytes of type %v", len(dst), len(src), r.t)
	}
	values := make([]float64, min(piece, len(src)/size))
	for len(src) > 0 {
		n := min(piece, len(src)/size)
		if err := read(values[:n], src[:n*size], r.t); err != nil {
			return err
		}
		for i, w := range values[:n] {
			values[i] = r.parts(w)[part]
		}
		if err := write(dst[:n*size], values[:n], r.t); err != nil {
			return err
		}
		dst, src = dst[n*size:], src[n*size:]
	}
	return nil
}

// parts returns P3, P2 and P1 of w.
func (r Rounding) parts(w float64) [K]float64 {
	p1 := r.level(0, w)
	rest := r.round(w - p1)
	p2 := r.level(1, rest)
	p3 := r.round(rest - p2)
	if r.round(r.round(p3+p2)+p1) != w {
		return [K]float64{0, 0, w}
	}
	return [K]float64{p3, p2, p1}
}

// level returns the level of a grid that is nearest to x, as a number of the type.
func (r Rounding) level(grid int, x float64) float64 {
	g := r.grids[grid]
	return r.round(float64(g.Value(g.Code(float32(x)))))
}

// round returns the number of the type that is nearest to x, an infinity where x
// is too large. Rounding a sum of two numbers of the type twice, first to
// float64, does no harm: that has more than twice as many digits (Figueroa, "When
// is double rounding innocuous?", 1995).
func (r Rounding) round(x float64) float64 {
	var fraction, lowest int // bits of the fraction, least exponent of a normal number
	largest := 0.0
	switch r.t {
	case tensor.Float16:
		fraction, lowest, largest = 10, -14, 65504
	case tensor.BFloat16:
		fraction, lowest, largest = 7, -126, 0x1.fep127
	case tensor.Float32:
		return float64(float32(x))
	default:
		return x
	}
	exponent := max(int(math.Float64bits(x)>>52&0x7ff)-1023, lowest)
	ulp := math.Float64frombits(uint64(exponent-fraction+1023) << 52)
	x = math.RoundToEven(x/ulp) * ulp
	if math.Abs(x) > largest {
		return math.Inf(1)
	}
	return x
}

// read decodes src, without the loss that float64 has in [tensor.Float32s].
func read(dst []float64, src []byte, t tensor.Type) error {
	if t == tensor.Float64 {
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		}
		return nil
	}
	values := make([]float32, len(dst))
	err := tensor.Float32s(values, src, t)
	for i, v := range values {
		dst[i] = float64(v)
	}
	return err
}

// write is the inverse of read.
func write(dst []byte, values []float64, t tensor.Type) error {
	if t == tensor.Float64 {
		for i, v := range values {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(v))
		}
		return nil
	}
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return tensor.PutFloat(dst, narrow, t)
}
