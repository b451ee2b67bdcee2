package plan

import (
	"context"
	"fmt"
	"math/bits"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// With granularity group:N every output channel of a matrix has a scale for
// each run of N of its inputs. A row is then such a run; the last of a channel
// is filled up with zeros, which no grid minds: 0 is a level of all.

// setGroup sets the unit's group, or notes why it has none.
func (u *Unit) setGroup(m *model.Model) {
	u.group = u.Options.Group()
	if u.group == 0 {
		return
	}
	l := u.layer
	switch {
	case len(l.Shape) != 2 || l.OutAxis < 0:
		u.note("one scale for each channel: only matrices have groups")
	case u.blocks > 1:
		u.note("one scale for each channel: a weight of several matrices has no groups")
	default:
		return
	}
	u.group = 0
	u.perRow = l.OutAxis >= 0
}

// nbits reports whether MatMulNBits takes the place of the unit's layers.
func (u *Unit) nbits() bool { return u.Options.Form == "matmulnbits" }

// refuseNBits says why MatMulNBits cannot take a layer's place.
func refuseNBits(l *model.Layer, width, group int) string {
	switch {
	case l.NBits != "":
		return l.NBits
	case width != 2 && width != 4 && width != 8:
		return fmt.Sprintf("MatMulNBits has 2, 4 or 8 bits, not %d", width)
	case group < 16 || bits.OnesCount(uint(group)) != 1:
		return fmt.Sprintf("MatMulNBits has groups of 16, 32, 64, ..., not %d", group)
	}
	return ""
}

// matrix returns the number of output channels and of inputs of each.
func (u *Unit) matrix() (channels, inputs int) {
	axis := u.layer.OutAxis
	return int(u.Weight.Shape[axis]), int(u.Weight.Shape[1-axis])
}

// perChannel is how many groups an output channel has.
func (u *Unit) perChannel() int {
	_, inputs := u.matrix()
	return (inputs + u.group - 1) / u.group
}

// toGroups arranges the elements of a matrix in rows of one group each.
func toGroups[T any](u *Unit, values []T) []T {
	channels, inputs := u.matrix()
	if u.layer.OutAxis == 1 {
		rows := make([]T, len(values))
		tensor.SwapAxes(rows, values, inputs, channels, 1)
		values = rows
	}
	width := u.perChannel() * u.group
	if width == inputs {
		return values
	}
	padded := make([]T, channels*width)
	for c := range channels {
		copy(padded[c*width:], values[c*inputs:(c+1)*inputs])
	}
	return padded
}

// fromGroups undoes toGroups.
func fromGroups[T any](u *Unit, padded []T) []T {
	channels, inputs := u.matrix()
	values := unpad(u, padded)
	if u.layer.OutAxis == 1 {
		inOrder := make([]T, len(values))
		tensor.SwapAxes(inOrder, values, channels, inputs, 1)
		values = inOrder
	}
	return values
}

// unpad drops what fills up the last group of each channel.
func unpad[T any](u *Unit, padded []T) []T {
	channels, inputs := u.matrix()
	width := u.perChannel() * u.group
	if width == inputs {
		return padded
	}
	values := make([]T, channels*inputs)
	for c := range channels {
		copy(values[c*inputs:(c+1)*inputs], padded[c*width:])
	}
	return values
}

// packGroups packs codes that lie in groups: for MatMulNBits as they are,
// otherwise in the order of the file.
func (u *Unit) packGroups(codes []uint8) []byte {
	if !u.nbits() {
		codes = fromGroups(u, codes)
	}
	width := u.params.Type().Bits()
	dst := make([]byte, (len(codes)*width+7)/8)
	tensor.Pack(dst, codes, width)
	return dst
}

// describeGroups says how the scales of a part, one for each group, lie.
func (u *Unit) describeGroups(s *model.Stored) {
	channels, _ := u.matrix()
	s.Block = u.group
	if u.nbits() {
		_, inputs := u.matrix()
		s.Shape, s.Axis = tensor.Shape{int64(channels), int64(inputs)}, 1
		return
	}
	s.Axis = 1 - u.layer.OutAxis
	if u.layer.OutAxis == 1 {
		scale, zero := make([]float32, len(s.Scale)), make([]int32, len(s.Zero))
		tensor.SwapAxes(scale, s.Scale, channels, u.perChannel(), 1)
		tensor.SwapAxes(zero, s.Zero, channels, u.perChannel(), 1)
		s.Scale, s.Zero = scale, zero
	}
}

// groups makes the codes of a weight in groups, decodes them again and measures.
func (s *source) groups(ctx context.Context, l *Learned) (*Encoded, error) {
	u := s.u
	_, values, err := s.all()
	if err != nil {
		return nil, err
	}
	rows := toGroups(u, values)
	e := &encoder{u: u, learned: l}
	codes := make([][]uint8, u.parts())
	for p := range codes {
		codes[p] = make([]uint8, len(rows))
	}
	cut := func(r int) (w []float32, part [][]uint8) {
		return rows[r*u.group : (r+1)*u.group], cutAll(codes, r*u.group, (r+1)*u.group)
	}
	for r := range u.rows() {
		w, part := cut(r)
		e.row(r, w, part)
	}
	out := new(Encoded)
	sum := make([]float32, len(rows))
	for _, p := range u.order() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		packed := u.packGroups(codes[p])
		out.Parts = append(out.Parts, packed)
		back := u.unpackGroups(packed)
		for r, g := range l.Grids[p] {
			g.AddDecoded(sum[r*u.group:(r+1)*u.group], back[r*u.group:(r+1)*u.group])
		}
	}
	u.compare(l, values, sum, &out.Noise, &out.Outlier)
	if !u.Split {
		return out, nil
	}
	for r, g := range l.Plain {
		w, part := cut(r)
		g.Encode(part[0], w)
		g.Decode(sum[r*u.group:(r+1)*u.group], part[0])
	}
	u.compare(l, values, sum, &out.Plain, &out.Plainly)
	return out, nil
}

// unpackGroups undoes packGroups.
func (u *Unit) unpackGroups(packed []byte) []uint8 {
	channels, inputs := u.matrix()
	width := u.params.Type().Bits()
	if u.nbits() {
		codes := make([]uint8, channels*u.perChannel()*u.group)
		tensor.Unpack(codes, packed, width)
		return codes
	}
	codes := make([]uint8, channels*inputs)
	tensor.Unpack(codes, packed, width)
	return toGroups(u, codes)
}

// compare measures values, in groups, that take the place of weights.
func (u *Unit) compare(l *Learned, weights, padded []float32, noise *[]measure.Noise, o *Outlier) {
	kept := fromGroups(u, padded)
	*noise = append(*noise, noiseOf(weights, kept))
	o.see(weights, kept, l.most())
}
