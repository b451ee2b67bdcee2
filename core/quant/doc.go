// Package quant knows integer grids: how a range of weights becomes a scale and
// a zero point, and weights become codes and come back.
//
// # Grids
//
// A [Grid] is a set of evenly spaced levels; code c stands for Scale*(c-Zero).
// [Params] say what kind of grid is wanted, and [Params.Fit] lays it over a
// range. The range is widened to contain 0 and the zero point is an integer, so
// that 0 stays exactly 0: the parts of a split hold 0 wherever a weight belongs
// to another part.
//
// [Grid.Code] and [Grid.Value] are ONNX's QuantizeLinear and DequantizeLinear,
// bit for bit, with float32 scales: the weight is divided by the scale (a product
// with its reciprocal would differ in ties), rounded half to even, saturated.
// [Grid.Encode] and [Grid.Decode] do the same for many weights, one code to a
// byte; tensor.Pack makes the bytes of a file of them:
//
//	lo, hi, finite := quant.MinMax(w)
//	p := quant.Params{Bits: 2}
//	g := p.Fit(lo, hi)
//	g.Encode(codes, w)
//	n := tensor.Pack(packed, codes, p.Type().Bits())
//
// # Splits
//
// A split puts each weight into one of several parts by thresholds ([Part]), and
// gives each part its own grid. [AddSplit] finds the range of every part and
// [EncodeSplit] codes all of them, without the parts ever being written out as
// floats. Ranges can be gathered piece by piece and merged in any order.
//
// # Many weights
//
// Where many weights have the same grids, a [Coder] makes their packed codes by a
// table of the upper 16 bits, and a [Decoder] measures what these stand for. They,
// [Bins] and [Range.AddBytes] take weights as files have them, float32 in little
// endian.
//
// # Clipping
//
// [MinMax] gives the range that clips nothing. A [Clip] finds a narrower one, by
// percentile or by the least squared error, and lays the grid:
//
//	clip, err := quant.ParseClip("percentile:99.9")
//	g := clip.Grid(w, p)
//
// The error of a grid is the sum of (w-w')^2. [Grid.Error] and [SplitError] take
// it from every weight. Searches, which try thousands of grids, take it from a
// [Line], the sorted weights with prefix sums: for the weights that go to level l
// it is
//
//	sum (w-l)^2 = sum w^2 - 2 l sum w + l^2 n
//
// and each of the three sums is a difference of two prefix sums.
//
// # Channels
//
// All of this works on runs of weights that share a grid: a tensor, a channel, a
// group. Where the weights of a channel do not follow each other, tensor.SwapAxes
// brings them together, codes and all back in their order; where they come in
// pieces, tensor.Runs tells which channel is where.
//
// Weights are expected to be finite; [Range] says when they are not. Nothing here
// depends on the platform, and only lines, clips, bins and tables allocate.
package quant
