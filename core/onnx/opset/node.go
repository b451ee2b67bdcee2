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
type Const struct {
	Name   string
	Shape  tensor.Shape
	Values any
}
