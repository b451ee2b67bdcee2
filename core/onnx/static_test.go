package onnx

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// staticModel is a Relu whose output leaves the model, and, through a MaxPool,
// goes to a convolution with one weight of 1 for each of six channels: what comes
// out of that is what went in.
func staticModel(opset int64) []byte {
	identity := pbMsg(5, pbInts(1, 6, 1, 1, 1), pbInt(2, 1), pbStr(8, "w"), pbMsg(9, le32(1, 1, 1, 1, 1, 1)))
	return aModel(8, opset, aGraph(
		aNode("relu", "Relu", list("x"), list("y")),
		aNode("pool", "MaxPool", list("y"), list("p"), attrInts("kernel_shape", 1, 1)),
		aNode("conv", "Conv", list("p", "w"), list("z"), attrInt("group", 6)),
		identity, aValue(11, "x", 1, 6, 2, 2), aValue(12, "z", 1, 6, 2, 2), aValue(13, "y", 1, 6, 2, 2)))
}

// unchanged is a change that leaves the weight as it is.
func unchanged(t *testing.T, f *File) []model.Change {
	w := f.Model().Layers[0].Weight
	return []model.Change{{Weight: w, Parts: []model.Stored{floatsAs(t, w, readFloats(t, w))}, Form: model.FormLayers}}
}

// TestStaticRounds compares what ONNX Runtime makes of the written nodes with
// saturate(round half to even(x / scale) + zero), of the definition of
// QuantizeLinear, for whole activations and for three chunks of two channels.
func TestStaticRounds(t *testing.T) {
	needRuntime(t)
	var x, relu []float32
	for i := range 24 {
		x = append(x, float32(i-6)/4) // among them halves of steps
		relu = append(relu, max(x[i], 0))
	}
	for _, c := range []struct {
		typ       tensor.Type
		opset     int64
		lowest    float64
		highest   float64
		activated bool
	}{
		{tensor.Uint8, 9, 0, 255, false}, {tensor.Uint8, 17, 0, 255, true}, {tensor.Int8, 13, -128, 127, true},
		{tensor.Uint4, 17, 0, 15, false}, {tensor.Uint4, 21, 0, 15, true}, {tensor.Int4, 21, -8, 7, true},
	} {
		t.Run(fmt.Sprint(c.typ, c.opset, c.activated), func(t *testing.T) {
			f := mustOpen(t, staticModel(c.opset))
			grids := map[string]model.Grid{
				"y": {Scale: 0.5, Zero: 1, Type: c.typ}, "y/chunk1": {Scale: 0.25, Zero: 2, Type: c.typ},
				"y/chunk2": {Scale: 0.5, Zero: 3, Type: c.typ}, // the third has that of y
			}
			opt := WriteOptions{Static: &model.Static{Grids: grids, Activations: []int{0}}}
			whole := []model.Grid{grids["y"], grids["y"], grids["y"]}
			rounded := 1
			if c.activated {
				opt.Activations, rounded = []int{0}, 3
				whole = []model.Grid{grids["y/chunk1"], grids["y/chunk2"], grids["y"]}
			}
			var out bytes.Buffer
			written, err := f.Write(&out, unchanged(t, f), opt)
			if err != nil {
				t.Fatal(err)
			}
			if written.Rounded != rounded || written.NoGrid != 0 {
				t.Errorf("%d values are rounded and %d not, want %d and 0", written.Rounded, written.NoGrid, rounded)
			}
			s, err := ort.OpenBytes("static", out.Bytes(), ort.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var want []float32
			for i, v := range relu {
				g := whole[i/8]
				code := math.RoundToEven(float64(v/g.Scale)) + float64(g.Zero)
				want = append(want, float32(min(max(code, c.lowest), c.highest)-float64(g.Zero))*g.Scale)
			}
			if got := output(t, s, ort.Float32(tensor.Shape{1, 6, 2, 2}, x)); !slices.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

// TestStaticValues lists what has a scale: not what comes out of a MaxPool, which
// is rounded with its input, nor what is quantized already.
func TestStaticValues(t *testing.T) {
	f := mustOpen(t, staticModel(17))
	if got, want := f.Values(), []model.Value{{Name: "y", Axis: 1, Channels: 6}}; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f = mustOpen(t, aModel(8, 17, aGraph(
		aNode("flat", "Flatten", list("x"), list("f")),
		aNode("add", "Add", list("f", "f"), list("a")),
		aNode("both", "Concat", list("f", "a"), list("b"), attrInt("axis", 1)),
		aNode("mm", "MatMul", list("b", "w"), list("z")),
		aNode("norm", "Softmax", list("z"), list("s")),
		aNode("mm2", "MatMul", list("s", "v"), list("u")),
		aNode("q", "QuantizeLinear", list("u", "scale"), list("q")),
		aNode("dq", "DequantizeLinear", list("q", "scale"), list("d")),
		aNode("mm3", "MatMul", list("d", "v"), list("e")),
		anInit("w", 8, 4), anInit("v", 4, 4), anInit("scale"),
		aValue(11, "x", 1, 4), aValue(12, "e", 1, 4))))
	var names []string
	for _, v := range f.Values() {
		names = append(names, v.Name)
	}
	if want := list("x", "a", "s"); !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// TestStaticLeaves has a value without a grid, one that leaves the model, and a
// target that ends before codes of 4 bits.
func TestStaticLeaves(t *testing.T) {
	f := mustOpen(t, staticModel(17))
	write := func(grids map[string]model.Grid, target Target) (Written, error) {
		return f.Write(&bytes.Buffer{}, unchanged(t, f), WriteOptions{Target: target, Static: &model.Static{Grids: grids, Activations: []int{0}}})
	}
	written, err := write(map[string]model.Grid{"other": {Scale: 1, Type: tensor.Uint8}}, Auto)
	if err != nil || written.Rounded != 0 || written.NoGrid != 1 || written.FirstLeft != "y" {
		t.Errorf("got %+v, %v, want one value without a grid", written, err)
	}
	_, err = write(map[string]model.Grid{"y": {Scale: 1, Type: tensor.Uint4}}, Any)
	if want := "activations of 4 bits need opset 21"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

// TestOutputs gives out a value in between.
func TestOutputs(t *testing.T) {
	needRuntime(t)
	f := mustOpen(t, staticModel(17))
	var out bytes.Buffer
	if _, err := f.Write(&out, nil, WriteOptions{Outputs: list("y", "z")}); err != nil {
		t.Fatal(err)
	}
	s, err := ort.OpenBytes("watched", out.Bytes(), ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x := make([]float32, 24)
	x[0], x[1] = -1, 2
	got, err := s.Run(map[string]ort.Value{"x": ort.Float32(tensor.Shape{1, 6, 2, 2}, x)})
	if err != nil {
		t.Fatal(err)
	}
	y, err := got["y"].Floats()
	if err != nil || len(got) != 2 || y[0] != 0 || y[1] != 2 {
		t.Errorf("got %d outputs, y %v, %v", len(got), y, err)
	}
}
