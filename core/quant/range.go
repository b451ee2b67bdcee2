package quant

import "math"

// MinMax returns the smallest and the largest of values, and whether all of
// them are finite; if not, lo and hi mean nothing. -0 counts as 0. Without
// values it returns 0, 0, true.
func MinMax(values []float32) (lo, hi float32, finite bool) {
	if len(values) == 0 {
		return 0, 0, true
	}
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	i := 0
	for ; i+8 <= len(values); i += 8 {
		v := (*[8]float32)(values[i : i+8 : i+8])
		k0, k1, k2, k3 := key(v[0]), key(v[1]), key(v[2]), key(v[3])
		k4, k5, k6, k7 := key(v[4]), key(v[5]), key(v[6]), key(v[7])
		least = min(least, min(min(k0, k1), min(k2, k3)), min(min(k4, k5), min(k6, k7)))
		most = max(most, max(max(k0, k1), max(k2, k3)), max(max(k4, k5), max(k6, k7)))
	}
	for _, v := range values[i:] {
		least, most = min(least, key(v)), max(most, key(v))
	}
	finite = least >= key(-math.MaxFloat32) && most <= key(math.MaxFloat32)
	return unkey(least), unkey(most), finite
}

// IndexMagnitude returns the index of the first value that is most or -most, -1
// where there is none.
func IndexMagnitude(values []float32, most float32) int {
	want := uint64(math.Float32bits(most))
	// All bits but the sign, less those wanted, less 1: negative where equal.
	miss := func(v float32) uint64 { return (uint64(math.Float32bits(v)&^(1<<31)) ^ want) - 1 }
	i := 0
	for ; i+8 <= len(values); i += 8 {
		v := (*[8]float32)(values[i : i+8 : i+8])
		any := miss(v[0]) | miss(v[1]) | miss(v[2]) | miss(v[3]) | miss(v[4]) | miss(v[5]) | miss(v[6]) | miss(v[7])
		if any>>63 != 0 {
			break
		}
	}
	for ; i < len(values); i++ {
		if miss(values[i])>>63 != 0 {
			return i
		}
	}
	return -1
}

// key maps floats to integers in the same order, NaNs beyond the infinities.
// Integers of 64 bits have a minimum and a maximum without branches.
func key(f float32) int64 {
	b := int64(int32(math.Float32bits(f)))
	return b ^ int64(uint64(b>>63)>>33) // of a negative float all bits but the sign are turned round
}

// unkey is the inverse of key, but that -0 becomes 0.
func unkey(k int64) float32 {
	return math.Float32frombits(uint32(k^int64(uint64(k>>63)>>33))) + 0
}

// A Range is what must be known of some weights before a grid is laid over
// them. The zero Range has seen none.
type Range struct {
	Lo, Hi    float32 // smallest and largest, 0 when N is 0
	N         int64   // how many
	NonFinite bool    // one of them is NaN or infinite; then Lo and Hi mean nothing
}

// Add widens the range by the values w.
func (r *Range) Add(w []float32) {
	lo, hi, finite := MinMax(w)
	r.Merge(Range{lo, hi, int64(len(w)), !finite})
}

// Merge widens the range by what another one has seen.
func (r *Range) Merge(o Range) {
	if r.N == 0 {
		r.Lo, r.Hi = o.Lo, o.Hi
	} else if o.N != 0 {
		r.Lo, r.Hi = min(r.Lo, o.Lo), max(r.Hi, o.Hi)
	}
	r.N += o.N
	r.NonFinite = r.NonFinite || o.NonFinite
}
