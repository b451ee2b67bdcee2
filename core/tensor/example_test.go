package tensor_test

import (
	"fmt"

	"splitquant/core/tensor"
)

// Three float16 numbers as they lie in a file.
func ExampleFloat32s() {
	raw := []byte{0x00, 0x3c, 0x00, 0xc0, 0x55, 0x35}
	w := make([]float32, 3)
	if err := tensor.Float32s(w, raw, tensor.Float16); err != nil {
		fmt.Println(err)
	}
	fmt.Println(w)
	fmt.Println(tensor.Float32s(w, raw, tensor.Float32))
	// Output:
	// [1 -2 0.33325195]
	// 6 bytes for 3 elements of type float32, which take 12
}

// Five codes of two bits fit in two bytes; the first lies in the lowest bits.
func ExamplePack() {
	codes := []uint8{0, 1, 2, 3, 1}
	packed := make([]byte, 2)
	n := tensor.Pack(packed, codes, 2)
	fmt.Printf("%d bytes: %08b\n", n, packed)

	tensor.Unpack(codes, packed, 2)
	fmt.Println(codes)
	// Output:
	// 2 bytes: [11100100 00000001]
	// [0 1 2 3 1]
}

// The weight of a MatMul has its output channels on the last axis, so that
// those of one channel are a column apart. SwapAxes brings them together.
func ExampleSwapAxes() {
	shape := tensor.Shape{3, 2} // three inputs, two outputs
	w := []float32{1, 10, 2, 20, 3, 30}
	outer, dim, inner := shape.Axis(1)

	channels := make([]float32, len(w))
	tensor.SwapAxes(channels, w, outer, dim, inner)
	for c := range dim {
		fmt.Println(c, channels[c*outer*inner:][:outer*inner])
	}
	// Output:
	// 0 [1 2 3]
	// 1 [10 20 30]
}

// Seven weights from the middle of a tensor whose channels lie in runs of three.
func ExampleRuns() {
	shape := tensor.Shape{4, 3}
	_, dim, inner := shape.Axis(0)
	for channel, run := range tensor.Runs(2, 7, dim, inner) {
		fmt.Println("channel", channel, "has", run.From, "to", run.To)
	}
	// Output:
	// channel 0 has 0 to 1
	// channel 1 has 1 to 4
	// channel 2 has 4 to 7
}
