package opset

import "splitquant/core/tensor"

// A Node is one operation of a graph, apart from how a file stores it: what
// lifting looks at, and what it, like the writer, makes anew.
type Node struct {
	Name, Op, Domain string // Domain "" is ai.onnx
	Inputs, Outputs  []string
	Attrs            []Attr
}

// An Attr is a named constant of a node. Value is an int64, float32, string,
// []int64, []float32, []string, or nil for a kind that only the file knows
// (a tensor, a graph); such an attribute is carried over as it is.
type Attr struct {
	Name  string
	Value any
}

// A Const is a small initializer that a rewrite needs. Values is a []int64,
// []float32, []int32, []uint8 or []bool, of Shape (empty for a scalar).
// It is stored with elements of Type; a []float32 may be stored as any float
// type, every other slice has the type of the same name.
type Const struct {
	Name   string
	Type   tensor.Type
	Shape  tensor.Shape
	Values any
}

// A Rewrite is what stands in the graph in place of a node: Nodes, in an order
// in which they can run, and the initializers they need. The last node that
// makes an output of the old one makes it under the same name. Where Changed
// is false Nodes holds the node as it was.
type Rewrite struct {
	Nodes   []Node
	Consts  []Const
	Changed bool
}

// A Namer gives a name that the model does not use yet, made from the one
// wanted, and counts it as used from then on. The same calls in the same order
// give the same names.
type Namer func(want string) string
