package quant

import (
	"encoding/binary"
	"math"
)

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

// IndexMagnitude returns the index of the first of some weights that is most or
// -most, -1 where there is none. The weights are float32 as files have them, little
// endian.
func IndexMagnitude(w []byte, most float32) int {
	const (
		pair = 1<<32 | 1
		sign = pair << 31
	)
	want := uint64(math.Float32bits(most)) * pair
	// Of two weights at once: all bits but the sign, less those wanted, less 1. A sign
	// appears where they are equal.
	miss := func(two []byte) uint64 { return binary.LittleEndian.Uint64(two)&^sign ^ want - pair }
	i := 0
	for ; i+32 <= len(w); i += 32 {
		v := (*[32]byte)(w[i : i+32 : i+32])
		if (miss(v[0:])|miss(v[8:])|miss(v[16:])|miss(v[24:]))&sign != 0 {
			break
		}
	}
	for ; i+4 <= len(w); i += 4 {
		if binary.LittleEndian.Uint32(w[i:])&^(1<<31) == uint32(want) {
			return i / 4
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

// AddBytes widens the range by weights that are float32 as files have them, little
// endian.
func (r *Range) AddBytes(w []byte) {
	const sign, infinite = 1 << 31, 0x7f800000
	if len(w) == 0 {
		return
	}
	// As integers, the largest with a sign is the largest weight, the largest without
	// one the smallest; but where all weights have the same sign, that is found by the
	// smallest without one.
	var hi, lo int64 = math.MinInt64, math.MinInt64
	rest := w
	for ; len(rest) >= 32; rest = rest[32:] {
		v := (*[32]byte)(rest)
		b0, b1, b2, b3 := bitsAt(v[0:]), bitsAt(v[4:]), bitsAt(v[8:]), bitsAt(v[12:])
		b4, b5, b6, b7 := bitsAt(v[16:]), bitsAt(v[20:]), bitsAt(v[24:]), bitsAt(v[28:])
		lo = max(lo, max(max(int64(b0), int64(b1)), max(int64(b2), int64(b3))), max(max(int64(b4), int64(b5)), max(int64(b6), int64(b7))))
		hi = max(hi, max(max(int64(int32(b0)), int64(int32(b1))), max(int64(int32(b2)), int64(int32(b3)))),
			max(max(int64(int32(b4)), int64(int32(b5))), max(int64(int32(b6)), int64(int32(b7)))))
	}
	for ; len(rest) >= 4; rest = rest[4:] {
		lo, hi = max(lo, int64(bitsAt(rest))), max(hi, int64(int32(bitsAt(rest))))
	}
	nonFinite := lo >= sign|infinite || hi >= infinite
	if lo < sign || hi < 0 {
		least := uint32(math.MaxUint32)
		for rest := w; len(rest) >= 4; rest = rest[4:] {
			least = min(least, bitsAt(rest))
		}
		if lo < sign {
			lo = int64(least)
		} else {
			hi = int64(least)
		}
	}
	r.Merge(Range{math.Float32frombits(uint32(lo)) + 0, math.Float32frombits(uint32(hi)) + 0, int64(len(w) / 4), nonFinite})
}

func bitsAt(w []byte) uint32 { return binary.LittleEndian.Uint32(w) }

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
