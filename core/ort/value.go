package ort

import (
	"encoding/binary"
	"fmt"
	"math"

	"splitquant/core/tensor"
)

// A Value is a tensor that goes into a model or comes out of it.
type Value struct {
	Type  tensor.Type
	Shape tensor.Shape // empty for a scalar
	// Data holds the elements, little endian and row-major; nil for strings.
	Data    []byte
	Strings []string // of a tensor of strings
}

// Float32 makes a tensor of float32, with as many values as shape says.
func Float32(shape tensor.Shape, values []float32) Value {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Value{Type: tensor.Float32, Shape: shape, Data: data}
}

// Int64 makes a tensor of int64, with as many values as shape says.
func Int64(shape tensor.Shape, values []int64) Value {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return Value{Type: tensor.Int64, Shape: shape, Data: data}
}

// Floats returns the elements, rounded to float32 where their type holds more;
// true is 1. Strings are an error.
func (v Value) Floats() ([]float32, error) {
	t := v.Type
	if t == tensor.Bool {
		t = tensor.Uint8
	}
	if t.Bits() < 8 || len(v.Data)%(t.Bits()/8) != 0 {
		return nil, fmt.Errorf("%d bytes of type %v are no tensor of numbers", len(v.Data), t)
	}
	floats := make([]float32, len(v.Data)/(t.Bits()/8))
	return floats, tensor.Float32s(floats, v.Data, t)
}

// check reports whether v can be given to an input that wants what in says.
func (v Value) check(in Info) error {
	if v.Type != in.Type {
		return fmt.Errorf("type is %v, expected %v", v.Type, in.Type)
	}
	n, err := v.Shape.Elems()
	if err != nil {
		return err
	}
	if v.Type == tensor.String {
		if int64(len(v.Strings)) != n {
			return fmt.Errorf("%d strings for shape %v, expected %d", len(v.Strings), v.Shape, n)
		}
		return nil
	}
	want, err := v.Type.Bytes(n)
	if err != nil {
		return err
	}
	if int64(len(v.Data)) != want {
		return fmt.Errorf("%d bytes for shape %v of %v, expected %d", len(v.Data), v.Shape, v.Type, want)
	}
	return nil
}

// Info says what a model wants or gives under a name.
type Info struct {
	Name string
	Type tensor.Type
	// Shape has -1 where a dimension is known only when the model runs. It is
	// empty for a scalar, and where the model does not even tell the rank.
	Shape tensor.Shape
	// Dims names the dimensions that the model gives names, such as
	// "batch_size"; nil or empty strings where names are not known. The same
	// name stands for the same size everywhere in the model.
	Dims []string
}

// Options say how a session works. The zero value is right for comparing
// models.
type Options struct {
	Threads     int  // that work on one node; 0 leaves the number to ONNX Runtime
	Unoptimized bool // run the graph as it is written, no node fused or folded
}
