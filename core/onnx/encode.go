package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// made is a node to be written: what it is, and the node of the file, if any,
// that it keeps attributes of.
type made struct {
	opset.Node
	like *node
	copy bool // keep also the fields that we know nothing of
}

// view returns a node apart from the file. Its slices are its own.
func (p *parser) view(n *node) (opset.Node, error) {
	v := opset.Node{
		Name: n.name, Op: n.op, Domain: n.domain,
		Inputs: slices.Clone(n.inputs), Outputs: slices.Clone(n.outputs),
	}
	for _, a := range n.attrs {
		value, err := p.value(a)
		if err != nil {
			return v, err
		}
		v.Attrs = append(v.Attrs, opset.Attr{Name: a.name, Value: value})
	}
	return v, nil
}

// node encodes a node. An attribute that is as it was is copied with all edits
// inside of it.
func (w *writer) node(num protowire.Number, m made) (segments, error) {
	var body segments
	for _, s := range m.Inputs {
		body = append(body, text(1, s)...)
	}
	for _, s := range m.Outputs {
		body = append(body, text(2, s)...)
	}
	if m.Name != "" {
		body = append(body, text(3, m.Name)...)
	}
	body = append(body, text(4, m.Op)...)
	for _, a := range m.Attrs {
		s, err := w.attr(m, a)
		if err != nil {
			return nil, err
		}
		body = append(body, s...)
	}
	if m.Domain != "" {
		body = append(body, text(7, m.Domain)...)
	}
	if m.copy {
		err := w.p.each(m.like.body, func(f field) error {
			switch f.num {
			case 1, 2, 3, 4, 5, 7:
			default:
				body = append(body, w.edits.source(f.span)...)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return nested(num, body), nil
}

func (w *writer) attr(m made, a opset.Attr) (segments, error) {
	if m.like != nil {
		if old := m.like.attr(a.Name); old != nil {
			value, err := w.p.value(old)
			if err != nil || reflect.DeepEqual(value, a.Value) {
				s, err2 := w.edits.field(&old.message)
				if err == nil {
					err = err2
				}
				return s, err
			}
		}
	}
	body := text(1, a.Name)
	kind := uint64(0) // AttributeProto.AttributeType
	switch v := a.Value.(type) {
	case float32:
		kind = 1
		body = append(body, literal(protowire.AppendFixed32(protowire.AppendTag(nil, 2, protowire.Fixed32Type), math.Float32bits(v)))...)
	case int64:
		kind = 2
		body = append(body, integer(3, uint64(v))...)
	case string:
		kind = 3
		body = append(body, text(4, v)...)
	case segments: // a tensor
		kind = 4
		body = append(body, nested(5, v)...)
	case []float32:
		kind = 6
		for _, x := range v {
			body = append(body, literal(protowire.AppendFixed32(protowire.AppendTag(nil, 7, protowire.Fixed32Type), math.Float32bits(x)))...)
		}
	case []int64:
		kind = 7
		for _, x := range v {
			body = append(body, integer(8, uint64(x))...)
		}
	case []string:
		kind = 8
		for _, x := range v {
			body = append(body, text(9, x)...)
		}
	default:
		return nil, fmt.Errorf("node %q: attribute %s has a value of type %T, which cannot be written", m.Name, a.Name, a.Value)
	}
	return nested(5, append(body, integer(20, kind)...)), nil
}

// tensorBody is the inside of a TensorProto with raw_data.
func tensorBody(name string, typ tensor.Type, shape tensor.Shape, raw segments) segments {
	return append(tensorHead(name, typ, shape), nested(9, raw)...)
}

// tensorHead is the inside of a TensorProto but for its elements.
func tensorHead(name string, typ tensor.Type, shape tensor.Shape) segments {
	var body segments
	for _, d := range shape {
		body = append(body, integer(1, uint64(d))...)
	}
	body = append(body, integer(2, dataType(typ))...)
	if name != "" {
		body = append(body, text(8, name)...)
	}
	return body
}

// rawConst returns the elements of a small constant as raw_data has them.
func rawConst(c opset.Const) ([]byte, error) {
	switch v := c.Values.(type) {
	case []float32:
		size, err := c.Type.Bytes(int64(len(v)))
		if err != nil || !c.Type.IsFloat() {
			return nil, fmt.Errorf("constant %q: floats cannot be stored as %v", c.Name, c.Type)
		}
		b := make([]byte, size)
		return b, tensor.PutFloat(b, v, c.Type)
	case []int64, []int32, []uint8, []bool:
		return binary.Append(nil, binary.LittleEndian, v)
	}
	return nil, fmt.Errorf("constant %q: values of type %T cannot be stored", c.Name, c.Values)
}

// flipped reads codes with the highest bit of each turned over: signed codes
// become unsigned ones that are larger by half of the range.
type flipped struct {
	r    io.ReaderAt
	mask byte
}

// flip returns codes of signed type typ as unsigned ones; nil for no reader.
func flip(r io.ReaderAt, typ tensor.Type) io.ReaderAt {
	if r == nil {
		return nil
	}
	return flipped{r, map[tensor.Type]byte{tensor.Int8: 0x80, tensor.Int4: 0x88, tensor.Int2: 0xaa}[typ]}
}

// ReadAt implements io.ReaderAt.
func (f flipped) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.r.ReadAt(b, off)
	for i := range b[:n] {
		b[i] ^= f.mask
	}
	return n, err
}
