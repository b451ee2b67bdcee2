package onnx_test

import (
	"bytes"
	"fmt"
	"log"
	"os"

	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/tensor"
)

// readModel stands for a file: one MatMul of a 2 x 2 weight.
func readModel() *bytes.Reader {
	b, err := os.ReadFile("testdata/matmul.onnx")
	if err != nil {
		log.Fatal(err)
	}
	return bytes.NewReader(b)
}

func Example() {
	file := readModel()
	f, err := onnx.Open(file, file.Size(), nil)
	if err != nil {
		log.Fatal(err)
	}
	m := f.Model()
	fmt.Println(m.Version, "has", m.Parameters, "parameters")
	for _, l := range m.Layers {
		fmt.Println(l.Name, l.Op, l.Shape)
	}
	// Output:
	// IR 8, opset 17 has 4 parameters
	// matmul MatMul [2 2]
}

// A weight becomes codes of four bits, and a scale.
func ExampleFile_Write() {
	file := readModel()
	f, err := onnx.Open(file, file.Size(), nil)
	if err != nil {
		log.Fatal(err)
	}
	weight := f.Model().Layers[0].Weight
	codes := model.Stored{
		Type: tensor.Int4, Shape: weight.Shape, Scale: []float32{0.5},
		Data: bytes.NewReader([]byte{0x21, 0xfe}), // 1, 2, -2, -1
	}
	var out bytes.Buffer
	written, err := f.Write(&out, []model.Change{{Weight: weight, Parts: []model.Stored{codes}}}, onnx.WriteOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("opset", written.Opset, "IR", written.IR)
	again, err := onnx.Open(bytes.NewReader(out.Bytes()), written.Bytes, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range again.Model().Tensors {
		fmt.Println(t.Name, t.Type, t.Shape)
	}
	fmt.Println(again.Model().Layers[0].Skipped)
	// Output:
	// opset 21 IR 10
	// w/codes int4 [2 2]
	// w/scale float32 [1]
	// already quantized to int4 (DequantizeLinear)
}

// A weight becomes a codebook: indices of four bits, and a table.
func ExampleFile_Write_codebook() {
	file := readModel()
	f, err := onnx.Open(file, file.Size(), nil)
	if err != nil {
		log.Fatal(err)
	}
	weight := f.Model().Layers[0].Weight
	change := model.Change{Weight: weight, Form: model.FormCodebook, Parts: []model.Stored{{
		Type: tensor.Uint4, Shape: weight.Shape, Table: []float32{-1, 0, 1},
		Data: bytes.NewReader([]byte{0x12, 0x20}), // 2, 1, 0, 2
	}}}
	for _, target := range []onnx.Target{onnx.Auto, onnx.Any} {
		var out bytes.Buffer
		written, err := f.Write(&out, []model.Change{change}, onnx.WriteOptions{Target: target})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: opset %d, unpacked %v, from ONNX Runtime %q\n", target, written.Opset, written.Unpacked, written.Runtime)
	}
	// Output:
	// auto: opset 21, unpacked false, from ONNX Runtime "1.23"
	// any: opset 17, unpacked true, from ONNX Runtime ""
}

// A Git LFS pointer says so.
func ExampleOpen() {
	pointer := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
	_, err := onnx.Open(bytes.NewReader(pointer), int64(len(pointer)), nil)
	fmt.Println(err)
	// Output:
	// onnx: not an ONNX model: this is a Git LFS pointer, not the model; fetch the real file (git lfs pull)
}
