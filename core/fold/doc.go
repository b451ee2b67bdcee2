// Package fold puts into a layer's weight and bias what stands before or
// behind the layer and is no more than a factor and an offset for each channel.
//
// A batch normalisation in inference mode is y = gamma (x - mean) / sqrt(var +
// epsilon) + beta, that is a x + b with constants a and b ([BatchNorm]). Behind a
// layer with output channels i it disappears in the layer,
//
//	a_i (W_i x + c_i) + b_i  =  (a_i W_i) x + (a_i c_i + b_i)
//
// and before one with input channels j as well,
//
//	W_i (a x + b) + c_i  =  sum_j (W_ij a_j) x_j + (c_i + sum_j W_ij b_j)
//
// where no padding with zeros comes between the two. [Weight] and [Bias] compute
// the right-hand sides in float64 and round once, to the type of the weight.
//
// It matters to quantization because scales of a tensor cannot see a
// normalisation: rows that it will shrink to the size of others look large until
// it is folded in. Which nodes may be folded is for the reader of a format to
// say, in a [model.Fold].
package fold
