package kmeans

import (
	"math"
	"slices"
)

// key maps a float32 to an integer of the same order. Adding zero turns -0 into
// +0, so that the two are one value.
func key(w float32) uint32 {
	b := math.Float32bits(w + 0)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// fromKey is the inverse of key.
func fromKey(key uint32) float32 {
	return math.Float32frombits(key ^ (uint32(^int32(key)>>31) | 1<<31))
}

// integer returns the signed integer m and the power of two ulp with w = m * ulp,
// where ulp is the distance of neighbouring float32 values in the binade of w.
func integer(w float32) (m int64, ulp float64) {
	b := math.Float32bits(w)
	m, e := int64(b&0x7fffff), int(b>>23&0xff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 23
	}
	if w < 0 {
		m = -m
	}
	return m, math.Float64frombits(uint64(e-150+1023) << 52)
}

// sortedKeys returns the keys of values, ascending.
func sortedKeys(values []float32) ([]uint32, error) {
	keys := make([]uint32, len(values))
	for i, w := range values {
		keys[i] = key(w)
	}
	keys = sortKeys(keys)
	if !finite(float64(fromKey(keys[0]))) || !finite(float64(fromKey(keys[len(keys)-1]))) {
		return nil, notFinite(values)
	}
	return keys, nil
}

// sortKeys sorts keys in place or into another slice, and returns that. From a
// few hundred keys on it is a radix sort with digits of 11, 11 and 10 bits.
func sortKeys(keys []uint32) []uint32 {
	const digit = 11
	if len(keys) < 512 {
		slices.Sort(keys)
		return keys
	}
	var at [3][1 << digit]int
	for _, k := range keys {
		at[0][k%(1<<digit)]++
		at[1][k>>digit%(1<<digit)]++
		at[2][k>>(2*digit)]++
	}
	to := make([]uint32, len(keys))
	for pass := range at {
		at, next := &at[pass], 0
		for d, n := range at {
			at[d] = next
			next += n
		}
		for _, k := range keys {
			d := k >> (pass * digit) % (1 << digit)
			to[at[d]] = k
			at[d]++
		}
		keys, to = to, keys
	}
	return keys
}
