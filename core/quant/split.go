package quant

// Part returns which of the len(thresholds)+1 parts of a split w belongs to:
// the first up to and including thresholds[0], each later one from its
// threshold, inclusive, to the next, exclusive. For two thresholds that is the
// paper's rule: lower w <= t0, middle t0 < w < t1, upper w >= t1. Thresholds do
// not decrease.
func Part(w float32, thresholds []float32) int { panic("coming") }

// AddSplit widens ranges[p] by those of the weights w that belong to part p.
// There is one range more than there are thresholds.
func AddSplit(ranges []Range, w, thresholds []float32) { panic("coming") }

// EncodeSplit writes every part of w to its own slice of codes: dst[p] gets the
// code on grids[p] of the weights of part p, and the zero point in all other places.
func EncodeSplit(dst [][]uint8, w, thresholds []float32, grids []Grid) { panic("coming") }
