package onnx

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"splitquant/core/onnx/opset"
)

// TestMalformed gives every kind of damage its own name and its own words.
func TestMalformed(t *testing.T) {
	good := aModel(8, 17, aGraph(aNode("n", "Relu", list("x"), list("y"))))
	deep := aGraph()
	for range maxDepth + 1 {
		deep = aGraph(aNode("n", "If", list("c"), list("y"), attrGraph("then_branch", deep)))
	}
	group := func(depth int) []byte {
		b := bytes.Repeat([]byte{99<<3&127 | 3 | 128, 99 >> 4}, depth)
		return append(b, bytes.Repeat([]byte{99<<3&127 | 4 | 128, 99 >> 4}, depth)...)
	}
	withField := func(field ...byte) []byte { return append(slices.Clone(good), field...) }
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("hello, world"), "not an ONNX model"},
		{"json", []byte(`{"ir_version": 8}`), "not an ONNX model"},
		{"zeros", make([]byte, 100), "not an ONNX model"},
		{"only a version", pbInt(1, 8), "the model has no graph"},
		{"two graphs", withField(pbMsg(7, aGraph())...), "the model has two graphs"},
		{"cut in the graph", good[:20], "the file is truncated"},
		{"cut in a tag", withField(0x80), "the file is truncated: it ends in the middle of a tag"},
		{"cut in a number", withField(5<<3, 0x80), "the file is truncated: it ends in the middle of a value of field 5"},
		{"field number 0", withField(0<<3, 1), "corrupt protobuf at byte 36: field number 0"},
		{"wire type 6", withField(9<<3 | 6), "field 9 has wire type 6"},
		{"end of a group that has no start", withField(9<<3 | 4), "field 9 has wire type 4"},
		{"group that ends as another", withField(9<<3|3, 10<<3|4), "group 9 ends as group 10"},
		{"group that does not end", withField(9<<3 | 3), "truncated"},
		{"groups in groups", append(slices.Clone(good), group(maxDepth+2)...), "groups nest deeper than 64"},
		{"length beyond the file", withField(9<<3|2, 200, 1), "truncated: field 9 at byte 36 needs 200 bytes, 0 are left"},
		{"length one beyond the file", withField(9<<3|2, 1), "truncated: field 9 at byte 36 needs 1 bytes, 0 are left"},
		{"length beyond its message", aModel(8, 17, []byte{1<<3 | 2, 100}), "corrupt protobuf at byte 10: field 1 claims 100 bytes, 0 are left"},
		{"graph that is a number", append(pbInt(1, 8), pbInt(7, 1)...), "field 7 has wire type 0, expected 2"},
		{"graphs in graphs", aModel(8, 17, deep), "graphs nest deeper than 64"},
		{"node without operator", aModel(8, 17, aGraph(pbMsg(1, pbStr(3, "n")))), `node "n" at byte 13 has no operator`},
		{"function without name", aModel(8, 17, aGraph(), pbMsg(25, pbStr(10, "d"))), "has no name"},
		{"two nodes make one value", aModel(8, 17, aGraph(aNode("a", "Relu", list("x"), list("y")), aNode("b", "Relu", list("x"), list("y")))), `node "b": its output "y" is the name of another value`},
		{"unknown data type", aTensor(pbInt(2, 99)), `tensor "w": data type 99 is not known`},
		{"no data type", aTensor(pbInts(1, 1)), `tensor "w": data type 0 is not known`},
		{"no data", aTensor(pbInt(2, 1)), `tensor "w": it has no data, shape [] of float32 needs 4 bytes`},
		{"negative dimension", aTensor(pbInts(1, -1), pbInt(2, 1), pbMsg(9, le32(1))), "shape [-1] has a negative dimension"},
		{"too many elements", aTensor(pbInts(1, 1<<32, 1<<32), pbInt(2, 1)), "has more elements than 64 bits count"},
		{"too many bytes", aTensor(pbInts(1, 1<<60), pbInt(2, 1)), "are more than a file can hold"},
		{"raw_data too short", aTensor(pbInts(1, 2), pbInt(2, 1), pbMsg(9, le32(1))), "raw_data has 4 bytes, shape [2] of float32 needs 8"},
		{"float_data too long", aTensor(pbInts(1, 1), pbInt(2, 1), pbMsg(4, le32(1, 2))), "its packed data has 8 bytes, shape [1] of float32 needs 4"},
		{"float_data cut", aTensor(pbInts(1, 2), pbInt(2, 1), pbMsg(4, le32(1)), pbMsg(4, []byte{1, 2})), "a packed number does not end"},
		{"int32_data too short", aTensor(pbInts(1, 2), pbInt(2, 6), pbPacked(5, 1)), "its data has 4 bytes, shape [2] of int32 needs 8"},
		{"floats in int32_data", aTensor(pbInts(1, 1), pbInt(2, 1), pbPacked(5, 1)), "values of type float32 in field 5, expected in field 4"},
		{"much too short int64_data", aTensor(pbInts(1, 1e9), pbInt(2, 7), pbMsg(7, make([]byte, window+1))), "65537 bytes cannot hold the 1000000000 numbers"},
		{"two initializers of one name", aModel(8, 17, aGraph(anInit("w", 1), anInit("w", 2))), `two initializers are named "w" and differ`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(test.file)
			if err == nil {
				t.Fatalf("opened, expected: %s", test.want)
			}
			if !strings.HasPrefix(err.Error(), "onnx: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, expected: %s", err, test.want)
			}
		})
	}
}

// TestUnknownFields opens what future versions and other programs may write.
func TestUnknownFields(t *testing.T) {
	unknown := bytes.Join([][]byte{
		pbInt(900, 5), pbStr(901, "future"), {0x85, 0x3f, 1, 2, 3, 4}, {0x81, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8},
		{99<<3&127 | 3 | 128, 99 >> 4, 8, 1, 99<<3&127 | 4 | 128, 99 >> 4},
	}, nil)
	f := mustOpen(t, aModel(8, 17, aGraph(aNode("n", "Relu", list("x"), list("y"), unknown), unknown), unknown))
	if n := len(f.proto.graph.nodes); n != 1 {
		t.Errorf("%d nodes", n)
	}
}

func TestSniff(t *testing.T) {
	good := aModel(8, 17, aGraph())
	for _, test := range []struct {
		head []byte
		want bool
	}{
		{good, true},
		{good[:3], true},
		{pbMsg(7, aGraph()), true},
		{append(pbStr(2, "producer"), good...), true},
		{append(pbStr(2, "producer"), "no"...), false},
		{pbInt(1, 1<<40), false},
		{[]byte("\x0a\x05hello"), false},
		{nil, false},
		{[]byte("<!DOCTYPE html><html>"), false},
		{[]byte("PK\x03\x04"), false},
	} {
		if got := Sniff(test.head); got != test.want {
			t.Errorf("Sniff(%q) = %v", test.head, got)
		}
	}
}

// layerModel has every kind of layer and of weight that is left alone.
func layerModel() []byte {
	inner := aGraph(
		anInit("wi", 2, 2),
		aNode("inner", "MatMul", list("x", "wi"), list("yi")),
		aNode("outer", "MatMul", list("x", "w1"), list("yo")),
	)
	return aModel(8, 17, aGraph(
		aNode("conv", "Conv", list("x", "k", "b2"), list("c1")),
		aNode("", "Conv", list("x", "k", "c1"), list("unnamed")),
		aNode("dynamic", "Conv", list("x", "c1"), list("c2")),
		aNode("up", "ConvTranspose", list("x", "k3"), list("c3")),
		aNode("gemm", "Gemm", list("x", "w", "b2"), list("g1"), attrInt("transB", 1)),
		aNode("left", "Gemm", list("w2", "x"), list("g2"), attrInt("transA", 1)),
		aNode("matmul", "MatMul", list("x", "w3"), list("m1")),
		aNode("add", "Add", list("b2", "m1"), list("a1")),
		aNode("sides", "MatMul", list("w4", "x"), list("m2")),
		aNode("no bias", "Add", list("m2", "b2"), list("a2")),
		aNode("column", "MatMul", list("x", "w14"), list("m20")),
		aNode("makes it wider", "Add", list("m20", "b2"), list("a20")),
		aNode("dot", "MatMul", list("x", "v"), list("m3")),
		aNode("output", "MatMul", list("x", "w5"), list("m4")),
		aNode("not its bias", "Add", list("m4", "b2"), list("a4")),
		aNode("activations", "MatMul", list("x", "a1"), list("m5")),
		aNode("constants", "MatMul", list("w6", "w7"), list("m6")),
		aNode("t", "Transpose", list("w8"), list("t1")),
		aNode("behind", "MatMul", list("x", "t1"), list("m8")),
		aNode("c", "Constant", nil, list("k1"), attrTensor("value", pbInts(1, 1, 1), pbInt(2, 1), pbMsg(9, le32(1)))),
		aNode("of constant", "MatMul", list("x", "k1"), list("m9")),
		aNode("cat", "Concat", list("w9", "x"), list("t2")),
		aNode("mixed", "MatMul", list("x", "t2"), list("m10")),
		aNode("embed", "Gather", list("w10", "ids"), list("e1")),
		aNode("shared", "MatMul", list("x", "w11"), list("m11")),
		aNode("reads it too", "Relu", list("w11"), list("r11")),
		aNode("given out", "MatMul", list("x", "w12"), list("m12")),
		aNode("empty", "MatMul", list("x", "w13"), list("m13")),
		aNode("ints", "MatMul", list("x", "i1"), list("m14")),
		aNode("rnn", "LSTM", list("x", "k2", "k2"), list("l1")),
		aNode("other", "Conv", list("x", "k2"), list("o1"), pbStr(7, "com.example")),
		aNode("dq", "DequantizeLinear", list("i1", "s"), list("d1")),
		aNode("quantized", "MatMul", list("x", "d1"), list("m15")),
		aNode("integer", "MatMulInteger", list("x", "i1"), list("m16")),
		aNode("loop", "Identity", list("loop"), list("loop")),
		aNode("looped", "MatMul", list("x", "loop"), list("m17")),
		aNode("if", "If", list("cond"), list("f1"), attrGraph("then_branch", inner)),
		aNode("two", "MatMul", list("x", "w1"), list("m18")),
		anInit("k", 2, 2, 1), anInit("k2", 2, 2, 1), anInit("k3", 2, 2, 1), anInit("b2", 2), anInit("w", 2, 3), anInit("w1", 2, 2), anInit("w2", 3, 2), anInit("w3", 3, 2), anInit("w4", 3, 2),
		anInit("v", 3), anInit("w5", 2, 2), anInit("w6", 2, 2), anInit("w7", 2, 2), anInit("w8", 2, 2), anInit("w9", 2, 2), anInit("w10", 2, 2),
		anInit("w11", 2, 2), anInit("w12", 2, 2), anInit("w13", 0, 2), anInit("w14", 2, 1), anInit("s"),
		pbMsg(5, pbInts(1, 1, 1), pbInt(2, 3), pbStr(8, "i1"), pbMsg(9, []byte{1})),
		aValue(11, "x", 1), aValue(11, "ids", 1), aValue(11, "cond", 1), aValue(12, "m4", 1), aValue(12, "w12", 1),
	), pbMsg(25, pbStr(1, "F"), pbStr(10, "com.example"), pbStr(4, "x"), pbStr(5, "y"),
		pbMsg(7, aNodeBody("c", "Constant", nil, list("kf"), attrTensor("value", pbInts(1, 1, 1), pbInt(2, 1), pbMsg(9, le32(1))))),
		pbMsg(7, aNodeBody("in function", "MatMul", list("x", "kf"), list("y")))))
}

func TestLayers(t *testing.T) {
	f := mustOpen(t, layerModel())
	var got strings.Builder
	for _, l := range f.Model().Layers {
		weight, bias := "-", "-"
		if l.Weight != nil {
			weight = l.Weight.Name
		}
		if l.Bias != nil {
			bias = l.Bias.Name
		}
		fmt.Fprintf(&got, "%s | %s %s %v | axis %d, %d rows | %s, bias %s | %s\n", l.Name, l.Op, l.Kind, l.Shape, l.OutAxis, l.Rows(), weight, bias, l.Skipped)
	}
	golden(t, "layers", got.String())
	if w := strings.Join(f.Model().Warnings, "; "); w != `node "dynamic": the weight is not a constant` {
		t.Errorf("warnings: %s", w)
	}
}

// TestAttributes reads attributes of all kinds, with and without type, which
// files before IR 0.0.2 do not have.
func TestAttributes(t *testing.T) {
	float := func(num int, v float32) []byte { return append(pbVarint(uint64(num)<<3|5), le32(v)...) }
	for _, test := range []struct {
		fields []byte
		want   any
	}{
		{pbInt(3, -5), int64(-5)},
		{append(pbInt(20, 2), pbInt(3, 7)...), int64(7)},
		{pbInt(20, 2), int64(0)},
		{float(2, 1.5), float32(1.5)},
		{append(float(2, 1.5), pbInt(20, 1)...), float32(1.5)},
		{pbStr(4, "s"), "s"},
		{pbInts(8, 1, -2), []int64{1, -2}},
		{append(pbPacked(8, 1, -2), pbInt(20, 7)...), []int64{1, -2}},
		{append(float(7, 1), float(7, 2)...), []float32{1, 2}},
		{append(pbMsg(7, le32(1, 2)), pbInt(20, 6)...), []float32{1, 2}},
		{pbStrs(9, list("a", "")), []string{"a", ""}},
		{append(pbStr(21, "outside"), pbInt(20, 2)...), nil},
		{append(pbMsg(6, aGraph()), pbInt(20, 5)...), nil},
	} {
		f := mustOpen(t, aModel(8, 17, aGraph(aNode("n", "Op", nil, list("y"), pbMsg(5, pbStr(1, "a"), test.fields)))))
		v, err := (&parser{source: newSource(f.r, f.size)}).view(f.proto.graph.nodes[0])
		if err != nil || !reflect.DeepEqual(v.Attrs, []opset.Attr{{Name: "a", Value: test.want}}) {
			t.Errorf("%#v, %v, expected %#v", v.Attrs, err, test.want)
		}
	}
}

// TestKnowledge asks for what a graph states about its values.
func TestKnowledge(t *testing.T) {
	half := pbMsg(13, pbStr(1, "half"), pbMsg(2, pbMsg(1, pbInt(1, 10))))
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("a", "Relu", list("x"), list("inner")), aNode("b", "Relu", list("x"), list("half")), aNode("c", "Relu", list("x"), list("unsaid")),
		aNode("d", "Constant", nil, list("k"), attrTensor("value", pbInts(1, 2), pbInt(2, 1), pbMsg(9, le32(1, 2)))),
		anInit("w", 2, 2), aValue(11, "x", 1, 2, 3), aValue(13, "inner", 5), half, aValue(12, "y"))))
	k := knowledge{&parser{source: newSource(f.r, f.size)}, f.proto.graph}
	var got []string
	for _, name := range []string{"x", "inner", "half", "unsaid", "nowhere", "k", "w"} {
		rank, ok := k.Rank(name)
		typ, ok2 := k.Type(name)
		values, ok3 := k.Floats(name)
		got = append(got, fmt.Sprint(name, " ", rank, ok, " ", typ, ok2, " ", values, ok3, " ", k.Used(name)))
	}
	golden(t, "knowledge", strings.Join(got, "\n")+"\n")
}

// TestTied checks that layers which share a weight share the tensor.
func TestTied(t *testing.T) {
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("a", "MatMul", list("x", "w"), list("y")), aNode("b", "MatMul", list("y", "w"), list("z")), anInit("w", 2, 2))))
	l := f.Model().Layers
	if len(l) != 2 || l[0].Weight != l[1].Weight || l[0].Skipped+l[1].Skipped != "" {
		t.Errorf("%+v", l)
	}
}

// TestDuplicate opens a file in which an initializer is there twice.
func TestDuplicate(t *testing.T) {
	f := mustOpen(t, aModel(8, 17, aGraph(anInit("w", 2), anInit("w", 2))))
	if w := f.Model().Warnings; len(w) != 1 || w[0] != `initializer "w" is there twice, with equal values` {
		t.Errorf("%q", w)
	}
}

// TestLongChains opens graphs in which a weight lies behind many operators.
func TestLongChains(t *testing.T) {
	for _, op := range []string{"Identity", "Concat"} {
		nodes := [][]byte{anInit("v0", 2, 2)}
		for i := range 20000 {
			in := fmt.Sprintf("v%d", i)
			nodes = append(nodes, aNode("", op, list(in, in), list(fmt.Sprintf("v%d", i+1))))
		}
		nodes = append(nodes, aNode("n", "MatMul", list("x", "v20000"), list("y")))
		if l := mustOpen(t, aModel(8, 17, aGraph(nodes...))).Model().Layers; len(l) > 1 || len(l) == 1 && l[0].Skipped == "" {
			t.Errorf("%s: %+v", op, l)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"yolox-nano.onnx", "squeezenet-coreml.onnx", "bert-toy-torch11.onnx"} {
		b.Run(name, func(b *testing.B) {
			path := shared(b, "models", name)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := openFile(b, path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
