package onnx

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// TestAdditionOrder runs parts that cancel: only if the first two are added
// first is anything left of the third.
func TestAdditionOrder(t *testing.T) {
	needRuntime(t)
	for typ, large := range map[tensor.Type]float32{tensor.Float32: 1 << 30, tensor.Float64: 1 << 60, tensor.Float16: 1 << 15} {
		for _, form := range []model.Form{model.FormLayers, model.FormSummed} {
			for _, parts := range [][]float32{{2, 1}, {large, -large, 1}, {large, -large, 1, 2}} {
				t.Run(fmt.Sprint(typ, form, len(parts)), func(t *testing.T) {
					size, err := typ.Bytes(1)
					if err != nil {
						t.Fatal(err)
					}
					kind := int64(dataType(typ))
					value := func(num int, name string) []byte {
						return pbMsg(num, pbStr(1, name), pbMsg(2, pbMsg(1, pbInt(1, kind), pbMsg(2, pbMsg(1, pbInt(1, 1)), pbMsg(1, pbInt(1, 1))))))
					}
					f := mustOpen(t, aModel(8, 17, aGraph(
						aNode("n", "MatMul", list("x", "w"), list("y")),
						pbMsg(5, pbInts(1, 1, 1), pbInt(2, kind), pbStr(8, "w"), pbMsg(9, make([]byte, size))),
						value(11, "x"), value(12, "y"))))
					w := f.model.Layers[0].Weight
					c := model.Change{Weight: w, Form: form}
					want := float32(0)
					for _, v := range parts {
						c.Parts = append(c.Parts, floatsAs(t, w, []float32{v}))
						want += v // in float32: exact for these
					}
					_, _, b := write(t, f, []model.Change{c}, WriteOptions{})
					one := make([]byte, size)
					if err := tensor.PutFloat(one, []float32{1}, typ); err != nil {
						t.Fatal(err)
					}
					if got := runOn(t, b, typ, one); got[0] != want {
						t.Errorf("got %v, expected %v", got, want)
					}
				})
			}
		}
	}
}

// TestPartNames names nodes and values by what the parts are called, and counts
// those that are called nothing.
func TestPartNames(t *testing.T) {
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", 2, 2), aValue(11, "x", 2, 2), aValue(12, "y", 2, 2))))
	w := f.model.Layers[0].Weight
	for _, form := range []model.Form{model.FormLayers, model.FormSummed} {
		c := model.Change{Weight: w, Form: form}
		for _, name := range []string{"coarse", "", "fine", ""} {
			s := floatsAs(t, w, make([]float32, 4))
			s.Name = name
			c.Parts = append(c.Parts, s)
		}
		g, _, _ := write(t, f, []model.Change{c}, WriteOptions{})
		golden(t, "part names "+string(form), dump(t, g))
	}
}

// TestOldFloatSplit splits a convolution in opsets before 7, from which ONNX
// Runtime has a convolution, and no Add.
func TestOldFloatSplit(t *testing.T) {
	for opset := int64(4); opset < 8; opset++ {
		b := aModel(3, opset, aGraph(
			aNode("c", "Conv", list("x", "w", "b"), list("y")), anInit("w", 5, 4, 3, 3), anInit("b", 5),
			aValue(11, "w", 5, 4, 3, 3), aValue(11, "b", 5), aValue(11, "x", 1, 4, 6, 6), aValue(12, "y", 1, 5, 4, 4)))
		f := mustOpen(t, b)
		changes := floatSplit(t, f)
		for _, form := range []model.Form{model.FormLayers, model.FormSummed} {
			changes[0].Form = form
			if form == model.FormSummed {
				changes[0].Biases = nil
			}
			_, _, split := write(t, f, changes, WriteOptions{})
			if bytes.Equal(split, b) {
				t.Error("nothing changed")
			}
			if d := worst(runOnce(t, b), runOnce(t, split)); !(d < 1e-5) {
				t.Errorf("opset %d, %s: outputs differ by %g", opset, form, d)
			}
		}
	}
}

// runOn runs a model of one input of one element.
func runOn(t *testing.T, b []byte, typ tensor.Type, one []byte) []float32 {
	t.Helper()
	s, err := ort.OpenBytes("test", b, ort.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return output(t, s, ort.Value{Type: typ, Shape: tensor.Shape{1, 1}, Data: one})
}

// TestHalfScales stores the scales of a table's channels in float16 where it
// holds all of them, and only there.
func TestHalfScales(t *testing.T) {
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", 2, 2), aValue(11, "x", 2, 2), aValue(12, "y", 2, 2))))
	w := f.model.Layers[0].Weight
	for _, test := range []struct {
		scale []float32
		want  tensor.Type
	}{
		{[]float32{1.5, 0x1p-24}, tensor.Float16},
		{[]float32{1.5, 0x1p-25}, tensor.Float32},
		{[]float32{1.5, 0.1}, tensor.Float32},
		{[]float32{1.5, 65536}, tensor.Float32},
	} {
		s := model.Stored{
			Type: tensor.Uint8, Shape: w.Shape, Axis: 1, Table: []float32{0, 1}, Scale: test.scale, Data: bytes.NewReader([]byte{0, 1, 1, 0}),
		}
		g, _, _ := write(t, f, []model.Change{{Weight: w, Form: model.FormCodebook, Parts: []model.Stored{s}}}, WriteOptions{})
		if c := g.proto.graph.values["w/scale"].init; c.tensor.Type != test.want {
			t.Errorf("scales %v are stored as %v", test.scale, c.tensor.Type)
		}
	}
}

// TestRuntime says what runs a result by the types in it: the opset of a file
// alone asks for nothing.
func TestRuntime(t *testing.T) {
	for _, test := range []struct {
		opset  int64
		bits   int
		target Target
		want   string
	}{{25, 8, Auto, ""}, {17, 8, Auto, ""}, {25, 4, Auto, "1.24"}, {21, 4, Auto, "1.20"}, {17, 4, Any, ""}, {25, 2, Auto, "1.24"}} {
		f := mustOpen(t, smallModel(8, test.opset))
		changes, _ := quantized(t, f, test.bits, 1, model.FormLayers)
		if _, w, _ := write(t, f, changes, WriteOptions{Target: test.target}); w.Runtime != test.want || !w.Quantized {
			t.Errorf("%+v: %+v", test, w)
		}
		if _, w, _ := write(t, f, floatSplit(t, f), WriteOptions{}); w.Quantized || w.Runtime != "" {
			t.Errorf("float split: %+v", w)
		}
	}
}

// TestLiftedNames gives names to the Gather and Slice nodes of a lifted graph
// that have none, and leaves other nodes as they are.
func TestLiftedNames(t *testing.T) {
	f := mustOpen(t, aModel(7, 13, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("h")),
		aNode("", "Slice", list("h", "from", "to"), list("s")), aNode("", "Slice", list("h", "from", "to"), list("s2")),
		aNode("", "Gather", list("h", "from"), list("g")), aNode("", "Relu", list("g"), list("r")), aNode("named", "Gather", list("h", "from"), list("q")),
		anInit("w", 2, 2), anInit("from", 1), anInit("to", 1), aValue(11, "x", 2, 2), aValue(12, "r", 1, 2))))
	changes, _ := quantized(t, f, 2, 1, model.FormLayers)
	g, written, _ := write(t, f, changes, WriteOptions{})
	if !written.Lifted {
		t.Fatalf("%+v", written)
	}
	var names []string
	for _, n := range g.proto.graph.nodes {
		if n.op != "DequantizeLinear" {
			names = append(names, n.op+" "+n.name)
		}
	}
	if want := list("MatMul n", "Slice s", "Slice s2", "Gather g", "Relu ", "Gather named"); !slices.Equal(names, want) {
		t.Errorf("%q, expected %q", names, want)
	}
}

// TestExternal lists the files beside a model.
func TestExternal(t *testing.T) {
	at := func(name, location string) []byte {
		return pbMsg(5, pbInts(1, 2, 2), pbInt(2, 1), pbStr(8, name), pbInt(14, 1), pbMsg(13, pbStr(1, "location"), pbStr(2, location)))
	}
	b := aModel(8, 17, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")), at("w", "z.bin"), at("v", "a/w.bin"), at("u", "z.bin"), anInit("i", 2)))
	f, err := Open(bytes.NewReader(b), int64(len(b)), func(string) (io.ReaderAt, int64, error) { return zeros{}, 16, nil })
	if err != nil {
		t.Fatal(err)
	}
	if got := f.External(); !slices.Equal(got, list("a/w.bin", "z.bin")) {
		t.Errorf("%q", got)
	}
	g, _, _ := write(t, f, floatSplit(t, f), WriteOptions{})
	if got := g.External(); got != nil {
		t.Errorf("%q once it is written", got)
	}
}

// TestGroups counts the channels of a ConvTranspose, whose weight has those of
// one group.
func TestGroups(t *testing.T) {
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("n", "ConvTranspose", list("x", "w"), list("y"), attrInt("group", 6)), anInit("w", 6, 1, 3, 3))))
	if l := &f.model.Layers[0]; l.Groups != 6 || l.Rows() != 6 {
		t.Errorf("%d groups, %d output channels", l.Groups, l.Rows())
	}
}
