package dataset

import (
	"fmt"

	"splitquant/core/ort"
	"splitquant/core/rows"
	"splitquant/core/tensor"
)

// A Set is rows to try a model on, most often with the class of each.
type Set = rows.Set

// integers makes a tensor of a type that holds whole numbers.
func integers(t tensor.Type, shape tensor.Shape, values []int64) (ort.Value, error) {
	switch t {
	case tensor.Int64:
		return ort.Int64(shape, values), nil
	case tensor.Float32:
		floats := make([]float32, len(values))
		for i, v := range values {
			floats[i] = float32(v)
		}
		return ort.Float32(shape, floats), nil
	case tensor.Int32, tensor.Uint8, tensor.Int8, tensor.Bool:
		size := t.Bits() / 8
		data := make([]byte, 0, size*len(values))
		for _, v := range values {
			for i := range size {
				data = append(data, byte(v>>(8*i)))
			}
		}
		return ort.Value{Type: t, Shape: shape, Data: data}, nil
	}
	return ort.Value{}, fmt.Errorf("token ids cannot be given as %v", t)
}
