package opset

import (
	"errors"
	"fmt"
	"slices"

	"splitquant/core/tensor"
)

// First and Last are the versions of ai.onnx that [Lift] goes between.
const (
	First = 7
	Last  = 25
)

// Facts answers what is known of the values of a graph without running it. It
// may know nothing: a rewrite that needs a fact it does not get is refused with
// an error, or done in a longer way.
type Facts interface {
	Rank(value string) (int, bool)         // number of dimensions
	Type(value string) (tensor.Type, bool) // type of the elements
	Floats(value string) ([]float32, bool) // elements of a float32 constant
	Used(value string) bool                // by a node or as output; true if unsure
}

// Lift says how node n of ai.onnx version from is written in version to with
// exactly the same meaning, for First <= from <= to <= Last. A node of another
// domain comes back as it is. The error says in words why a node cannot be
// lifted: its operator is not in version from, means something else later, or
// ONNX Runtime 1.30 does not run it there.
//
// Inputs that the text of version from forbids may mean something in to: say,
// negative indices of OneHot. An output that nothing uses may be left out.
//
// The bodies of If, Loop and Scan are the caller's: their nodes are lifted one
// by one like all others. facts may be nil.
func Lift(n Node, from, to int, names Namer, facts Facts) (Rewrite, error) {
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return Rewrite{Nodes: []Node{n}}, nil
	}
	if from < First || to < from || to > Last {
		return Rewrite{}, fmt.Errorf("no way from opset %d to %d: only upwards, from %d to %d", from, to, First, Last)
	}
	if !has(from, n.Op) {
		return Rewrite{}, fmt.Errorf("operator %s is not in opset %d", n.Op, from)
	}
	if facts == nil {
		facts = nothing{}
	}
	l := lifting{builder: builder{base: n.Name, names: names}, node: n, to: to, facts: facts}
	if n.Name == "" && len(n.Outputs) > 0 {
		l.base = n.Outputs[0]
	}
	l.node.Inputs = slices.Clone(n.Inputs)
	l.node.Attrs = slices.Clone(n.Attrs)
	for v := from + 1; v <= to; v++ {
		step := change{l.node.Op, v}
		if noKernel[step] {
			return Rewrite{}, fmt.Errorf("ONNX Runtime does not run operator %s of opset %d", n.Op, v)
		}
		rewrite := changes[step]
		if rewrite == nil {
			continue
		}
		if len(n.Inputs) == 0 || len(n.Outputs) == 0 {
			return Rewrite{}, fmt.Errorf("operator %s has no input or no output", n.Op)
		}
		if err := rewrite(&l); err != nil {
			return Rewrite{}, fmt.Errorf("operator %s of opset %d is not the same in opset %d: %w", n.Op, from, v, err)
		}
	}
	if !l.changed {
		return Rewrite{Nodes: []Node{n}}, nil
	}
	return Rewrite{Nodes: slices.Concat(l.nodes, []Node{l.node}, l.after), Consts: l.consts, Changed: true}, nil
}

// has says whether an operator is in a version of ai.onnx.
func has(version int, op string) bool {
	if everywhere[op] {
		return true
	}
	v := versions[op]
	return len(v) > 0 && v[0] <= version && (gone[op] == 0 || version < gone[op])
}

// nothing is known.
type nothing struct{}

func (nothing) Rank(string) (int, bool)         { return 0, false }
func (nothing) Type(string) (tensor.Type, bool) { return tensor.Invalid, false }
func (nothing) Floats(string) ([]float32, bool) { return nil, false }
func (nothing) Used(string) bool                { return true }

// A lifting is a node on its way up. What it needs around it, in the form of
// version to, runs before it but for the nodes in after.
type lifting struct {
	builder
	node    Node
	after   []Node
	changed bool

	to    int
	facts Facts
}

func (l *lifting) input(i int) string {
	if i < len(l.node.Inputs) {
		return l.node.Inputs[i]
	}
	return ""
}

func (l *lifting) setInput(i int, value string) {
	for len(l.node.Inputs) <= i {
		l.node.Inputs = append(l.node.Inputs, "")
	}
	l.node.Inputs[i] = value
	l.changed = true
}

func (l *lifting) setOp(op string) {
	l.node.Op = op
	l.changed = true
}

func (l *lifting) setAttr(name string, value any) {
	l.drop(name)
	l.node.Attrs = append(l.node.Attrs, Attr{name, value})
	l.changed = true
}

func (l *lifting) drop(name string) {
	n := len(l.node.Attrs)
	l.node.Attrs = slices.DeleteFunc(l.node.Attrs, func(a Attr) bool { return a.Name == name })
	l.changed = l.changed || len(l.node.Attrs) != n
}

// attr returns the attribute called name, or missing where the node has none.
func attr[T any](l *lifting, name string, missing T) (T, error) {
	for _, a := range l.node.Attrs {
		if a.Name == name {
			v, ok := a.Value.(T)
			if !ok {
				return missing, fmt.Errorf("attribute %s should be a %T", name, missing)
			}
			return v, nil
		}
	}
	return missing, nil
}

// like makes a scalar with the element type of the node's first input.
func (l *lifting) like(part string, value float32) (string, error) {
	t, ok := l.facts.Type(l.input(0))
	switch {
	case ok && t.IsFloat():
		return l.constant(part, t, nil, []float32{value}), nil
	case ok:
		return "", fmt.Errorf("its elements should be floats, not %v", t)
	case l.to < 15: // CastLike begins there
		return "", errors.New("the element type of its input is not known")
	}
	return l.run("CastLike", part+"/cast", []string{l.number(part, value), l.input(0)}), nil
}
