// Package calibrate finds the ranges that static quantization rounds activations
// by: it runs a model on some data and watches the values in between.
//
// The values are watched in a file that gives them out as outputs of its own, as
// [splitquant/core/onnx.WriteOptions] writes it, in whatever runs it. Of each a
// [Histogram] is kept, which takes the same memory for ten rows as for a million.
//
//	values := file.Values()
//	watched := … // a model with calibrate.Outputs(values) as outputs
//	seen, err := calibrate.Run(ctx, watched, values, rows, nil)
//	…
//	ranges := seen.Ranges(calibrate.Method{Clip: quant.Clip{MSE: true}}, 8)
//
// # Which range
//
// A range that holds all values seen (min/max) clips nothing and has the widest
// steps; a narrower one trades clipped outliers for finer steps. A [Method] cuts
// a percentile off, or searches for the range with the least squared error, or for
// the one that changes the distribution of the values least, in the sense of
// Kullback and Leibler (S. Migacz, 8-bit inference with TensorRT, GTC 2017).
//
// # Activation splitting
//
// An activation that is cut into three chunks of channels has a range for each
// beside that of the whole. The chunks lie inside of the whole, so that their
// steps are at most as wide.
package calibrate
