package opset

import "splitquant/core/tensor"

// Packed describes a float tensor stored as packed integer codes in an
// initializer of type UINT8, for models whose opset has no type of 2 or 4 bits.
type Packed struct {
	// Codes names the initializer, of shape [bytes, 1]: the flattened tensor,
	// low bits first, the last byte filled up with zeros.
	Codes string
	Bits  int          // of a code: 2, 4 or 8
	Shape tensor.Shape // of Output

	// A value is (code - zero) * scale, with codes unsigned: who has signed
	// ones adds 2^(Bits-1) to code and zero. Scale and Zero hold one value for
	// the tensor, or one for every index of Axis; a nil Zero is zero.
	Scale, Zero []float32
	Axis        int

	Opset  int         // of the model, 7 or later
	Output string      // the value to make
	Type   tensor.Type // of Output's elements: a float type
}

// Unpack returns nodes of ai.onnx that turn p.Codes into p.Output, exactly, and
// the initializers they need (not p.Codes, which the caller has). Names are
// made from Output.
func Unpack(p Packed, names Namer) (Rewrite, error) {
	return Rewrite{}, nil
}
