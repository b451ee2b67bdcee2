package ort

import (
	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/tensor"
)

// The binding cannot fetch every output: of a scalar it loses the value, of
// 16-bit floats half the bytes. For those the model gets nodes that give the
// same values in a way that it can: one flat tensor, in float32 where the type
// is a 16-bit float, and one that holds the shape.
//
// The nodes are put behind the model's bytes: a protobuf parser that meets the
// embedded message "graph" a second time merges the two (protobuf.dev,
// Encoding, "Last One Wins"), and so adds them to the model's own graph.

// flatName and shapeName name the tensors that stand for output y.
func flatName(y string) string  { return "splitquant:flat:" + y }
func shapeName(y string) string { return "splitquant:shape:" + y }

// needsPlain reports whether the binding cannot fetch the output.
func needsPlain(y Info) bool {
	return is16bit(y.Type) || len(y.Shape) == 0 && y.Type != tensor.String
}

func is16bit(t tensor.Type) bool { return t == tensor.Float16 || t == tensor.BFloat16 }

// plainNodes returns the bytes that add a flat tensor and a shape for each of
// the outputs to a model.
func plainNodes(outputs []Info) []byte {
	const ( // field numbers and enums of onnx.proto
		modelGraph             = 7
		graphNode, graphOutput = 1, 12
		tensorDims, tensorType = 1, 2
		tensorInt64s           = 7
		typeFloat, typeInt64   = 1, 7
	)
	var graph []byte
	add := func(op string, inputs []string, output string, attr []byte) {
		graph = appendBytes(graph, graphNode, node(op, inputs, output, attr))
	}
	const flat = "splitquant:flat" // the shape [-1]
	value := appendInt(appendInt(appendInt(nil, tensorDims, 1), tensorType, typeInt64), tensorInt64s, -1)
	add("Constant", nil, flat, tensorAttr("value", value))
	for _, y := range outputs {
		in := y.Name
		if is16bit(y.Type) {
			in = "splitquant:float:" + y.Name
			add("Cast", []string{y.Name}, in, intAttr("to", typeFloat))
		}
		add("Reshape", []string{in, flat}, flatName(y.Name), nil)
		add("Shape", []string{y.Name}, shapeName(y.Name), nil)
		for _, name := range []string{flatName(y.Name), shapeName(y.Name)} {
			graph = appendBytes(graph, graphOutput, appendString(nil, 1, name)) // ONNX Runtime infers the type
		}
	}
	return appendBytes(nil, modelGraph, graph)
}

// node is a NodeProto of the standard domain with one output and, unless attr
// is nil, one attribute.
func node(op string, inputs []string, output string, attr []byte) []byte {
	var b []byte
	for _, in := range inputs {
		b = appendString(b, 1, in)
	}
	b = appendString(b, 2, output)
	b = appendString(b, 4, op)
	if attr != nil {
		b = appendBytes(b, 5, attr)
	}
	return b
}

// intAttr and tensorAttr are AttributeProtos of type INT and TENSOR.
func intAttr(name string, v int64) []byte {
	return appendInt(appendInt(appendString(nil, 1, name), 3, v), 20, 2)
}

func tensorAttr(name string, t []byte) []byte {
	return appendInt(appendBytes(appendString(nil, 1, name), 5, t), 20, 4)
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func appendString(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}
