// Package model says what a model file is to us, whatever its format: tensors
// that can be read by range, the layers that use them as weights, and, after a
// run, the tensors that take their place.
//
// A format package (onnx, ...) opens a file as a [Model]; plan decides what
// happens to each layer; the format package writes the file again with the
// [Change]s applied and everything else byte for byte as it was.
package model
