package plan

import (
	"io"

	"splitquant/core/fold"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// A bias is one that changes along with its layer's weight: it is split, or
// something is folded into it, or both.
type bias struct {
	index int // of its layer, in Model.Layers
	layer *model.Layer
	typ   tensor.Type // of the result, as is
	shape tensor.Shape
}

// planBiases lists the biases that the unit will change.
func (u *Unit) planBiases(m *model.Model) {
	for _, i := range u.Layers {
		l := &m.Layers[i]
		switch {
		case u.folds && fold.HasBias(l):
			u.biases = append(u.biases, bias{i, l, l.Weight.Type, l.Fold.BiasShape})
		case u.folds:
		case l.Bias != nil && l.Bias.Type.IsFloat() && l.Bias.Data != nil && u.splitsBiases():
			u.biases = append(u.biases, bias{i, l, l.Bias.Type, l.Bias.Shape})
		}
	}
}

// splitsBiases reports whether biases are split like the weight.
func (u *Unit) splitsBiases() bool { return u.Split && !u.summed && !u.codebook() }

// foldable reports whether all layers that share a weight fold to the same one.
func foldable(m *model.Model, layers []int) bool {
	first := &m.Layers[layers[0]]
	for _, i := range layers {
		if !fold.Alike(first, &m.Layers[i]) {
			return false
		}
	}
	return true
}

// readBias returns the bytes and the values of a bias as it will be, in one
// piece.
func (u *Unit) readBias(b bias) (raw []byte, values []float32, err error) {
	if b.layer.Bias != nil {
		raw, values, err = read(b.layer.Bias)
	}
	if err != nil || !u.folds {
		return raw, values, err
	}
	var weight []float32
	if !b.layer.Fold.Before.Empty() {
		if _, weight, err = read(u.Weight); err != nil {
			return nil, nil, err
		}
	}
	values = fold.Bias(b.layer, values, weight)
	raw = make([]byte, len(values)*b.typ.Bits()/8)
	return raw, values, tensor.PutFloat(raw, values, b.typ)
}

// addTo adds one part of the bias to a change; nil data are still to come.
func (b bias) addTo(c *model.Change, data io.ReaderAt) {
	if c.Biases == nil {
		c.Biases = map[int][]model.Stored{}
	}
	c.Biases[b.index] = append(c.Biases[b.index], model.Stored{Type: b.typ, Shape: b.shape, Data: data})
}
