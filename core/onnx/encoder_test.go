package onnx

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"
)

// An encoder of protobuf and of onnx.proto for tests alone, written from the
// encoding guide (protobuf.dev/programming-guides/encoding) and sharing nothing
// with the package: what it makes is what the reader must understand.

func pbVarint(v uint64) []byte {
	var b []byte
	for v > 127 {
		b = append(b, byte(v)|128)
		v >>= 7
	}
	return append(b, byte(v))
}

// pbInt is a varint field.
func pbInt(num int, v int64) []byte {
	return append(pbVarint(uint64(num)<<3), pbVarint(uint64(v))...)
}

// pbInts are the fields of an unpacked repeated number.
func pbInts(num int, values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, pbInt(num, v)...)
	}
	return b
}

// pbPacked are the same numbers packed into one field.
func pbPacked(num int, values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, pbVarint(uint64(v))...)
	}
	return pbMsg(num, b)
}

// pbMsg is a field with the given bytes: a message, a string, bytes.
func pbMsg(num int, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(pbVarint(uint64(num)<<3|2), pbVarint(uint64(len(body)))...), body...)
}

func pbStr(num int, s string) []byte { return pbMsg(num, []byte(s)) }

func pbStrs(num int, list []string) []byte {
	var b []byte
	for _, s := range list {
		b = append(b, pbStr(num, s)...)
	}
	return b
}

func le32(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// aModel is a ModelProto.
func aModel(ir, opset int64, graph []byte, more ...[]byte) []byte {
	return bytes.Join([][]byte{
		pbInt(1, ir), pbStr(2, "test"),
		pbMsg(7, graph),
		pbMsg(8, pbStr(1, ""), pbInt(2, opset)),
		bytes.Join(more, nil),
	}, nil)
}

// aGraph is the inside of a GraphProto.
func aGraph(parts ...[]byte) []byte { return append(pbStr(2, "g"), bytes.Join(parts, nil)...) }

// aNode is a NodeProto in a graph.
func aNode(name, op string, in, out []string, attrs ...[]byte) []byte {
	return pbMsg(1, aNodeBody(name, op, in, out, attrs...))
}

func aNodeBody(name, op string, in, out []string, attrs ...[]byte) []byte {
	return bytes.Join([][]byte{pbStrs(1, in), pbStrs(2, out), pbStr(3, name), pbStr(4, op), bytes.Join(attrs, nil)}, nil)
}

func attrInt(name string, v int64) []byte {
	return pbMsg(5, pbStr(1, name), pbInt(3, v), pbInt(20, 2))
}

func attrInts(name string, v ...int64) []byte {
	return pbMsg(5, pbStr(1, name), pbInts(8, v...), pbInt(20, 7))
}

func attrTensor(name string, tensor ...[]byte) []byte {
	return pbMsg(5, pbStr(1, name), pbMsg(5, tensor...), pbInt(20, 4))
}

func attrGraph(name string, graph []byte) []byte {
	return pbMsg(5, pbStr(1, name), pbMsg(6, graph), pbInt(20, 5))
}

// anInit is an initializer of floats 0.1, 0.2, ... in raw_data.
func anInit(name string, dims ...int64) []byte {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i+1) / 10 * float32(1-i%2*2)
	}
	return pbMsg(5, pbInts(1, dims...), pbInt(2, 1), pbStr(8, name), pbMsg(9, le32(values...)))
}

// anInts is an initializer of a vector of int64.
func anInts(name string, values ...int64) []byte {
	return pbMsg(5, pbInt(1, int64(len(values))), pbInt(2, 7), pbStr(8, name), pbPacked(7, values...))
}

// aValue is a ValueInfoProto of floats: an input (11), an output (12) or an
// inner value (13).
func aValue(num int, name string, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		shape = append(shape, pbMsg(1, pbInt(1, d))...)
	}
	return pbMsg(num, pbStr(1, name), pbMsg(2, pbMsg(1, pbInt(1, 1), pbMsg(2, shape))))
}

func list(names ...string) []string { return names }

// openBytes opens a model in memory.
func openBytes(b []byte) (*File, error) {
	return Open(bytes.NewReader(b), int64(len(b)), nil)
}

func mustOpen(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readBytes reads all of a tensor's data.
func readBytes(t testing.TB, r io.ReaderAt, size int64) []byte {
	t.Helper()
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); n < len(b) {
		t.Fatal(err)
	}
	return b
}
