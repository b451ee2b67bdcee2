package calibrate

import (
	"math"

	"splitquant/core/quant"
)

// A Histogram counts values in bins of equal width on both sides of zero. The
// bins reach from -2^e to 2^e, with the smallest e that holds all values: when a
// larger one comes, e grows and bins are joined in pairs. So it does not depend on
// the order of the values nor on how they were grouped. The zero Histogram has
// seen none.
type Histogram struct {
	Min, Max  float32 // of the finite values
	N         int64   // finite values, zeros among them
	Zeros     int64   // which lie in no bin: every grid has them exactly
	NonFinite int64   // NaNs and infinities, which are counted nowhere else

	exp    int     // e above
	counts []int64 // from the lowest bin on; nil where there were only zeros
}

// side is the number of bins on each side of zero. Since half of the reach or
// more is used, the larger side has side/2 bins for its values at least: four
// for each step of 8 bits, where the range has one sign.
const side = 2048

// Add counts values.
func (h *Histogram) Add(values []float32) {
	lo, hi, finite := quant.MinMax(values)
	if !finite {
		values = h.dropNonFinite(values)
		lo, hi, _ = quant.MinMax(values)
	}
	if len(values) == 0 {
		return
	}
	h.widen(lo, hi, int64(len(values)))
	if h.counts == nil {
		h.Zeros += int64(len(values))
		return
	}
	scale := math.Ldexp(side, -h.exp)
	for _, v := range values {
		switch x := float64(v) * scale; {
		case v > 0:
			h.counts[side+int(x)]++
		case v < 0:
			h.counts[side-1-int(-x)]++
		default:
			h.Zeros++
		}
	}
}

// dropNonFinite counts NaNs and infinities and returns the other values.
func (h *Histogram) dropNonFinite(values []float32) []float32 {
	kept := make([]float32, 0, len(values))
	for _, v := range values {
		if v-v == 0 {
			kept = append(kept, v)
		} else {
			h.NonFinite++
		}
	}
	return kept
}

// widen makes room for n values from lo to hi.
func (h *Histogram) widen(lo, hi float32, n int64) {
	if h.N == 0 {
		h.Min, h.Max = lo, hi
	}
	h.Min, h.Max, h.N = min(h.Min, lo), max(h.Max, hi), h.N+n
	if largest := max(-lo, hi); largest > 0 {
		_, exp := math.Frexp(float64(largest)) // largest < 2^exp
		h.reach(exp)
	}
}

// reach joins bins until they reach to 2^exp.
func (h *Histogram) reach(exp int) {
	if h.counts == nil {
		h.counts, h.exp = make([]int64, 2*side), exp
	}
	if exp <= h.exp {
		return
	}
	shift := exp - h.exp
	h.exp = exp
	joined := make([]int64, 2*side)
	for i := range side {
		to := 0 // where more than all bins are one
		if shift < 64 {
			to = i >> shift
		}
		joined[side+to] += h.counts[side+i]
		joined[side-1-to] += h.counts[side-1-i]
	}
	h.counts = joined
}

// Merge counts what another histogram has counted.
func (h *Histogram) Merge(o *Histogram) {
	h.NonFinite += o.NonFinite
	if o.N == 0 {
		return
	}
	h.widen(o.Min, o.Max, o.N)
	h.Zeros += o.Zeros
	if o.counts == nil {
		return
	}
	widened := *o
	widened.reach(h.exp)
	for i, n := range widened.counts {
		h.counts[i] += n
	}
}

// A bin is one that holds values.
type bin struct {
	at float64 // its middle, or the nearest value seen
	n  float64
}

// bins lists those that hold values, in ascending order. Zeros are left out.
func (h *Histogram) bins() []bin {
	var all []bin
	width := math.Ldexp(1.0/side, h.exp)
	for i, n := range h.counts {
		if n > 0 {
			middle := (float64(i-side) + 0.5) * width
			all = append(all, bin{min(max(middle, float64(h.Min)), float64(h.Max)), float64(n)})
		}
	}
	return all
}
