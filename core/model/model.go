package model

import (
	"io"

	"splitquant/core/tensor"
)

// A Model is an opened file. Nothing in it holds tensor data.
type Model struct {
	Format      string // "onnx"
	Version     string // format version in words, such as "IR 8, opset 17"
	Producer    string // who wrote the file, may be empty
	Parameters  int64  // elements of all constant float tensors
	Inputs      []Input
	Tensors     []*Tensor
	Layers      []Layer
	Activations []Activation
	Warnings    []string // what is odd about the file and yet no error
	FloatOnly   string   // why no quantized form of it can be written, empty where one can
	// Guessed is set where the file has no graph: the kinds of its layers are
	// told from names and shapes, and somebody may know better.
	Guessed bool
}

// An Input is what somebody who runs the model gives it.
type Input struct {
	Name  string
	Type  tensor.Type  // Invalid where the file does not say
	Shape tensor.Shape // -1 for a dimension that is known only when the model runs
	Dims  []string     // names of the dimensions, such as "batch_size"; empty where they have none
	// IDs says of an input that is looked up in an embedding how many rows that
	// has: ids are below it. 0 for other inputs.
	IDs int64
}

// A Tensor is a constant in the file, read only when asked for.
type Tensor struct {
	Name  string
	Type  tensor.Type
	Shape tensor.Shape
	// Data holds the elements, little endian and row-major, from offset 0,
	// Type.Bytes(Shape.Elems()) of them; nil where the values cannot be read
	// (String, sparse).
	Data io.ReaderAt
	// Encoding is how the file says it keeps the values where Type does not:
	// "Q4_0", say, of which Data holds the float32 values, or "F8_E4M3", one of
	// several types of 8 bits. Empty elsewhere.
	Encoding string
}

// Kind tells what a layer computes.
type Kind string

// Kinds of layer.
const (
	Linear        Kind = "linear"
	Conv          Kind = "conv"
	ConvTranspose Kind = "conv-transpose"
	Embedding     Kind = "embedding"
	Recurrent     Kind = "recurrent"
	Attention     Kind = "attention"
	Norm          Kind = "norm"
	Unknown       Kind = "unknown" // a weight in a file without a graph
)

// A Layer is one node of the graph that uses a weight. Nodes that multiply two
// activations are not layers.
type Layer struct {
	Name  string // the node's name; made from its first output where it has none
	Op    string // the format's operator, such as "Conv"
	Kind  Kind
	Shape tensor.Shape // of the weight, as stored

	Weight *Tensor // the same pointer in every layer that shares the weight
	Bias   *Tensor // nil where there is none, or where it is no constant

	// OutAxis is the axis of Weight along which output channels lie, for
	// per-channel scales; -1 where there is none.
	OutAxis int
	// Groups is how often the channels along OutAxis repeat: the group
	// attribute of a ConvTranspose, whose weight holds those of one group;
	// 0 or 1 elsewhere.
	Groups int64

	// SummedOnly is set where three copies of the layer cannot be added up, as
	// with a recurrent one: its parts are then used as FormSummed has them.
	SummedOnly bool
	// Blocks is how many matrices of equal size lie one after another in
	// Weight, each of which is divided on its own, such as the gates of a
	// recurrent layer; 0 or 1 for a single one.
	Blocks int

	// Fold is what the layer's weight and bias can take over from the nodes
	// around it; nil where there is nothing.
	Fold *Fold

	// NBits says why com.microsoft:MatMulNBits cannot take the layer's place;
	// empty where it can.
	NBits string

	// Skipped says in words why the layer is left alone; empty where it need
	// not be.
	Skipped string
	// Optional is set where Skipped is a good reason but no obstacle, as with
	// embeddings: the layer can be worked on if somebody asks for it.
	Optional bool
}

// A Fold says what the nodes right before and behind a layer do to its input
// and output channels, as package fold puts it into weight and bias.
type Fold struct {
	Before    Affine       // of the input channels, empty where there is nothing
	After     Affine       // of the output channels, as many as Layer.Rows
	InAxis    int          // of Weight, along which input channels lie; grouped like Layer.Groups
	BiasShape tensor.Shape // of the bias once it is folded
	Nodes     []string     // what is folded in, such as "BatchNormalization bn1"
}

// An Activation is an element-wise function between two layers: one node of the
// graph, or the few that some exporters write it as.
type Activation struct {
	Name     string // of its last node; made from its first output where it has none
	Op       string // the operator, or the usual name of what several nodes compute, such as "SiLU"
	Axis     int    // along which its input is cut into chunks
	Channels int64  // how long that axis is, 0 where it is not known
	Skipped  string // why it cannot be cut; empty where it can
}

// An Affine is y = Scale[c] x + Offset[c] in channel c.
type Affine struct{ Scale, Offset []float64 }

// Empty reports whether the map has no channels, and so leaves all as it is.
func (a Affine) Empty() bool { return len(a.Scale) == 0 }

// Parameters returns the number of elements of the weight, 0 where it is not
// known.
func (l *Layer) Parameters() int64 {
	if l.Weight == nil && len(l.Shape) == 0 {
		return 0
	}
	n, err := l.Shape.Elems()
	if err != nil {
		return 0
	}
	return n
}

// Rows returns the number of output channels, 0 where there is no such axis.
func (l *Layer) Rows() int64 {
	if l.OutAxis < 0 || l.OutAxis >= len(l.Shape) {
		return 0
	}
	return l.Shape[l.OutAxis] * max(l.Groups, 1)
}
