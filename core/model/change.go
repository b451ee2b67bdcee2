package model

import (
	"io"

	"splitquant/core/tensor"
)

// A Change replaces one weight, in every layer that uses it. The writer of a
// format turns it into whatever that format needs.
type Change struct {
	Weight *Tensor
	// Parts are the tensors whose sum stands for the weight: one (plain
	// quantization) or several, which are added in this order, in pairs: the
	// first two, then each of the others to that.
	Parts []Stored
	// Form says how the parts are used: FormLayers or FormSummed. With one
	// part they are the same.
	Form Form
	// Biases are the split biases, one entry per layer of the model that uses
	// Weight and whose bias was split, by index into Model.Layers; each has as
	// many tensors as Parts, of the type and shape of the layer's bias. A
	// layer without an entry keeps its bias in one piece, in its first branch.
	Biases map[int][]Stored
	// Folded says that Parts stand for the weight with the Fold of its layers
	// in it: the nodes that are folded in go. Biases then has an entry for every
	// layer that has a bias, of the shape that its Fold says: as many tensors
	// as Parts, or one for a bias that stays in one piece.
	Folded bool
}

// Form is how the parts of a weight enter the computation.
type Form string

const (
	// FormLayers gives every part a copy of the layer; the copies' outputs are added.
	FormLayers Form = "layers"
	// FormSummed adds the parts and gives the sum to the layer as it was.
	FormSummed Form = "summed"
	// FormCodebook has one part, with a Table: the layer gets the table's
	// values at the codes.
	FormCodebook Form = "codebook"
	// FormMatMulNBits gives every part a com.microsoft:MatMulNBits in place of
	// the layer's MatMul or Gemm; the outputs are added. The parts' Shape is
	// [N, K], the transpose of what MatMul multiplies with; every row of codes
	// is padded to whole blocks.
	FormMatMulNBits Form = "matmulnbits"
)

// PartNames names three parts in ascending order, as the reference
// implementation does.
var PartNames = [3]string{"lower", "middle", "upper"}

// Stored is a tensor as it will be written: float values as they are, or
// integer codes with the grid that gives them meaning.
type Stored struct {
	// Name tells a part from the others, as in "lower"; its number, from 1 on,
	// where it is empty.
	Name  string
	Type  tensor.Type // float type of the source, or Uint2..Int8 for codes
	Shape tensor.Shape
	// Data holds Type.Bytes(Shape.Elems()) bytes from offset 0; codes are
	// packed low bits first over the flattened tensor.
	Data io.ReaderAt
	// Scale and Zero are nil for float values. A code c of channel i stands
	// for Scale[i] * (c - Zero[i]). One entry means the whole tensor;
	// otherwise there is one per index along Axis, or with a Block one for
	// each run of Block elements along Axis: the scales then have the tensor's
	// shape, with the length of Axis divided by Block and rounded up.
	Scale []float32
	Zero  []int32
	Axis  int
	Block int
	// Table gives codes their values in a codebook: code c stands for
	// Table[c], times the Scale of its channel where there is one. Zero is nil.
	Table []float32
}

// Quantized reports whether the tensor holds codes.
func (s *Stored) Quantized() bool { return s.Scale != nil || s.Table != nil }

// Property is a key and a value that the writer records in the file.
type Property struct{ Key, Value string }
