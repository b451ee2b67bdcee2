package onnx

import (
	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// findInputs lists what the main graph wants to be given.
func (f *File) findInputs(p *parser) error {
	for _, in := range f.proto.graph.inputs {
		v := f.proto.graph.find(in.name)
		if v == nil || v.init != nil {
			continue // a constant, or the default of one
		}
		typ, _, err := p.tensorType(in)
		if err != nil {
			return err
		}
		names, shape, err := p.dims(in)
		if err != nil {
			return err
		}
		f.model.Inputs = append(f.model.Inputs, model.Input{Name: in.name, Type: typ, Shape: shape, Dims: names, IDs: p.lookedUp(v, 0)})
	}
	return nil
}

// dims reads the dimensions of a value: their names (dim_param), empty where
// they have none, and their sizes (dim_value), -1 where they have none.
func (p *parser) dims(info *valueInfo) (names []string, shape tensor.Shape, err error) {
	// ValueInfoProto.type, TypeProto.tensor_type, shape.
	err = p.eachAt(info.body, []protowire.Number{2, 1, 2}, func(f field) error {
		if f.num != 1 {
			return nil
		}
		name, size := "", int64(-1)
		err := p.each(f.body, func(f field) error {
			switch f.num {
			case 1:
				return p.integer(f, &size)
			case 2:
				return p.str(f, &name)
			}
			return nil
		})
		names, shape = append(names, name), append(shape, size)
		return err
	})
	return names, shape, err
}

// idsPass are operators that hand on ids as they come.
var idsPass = map[string]bool{"Cast": true, "Identity": true, "Reshape": true, "Squeeze": true, "Unsqueeze": true, "Flatten": true, "Transpose": true}

// lookedUp is how many rows the smallest embedding has that v's elements are
// looked up in; 0 where there is none.
func (p *parser) lookedUp(v *value, depth int) (rows int64) {
	for _, r := range v.readers {
		n, found := r.node, int64(0)
		switch table := embeddingOf(r); {
		case table >= 0:
			c := (knowledge{p, n.graph}).constant(n.input(table))
			axis, err := p.intAttr(n, "axis", 0)
			if c != nil && err == nil && axis == 0 && len(c.dims) > 1 {
				found = c.dims[0]
			}
		case idsPass[n.op] && n.domain == "" && r.input == 0 && depth < maxDepth:
			if next := n.graph.find(n.output(0)); next != nil {
				found = p.lookedUp(next, depth+1)
			}
		}
		if found > 0 && (rows == 0 || found < rows) {
			rows = found
		}
	}
	return rows
}

// embeddingOf returns which input of the node is the embedding that what r
// gives is looked up in, -1 where there is none.
func embeddingOf(r reader) int {
	switch {
	case r.node.op == "Gather" && r.node.domain == "" && r.input == 1:
		return 0
	case r.node.op == "EmbedLayerNormalization" && r.input == 0:
		return 2
	case r.node.op == "EmbedLayerNormalization" && r.input == 1:
		return 4
	}
	return -1
}
