package onnx

import (
	"bytes"
	"fmt"
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
