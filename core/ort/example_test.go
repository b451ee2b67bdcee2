package ort_test

import (
	"fmt"
	"log"

	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// A model of one input of shape [n, 4] runs on two rows.
func ExampleOpen() {
	s, err := ort.Open("model.onnx", ort.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	x := ort.Float32(tensor.Shape{2, 4}, []float32{1, 2, 3, 4, 5, 6, 7, 8})
	out, err := s.Run(map[string]ort.Value{s.Inputs[0].Name: x})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range s.Outputs {
		fmt.Println(o.Name, out[o.Name].Shape)
	}
}

func ExampleValue_Floats() {
	half := ort.Value{Type: tensor.Float16, Shape: tensor.Shape{3}, Data: []byte{0, 0x3c, 0, 0x38, 0, 0xc0}}
	fmt.Println(half.Floats())
	fmt.Println(ort.Int64(tensor.Shape{2}, []int64{101, 102}).Floats())
	// Output:
	// [1 0.5 -2] <nil>
	// [101 102] <nil>
}
