// Package digits draws handwritten digits: a labelled data set that weighs
// nothing, because every image is computed from a seed and an index when it is
// asked for.
//
// A digit is drawn as a person draws it. One of a few ways to write it is
// chosen (a 4 open or closed, a 7 with or without its bar), as pen strokes whose
// control points then move a little; the whole is scaled, sheared, rotated and
// shifted; a pen of some width, softness and darkness follows the strokes; and
// the paper gets grain. All of it is random and none of it depends on anything
// but the seed and the index, so the images of one seed form an endless
// sequence that can be entered anywhere, and two seeds give two sets that have
// no image in common.
//
// The sample model public/samples/digits.onnx is trained on images of seed 1
// and measured on the first [TestCount] images of [TestSeed].
//
// The images are the same, byte for byte, on every platform. Only addition,
// multiplication, division and square root are used, whose results IEEE 754
// fixes; no product is fused with the addition after it; and what is left is
// rounded to bytes.
package digits
