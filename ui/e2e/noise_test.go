//go:build !js

package e2e

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"google.golang.org/protobuf/encoding/protowire"
)

// noiseModel makes an ONNX file of about size bytes: a chain of MatMuls with
// 512 x 512 weights of normal noise. The numbers of the fields are those of
// onnx.proto, IR 8.
func noiseModel(size int) []byte {
	const n = 512
	r := rand.New(rand.NewPCG(1, 2))
	var graph []byte
	layers := size / (4 * n * n)
	for i := range layers {
		weight := fmt.Sprint("w", i)
		var node []byte
		node = field(node, 1, fmt.Sprint("x", i))
		node = field(node, 1, weight)
		node = field(node, 2, fmt.Sprint("x", i+1))
		node = field(node, 3, fmt.Sprint("matmul", i))
		node = field(node, 4, "MatMul")
		graph = field(graph, 1, string(node))

		raw := make([]byte, 0, 4*n*n)
		for range n * n {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(r.NormFloat64())))
		}
		var tensor []byte
		tensor = number(tensor, 1, n)
		tensor = number(tensor, 1, n)
		tensor = number(tensor, 2, 1) // float32
		tensor = field(tensor, 8, weight)
		tensor = field(tensor, 9, string(raw))
		graph = field(graph, 5, string(tensor))
	}
	graph = field(graph, 2, "noise")
	graph = field(graph, 11, value("x0", n))
	graph = field(graph, 12, value(fmt.Sprint("x", layers), n))

	var model []byte
	model = number(model, 1, 8)
	model = field(model, 7, string(graph))
	model = field(model, 8, string(number(nil, 2, 17)))
	return model
}

// value describes a 1 x n tensor of float32.
func value(name string, n uint64) string {
	var shape []byte
	for _, d := range []uint64{1, n} {
		shape = field(shape, 1, string(number(nil, 1, d)))
	}
	tensor := field(number(nil, 1, 1), 2, string(shape))
	return string(field(field(nil, 1, name), 2, string(field(nil, 1, string(tensor)))))
}

func field(b []byte, number protowire.Number, content string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), content)
}

func number(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}
