// Package ort runs ONNX models in ONNX Runtime, natively, through a shared
// library that the user names. It is how the command line compares two models
// and how tests learn whether a written file means what it should.
//
//	s, err := ort.Open("model.onnx", ort.Options{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	out, err := s.Run(map[string]ort.Value{"x": ort.Float32(tensor.Shape{1, 4}, x)})
//
// The library is ONNX Runtime 1.24 or newer; [Find] says where it is looked
// for, [Load] names another. It needs cgo: without (js/wasm, CGO_ENABLED=0)
// the package compiles and every call that would need the library returns
// [ErrNotAvailable].
//
// A session computes in float32 where the model does. ONNX Runtime would
// otherwise fuse DequantizeLinear and MatMul to a kernel that rounds
// activations to 8 bits, and a comparison would measure that rounding too.
package ort
