package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// aBool is a ValueInfoProto of one bool.
func aBool(num int, name string) []byte {
	return pbMsg(num, pbStr(1, name), pbMsg(2, pbMsg(1, pbInt(1, 9), pbMsg(2, pbMsg(1, pbInt(1, 1))))))
}

// aConstant is a Constant node of floats, as anInit has them.
func aConstant(name string, dims ...int64) []byte {
	return pbMsg(1, aConstantBody(name, dims...))
}

func aConstantBody(name string, dims ...int64) []byte {
	init := anInit("", dims...)
	_, body, _ := bytes.Cut(init, pbStr(8, ""))
	head, _, _ := bytes.Cut(init, pbStr(8, ""))
	// without the tag and the length of the initializer's own field
	n := 1
	for init[n]&128 != 0 {
		n++
	}
	return aNodeBody(name, "Constant", nil, list(name), attrTensor("value", head[n+1:], body))
}

func inDomain(domain string) []byte { return pbStr(7, domain) }

func attrString(name, v string) []byte {
	return pbMsg(5, pbStr(1, name), pbStr(4, v), pbInt(20, 3))
}

// everywhere are models that have their weights in odd places. Each runs in
// ONNX Runtime as it is.
func everywhere() map[string][]byte {
	importF := pbMsg(8, pbStr(1, "com.example"), pbInt(2, 1))
	importMS := pbMsg(8, pbStr(1, "com.microsoft"), pbInt(2, 1))
	function := pbMsg(25, pbStr(1, "F"), pbStr(10, "com.example"), pbStr(4, "a"), pbStr(5, "b"),
		pbMsg(9, pbStr(1, ""), pbInt(2, 17)),
		pbMsg(7, aConstantBody("k", 1, 4, 4)), pbMsg(7, aConstantBody("kb", 4)),
		pbMsg(7, aNodeBody("axes", "Constant", nil, list("zero"), attrInts("value_ints", 0))),
		pbMsg(7, aNodeBody("squeeze", "Squeeze", list("k", "zero"), list("k2"))),
		pbMsg(7, aNodeBody("multiply", "MatMul", list("a", "k2"), list("m"))),
		pbMsg(7, aNodeBody("add", "Add", list("m", "kb"), list("b"))))
	branch := func(inner string) []byte {
		return aGraph(aConstant(inner, 4, 4), aNode("mm "+inner, "MatMul", list("h", inner), list("i "+inner)),
			aNode("out "+inner, "MatMul", list("i "+inner, "w"), list("o "+inner)), aValue(12, "o "+inner, 4, 4))
	}
	nested := aGraph(aNode("h", "MatMul", list("x", "v"), list("h")),
		aNode("inner if", "If", list("c2"), list("n"), attrGraph("then_branch", branch("p")), attrGraph("else_branch", branch("q"))),
		anInit("v", 4, 4), aValue(12, "n", 4, 4))
	body := aGraph(
		aNode("turn", "Transpose", list("wh"), list("wt"), attrInts("perm", 1, 0)),
		aNode("in", "MatMul", list("xt", "wi"), list("a")), aNode("state", "MatMul", list("h", "wt"), list("b")),
		aNode("both", "Add", list("a", "b"), list("h2")), aNode("copy", "Identity", list("h2"), list("yt")),
		anInit("wi", 4, 4), aValue(11, "h", 4), aValue(11, "xt", 4), aValue(12, "h2", 4), aValue(12, "yt", 4))
	return map[string][]byte{
		"constant nodes": aModel(8, 17, aGraph(
			aConstant("k", 3, 4, 1), aConstant("b", 3), aNode("conv", "Conv", list("x", "k", "b"), list("c")),
			aConstant("w", 4, 4), aNode("mm", "MatMul", list("c", "w"), list("m")), aConstant("bw", 4), aNode("add", "Add", list("m", "bw"), list("y")),
			aValue(11, "x", 1, 4, 4), aValue(12, "y", 1, 3, 4))),
		"function": aModel(8, 17, aGraph(
			aNode("first", "F", list("x"), list("h"), inDomain("com.example")), aNode("second", "F", list("h"), list("y"), inDomain("com.example")),
			aValue(11, "x", 4, 4), aValue(12, "y", 4, 4)), importF, function),
		"nested if": aModel(8, 17, aGraph(
			aNode("outer if", "If", list("c1"), list("y"), attrGraph("then_branch", nested), attrGraph("else_branch", aGraph(
				aNode("plain", "MatMul", list("x", "w"), list("e")), aValue(12, "e", 4, 4)))),
			anInit("w", 4, 4), aValue(11, "x", 4, 4), aBool(11, "c1"), aBool(11, "c2"), aValue(12, "y", 4, 4))),
		"scan": aModel(8, 17, aGraph(
			aNode("scan", "Scan", list("h0", "x"), list("hn", "y"), attrGraph("body", body), attrInt("num_scan_inputs", 1)),
			anInit("wh", 4, 4), aValue(11, "h0", 4), aValue(11, "x", 3, 4), aValue(12, "hn", 4), aValue(12, "y", 3, 4))),
		"slices of one constant": aModel(8, 17, aGraph(
			aNode("low", "Slice", list("w", "0", "2"), list("l")), aNode("high", "Slice", list("w", "2", "4"), list("r")),
			aNode("cat", "Concat", list("r", "l"), list("t"), attrInt("axis", 0)), aNode("mm", "MatMul", list("x", "t"), list("y")),
			anInit("w", 4, 4), anInts("0", 0), anInts("2", 2), anInts("4", 4), aValue(11, "x", 4, 4), aValue(12, "y", 4, 4))),
		"two constants joined": aModel(8, 17, aGraph(
			aNode("cat", "Concat", list("w", "v"), list("t"), attrInt("axis", 1)), aNode("mm", "MatMul", list("x", "t"), list("y")),
			anInit("w", 4, 3), anInit("v", 4, 2), aValue(11, "x", 4, 4), aValue(12, "y", 4, 5))),
		"tied in two ways": aModel(8, 17, aGraph(
			aNode("mm", "MatMul", list("x", "w"), list("h")), aNode("turn", "Transpose", list("w"), list("t")),
			aNode("back", "MatMul", list("h", "t"), list("i")), aNode("again", "MatMul", list("i", "t"), list("y")),
			anInit("w", 4, 4), aValue(11, "x", 4, 4), aValue(12, "y", 4, 4))),
		"chains": aModel(8, 17, aGraph(
			aNode("shape", "Reshape", list("k", "to"), list("k1")), aNode("same", "Identity", list("k1"), list("k2")),
			aNode("more", "Unsqueeze", list("k2", "3"), list("k3")), aNode("less", "Squeeze", list("k3", "3"), list("k4")),
			aNode("conv", "Conv", list("x", "k4", "b"), list("c")),
			aNode("cast", "Cast", list("f16"), list("f32"), attrInt("to", 1)), aNode("mm", "MatMul", list("c", "f32"), list("y")),
			anInit("k", 12, 1), anInit("b", 3), anInts("to", 3, -1, 1), anInts("3", 3),
			pbMsg(5, pbInts(1, 4, 2), pbInt(2, 10), pbStr(8, "f16"), pbPacked(5, 0x3c00, 0xc000, 0x3800, 0x4000, 0xbc00, 0x3400, 0x2e66, 0xb800)),
			aValue(11, "x", 1, 4, 4), aValue(12, "y", 1, 3, 2))),
		"chains, opset 11": aModel(6, 11, aGraph(
			aNode("more", "Unsqueeze", list("w"), list("w1"), attrInts("axes", 0)), aNode("less", "Squeeze", list("w1"), list("w2"), attrInts("axes", 0)),
			aNode("mm", "MatMul", list("x", "w2"), list("y")), anInit("w", 4, 4), aValue(11, "x", 4, 4), aValue(12, "y", 4, 4))),
		"recurrent": aModel(8, 17, aGraph(
			aNode("lstm", "LSTM", list("x", "wl", "rl"), list("yl"), attrInt("hidden_size", 4), attrString("direction", "bidirectional")),
			aNode("gru", "GRU", list("x", "wg", "rg", "bg"), list("yg"), attrInt("hidden_size", 4)),
			aNode("rnn", "RNN", list("x", "wr", "rr"), list("yr"), attrInt("hidden_size", 4)),
			anInit("wl", 2, 16, 3), anInit("rl", 2, 16, 4), anInit("wg", 1, 12, 3), anInit("rg", 1, 12, 4), anInit("bg", 1, 24), anInit("wr", 1, 4, 3), anInit("rr", 1, 4, 4),
			aValue(11, "x", 5, 1, 3), aValue(12, "yl", 5, 2, 1, 4), aValue(12, "yg", 5, 1, 1, 4), aValue(12, "yr", 5, 1, 1, 4))),
		"fused": aModel(8, 17, aGraph(
			aNode("conv", "FusedConv", list("x", "k", "b"), list("c"), attrString("activation", "Relu"), inDomain("com.microsoft")),
			aNode("mm", "FusedMatMul", list("c", "w"), list("m"), attrInt("transB", 1), inDomain("com.microsoft")),
			aNode("flat", "Reshape", list("m", "to"), list("f")),
			aNode("gemm", "FusedGemm", list("f", "g"), list("y"), attrString("activation", "Relu"), inDomain("com.microsoft")),
			aNode("attention", "Attention", list("m", "qkv", "bq"), list("z"), attrInt("num_heads", 1), inDomain("com.microsoft")),
			aNode("sum", "Einsum", list("m", "e"), list("s"), attrString("equation", "bij,jk->bik")),
			anInit("k", 3, 4, 1), anInit("b", 3), anInit("w", 5, 4), anInts("to", 3, 5), anInit("g", 5, 4), anInit("qkv", 5, 15), anInit("bq", 15), anInit("e", 5, 4),
			aValue(11, "x", 1, 4, 4), aValue(12, "y", 3, 4), aValue(12, "z", 1, 3, 5), aValue(12, "s", 1, 3, 4)), importMS),
		"double": aModel(8, 17, aGraph(
			aNode("to", "Cast", list("x"), list("d"), attrInt("to", 11)), aNode("mm", "MatMul", list("d", "w"), list("e")),
			aNode("back", "Cast", list("e"), list("y"), attrInt("to", 1)),
			pbMsg(5, pbInts(1, 2, 2), pbInt(2, 11), pbStr(8, "w"), pbMsg(10, le64(1, -2, 0.5, 0.25))), aValue(11, "x", 2, 2), aValue(12, "y", 2, 2))),
		"bfloat16": aModel(8, 17, aGraph(
			aNode("cast", "Cast", list("w"), list("f"), attrInt("to", 1)), aNode("mm", "MatMul", list("x", "f"), list("y")),
			pbMsg(5, pbInts(1, 2, 2), pbInt(2, 16), pbStr(8, "w"), pbPacked(5, 0x3f80, 0xc000, 0x3f00, 0x3e80)), aValue(11, "x", 2, 2), aValue(12, "y", 2, 2))),
	}
}

func le64(values ...float64) []byte {
	b, _ := binary.Append(nil, binary.LittleEndian, values)
	return b
}

// TestEverywhere finds the weights of small models in odd places and compares
// what it finds, and what becomes of it, with reviewed files in testdata.
func TestEverywhere(t *testing.T) {
	for name, file := range everywhere() {
		t.Run(name, func(t *testing.T) {
			f := mustOpen(t, file)
			var got strings.Builder
			for _, l := range f.Model().Layers {
				fmt.Fprintf(&got, "%s | %s %s %v | axis %d, %d blocks, summed only %v | %s", l.Name, l.Op, l.Kind, l.Shape, l.OutAxis, l.Blocks, l.SummedOnly, l.Weight.Name)
				if l.Bias != nil {
					fmt.Fprintf(&got, ", bias %s", l.Bias.Name)
				}
				fmt.Fprintf(&got, " | %s\n", l.Skipped)
			}
			g, _, _ := write(t, f, floatSplit(t, f), WriteOptions{})
			fmt.Fprintf(&got, "\nSplit in float:\n%s", dump(t, g))
			changes, _ := quantized(t, f, 4, 1, model.FormLayers)
			g, _, _ = write(t, f, changes, WriteOptions{Target: ORT120})
			fmt.Fprintf(&got, "\n4 bits:\n%s", dump(t, g))
			golden(t, "everywhere, "+name, got.String())
		})
	}
}

// TestEverywhereRuns runs them in ONNX Runtime: split in float they compute
// what they did; quantized in every form, for every target, what they compute
// with floats of the same values.
func TestEverywhereRuns(t *testing.T) {
	needRuntime(t)
	for name, file := range everywhere() {
		t.Run(name, func(t *testing.T) {
			f := mustOpen(t, file)
			same := func(what string, b, want []byte) {
				t.Helper()
				for _, c := range []byte{0, 1, 2, 3} { // both ways of two conditions
					if d := apart(answers(t, what, b, c), answers(t, what, want, c)); !(d < 1e-5) {
						t.Errorf("%s: outputs differ by %g of the largest", what, d)
					}
					if !strings.Contains(name, "if") {
						break
					}
				}
			}
			for _, l := range f.Model().Layers {
				if l.Skipped != "" {
					t.Errorf("layer %q is left alone: %s", l.Name, l.Skipped)
				}
			}
			_, _, b := write(t, f, floatSplit(t, f), WriteOptions{})
			same("split", b, file)
			for _, bits := range []int{8, 4, 2} {
				for _, parts := range []int{1, 3} {
					for _, form := range []model.Form{model.FormLayers, model.FormSummed} {
						changes, oracle := quantized(t, f, bits, parts, form)
						_, _, want := write(t, f, oracle, WriteOptions{})
						for _, target := range []Target{Auto, ORT120, Any} {
							_, _, b := write(t, f, changes, WriteOptions{Target: target})
							same(fmt.Sprintf("%d bits, %d parts, %s, %s", bits, parts, form, target), b, want)
						}
					}
				}
			}
		})
	}
}

// TestEmbedding quantizes an embedding and the layer that is tied to it, as
// somebody may ask for although both are left alone by default.
func TestEmbedding(t *testing.T) {
	needRuntime(t)
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("ids", "Constant", nil, list("ids"), attrInts("value_ints", 3, 0, 1)), aNode("embed", "Gather", list("w", "ids"), list("e")),
		aNode("turn", "Transpose", list("w"), list("t")), aNode("head", "MatMul", list("x", "t"), list("y")),
		anInit("w", 4, 5), aValue(11, "x", 3, 5), aValue(12, "y", 3, 4), aValue(12, "e", 3, 5))))
	for i, reason := range []string{embedding, `the weight is also read by node "embed" (Gather): quantizing it here would store it twice`} {
		l := &f.model.Layers[i]
		if l.Skipped != reason || !l.Optional || l.Weight.Name != "w" || l.OutAxis != 0 {
			t.Errorf("%+v", l)
		}
		l.Skipped = ""
	}
	for _, parts := range []int{1, 3} {
		changes, oracle := quantized(t, f, 4, parts, model.FormLayers)
		_, _, b := write(t, f, changes, WriteOptions{})
		_, _, want := write(t, f, oracle, WriteOptions{})
		if d := apart(answers(t, "codes", b, 0), answers(t, "floats", want, 0)); len(changes) != 1 || !(d < 1e-6) {
			t.Errorf("%d changes, outputs differ by %g", len(changes), d)
		}
	}
}

// answers runs a model on made-up numbers. The lowest bits of conditions are
// what its bools are.
func answers(t *testing.T, what string, b []byte, conditions byte) map[string][]float32 {
	t.Helper()
	s, err := ort.OpenBytes(what, b, ort.Options{Threads: 1})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer s.Close()
	return ask(t, what, s, conditions)
}

func ask(t *testing.T, what string, s *ort.Session, conditions byte) map[string][]float32 {
	t.Helper()
	in := make(map[string]ort.Value)
	for _, i := range s.Inputs {
		n, err := i.Shape.Elems()
		if err != nil {
			t.Fatal(err)
		}
		if i.Type == tensor.Bool {
			in[i.Name] = ort.Value{Type: tensor.Bool, Shape: i.Shape, Data: []byte{conditions & 1}}
			conditions >>= 1
			continue
		}
		values := make([]float32, n)
		for j := range values {
			values[j] = float32(math.Sin(float64(3*j + 1)))
		}
		in[i.Name] = ort.Float32(i.Shape, values)
	}
	out, err := s.Run(in)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	floats := make(map[string][]float32)
	for name, v := range out {
		if floats[name], err = v.Floats(); err != nil {
			t.Fatal(err)
		}
	}
	return floats
}

// apart is the largest difference of two answers, as a share of the largest value.
func apart(a, b map[string][]float32) float64 {
	if !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))) {
		return math.NaN()
	}
	worst := 0.0
	for name := range a {
		var d, largest float64
		for i := range a[name] {
			d = max(d, math.Abs(float64(a[name][i]-b[name][i])))
			largest = max(largest, math.Abs(float64(b[name][i])))
		}
		if d > 0 || math.IsNaN(d) {
			worst = max(worst, d/largest)
		}
	}
	return worst
}
