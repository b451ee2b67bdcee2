// Package split is SplitQuant itself: it divides the values of a weight into
// parts, lower, middle and upper, so that every value goes unchanged to
// exactly one part and the parts add up to the weight (arXiv 2501.12428,
// section 3). Each part then gets a scale of its own.
//
// Weights come as rows: one row for a weight that is divided as a whole, or
// one for each output channel. [KMeans] finds where each row divides; a
// [Division] tells the part of any value, masks the bytes of a weight, and
// codes its parts on integer grids.
package split
