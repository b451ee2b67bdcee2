package onnx

import (
	"bytes"
	"io"
	"math"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// What follows stands in for splitting and quantizing, which other packages do:
// a weight goes to one of three parts by its value, and every part is laid on
// the coarsest grid that a few lines can make.

// readFloats reads a tensor as float32.
func readFloats(t testing.TB, x *model.Tensor) []float32 {
	t.Helper()
	n, err := x.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	size, err := x.Type.Bytes(n)
	if err != nil {
		t.Fatal(err)
	}
	raw, values := make([]byte, size), make([]float32, n)
	if _, err := io.ReadFull(io.NewSectionReader(x.Data, 0, size), raw); err != nil {
		t.Fatal(err)
	}
	if err := tensor.Float32s(values, raw, x.Type); err != nil {
		t.Fatal(err)
	}
	return values
}

// floatsAs is a tensor of the type and shape of x with the given values.
func floatsAs(t testing.TB, x *model.Tensor, values []float32) model.Stored {
	t.Helper()
	size, err := x.Type.Bytes(int64(len(values)))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, size)
	if err := tensor.PutFloat(raw, values, x.Type); err != nil {
		t.Fatal(err)
	}
	return model.Stored{Type: x.Type, Shape: x.Shape, Data: bytes.NewReader(raw)}
}

// addOrder is the order in which the parts of thirds are added.
var addOrder = []int{0, 2, 1}

// named gives a part its name.
func named(s model.Stored, part int) model.Stored {
	s.Name = model.PartNames[part]
	return s
}

// thirds cuts values into three parts that add up to them.
func thirds(values []float32) [3][]float32 {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	var parts [3][]float32
	for i := range parts {
		parts[i] = make([]float32, len(values))
	}
	for i, v := range values {
		switch {
		case v <= lo+(hi-lo)/3:
			parts[0][i] = v
		case v < hi-(hi-lo)/3:
			parts[1][i] = v
		default:
			parts[2][i] = v
		}
	}
	return parts
}

// grid lays codes of type typ over values, with one grid or with one for every
// index of axis, and returns them with the values that they stand for.
func grid(x *model.Tensor, values []float32, typ tensor.Type, axis int) (model.Stored, []float32) {
	bits := typ.Bits()
	lowest := 0
	if typ == tensor.Int2 || typ == tensor.Int4 || typ == tensor.Int8 {
		lowest = -1 << (bits - 1)
	}
	channels, inner := 1, len(values)
	if axis >= 0 {
		_, channels, inner = x.Shape.Axis(axis)
	}
	channel := func(i int) int { return i / max(inner, 1) % channels }
	lo, hi := make([]float32, channels), make([]float32, channels)
	for i, v := range values {
		c := channel(i)
		lo[c], hi[c] = min(lo[c], v), max(hi[c], v)
	}
	s := model.Stored{Type: typ, Shape: x.Shape, Axis: max(axis, 0), Scale: make([]float32, channels), Zero: make([]int32, channels)}
	for c := range channels {
		s.Scale[c] = (hi[c] - lo[c]) / float32(int(1)<<bits-1)
		if s.Scale[c] == 0 {
			s.Scale[c] = 1
		}
		s.Zero[c] = int32(lowest) + int32(math.RoundToEven(float64(-lo[c]/s.Scale[c])))
	}
	codes, back := make([]uint8, len(values)), make([]float32, len(values))
	for i, v := range values {
		c := channel(i)
		code := int32(math.RoundToEven(float64(v/s.Scale[c]))) + s.Zero[c]
		code = min(max(code, int32(lowest)), int32(lowest+1<<bits-1))
		codes[i] = uint8(code) & (1<<bits - 1)
		back[i] = s.Scale[c] * float32(code-s.Zero[c])
	}
	packed := make([]byte, (len(codes)*bits+7)/8)
	tensor.Pack(packed, codes, bits)
	s.Data = bytes.NewReader(packed)
	return s, back
}

// weights lists the weights of a model that can be changed, each once, with the
// layers that use them.
func weights(f *File) (list []*model.Tensor, layers map[*model.Tensor][]int) {
	layers = make(map[*model.Tensor][]int)
	for i, l := range f.model.Layers {
		if l.Skipped != "" {
			continue
		}
		if layers[l.Weight] == nil {
			list = append(list, l.Weight)
		}
		layers[l.Weight] = append(layers[l.Weight], i)
	}
	return list, layers
}

// formOf is want, unless one of the layers allows only sums.
func formOf(f *File, layers []int, want model.Form) model.Form {
	for _, i := range layers {
		if f.model.Layers[i].SummedOnly {
			return model.FormSummed
		}
	}
	return want
}

// floatSplit splits every weight and every bias into three, in float.
func floatSplit(t testing.TB, f *File) []model.Change {
	var changes []model.Change
	list, layers := weights(f)
	for _, x := range list {
		c := model.Change{Weight: x, Form: formOf(f, layers[x], model.FormLayers), Biases: make(map[int][]model.Stored)}
		parts := thirds(readFloats(t, x))
		for _, i := range addOrder {
			c.Parts = append(c.Parts, named(floatsAs(t, x, parts[i]), i))
		}
		for _, i := range layers[x] {
			if bias := f.model.Layers[i].Bias; bias != nil && c.Form == model.FormLayers {
				parts := thirds(readFloats(t, bias))
				for _, j := range addOrder {
					c.Biases[i] = append(c.Biases[i], named(floatsAs(t, bias, parts[j]), j))
				}
			}
		}
		changes = append(changes, c)
	}
	return changes
}

var (
	signed   = map[int]tensor.Type{2: tensor.Int2, 4: tensor.Int4, 8: tensor.Int8}
	unsigned = map[int]tensor.Type{2: tensor.Uint2, 4: tensor.Uint4, 8: tensor.Uint8}
)

// quantized changes every weight of a model to parts of codes. What a weight
// stands for is also given as a change to plain float weights: an oracle that
// needs no DequantizeLinear.
func quantized(t testing.TB, f *File, bits, parts int, form model.Form) (changes, oracle []model.Change) {
	list, layers := weights(f)
	for i, x := range list {
		typ, axis := unsigned[bits], -1
		if i%2 == 1 {
			typ = signed[bits]
		}
		if i/2%2 == 1 {
			axis = len(x.Shape) - 1
		}
		values := readFloats(t, x)
		pieces, order := thirds(values), addOrder
		if parts == 1 {
			pieces[0], order = values, order[:1]
		}
		c := model.Change{Weight: x, Form: formOf(f, layers[x], form)}
		sum := make([]float32, len(values))
		for _, i := range order {
			s, back := grid(x, pieces[i], typ, axis)
			c.Parts = append(c.Parts, named(s, i))
			for j, v := range back {
				sum[j] += v
			}
		}
		changes = append(changes, c)
		oracle = append(oracle, model.Change{Weight: x, Parts: []model.Stored{floatsAs(t, x, sum)}})
	}
	return changes, oracle
}
