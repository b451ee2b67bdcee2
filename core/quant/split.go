package quant

import "math"

// Part returns which of the len(thresholds)+1 parts of a split w belongs to:
// the first up to and including thresholds[0], each later one from its
// threshold, inclusive, to the next, exclusive. For two thresholds that is the
// paper's rule: lower w <= t0, middle t0 < w < t1, upper w >= t1. Thresholds do
// not decrease.
func Part(w float32, thresholds []float32) int {
	if len(thresholds) == 0 || w <= thresholds[0] {
		return 0
	}
	p := 1
	for _, t := range thresholds[1:] {
		if w >= t {
			p++
		}
	}
	return p
}

// cut returns the largest float32 in parts 0 to p, so that w lies in a later
// part where w > cut: one comparison for either side of the rule. It may be
// used as minuend: -0 is made 0, whose difference to 0 has no sign.
func cut(thresholds []float32, p int) float32 {
	c := thresholds[0] + 0
	for _, t := range thresholds[1 : p+1] {
		c = max(c, math.Nextafter32(t, float32(math.Inf(-1))))
	}
	return c
}

// AddSplit widens ranges[p] by those of the weights w that belong to part p.
// There is one range more than there are thresholds.
func AddSplit(ranges []Range, w, thresholds []float32) {
	const piece = 4096 // weights that stay in the fastest cache from one pass to the next
	for len(w) > piece {
		AddSplit(ranges, w[:piece], thresholds)
		w = w[piece:]
	}
	lo, hi, finite := MinMax(w)
	if !finite {
		for i, v := range w {
			ranges[Part(v, thresholds)].Add(w[i : i+1])
		}
		return
	}
	// The parts follow each other, so the smallest weight beyond a cut is the
	// smallest of the next part that has any.
	left := int64(len(w))
	for p := range thresholds {
		last, next, above := divide(w, cut(thresholds, p))
		if left > above {
			ranges[p].Merge(Range{Lo: lo, Hi: last, N: left - above})
			lo, left = next, above
		}
	}
	if left > 0 {
		ranges[len(thresholds)].Merge(Range{Lo: lo, Hi: hi, N: left})
	}
}

// divide returns the largest of the finite weights up to cut, the smallest
// beyond, and the number of those beyond. Where there are none of a kind, its
// extreme means nothing.
func divide(w []float32, cut float32) (last, next float32, above int64) {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	i := 0
	for ; i+8 <= len(w); i += 8 {
		v := (*[8]float32)(w[i : i+8 : i+8])
		k0, a0 := sink(v[0], cut)
		k1, a1 := sink(v[1], cut)
		k2, a2 := sink(v[2], cut)
		k3, a3 := sink(v[3], cut)
		k4, a4 := sink(v[4], cut)
		k5, a5 := sink(v[5], cut)
		k6, a6 := sink(v[6], cut)
		k7, a7 := sink(v[7], cut)
		above += a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7
		low = min(low, min(min(k0, k1), min(k2, k3)), min(min(k4, k5), min(k6, k7)))
		high = max(high, max(max(k0, k1), max(k2, k3)), max(max(k4, k5), max(k6, k7)))
	}
	for _, v := range w[i:] {
		k, a := sink(v, cut)
		above += a
		low, high = min(low, k), max(high, k)
	}
	return unkey(high), unkey(low + depth), above
}

// depth is more than any two keys differ by.
const depth = 1 << 40

// sink returns the key of w, and 1 and the key lowered by depth where w lies
// beyond cut. The smallest of such keys belongs to the smallest weight beyond
// the cut, the largest to the largest weight up to it.
func sink(w, cut float32) (k, above int64) {
	above = int64(beyond(w, cut))
	return key(w) - above*depth, above
}

// beyond is 1 where w > cut, 0 otherwise: the sign of a difference, which no
// processor needs a branch or a flag for.
func beyond(w, cut float32) uint32 { return math.Float32bits(cut-w) >> 31 }

// EncodeSplit writes every part of w to its own slice of codes: dst[p] gets the
// code on grids[p] of the weights of part p, and the zero point of that grid in
// all other places, low bits as [Grid.Encode] has them. There is one grid and
// one slice more than there are thresholds; the grids have equal Params, the
// slices as many elements as w and no memory in common. More than three parts
// take several times as long.
func EncodeSplit(dst [][]uint8, w, thresholds []float32, grids []Grid) {
	i := 0
	if len(dst) <= 3 {
		i = encodeSplit8(dst, w, thresholds, grids)
	}
	encodeSplitPlain(dst, i, w[i:], thresholds, grids)
}

// encodeSplit8 does the work of EncodeSplit for up to three parts and as many
// weights as eights go into, and returns how many that are.
func encodeSplit8(dst [][]uint8, w, thresholds []float32, grids []Grid) int {
	t, l := newSplitter(thresholds, grids), grids[0].limits()
	// Parts that do not exist go where the first one is written after them.
	d := [3][]uint8{dst[0], dst[0], dst[0]}
	copy(d[:], dst)
	d0, d1, d2 := d[0], d[1], d[2]
	i := 0
	for ; i+8 <= len(w); i += 8 {
		v := (*[8]float32)(w[i : i+8 : i+8])
		b0, b1, b2 := (*[8]uint8)(d0[i:i+8:i+8]), (*[8]uint8)(d1[i:i+8:i+8]), (*[8]uint8)(d2[i:i+8:i+8])
		c, x := t.codes(v[0])
		over := l.beyond(c)
		b2[0], b1[0], b0[0] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[1])
		over |= l.beyond(c)
		b2[1], b1[1], b0[1] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[2])
		over |= l.beyond(c)
		b2[2], b1[2], b0[2] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[3])
		over |= l.beyond(c)
		b2[3], b1[3], b0[3] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[4])
		over |= l.beyond(c)
		b2[4], b1[4], b0[4] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[5])
		over |= l.beyond(c)
		b2[5], b1[5], b0[5] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[6])
		over |= l.beyond(c)
		b2[6], b1[6], b0[6] = uint8(x>>16), uint8(x>>8), uint8(x)
		c, x = t.codes(v[7])
		over |= l.beyond(c)
		b2[7], b1[7], b0[7] = uint8(x>>16), uint8(x>>8), uint8(x)
		if over > l.span {
			encodeSplitPlain(dst, i, v[:], thresholds, grids)
		}
	}
	return i
}

// A splitter finds the part of a weight and the bytes of all three parts at once.
type splitter struct {
	lanes      [4]lane // by part; with four of them the index needs no check
	cut0, cut1 float32
	mask       uint32
}

type lane struct {
	rounder
	place uint32 // 1 in the byte of this part
	rest  uint32 // the zero points of the other parts, in theirs
}

func newSplitter(thresholds []float32, grids []Grid) splitter {
	never := float32(math.Inf(1))
	cuts := [2]float32{never, never}
	for p := range thresholds {
		cuts[p] = cut(thresholds, p)
	}
	t := splitter{cut0: cuts[0], cut1: cuts[1], mask: uint32(grids[0].mask())}
	for p, g := range grids {
		t.lanes[p] = lane{rounder: g.rounder(), place: 1 << (8 * p)}
		for q, other := range grids {
			if q != p {
				t.lanes[p].rest |= uint32(other.Zero) & t.mask << (8 * q)
			}
		}
	}
	return t
}

// codes is written to be inlined. It returns the code of w before saturation,
// and the stored codes of all parts, the first in the low byte.
func (t *splitter) codes(w float32) (code, bytes uint32) {
	l := &t.lanes[(beyond(w, t.cut0)+beyond(w, t.cut1))&3]
	code = l.code(w)
	return code, code&t.mask*l.place | l.rest
}

// encodeSplitPlain is EncodeSplit as it is defined, for weights whose codes
// start at dst[p][at].
func encodeSplitPlain(dst [][]uint8, at int, w, thresholds []float32, grids []Grid) {
	m := grids[0].mask()
	for i, v := range w {
		part := Part(v, thresholds)
		for p, d := range dst {
			d[at+i] = uint8(grids[p].Zero) & m
		}
		dst[part][at+i] = uint8(grids[part].Code(v)) & m
	}
}
