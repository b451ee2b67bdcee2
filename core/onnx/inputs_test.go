package onnx

import (
	"reflect"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// An input that goes through a Cast to an embedding of 7 rows takes ids below
// 7; an initializer is no input even where it is listed as one.
func TestInputs(t *testing.T) {
	named := pbMsg(11, pbStr(1, "x"), pbMsg(2, pbMsg(1, pbInt(1, 1), pbMsg(2, pbMsg(1, pbStr(2, "batch")), pbMsg(1, pbInt(1, 3))))))
	f := mustOpen(t, aModel(8, 17, aGraph(
		aNode("c", "Cast", list("ids"), list("ids64"), attrInt("to", 7)),
		aNode("g", "Gather", list("table", "ids64"), list("y")),
		aNode("i", "Identity", list("x"), list("z")),
		anInit("table", 7, 4), named, aValue(11, "ids", 2), aValue(11, "table", 7, 4), aValue(12, "y", 2, 4),
	)))
	want := []model.Input{
		{Name: "x", Type: tensor.Float32, Shape: tensor.Shape{-1, 3}, Dims: []string{"batch", ""}},
		{Name: "ids", Type: tensor.Float32, Shape: tensor.Shape{2}, Dims: []string{""}, IDs: 7},
	}
	if got := f.Model().Inputs; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
