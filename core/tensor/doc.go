// Package tensor knows the numbers inside model files: their element types,
// shapes, and the bytes that hold them.
//
// A tensor is a [Type], a [Shape] and the bytes of its elements, little endian
// and row-major. [Float32s] decodes such bytes, whatever their type, and
// [PutFloat] encodes them again:
//
//	w := make([]float32, n)
//	err := tensor.Float32s(w, raw, tensor.Float16)
//
// Integers of 2 and 4 bits are handled one to a byte, as codes, and only
// become dense in [Pack], four or two to a byte, low bits first, over the
// flattened tensor without padding at the end of a row. That is how ONNX packs
// raw_data (onnx.proto, TensorProto.raw_data). [Unpack] is the inverse.
//
// What belongs to one output channel may lie scattered: [Shape.Axis] says how,
// [Runs] walks such a tensor in file order, and [SwapAxes] gathers each channel
// into one run and puts it back.
//
// Nothing in this package allocates for the data it works on.
package tensor
