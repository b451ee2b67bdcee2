package plan

import (
	"fmt"

	"splitquant/core/fold"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// A bias is one that changes along with its layer's weight: it is split,
// quantized, or something is folded into it.
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
		case l.Bias != nil && l.Bias.Type.IsFloat() && l.Bias.Data != nil && (u.splitsBiases() || u.biasBits() > 0):
			u.biases = append(u.biases, bias{i, l, l.Bias.Type, l.Bias.Shape})
		}
	}
}

// splitsBiases reports whether biases are split like the weight.
func (u *Unit) splitsBiases() bool { return u.Split && !u.summed && !u.codebook() }

// biasBits is the width that biases are quantized to, 0 where they stay in float.
func (u *Unit) biasBits() int {
	switch u.Options.Bias {
	case "8":
		return 8
	case "same":
		return u.Options.Bits
	}
	return 0
}

// biasParts returns the parts of a bias in its own type, and their values, in the
// order in which they are added: one where it is not split. There are none where it stays where it is.
func (u *Unit) biasParts(b bias) (raws [][]byte, parts [][]float32, err error) {
	raw, values, err := u.readBias(b)
	if err != nil {
		return nil, nil, err
	}
	lo, hi, finite := quant.MinMax(values)
	switch zero := lo == 0 && hi == 0; {
	case u.splitsBiases() && finite && !zero:
		return u.divideBias(b, raw, values)
	case u.folds, !u.splitsBiases() && finite && !zero:
		return [][]byte{raw}, [][]float32{values}, nil
	}
	return nil, nil, nil
}

// divideBias splits a bias by a clustering of its own.
func (u *Unit) divideBias(b bias, raw []byte, values []float32) (raws [][]byte, parts [][]float32, err error) {
	d, _, err := split.KMeansParts(values, 1, u.parts())
	if err != nil {
		return nil, nil, fmt.Errorf("bias of layer %q: %w", b.layer.Name, err)
	}
	for _, p := range u.order() {
		dst, part := make([]byte, len(raw)), make([]float32, len(values))
		d.Mask(dst, raw, values, 0, p)
		if err := tensor.Float32s(part, dst, b.typ); err != nil {
			return nil, nil, err
		}
		raws, parts = append(raws, dst), append(parts, part)
	}
	return raws, parts, nil
}

// A Bias is a part of a bias as it will be stored.
type Bias struct {
	Layer  int // in Model.Layers
	Stored model.Stored
	Raw    []byte // what Stored.Data holds
}

// changeBiases makes the unit's biases. One of zeros stays whole, and so does
// one that is not finite.
func (u *Unit) changeBiases() (made []Bias, err error) {
	for _, b := range u.biases {
		raws, parts, err := u.biasParts(b)
		if err != nil {
			return nil, err
		}
		for p := range parts {
			s, raw := model.Stored{Name: u.partName(u.order()[p]), Type: b.typ, Shape: b.shape}, raws[p]
			if _, _, finite := quant.MinMax(parts[p]); finite && u.biasBits() > 0 {
				s, raw = u.quantizeBias(s, parts[p])
			}
			made = append(made, Bias{b.index, s, raw})
		}
	}
	return made, nil
}

// quantizeBias codes values on one grid from their smallest to their largest.
func (u *Unit) quantizeBias(s model.Stored, values []float32) (model.Stored, []byte) {
	params := quant.Params{Bits: u.biasBits(), Symmetric: u.Options.Symmetric}
	g := plainGrids(values, 1, params, quant.Clip{})[0]
	codes := make([]uint8, len(values))
	g.Encode(codes, values)
	s.Type, s.Scale, s.Zero = params.Type(), []float32{g.Scale}, []int32{g.Zero}
	packed := make([]byte, (len(codes)*s.Type.Bits()+7)/8)
	tensor.Pack(packed, codes, s.Type.Bits())
	return s, packed
}

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

// addTo adds one part of a bias to a change.
func (b Bias) addTo(c *model.Change) {
	if c.Biases == nil {
		c.Biases = map[int][]model.Stored{}
	}
	c.Biases[b.Layer] = append(c.Biases[b.Layer], b.Stored)
}
