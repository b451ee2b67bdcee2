package main

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The file is an ONNX ModelProto. Field numbers and enumeration values are
// those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
const (
	irVersion = 8
	opset     = 17

	typeFloat = 1 // TensorProto.FLOAT
	attrInt   = 2 // AttributeProto.INT
	attrInts  = 7 // AttributeProto.INTS

	fieldGraph       = 7 // of ModelProto
	fieldInitializer = 5 // of GraphProto
	fieldName        = 8 // of TensorProto
	fieldRawData     = 9 // of TensorProto
)

// message is an encoded protobuf message that fields are added to.
type message []byte

func (m message) int(field protowire.Number, v int) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(v))
}

func (m message) text(field protowire.Number, s string) message {
	return m.message(field, message(s))
}

func (m message) message(field protowire.Number, b message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), b)
}

// encode returns the network as an ONNX file.
func (n *network) encode() []byte {
	window := func(kernel, stride, pad int) []message {
		return []message{
			ints("kernel_shape", kernel, kernel),
			ints("strides", stride, stride),
			ints("pads", pad, pad, pad, pad),
		}
	}
	transposed := []message{message(nil).text(1, "transB").int(3, 1).int(20, attrInt)}

	graph := message(nil).
		message(1, node("Conv", "conv1", "image", window(3, 1, 1))).
		message(1, node("Relu", "relu1", "conv1", nil)).
		message(1, node("MaxPool", "pool1", "relu1", window(2, 2, 0))).
		message(1, node("Conv", "conv2", "pool1", window(3, 1, 1))).
		message(1, node("Relu", "relu2", "conv2", nil)).
		message(1, node("MaxPool", "pool2", "relu2", window(2, 2, 0))).
		message(1, node("Flatten", "flatten", "pool2", nil)).
		message(1, node("Gemm", "fc1", "flatten", transposed)).
		message(1, node("Relu", "relu3", "fc1", nil)).
		message(1, node("Gemm", "fc2", "relu3", transposed)).
		text(2, "digits")
	for _, p := range n.parameters {
		graph = graph.message(fieldInitializer, p.encode())
	}
	graph = graph.
		message(11, value("image", 1, 28, 28)).
		message(12, value("logits", 10))

	return message(nil).
		int(1, irVersion).
		text(2, "splitquant digits").
		message(fieldGraph, graph).
		message(8, message(nil).text(1, "").int(2, opset))
}

// node returns a NodeProto. Its output has its name, but for the last one.
func node(op, name, input string, attributes []message) message {
	m := message(nil).text(1, input)
	if op == "Conv" || op == "Gemm" {
		m = m.text(1, name+".weight").text(1, name+".bias")
	}
	output := name
	if name == "fc2" {
		output = "logits"
	}
	m = m.text(2, output).text(3, name).text(4, op)
	for _, a := range attributes {
		m = m.message(5, a)
	}
	return m
}

// ints returns an AttributeProto.
func ints(name string, values ...int) message {
	m := message(nil).text(1, name)
	for _, v := range values {
		m = m.int(8, v)
	}
	return m.int(20, attrInts)
}

// value returns the ValueInfoProto of a float tensor: any number of images,
// each of the given shape.
func value(name string, shape ...int) message {
	dims := message(nil).message(1, message(nil).text(2, "batch"))
	for _, d := range shape {
		dims = dims.message(1, message(nil).int(1, d))
	}
	tensor := message(nil).int(1, typeFloat).message(2, dims)
	return message(nil).text(1, name).message(2, message(nil).message(1, tensor))
}

// encode returns the parameter as a TensorProto.
func (p *parameter) encode() message {
	m := message(nil)
	for _, d := range p.shape {
		m = m.int(1, d)
	}
	var raw []byte
	for _, v := range p.value {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
	}
	return m.int(2, typeFloat).text(fieldName, p.name).message(fieldRawData, raw)
}

// decode returns a network with the weights of a file that encode wrote.
func decode(file []byte) (*network, error) {
	raw := map[string][]byte{}
	err := submessages(file, fieldGraph, func(graph []byte) error {
		return submessages(graph, fieldInitializer, func(tensor []byte) error {
			var name string
			err := submessages(tensor, fieldName, func(b []byte) error {
				name = string(b)
				return nil
			})
			if err != nil {
				return err
			}
			return submessages(tensor, fieldRawData, func(b []byte) error {
				raw[name] = b
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("not an ONNX file: %w", err)
	}
	n := newNetwork(0)
	for _, p := range n.parameters {
		b := raw[p.name]
		if len(b) != 4*len(p.value) {
			return nil, fmt.Errorf("initializer %q has %d bytes of raw data, shape %v of float32 needs %d",
				p.name, len(b), p.shape, 4*len(p.value))
		}
		for i := range p.value {
			p.value[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	}
	return n, nil
}

// submessages calls f for each field of that number which holds bytes.
func submessages(b []byte, field protowire.Number, f func([]byte) error) error {
	for len(b) > 0 {
		number, kind, tag := protowire.ConsumeTag(b)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		size := protowire.ConsumeFieldValue(number, kind, b[tag:])
		if size < 0 {
			return protowire.ParseError(size)
		}
		if number == field && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(b[tag:])
			if err := f(content); err != nil {
				return err
			}
		}
		b = b[tag+size:]
	}
	return nil
}
