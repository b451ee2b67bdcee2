package onnx

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/onnx/shape"
	"splitquant/core/tensor"
)

// shapes works out the shapes of the values of a file, each once.
type shapes struct {
	p    *parser
	f    *File
	done map[*value]shape.Shape
}

// deepest is how many nodes are looked at behind each other; files whose nodes
// are in order need one.
const deepest = 1000

// of returns the shape of v: what the file states, and what its node tells.
func (s *shapes) of(v *value, depth int) shape.Shape {
	if known, ok := s.done[v]; ok {
		return known
	}
	s.done[v] = nil // the answer for nodes that feed themselves
	var known shape.Shape
	switch {
	case v.init != nil:
		known = append(shape.Shape{}, v.init.dims...)
	case v.node == nil || depth > deepest:
		known = s.stated(v)
	case v.node.op == "Constant" && v.node.domain == "":
		if c := (knowledge{s.p, v.graph}).constant(v.name); c != nil {
			known = append(shape.Shape{}, c.dims...)
		}
	default:
		known = shape.Merge(s.inferred(v, depth), s.stated(v))
	}
	s.done[v] = known
	return known
}

// inferred returns what the node that makes v tells of its shape.
func (s *shapes) inferred(v *value, depth int) shape.Shape {
	n, err := s.p.view(v.node)
	if err != nil {
		return nil
	}
	version := s.f.opset()
	if root := v.graph.root(); root.function != "" {
		version = importedOpset(root.opsets)
	}
	all := shape.Infer(n, int(version), around{s, v.node.graph, depth})
	for i, name := range n.Outputs {
		if name == v.name && i < len(all) {
			return all[i]
		}
	}
	return nil
}

// stated returns the shape that the file states for v.
func (s *shapes) stated(v *value) (known shape.Shape) {
	if v.info == nil {
		return nil
	}
	err := s.p.eachAt(v.info.body, []protowire.Number{2, 1}, func(f field) error {
		if f.num != 2 {
			return nil
		}
		known = shape.Shape{}
		return s.p.each(f.body, func(f field) error {
			if f.num != 1 {
				return nil
			}
			d := int64(shape.Unknown)
			err := s.p.each(f.body, func(f field) error {
				if f.num == 1 && int64(f.val) > 0 {
					d = int64(f.val)
				}
				return nil
			})
			known = append(known, d)
			return err
		})
	})
	if err != nil {
		return nil
	}
	return known
}

// around is the graph around a node, as inference asks for it.
type around struct {
	s     *shapes
	g     *graph
	depth int
}

// Shape implements shape.Graph.
func (a around) Shape(name string) shape.Shape {
	if v := a.g.find(name); v != nil {
		return a.s.of(v, a.depth+1)
	}
	return nil
}

// Ints implements shape.Graph.
func (a around) Ints(name string) ([]int64, bool) {
	c := knowledge{a.s.p, a.g}.constant(name)
	if c == nil || c.sparse || c.tensor.Type != tensor.Int64 && c.tensor.Type != tensor.Int32 {
		return nil, false
	}
	n, err := c.dims.Elems()
	if err != nil || n > maxDepth {
		return nil, false
	}
	size := int64(c.tensor.Type.Bits() / 8)
	raw := make([]byte, n*size)
	if got, _ := c.tensor.Data.ReadAt(raw, 0); got < len(raw) {
		return nil, false
	}
	values := make([]int64, n)
	for i := range values {
		if size == 8 {
			values[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
		} else {
			values[i] = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	}
	return values, true
}
