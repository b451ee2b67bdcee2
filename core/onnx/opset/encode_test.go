package opset

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/tensor"
)

// What follows writes models for ONNX Runtime to read, apart from the writer of
// package onnx. Field numbers: onnx.proto of github.com/onnx/onnx.

// A message is a protocol buffer being written.
type message []byte

func (m *message) int(field protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

// A value is a tensor in a test: an input, an initializer or an attribute.
type value struct {
	name  string
	typ   tensor.Type
	shape tensor.Shape
	data  []byte
	words []string // of a tensor of strings, which is only ever an input
}

// A graph is the value of an attribute.
type graph struct {
	nodes           []Node
	inputs, outputs []value
}

// dataTypes numbers types as TensorProto.DataType does.
var dataTypes = map[tensor.Type]int64{
	tensor.Float32: 1, tensor.Uint8: 2, tensor.Int8: 3, tensor.Int32: 6, tensor.Int64: 7, tensor.String: 8, tensor.Bool: 9,
	tensor.Float16: 10, tensor.Float64: 11, tensor.Uint32: 12, tensor.Uint64: 13, tensor.BFloat16: 16,
}

func encodeTensor(v value) message {
	var m message
	for _, d := range v.shape {
		m.int(1, d)
	}
	m.int(2, dataTypes[v.typ])
	m.bytes(8, []byte(v.name))
	m.bytes(9, v.data)
	return m
}

func encodeAttr(a Attr) message {
	var m message
	m.bytes(1, []byte(a.Name))
	kind := int64(0)
	switch v := a.Value.(type) {
	case float32:
		kind = 1
		m.float(2, v)
	case int64:
		kind = 2
		m.int(3, v)
	case string:
		kind = 3
		m.bytes(4, []byte(v))
	case value:
		kind = 4
		m.bytes(5, encodeTensor(v))
	case graph:
		kind = 5
		m.bytes(6, encodeGraph(v.nodes, nil, v.inputs, v.outputs))
	case []float32:
		kind = 6
		for _, x := range v {
			m.float(7, x)
		}
	case []int64:
		kind = 7
		for _, x := range v {
			m.int(8, x)
		}
	case []string:
		kind = 8
		for _, x := range v {
			m.bytes(9, []byte(x))
		}
	default:
		panic(fmt.Sprintf("attribute %s is a %T", a.Name, a.Value))
	}
	m.int(20, kind)
	return m
}

func encodeNode(n Node) message {
	var m message
	for _, in := range n.Inputs {
		m.bytes(1, []byte(in))
	}
	for _, out := range n.Outputs {
		m.bytes(2, []byte(out))
	}
	m.bytes(3, []byte(n.Name))
	m.bytes(4, []byte(n.Op))
	for _, a := range n.Attrs {
		m.bytes(5, encodeAttr(a))
	}
	m.bytes(7, []byte(n.Domain))
	return m
}

// encodeInfo writes a ValueInfoProto; a value without a type gets none, and
// ONNX Runtime finds it.
func encodeInfo(v value) message {
	var m message
	m.bytes(1, []byte(v.name))
	if v.typ == tensor.Invalid {
		return m
	}
	var dims message
	for _, d := range v.shape {
		var dim message
		dim.int(1, d)
		dims.bytes(1, dim)
	}
	var t, typ message
	t.int(1, dataTypes[v.typ])
	t.bytes(2, dims)
	typ.bytes(1, t)
	m.bytes(2, typ)
	return m
}

func encodeGraph(nodes []Node, initializers, inputs, outputs []value) message {
	var m message
	for _, n := range nodes {
		m.bytes(1, encodeNode(n))
	}
	m.bytes(2, []byte("test"))
	for _, v := range initializers {
		m.bytes(5, encodeTensor(v))
	}
	for _, v := range inputs {
		m.bytes(11, encodeInfo(v))
	}
	for _, v := range outputs {
		m.bytes(12, encodeInfo(v))
	}
	return m
}

// encodeModel writes a model of ai.onnx version set.
func encodeModel(set int, nodes []Node, initializers, inputs, outputs []value) []byte {
	var imports, m message
	imports.bytes(1, nil)
	imports.int(2, int64(set))
	m.int(1, 10) // IR version
	m.bytes(7, encodeGraph(nodes, initializers, inputs, outputs))
	m.bytes(8, imports)
	return m
}

// initializer makes a value of what a rewrite asks for.
func initializer(c Const) value {
	v := value{name: c.Name, typ: c.Type, shape: c.Shape}
	switch values := c.Values.(type) {
	case []int64:
		for _, x := range values {
			v.data = binary.LittleEndian.AppendUint64(v.data, uint64(x))
		}
	case []float32:
		for _, x := range values {
			v.data = appendFloat(v.data, c.Type, x)
		}
	case []uint8:
		v.data = values
	default:
		panic(fmt.Sprintf("constant %s holds a %T", c.Name, c.Values))
	}
	return v
}

// appendFloat appends x as an element of type t. Its 16-bit floats are right
// for numbers that need no rounding there, or are beyond their range.
func appendFloat(b []byte, t tensor.Type, x float32) []byte {
	le, bits := binary.LittleEndian, math.Float32bits(x)
	switch t {
	case tensor.Float32:
		return le.AppendUint32(b, bits)
	case tensor.Float64:
		return le.AppendUint64(b, math.Float64bits(float64(x)))
	case tensor.Float16:
		half := uint16(bits >> 16 & 0x8000)
		switch e := int(bits>>23&0xff) - 127 + 15; {
		case e >= 31:
			half |= 0x7c00
		case e > 0:
			half |= uint16(e<<10) | uint16(bits>>13&0x3ff)
		}
		return le.AppendUint16(b, half)
	}
	panic(fmt.Sprintf("no float of type %v", t))
}
