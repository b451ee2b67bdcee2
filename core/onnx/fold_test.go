package onnx

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"splitquant/core/fold"
	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// positive is an initializer of floats between 0.5 and 2.5, in no order.
func positive(name string, dims ...int64) []byte {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = 0.5 + float32(i*7%11)/5.5
	}
	return pbMsg(5, pbInts(1, dims...), pbInt(2, 1), pbStr(8, name), pbMsg(9, le32(values...)))
}

// aBatchNorm normalises n channels.
func aBatchNorm(name, in, out string, n int64, attrs ...[]byte) []byte {
	return slices.Concat(
		aNode(name, "BatchNormalization", list(in, name+".s", name+".b", name+".m", name+".v"), list(out), attrs...),
		positive(name+".s", n), anInit(name+".b", n), anInit(name+".m", n), positive(name+".v", n))
}

// a4 are an input and an output of four dimensions.
func io4(in, out [4]int64) []byte {
	return slices.Concat(aValue(11, "x", in[:]...), aValue(12, "y", out[:]...))
}

func io2(rows, in, out int64) []byte {
	return slices.Concat(aValue(11, "x", rows, in), aValue(12, "y", rows, out))
}

// attrFloat is a float attribute.
func attrFloat(name string, v float32) []byte {
	return pbMsg(5, pbStr(1, name), append(pbVarint(2<<3|5), le32(v)...), pbInt(20, 1))
}

// TestFold folds nodes into small models and runs them in ONNX Runtime, which
// must compute what the originals computed.
func TestFold(t *testing.T) {
	conv := func(bias bool, attrs ...[]byte) []byte {
		in, b := list("x", "w"), []byte(nil)
		if bias {
			in, b = append(in, "b"), anInit("b", 4)
		}
		return slices.Concat(aNode("conv", "Conv", in, list("c"), attrs...), b)
	}
	three := io4([4]int64{2, 3, 5, 5}, [4]int64{2, 4, 3, 3})
	padded := io4([4]int64{2, 3, 5, 5}, [4]int64{2, 4, 5, 5})
	for _, c := range []struct {
		name  string
		graph []byte
		opset int64
		want  string // the nodes that are folded in
	}{
		{"conv with bias", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aBatchNorm("bn", "c", "y", 4), three), 17, "BatchNormalization bn"},
		{"conv without bias", slices.Concat(conv(false, attrInts("pads", 1, 1, 1, 1)), anInit("w", 4, 3, 3, 3), aBatchNorm("bn", "c", "y", 4, attrFloat("epsilon", 0.25)), padded), 17, "BatchNormalization bn"},
		{"grouped conv, factors", slices.Concat(conv(true, attrInt("group", 2)), anInit("w", 4, 2, 3, 3),
			aNode("mul", "Mul", list("c", "f"), list("c1")), anInit("f", 4, 1, 1),
			aNode("add", "Add", list("o", "c1"), list("c2")), anInit("o", 1),
			aNode("div", "Div", list("c2", "d"), list("c3")), positive("d", 1, 4, 1, 1),
			aNode("sub", "Sub", list("c3", "s"), list("y")), anInit("s"),
			io4([4]int64{2, 4, 5, 5}, [4]int64{2, 4, 3, 3})), 17, "Mul mul, Add add, Div div, Sub sub"},
		{"factor alone", slices.Concat(conv(false), anInit("w", 4, 3, 3, 3), aNode("mul", "Mul", list("f", "c"), list("y")), anInit("f", 4, 1, 1), three), 17, "Mul mul"},
		{"grouped transposed conv", slices.Concat(aNode("conv", "ConvTranspose", list("x", "w"), list("c"), attrInt("group", 2)), anInit("w", 4, 3, 3, 3),
			aBatchNorm("bn", "c", "y", 6), io4([4]int64{1, 4, 3, 3}, [4]int64{1, 6, 5, 5})), 17, "BatchNormalization bn"},
		{"gemm", slices.Concat(aNode("gemm", "Gemm", list("x", "w", "b"), list("c")), anInit("w", 3, 4), anInit("b", 4), aBatchNorm("bn", "c", "y", 4), io2(5, 3, 4)), 17, "BatchNormalization bn"},
		{"gemm, transposed, old", slices.Concat(aNode("gemm", "Gemm", list("x", "w", "b"), list("c"), attrInt("transB", 1)), anInit("w", 4, 3), anInit("b", 1, 1), aBatchNorm("bn", "c", "y", 4), io2(5, 3, 4)), 9, "BatchNormalization bn"},
		{"gemm of a column", slices.Concat(aNode("gemm", "Gemm", list("w", "x"), list("c")), anInit("w", 4, 3), aNode("mul", "Mul", list("c", "f"), list("c1")), anInit("f", 4, 1),
			aNode("add", "Add", list("c1", "f"), list("y")), aValue(11, "x", 3, 5), aValue(12, "y", 4, 5)), 17, "Mul mul, Add add"},
		{"matmul", slices.Concat(aNode("matmul", "MatMul", list("x", "w"), list("c")), anInit("w", 3, 4), aBatchNorm("bn", "c", "y", 4), io2(5, 3, 4)), 17, "BatchNormalization bn"},
		{"matmul with bias", slices.Concat(aNode("matmul", "MatMul", list("x", "w"), list("p")), anInit("w", 3, 4), aNode("bias", "Add", list("b", "p"), list("c")), anInit("b", 4),
			aNode("mul", "Mul", list("c", "f"), list("y")), positive("f"), io2(5, 3, 4)), 17, "Mul mul"},
		{"matmul, factor, offset", slices.Concat(aNode("matmul", "MatMul", list("x", "w"), list("c")), anInit("w", 3, 4), aNode("mul", "Mul", list("c", "f"), list("c1")), positive("f"),
			aNode("add", "Add", list("c1", "o"), list("y")), anInit("o", 4), aValue(11, "x", 2, 5, 3), aValue(12, "y", 2, 5, 4)), 17, "Mul mul, Add add"},
		{"in front of a gemm", slices.Concat(aBatchNorm("bn", "x", "n", 3), aNode("gemm", "Gemm", list("n", "w", "b"), list("y"), attrInt("transB", 1)), anInit("w", 4, 3), anInit("b", 4), io2(5, 3, 4)), 17, "BatchNormalization bn"},
		{"on both sides of a matmul", slices.Concat(aBatchNorm("bn", "x", "n", 3), aNode("matmul", "MatMul", list("n", "w"), list("p")), anInit("w", 3, 4), aBatchNorm("bn2", "p", "y", 4), io2(5, 3, 4)), 17, "BatchNormalization bn2, BatchNormalization bn"},
		{"in front of a grouped conv", slices.Concat(aBatchNorm("bn", "x", "n", 4), aNode("conv", "Conv", list("n", "w"), list("y"), attrInt("group", 2), attrInts("pads", 0, 0, 0, 0)), anInit("w", 4, 2, 3, 3),
			io4([4]int64{2, 4, 5, 5}, [4]int64{2, 4, 3, 3})), 17, "BatchNormalization bn"},
		{"between two layers", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aBatchNorm("bn", "c", "n", 4), aNode("conv2", "Conv", list("n", "w2"), list("y")), anInit("w2", 4, 4, 1, 1), three), 17, "BatchNormalization bn"},

		{"in front of padding", slices.Concat(aBatchNorm("bn", "x", "n", 3), aNode("conv", "Conv", list("n", "w"), list("y"), attrInts("pads", 1, 1, 1, 1)), anInit("w", 4, 3, 3, 3), padded), 17, ""},
		{"read twice", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aBatchNorm("bn", "c", "n", 4), aNode("add", "Add", list("n", "c"), list("y")), three), 17, ""},
		{"an output", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aBatchNorm("bn", "c", "y", 4), three, aValue(12, "c", 2, 4, 3, 3)), 17, ""},
		{"another axis", slices.Concat(aNode("matmul", "MatMul", list("x", "w"), list("c")), anInit("w", 3, 4), aBatchNorm("bn", "c", "y", 4), aValue(11, "x", 2, 4, 3), aValue(12, "y", 2, 4, 4)), 17, ""},
		{"along a row", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aNode("mul", "Mul", list("c", "f"), list("y")), anInit("f", 3), three), 17, ""},
		{"subtracted from", slices.Concat(conv(true), anInit("w", 4, 3, 3, 3), aNode("sub", "Sub", list("f", "c"), list("y")), anInit("f", 4, 1, 1), three), 17, ""},
		{"bigger than the output", slices.Concat(aNode("matmul", "MatMul", list("x", "w"), list("c")), anInit("w", 3, 4), aNode("mul", "Mul", list("c", "f"), list("y")), anInit("f", 2, 1, 4), aValue(11, "x", 5, 3), aValue(12, "y", 2, 5, 4)), 17, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := aModel(8, c.opset, aGraph(c.graph))
			f := mustOpen(t, source)
			var nodes []string
			for _, l := range f.model.Layers {
				if l.Fold != nil {
					nodes = append(nodes, l.Fold.Nodes...)
				}
			}
			if got := strings.Join(nodes, ", "); got != c.want {
				t.Fatalf("folds %q, expected %q", got, c.want)
			}
			want := runOnce(t, source)
			for _, parts := range []int{1, 3} {
				for _, biasParts := range []int{1, parts} {
					g, _, b := write(t, f, foldAll(t, f, parts, biasParts), WriteOptions{})
					if n := len(nodes); n > 0 && parts == 1 && len(g.proto.graph.nodes) > len(f.proto.graph.nodes) {
						t.Errorf("%d nodes, expected fewer than %d", len(g.proto.graph.nodes), len(f.proto.graph.nodes))
					}
					for _, init := range g.proto.graph.inits {
						if v := g.proto.graph.values[init.name]; len(v.readers) == 0 {
							t.Errorf("nothing reads %q", init.name)
						}
					}
					if d := worst(want, runOnce(t, b)); !(d < 2e-6) {
						t.Errorf("%d parts, bias in %d: outputs differ by %.2g of the largest value", parts, biasParts, d)
					}
				}
			}
			if f.CanNBits(0) == nil && c.want != "" {
				changes := foldAll(t, f, 1, 1)
				changes[0].Form, changes[0].Parts = model.FormMatMulNBits, []model.Stored{oneBlock(t, &f.model.Layers[0], changes[0].Parts[0])}
				_, _, b := write(t, f, changes, WriteOptions{})
				if d := worst(want, runOnce(t, b)); !(d < 2e-2) {
					t.Errorf("MatMulNBits: outputs differ by %.2g of the largest value", d)
				}
			}
		})
	}
}

// foldAll folds what can be folded, and cuts all weights into parts.
func foldAll(t *testing.T, f *File, parts, biasParts int) (changes []model.Change) {
	cut := func(x *model.Tensor, values []float32, n int) (all []model.Stored) {
		if n == 1 {
			return []model.Stored{floatsAs(t, x, values)}
		}
		for _, p := range thirds(values) {
			all = append(all, floatsAs(t, x, p))
		}
		return all
	}
	for i := range f.model.Layers {
		l := &f.model.Layers[i]
		if l.Skipped != "" {
			continue
		}
		w := readFloats(t, l.Weight)
		c := model.Change{Weight: l.Weight, Form: model.FormLayers, Folded: l.Fold != nil}
		if c.Folded && fold.HasBias(l) {
			var bias []float32
			if l.Bias != nil {
				bias = readFloats(t, l.Bias)
			}
			x := &model.Tensor{Type: l.Weight.Type, Shape: l.Fold.BiasShape}
			c.Biases = map[int][]model.Stored{i: cut(x, fold.Bias(l, bias, w), biasParts)}
		}
		if c.Folded {
			fold.Weight(l, w, 0)
		}
		c.Parts = cut(l.Weight, w, parts)
		changes = append(changes, c)
	}
	return changes
}

// oneBlock makes codes of 8 bits of a small weight, one block for every row.
func oneBlock(t *testing.T, l *model.Layer, whole model.Stored) model.Stored {
	w := readFloats(t, &model.Tensor{Type: whole.Type, Shape: whole.Shape, Data: whole.Data})
	n, k := int(l.Shape[l.OutAxis]), int(l.Shape[1-l.OutAxis])
	const block = 16
	s := model.Stored{Type: tensor.Int8, Shape: tensor.Shape{int64(n), int64(k)}, Axis: 1, Block: block}
	codes := make([]byte, n*block)
	for row := range n {
		at := func(i int) float32 {
			if l.OutAxis == 1 {
				return w[i*n+row]
			}
			return w[row*k+i]
		}
		var largest float32
		for i := range k {
			largest = max(largest, at(i), -at(i))
		}
		s.Scale = append(s.Scale, largest/127)
		for i := range k {
			codes[row*block+i] = byte(int8(math.Round(float64(at(i) / s.Scale[row]))))
		}
	}
	s.Data = bytes.NewReader(codes)
	return s
}

// runOnce runs a model of one float input on numbers in no order and returns
// its outputs.
func runOnce(t *testing.T, m []byte) map[string]ort.Value {
	t.Helper()
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
	s, err := ort.OpenBytes("test", m, ort.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := s.Inputs[0]
	n, err := tensor.Shape(in.Shape).Elems()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*37%101)/50 - 1
	}
	out, err := s.Run(map[string]ort.Value{in.Name: ort.Float32(in.Shape, values)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// worst returns the largest difference between outputs, as a share of the
// largest value; NaN where they cannot be compared.
func worst(a, b map[string]ort.Value) float64 {
	w := 0.0
	for name := range a {
		x, err := a[name].Floats()
		y, errB := b[name].Floats()
		if err != nil || errB != nil || len(x) != len(y) || fmt.Sprint(a[name].Shape) != fmt.Sprint(b[name].Shape) {
			return math.NaN()
		}
		var largest, d float64
		for i := range x {
			largest = max(largest, math.Abs(float64(x[i])))
			d = max(d, math.Abs(float64(x[i])-float64(y[i])))
		}
		w = max(w, d/largest)
	}
	return w
}
