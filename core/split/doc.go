// Package split is SplitQuant itself: it divides a weight into parts that add up
// to it, so that each part can be quantized on a grid of its own (Song and Lin,
// "SplitQuant: Layer Splitting for Low-Bit Neural Network Quantization", arXiv
// 2501.12428, section 3).
//
// Weights come as rows of equal length: one row for a weight that is divided as a
// whole, one for each output channel, or one for each group of input weights.
// Values are finite; plan refuses others before.
//
// # Dividing by value
//
// A [Division] puts every value, unchanged, into exactly one part, by thresholds:
// lower, middle and upper. Two strategies find them.
//
//	d, clusters, err := split.KMeans(w, rows)                    // the paper's
//	d, err := split.Resolution(w, rows, 3, params, quant.Clip{}) // ours
//
// [KMeans] minimises the squared distance of the values to the means of their
// parts. [Resolution] minimises what the split is for, the squared error of the
// parts on their grids. For a part P with levels l_0 < l_1 < ... that is
//
//	E(P) = sum over k of (sum w^2 - 2 l_k sum w + l_k^2 n)
//
// where the inner sums run over the n values of P that are nearest to l_k. On
// the sorted line of values (quant.Line) they are differences of prefix sums,
// and E costs a few steps for each level. The error of a division is
//
//	E(lower) + E(middle) + E(upper)
//
// and each term depends on two thresholds at most: the best of all candidate
// thresholds is found by dynamic programming, and then moved until no step of a
// single value pays.
//
// A division gives the grids, the codes, and the parts in the weight's own type:
//
//	grids := d.Grids(w, rows, perRow, params)
//	d.Encode(codes, w, rows, grids)
//	d.Mask(dst, src, values, row, part)
//
// # Dividing by digits
//
// Strategy residual leaves no weight out of any part. Code Q and zero point Z of
// an INT-3b grid are written in base B = 2^b, and part i is s B^i (q_i - z_i):
// see [ResidualGrids] and [EncodeResidual]. Its float form, which other
// quantizers work on, is [Rounding]: a part for the nearest levels, one for what
// they leave, and one for the rest, whose sum is the weight bit for bit.
//
// # One tensor instead of three
//
// As every weight is in one part only, the three parts fit in one tensor of
// indices and a table of at most parts * 2^b values: a [Codebook]. Nothing is
// masked there, so that the levels of a cluster need not contain 0.
//
//	c, err := split.KMeansCodebook(w, rows, 3, 2)     // from end to end of the paper's clusters
//	c, err := split.ResolutionCodebook(w, rows, 3, 2) // of the clusters with the least error
//	c, err := split.FittedCodebook(w, rows, 4, 2)     // first level and step fitted as well
//	c, err := split.Palette(w, rows, 16)              // free values, for comparison
//
// For a cluster whose values w_i are nearest to levels a + d k_i, the fitted a
// and d are those of the straight line through the points (k_i, w_i):
//
//	d = (n sum k w - sum k sum w) / (n sum k^2 - (sum k)^2),  a = (sum w - d sum k) / n
//
// With more than one row every row has a scale s, its largest absolute value, in
// front of the shared table. Each w/s then counts with the weight s^2, so that
// what is minimised is still the error of w.
//
// # Always the same
//
// The same weights give the same result on every processor: sums are taken in the
// order of the values or of the file, no product is left for a compiler to
// fuse into a sum, and nothing is random.
package split
