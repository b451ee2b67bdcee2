package dataset

import (
	"errors"
	"fmt"
	"math"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// Arrays is a [Set] of the rows of an array: pictures, or whatever else a model
// takes. They are read when they are asked for.
type Arrays struct {
	x      *model.Tensor
	row    tensor.Shape // of one row
	labels []int        // nil where there are none
	pixels Pixels
}

// NewArrays makes a set of the rows of x along its first axis, and of their
// labels y: one number for each, or a one-hot row. y may be nil.
//
// Bytes are taken for pixels; numbers of other types are given to the model as
// they are, but for mean and deviation where those are set.
func NewArrays(x, y *model.Tensor, p Pixels) (*Arrays, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(x.Shape) < 2 || x.Shape[0] < 1 {
		return nil, fmt.Errorf("array %q has shape %v, expected rows along the first axis", x.Name, x.Shape)
	}
	a := &Arrays{x: x, row: x.Shape[1:], pixels: p}
	if n, err := a.row.Elems(); err != nil || n == 0 {
		return nil, fmt.Errorf("array %q has shape %v: its rows are empty", x.Name, x.Shape)
	}
	if y == nil {
		return a, nil
	}
	var err error
	a.labels, err = readLabels(y, int(x.Shape[0]))
	return a, err
}

// readLabels reads n labels.
func readLabels(y *model.Tensor, n int) ([]int, error) {
	if len(y.Shape) == 0 || int(y.Shape[0]) != n {
		return nil, fmt.Errorf("labels %q have shape %v, expected %d of them", y.Name, y.Shape, n)
	}
	values, err := readFloats(y, 0, n)
	if err != nil {
		return nil, err
	}
	labels, wide := make([]int, n), len(values)/n
	for i := range labels {
		row := values[i*wide : (i+1)*wide]
		if wide == 1 {
			v := row[0]
			if v < 0 || float64(v) != math.Trunc(float64(v)) || v > 1<<24 {
				return nil, fmt.Errorf("labels %q: row %d is %v, no number of a class", y.Name, i+1, v)
			}
			labels[i] = int(v)
			continue
		}
		ones := 0
		for c, v := range row {
			if v == 1 {
				labels[i] = c
				ones++
			} else if v != 0 {
				ones = -len(row)
			}
		}
		if ones != 1 {
			return nil, fmt.Errorf("labels %q: row %d is no one-hot row", y.Name, i+1)
		}
	}
	return labels, nil
}

// readFloats reads n rows of an array from one on.
func readFloats(t *model.Tensor, row, n int) ([]float32, error) {
	if t.Data == nil {
		return nil, fmt.Errorf("array %q holds no numbers", t.Name)
	}
	per, err := t.Shape[1:].Elems()
	if err != nil {
		return nil, err
	}
	typ := t.Type
	if typ == tensor.Bool {
		typ = tensor.Uint8
	}
	bits := int64(typ.Bits())
	if bits < 8 {
		return nil, fmt.Errorf("array %q of type %v cannot be read by rows", t.Name, t.Type)
	}
	data := make([]byte, int64(n)*per*bits/8)
	if got, err := t.Data.ReadAt(data, int64(row)*per*bits/8); got < len(data) {
		return nil, fmt.Errorf("array %q: row %d: %w", t.Name, row+1, err)
	}
	values := make([]float32, int64(n)*per)
	return values, tensor.Float32s(values, data, typ)
}

// Len implements [Set].
func (a *Arrays) Len() int { return int(a.x.Shape[0]) }

// Label implements [Set].
func (a *Arrays) Label(row int) int {
	if a.labels == nil {
		return -1
	}
	return a.labels[row]
}

// Classes implements [Set]: classes have no names.
func (a *Arrays) Classes() []string { return nil }

// Size implements [Set].
func (a *Arrays) Size(int) int { return work(a.row) }

// work is how much a row of a shape is, in tokens as it were.
func work(row tensor.Shape) int {
	n, _ := row.Elems()
	return int(1 + n/1024)
}

// Title implements [Set].
func (a *Arrays) Title(row int) string { return fmt.Sprintf("row %d", row+1) }

// Inputs implements [Set]. The model must have one input.
func (a *Arrays) Inputs(rows []int, wants []ort.Info) (map[string]ort.Value, error) {
	want, err := single(wants)
	if err != nil {
		return nil, err
	}
	shape, move, err := a.pixels.fits(a.row, want)
	if err != nil {
		return nil, err
	}
	n, _ := a.row.Elems()
	values := make([]float32, int64(len(rows))*n)
	for i, row := range rows {
		source, err := readFloats(a.x, row, 1)
		if err != nil {
			return nil, err
		}
		if err := finite(source); err != nil {
			return nil, fmt.Errorf("row %d %w", row+1, err)
		}
		if err := a.pixels.normalize(source, a.row, a.pixels.channelAxis(a.row, move), a.x.Type == tensor.Uint8); err != nil {
			return nil, err
		}
		arrange(values[int64(i)*n:int64(i+1)*n], source, a.row, move)
	}
	return give(want, append(tensor.Shape{int64(len(rows))}, shape...), values)
}

// single is the one input of a model that takes no more.
func single(wants []ort.Info) (ort.Info, error) {
	if len(wants) != 1 {
		return ort.Info{}, fmt.Errorf("the model has %d inputs, the data has values for one", len(wants))
	}
	return wants[0], nil
}

func finite(values []float32) error {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return errors.New("has NaN or infinite values")
		}
	}
	return nil
}

// give makes the value of a type that an input wants.
func give(want ort.Info, shape tensor.Shape, values []float32) (map[string]ort.Value, error) {
	v := ort.Value{Type: want.Type, Shape: shape}
	switch {
	case want.Type == tensor.Float32:
		v = ort.Float32(shape, values)
	case want.Type.IsFloat():
		v.Data = make([]byte, len(values)*want.Type.Bits()/8)
		if err := tensor.PutFloat(v.Data, values, want.Type); err != nil {
			return nil, err
		}
	default:
		whole := make([]int64, len(values))
		for i, f := range values {
			whole[i] = int64(math.RoundToEven(float64(f)))
		}
		var err error
		if v, err = integers(want.Type, shape, whole); err != nil {
			return nil, fmt.Errorf("the input %q is of type %v, which the data do not become", want.Name, want.Type)
		}
	}
	return map[string]ort.Value{want.Name: v}, nil
}
