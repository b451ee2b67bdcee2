package opset_test

import (
	"fmt"

	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// same gives the names that are wanted; a writer makes them unique.
func same(want string) string { return want }

func ExampleLift() {
	// A flattening mean as PyTorch wrote it for opset 11.
	n := opset.Node{Name: "pool", Op: "ReduceMean", Inputs: []string{"x"}, Outputs: []string{"y"},
		Attrs: []opset.Attr{{Name: "axes", Value: []int64{2, 3}}, {Name: "keepdims", Value: int64(0)}}}

	for _, to := range []int{13, 21} {
		r, err := opset.Lift(n, 11, to, same, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(to, r.Changed, r.Nodes[0].Inputs, r.Nodes[0].Attrs, r.Consts)
	}
	_, err := opset.Lift(opset.Node{Op: "ImageScaler"}, 7, 21, same, nil)
	fmt.Println(err)
	// Output:
	// 13 false [x] [{axes [2 3]} {keepdims 0}] []
	// 21 true [x pool/axes] [{keepdims 0}] [{pool/axes int64 [2] [2 3]}]
	// operator ImageScaler is not in opset 7
}

// Since opset 13 Softmax works along one axis; before, it took that axis and all
// behind it for one.
func ExampleLift_softmax() {
	n := opset.Node{Name: "prob", Op: "Softmax", Inputs: []string{"x"}, Outputs: []string{"y"}}
	r, err := opset.Lift(n, 9, 21, same, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range r.Nodes {
		fmt.Println(n.Op, n.Inputs, n.Outputs, n.Attrs)
	}
	// Output:
	// Shape [x] [prob/shape] []
	// Flatten [x] [prob/flat] [{axis 1}]
	// Softmax [prob/flat] [prob/rows] [{axis -1}]
	// Reshape [prob/rows prob/shape] [y] [{allowzero 1}]
}

func ExampleUnpack() {
	// Five codes of 2 bits, three in the first byte's place after them unused.
	r, err := opset.Unpack(opset.Packed{
		Codes: "w/packed", Bits: 2, Shape: tensor.Shape{5}, Scale: []float32{0.5}, Zero: []float32{1},
		Opset: 11, Output: "w", Type: tensor.Float32,
	}, same)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range r.Nodes {
		fmt.Print(n.Op, " ")
	}
	fmt.Println(r.Nodes[len(r.Nodes)-1].Outputs)
	// Output:
	// Cast Mul Floor Mul Sub Mul Floor Mul Sub Mul Floor Mul Sub Concat Reshape Slice Reshape Sub Mul [w]
}

func ExampleUnpack_table() {
	// A codebook: indices of 8 bits, each channel with its own scale, which float16
	// holds.
	r, err := opset.Unpack(opset.Packed{
		Codes: "w/codes", Shape: tensor.Shape{2, 3}, Table: []float32{-1, 0, 0.25, 1}, Scale: []float32{0.5, 2},
		Opset: 13, Output: "w", Type: tensor.Float32,
	}, same)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range r.Nodes {
		fmt.Println(n.Op, n.Inputs, n.Outputs)
	}
	// Output:
	// Cast [w/codes] [w/indices]
	// Gather [w/table w/indices] [w/values]
	// Cast [w/scale] [w/scale/float]
	// Mul [w/values w/scale/float] [w]
}
