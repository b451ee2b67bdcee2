package onnx

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"splitquant/core/onnx/shape"
	"splitquant/core/ort"
)

// aFreeValue is a value of floats without shape.
func aFreeValue(num int, name string) []byte {
	return pbMsg(num, pbStr(1, name), pbMsg(2, pbMsg(1, pbInt(1, 1))))
}

// aFloat is an initializer of one number.
func aFloat(name string, v float32) []byte {
	return pbMsg(5, pbInt(2, 1), pbStr(8, name), pbMsg(9, le32(v)))
}

// attrStr is a string attribute.
func attrStr(name, v string) []byte { return pbMsg(5, pbStr(1, name), pbStr(4, v), pbInt(20, 3)) }

// TestShapes compares the shape that is worked out for the output of a node
// with that of what ONNX Runtime 1.30 computes. Its length 0 stands for one
// that need not be known.
func TestShapes(t *testing.T) {
	x4 := aValue(11, "x", 2, 6, 8, 9)
	x3 := aValue(11, "x", 2, 3, 4)
	x2 := aValue(11, "x", 5, 6)
	node := func(op string, more ...[]byte) []byte { return aNode("n", op, list("x"), list("y"), more...) }
	with := func(op string, in []string, more ...[]byte) []byte { return aNode("n", op, in, list("y"), more...) }
	for _, c := range []struct {
		name  string
		opset int64
		graph [][]byte
		want  shape.Shape
	}{
		{"Relu", 17, [][]byte{x3, node("Relu")}, shape.Shape{2, 3, 4}},
		{"Add, broadcast", 17, [][]byte{x3, with("Add", list("w", "x")), anInit("w", 7, 1, 3, 1)}, shape.Shape{7, 2, 3, 4}},
		{"PRelu", 17, [][]byte{x3, with("PRelu", list("x", "w")), anInit("w", 3, 1)}, shape.Shape{2, 3, 4}},
		{"Conv", 17, [][]byte{x4, with("Conv", list("x", "w"), attrInts("pads", 1, 0, 2, 1), attrInts("strides", 2, 3), attrInts("dilations", 1, 2)), anInit("w", 5, 6, 3, 2)}, shape.Shape{2, 5, 5, 3}},
		{"Conv, same", 17, [][]byte{x4, with("Conv", list("x", "w"), attrStr("auto_pad", "SAME_UPPER"), attrInts("strides", 2, 3)), anInit("w", 5, 6, 3, 2)}, shape.Shape{2, 5, 4, 3}},
		{"ConvTranspose", 17, [][]byte{x4, with("ConvTranspose", list("x", "w"), attrInt("group", 2)), anInit("w", 6, 4, 3, 3)}, shape.Shape{2, 8, 0, 0}},
		{"MaxPool", 17, [][]byte{x4, node("MaxPool", attrInts("kernel_shape", 3, 2), attrInts("strides", 2, 2))}, shape.Shape{2, 6, 3, 4}},
		{"MaxPool, ceil", 17, [][]byte{x4, node("MaxPool", attrInts("kernel_shape", 3, 2), attrInts("strides", 2, 2), attrInt("ceil_mode", 1))}, shape.Shape{2, 6, 0, 0}},
		{"GlobalAveragePool", 17, [][]byte{x4, node("GlobalAveragePool")}, shape.Shape{2, 6, 1, 1}},
		{"Gemm", 17, [][]byte{x2, with("Gemm", list("x", "w"), attrInt("transA", 1), attrInt("transB", 1)), anInit("w", 3, 5)}, shape.Shape{6, 3}},
		{"MatMul", 17, [][]byte{x3, with("MatMul", list("x", "w")), anInit("w", 7, 1, 4, 5)}, shape.Shape{7, 2, 3, 5}},
		{"MatMul, vector", 17, [][]byte{x3, with("MatMul", list("x", "w")), anInit("w", 4)}, shape.Shape{2, 3}},
		{"MatMul, vector on the left", 17, [][]byte{x3, with("MatMul", list("w", "x")), anInit("w", 3)}, shape.Shape{2, 4}},
		{"Concat", 17, [][]byte{x3, with("Concat", list("x", "w", "x"), attrInt("axis", -2)), anInit("w", 2, 5, 4)}, shape.Shape{2, 11, 4}},
		{"Reshape", 17, [][]byte{x4, with("Reshape", list("x", "s")), anInts("s", 0, 3, -1, 2)}, shape.Shape{2, 3, 72, 2}},
		{"Transpose", 17, [][]byte{x3, node("Transpose", attrInts("perm", 1, 2, 0))}, shape.Shape{3, 4, 2}},
		{"Transpose, all", 17, [][]byte{x3, node("Transpose")}, shape.Shape{4, 3, 2}},
		{"Flatten", 17, [][]byte{x4, node("Flatten", attrInt("axis", -2))}, shape.Shape{12, 72}},
		{"Unsqueeze", 17, [][]byte{x2, with("Unsqueeze", list("x", "s")), anInts("s", -1, 1)}, shape.Shape{5, 1, 6, 1}},
		{"Unsqueeze, old", 11, [][]byte{x2, node("Unsqueeze", attrInts("axes", 0, 2))}, shape.Shape{1, 5, 1, 6}},
		{"Squeeze", 17, [][]byte{aValue(11, "x", 1, 5, 1), with("Squeeze", list("x", "s")), anInts("s", -1)}, shape.Shape{1, 5}},
		{"Squeeze, all", 11, [][]byte{aValue(11, "x", 1, 5, 1), node("Squeeze")}, shape.Shape{5}},
		{"ReduceMean", 17, [][]byte{x3, node("ReduceMean", attrInts("axes", -2), attrInt("keepdims", 0))}, shape.Shape{2, 4}},
		{"ReduceSum", 17, [][]byte{x3, with("ReduceSum", list("x", "s")), anInts("s", 0, 2)}, shape.Shape{1, 3, 1}},
		{"ReduceSum, all", 17, [][]byte{x3, node("ReduceSum")}, shape.Shape{1, 1, 1}},
		{"Pad", 17, [][]byte{x2, with("Pad", list("x", "s")), anInts("s", 0, 1, -2, 3)}, shape.Shape{3, 10}},
		{"Slice", 17, [][]byte{x4, with("Slice", list("x", "a", "b", "c", "d")), anInts("a", 1, -7), anInts("b", 9999, -1), anInts("c", 1, 3), anInts("d", 2, 3)}, shape.Shape{2, 3, 8, 2}},
		{"Slice, backwards", 17, [][]byte{x2, with("Slice", list("x", "a", "b", "c", "d")), anInts("a", -1), anInts("b", -9999), anInts("c", 1), anInts("d", -1)}, shape.Shape{5, 0}},
		{"Slice, old", 9, [][]byte{x2, node("Slice", attrInts("starts", 1, 2), attrInts("ends", 3, -1))}, shape.Shape{2, 3}},
		{"Gather", 17, [][]byte{x3, with("Gather", list("x", "s"), attrInt("axis", 1)), anInts("s", 0, 2, 1, 1, 0)}, shape.Shape{2, 5, 4}},
		{"Expand", 17, [][]byte{aValue(11, "x", 3, 1), with("Expand", list("x", "s")), anInts("s", 2, 1, 6)}, shape.Shape{2, 3, 6}},
		{"Split", 17, [][]byte{x2, aNode("n", "Split", list("x", "s"), list("z", "y"), attrInt("axis", 1)), anInts("s", 2, 4)}, shape.Shape{5, 4}},
		{"Split, even", 11, [][]byte{x2, aNode("n", "Split", list("x"), list("z", "y"), attrInt("axis", 1))}, shape.Shape{5, 3}},
		{"DepthToSpace", 17, [][]byte{aValue(11, "x", 1, 8, 2, 2), node("DepthToSpace", attrInt("blocksize", 2))}, shape.Shape{1, 2, 0, 0}},
		{"Resize", 17, [][]byte{x4, with("Resize", list("x", "", "", "s")), anInts("s", 2, 6, 4, 5)}, shape.Shape{2, 6, 4, 5}},
		{"Softmax", 17, [][]byte{x3, node("Softmax")}, shape.Shape{2, 3, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := aModel(8, c.opset, aGraph(append(c.graph, aFreeValue(12, "y"))...))
			f := mustOpen(t, m)
			s := &shapes{p: &parser{source: newSource(f.r, f.size)}, f: f, done: make(map[*value]shape.Shape)}
			got := s.of(f.proto.graph.find("y"), 0)
			out := runOnce(t, m)["y"].Shape
			for i, d := range c.want {
				if d == 0 && i < len(got) && got[i] == shape.Unknown {
					got[i] = out[i]
				}
			}
			if !slices.Equal(got, shape.Shape(out)) {
				t.Errorf("got %v, ONNX Runtime has %v", got, out)
			}
			for i, d := range c.want {
				if d != 0 && d != got[i] {
					t.Errorf("got %v, expected %v", got, c.want)
				}
			}
		})
	}
}

// TestShapesStated compares what is worked out with what other people's
// exporters have stated.
func TestShapesStated(t *testing.T) {
	compared := 0
	for _, path := range sharedModels(t) {
		f, err := openFile(t, path)
		if err != nil {
			t.Fatal(err)
		}
		s := &shapes{p: &parser{source: newSource(f.r, f.size)}, f: f, done: make(map[*value]shape.Shape)}
		for _, g := range f.graphs {
			for _, n := range g.nodes {
				for _, out := range n.outputs {
					v := g.find(out)
					if v == nil || v.info == nil {
						continue
					}
					stated, inferred := s.stated(v), s.inferred(v, 0)
					if stated == nil || inferred == nil {
						continue
					}
					compared++
					if !agree(stated, inferred) {
						t.Errorf("%s: %s makes %q of shape %v, stated is %v", filepath.Base(path), n.op, out, inferred, stated)
					}
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d shapes compared", compared)
	}
}

func agree(a, b shape.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] != shape.Unknown && b[i] != shape.Unknown {
			return false
		}
	}
	return true
}

// TestActivations cuts small functions into chunks: what they are called, along
// which axis they are cut, and that ONNX Runtime computes the same numbers.
func TestActivations(t *testing.T) {
	x4, x3 := aValue(11, "x", 1, 7, 3, 2), aValue(11, "x", 2, 4, 5)
	number := func(name string) []byte { return positive(name) }
	y := aFreeValue(12, "y")
	for _, c := range []struct {
		name  string
		opset int64
		graph [][]byte
		want  string
	}{
		{"relu", 17, [][]byte{x4, aNode("a", "Relu", list("x"), list("y"))}, "a Relu 1 7 "},
		{"old", 9, [][]byte{x4, aNode("a", "LeakyRelu", list("x"), list("y"), attrFloat("alpha", 0.25))}, "a LeakyRelu 1 7 "},
		{"rank 3", 17, [][]byte{x3, aNode("", "Tanh", list("x"), list("y"))}, "y Tanh 2 5 "},
		{"slopes", 17, [][]byte{x4, aNode("a", "PRelu", list("x", "w"), list("y")), anInit("w", 7, 1, 1)}, "a PRelu 1 7 "},
		{"slopes along a row", 17, [][]byte{x4, aNode("a", "PRelu", list("x", "w"), list("y")), anInit("w", 2)}, "a PRelu 1 7 "},
		{"one slope", 17, [][]byte{x4, aNode("a", "PRelu", list("x", "w"), list("y")), anInit("w", 1)}, "a PRelu 1 7 "},
		{"all slopes", 17, [][]byte{x4, aNode("a", "PRelu", list("x", "w"), list("y")), anInit("w", 7, 3, 2)}, "a PRelu 1 7 "},
		{"clip", 17, [][]byte{x4, aNode("a", "Clip", list("x", "", "hi"), list("y")), number("hi")}, "a Clip 1 7 "},
		{"silu", 17, [][]byte{x4, aNode("s", "Sigmoid", list("x"), list("s")), aNode("a", "Mul", list("x", "s"), list("y"))}, "a SiLU 1 7 "},
		{"gate", 17, [][]byte{x4, aNode("s", "Sigmoid", list("x"), list("s")), aNode("t", "Tanh", list("x"), list("t")), aNode("a", "Mul", list("t", "s"), list("y"))}, "a Mul Sigmoid Tanh 1 7 "},
		{"gelu", 17, [][]byte{x3, aNode("d", "Div", list("x", "r"), list("d")), aNode("e", "Erf", list("d"), list("e")), aNode("p", "Add", list("one", "e"), list("p")),
			aNode("m", "Mul", list("x", "p"), list("m")), aNode("a", "Mul", list("m", "half"), list("y")), number("r"), number("one"), number("half")}, "a GELU 2 5 "},
		{"gelu, half first", 17, [][]byte{x3, aNode("d", "Div", list("x", "r"), list("d")), aNode("e", "Erf", list("d"), list("e")), aNode("p", "Add", list("e", "one"), list("p")),
			aNode("h", "Mul", list("half", "x"), list("h")), aNode("a", "Mul", list("h", "p"), list("y")), number("r"), number("one"), number("half")}, "a GELU 2 5 "},
		{"gelu by tanh", 17, [][]byte{x3, aNode("c", "Pow", list("x", "three"), list("c")), aNode("k", "Mul", list("c", "k0"), list("k")), aNode("s", "Add", list("x", "k"), list("s")),
			aNode("q", "Mul", list("s", "k1"), list("q")), aNode("t", "Tanh", list("q"), list("t")), aNode("p", "Add", list("t", "one"), list("p")), aNode("h", "Mul", list("x", "half"), list("h")),
			aNode("a", "Mul", list("h", "p"), list("y")), aFloat("three", 3), number("k0"), number("k1"), number("one"), number("half")}, "a GELU (tanh) 2 5 "},
		{"mish", 17, [][]byte{x4, aNode("s", "Softplus", list("x"), list("s")), aNode("t", "Tanh", list("s"), list("t")), aNode("a", "Mul", list("x", "t"), list("y"))}, "a Mish 1 7 "},
		{"behind a 1-D convolution", 17, [][]byte{x3, aNode("c", "Conv", list("x", "w"), list("c")), anInit("w", 6, 4, 2), aNode("a", "Relu", list("c"), list("y"))}, "a Relu 1 6 "},

		{"softmax", 17, [][]byte{x3, aNode("a", "Softmax", list("x"), list("y"))}, ""},
		{"few channels", 17, [][]byte{aValue(11, "x", 1, 2, 9), aNode("c", "MaxPool", list("x"), list("c"), attrInts("kernel_shape", 1)), aNode("a", "Relu", list("c"), list("y"))}, "a Relu 1 2 axis 1 has 2 entries, fewer than the 3 chunks"},
		{"one dimension", 17, [][]byte{aValue(11, "x", 9), aNode("a", "Relu", list("x"), list("y"))}, "a Relu 1 0 its input has 1 dimensions, no channels"},
		{"no shape", 17, [][]byte{x3, aNode("c", "NonMaxSuppression", list("x"), list("c")), aNode("a", "Relu", list("c"), list("y"))}, "a Relu 1 0 the number of dimensions of its input is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := aModel(8, c.opset, aGraph(append(c.graph, y)...))
			f := mustOpen(t, m)
			got := ""
			var all []int
			for i, a := range f.model.Activations {
				got += fmt.Sprintf("%s %s %d %d %s", a.Name, a.Op, a.Axis, a.Channels, a.Skipped)
				if a.Skipped == "" {
					all = append(all, i)
				}
			}
			if got != c.want {
				t.Fatalf("got %q, expected %q", got, c.want)
			}
			if len(all) == 0 {
				return
			}
			g, _, b := write(t, f, nil, WriteOptions{Activations: all})
			for _, init := range g.proto.graph.inits {
				if v := g.proto.graph.values[init.name]; len(v.readers) == 0 {
					t.Errorf("nothing reads %q", init.name)
				}
			}
			if err := ort.Load(""); err != nil {
				t.Skip(err)
			}
			// ONNX Runtime's kernels may round the end of a vector in another way
			// than its inside, and chunks end elsewhere.
			if d := worst(runOnce(t, m), runOnce(t, b)); !(d < 1e-7) {
				t.Errorf("outputs differ by %.2g of the largest value", d)
			}
		})
	}
}
