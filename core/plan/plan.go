package plan

import (
	"fmt"
	"strconv"

	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/recipe"
	"splitquant/core/tensor"
)

// A Plan says what will happen to every layer of a model.
type Plan struct {
	Model   *model.Model
	Options recipe.Options
	Units   []*Unit

	layers []decision              // one for each layer of the model
	users  map[*model.Tensor][]int // layers by their weight
}

// A Unit is the work on one weight, for all layers that use it.
type Unit struct {
	Weight  *model.Tensor
	Layers  []int // indices into Model.Layers, ascending
	Options recipe.Options
	// Split is false where the weight stays in one part: Note says why if
	// that is not what the options ask for.
	Split bool
	Note  string

	layer   *model.Layer // the first of Layers
	biases  []bias
	elems   int64
	params  quant.Params
	perRow  bool // one scale for each output channel
	kernels bool // one clustering for each output channel
	group   int  // one scale for so many inputs of each channel, 0 for all of them
	blocks  int  // how many blocks of channels have clusterings of their own
	summed  bool // the parts are added, and not what the layers make of them
	folds   bool // the weight takes over what stands around its layers
}

// decision is what became of a layer: a unit, or a reason to leave it.
type decision struct {
	unit    *Unit
	skipped string
}

// parts is the number of parts of the paper's split, and how many output
// channels a layer has at least that is split.
const parts = 3

// New plans a run. It reads no weights. The error is that of
// [recipe.Options.Validate].
func New(m *model.Model, o recipe.Options) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if len(o.Layers) == 0 {
		o = o.For("") // one way to say plain, since the result's metadata repeat it
	}
	m = corrected(m, o)
	p := &Plan{Model: m, Options: o, layers: make([]decision, len(m.Layers))}
	p.users = map[*model.Tensor][]int{}
	for i := range m.Layers {
		if w := m.Layers[i].Weight; w != nil {
			p.users[w] = append(p.users[w], i)
		}
	}
	for i := range m.Layers {
		if p.layers[i] != (decision{}) {
			continue
		}
		l := &m.Layers[i]
		if reason := p.refuse(l); reason != "" {
			p.layers[i].skipped = reason
			continue
		}
		p.add(l, p.users[l.Weight])
	}
	return p, nil
}

// refuse says why a layer cannot or shall not be worked on.
func (p *Plan) refuse(l *model.Layer) string {
	if l.Skipped != "" && !(l.Optional && p.Options.Embeddings) {
		return l.Skipped
	}
	if reason, ok := p.Options.Selects(l.Name); !ok {
		return reason
	}
	switch n, err := l.Weight.Shape.Elems(); {
	case err != nil:
		return err.Error()
	case n == 0:
		return "the weight has no elements"
	}
	if o := p.Options.For(l.Name); o.Form == "float" {
		if !o.Splits() {
			return "neither split nor quantized"
		}
		return unsplittable(l)
	}
	if o := p.Options.For(l.Name); o.Form == "matmulnbits" {
		if reason := refuseNBits(l, o.Bits, o.Group()); reason != "" {
			return reason
		}
	}
	return p.Model.FloatOnly
}

// tooFewRows says why a layer is not split; empty where it can be. A matrix
// whose rows are not known, since it is cut or joined before it is used, can.
func tooFewRows(l *model.Layer) string {
	if l.OutAxis < 0 && len(l.Shape) > 1 {
		return ""
	}
	if l.OutAxis < 0 {
		return "not split: it has no output channels"
	}
	if n := l.Rows(); n < parts {
		return fmt.Sprintf("not split: %d output channels are fewer than %d", n, parts)
	}
	return ""
}

// add plans the unit of layer l and of all others that use its weight. If one
// of them is left alone, the weight stays in the file, so then all are.
func (p *Plan) add(l *model.Layer, users []int) {
	var alone, why string
	for _, i := range users {
		if reason := p.refuse(&p.Model.Layers[i]); reason != "" {
			p.layers[i].skipped = reason
			alone, why = p.Model.Layers[i].Name, reason
		}
	}
	var u *Unit
	if alone == "" {
		u = newUnit(p.Options.For(l.Name), p.Model, l, users)
		p.Units = append(p.Units, u)
	}
	for _, i := range users {
		p.layers[i].unit = u
		if u != nil && p.Options.For(p.Model.Layers[i].Name).String() != u.Options.String() {
			u.note(fmt.Sprintf("the options of %s hold for all layers that share its weight", l.Name))
		}
		if u == nil && p.layers[i].skipped == "" {
			p.layers[i].skipped = fmt.Sprintf("its weight is shared with %s, which is left alone: %s", alone, why)
		}
	}
}

func newUnit(o recipe.Options, m *model.Model, l *model.Layer, users []int) *Unit {
	n, _ := l.Weight.Shape.Elems() // checked by refuse
	u := &Unit{
		Weight: l.Weight, Layers: users, Options: o, Split: o.Splits(),
		layer: l, elems: n, params: quant.Params{Bits: o.Bits, Symmetric: o.Symmetric},
	}
	if u.Split {
		u.Note = unsplittable(l)
		u.Split = u.Note == ""
	}
	hasRows := l.OutAxis >= 0
	u.perRow = o.Granularity == "channel" && hasRows
	if o.Granularity == "channel" && !hasRows {
		u.note("one scale for the tensor: its output channels do not lie along one axis")
	}
	if conv := l.Kind == model.Conv || l.Kind == model.ConvTranspose; conv && hasRows {
		u.kernels = o.Cluster == "kernel" || o.Cluster == "auto" && u.perRow
	}
	u.blocks = u.blocksOf(l)
	u.perRow = u.perRow || o.Group() > 0
	u.setGroup(m)
	u.summed = o.Form == "summed"
	for _, i := range users {
		if u.Split && !u.summed && !u.codebook() && m.Layers[i].SummedOnly {
			u.summed = true
			u.note("its branches cannot be added up: the parts are")
		}
	}
	u.folds = !o.NoFold && foldable(m, users)
	u.planBiases(m)
	return u
}

// unsplittable says why a layer is not split; empty where it can be.
func unsplittable(l *model.Layer) string {
	if l.Kind == model.Embedding {
		return "not split: an embedding is looked up, not multiplied"
	}
	return tooFewRows(l)
}

// note adds a sentence to the unit's note.
func (u *Unit) note(s string) {
	if u.Note != "" {
		s = u.Note + "; " + s
	}
	u.Note = s
}

// blocksOf is how many equal blocks of its rows have clusterings of their own.
// With channel scales, matrices that share their channels, as those of the two
// directions of a recurrent layer do, share a clustering too.
func (u *Unit) blocksOf(l *model.Layer) int {
	n := l.Blocks
	if u.Options.Strategy == "resolution" { // its thresholds lie where the scales lie
		return 1
	}
	if u.perRow {
		outer, _, _ := l.Shape.Axis(l.OutAxis)
		n /= max(outer, 1)
	}
	if n < 1 || u.rowsOf(n)%n != 0 || u.elems%int64(n) != 0 {
		return 1
	}
	return n
}

// rows is how many runs of weights have clusters or scales of their own.
func (u *Unit) rows() int { return u.rowsOf(u.blocks) }

func (u *Unit) rowsOf(blocks int) int {
	if u.group > 0 {
		channels, _ := u.matrix()
		return channels * u.perChannel()
	}
	if u.byChannel() {
		return int(u.Weight.Shape[u.layer.OutAxis])
	}
	return blocks
}

// byChannel reports whether the rows are the output channels. Otherwise they
// are blocks in the order of the file.
func (u *Unit) byChannel() bool { return u.perRow || u.kernels }

// grids is how many scales a part has.
func (u *Unit) grids() int {
	if u.perRow {
		return u.rows()
	}
	return 1
}

// parts is how many tensors take the weight's place.
func (u *Unit) parts() int {
	if u.Split && !u.codebook() {
		return u.Options.Parts
	}
	return 1
}

// order lists the parts, numbered by their values from the lowest on, in the
// order in which they are added. The outer ones come first: what they make of an
// input nearly cancels, so that the sum is rounded less than if the values grew
// first. Residuals are added from the coarsest to the finest.
func (u *Unit) order() (order []int) {
	n := u.parts()
	for i := range n {
		switch {
		case u.Options.Strategy == "residual":
			order = append(order, i)
		case i%2 == 0:
			order = append(order, i/2)
		default:
			order = append(order, n-1-i/2)
		}
	}
	return order
}

// partName says in words, or else by number, which of the parts one is.
func (u *Unit) partName(part int) string {
	if u.parts() == len(model.PartNames) && u.Options.Strategy != "residual" {
		return model.PartNames[part]
	}
	return strconv.Itoa(part + 1)
}

// float reports whether the parts keep the weight's own type.
func (u *Unit) float() bool { return u.Options.Form == "float" }

// stored returns the bits that take the weight's place: values or codes,
// scales and zero points.
func (u *Unit) stored() (bits int64) {
	if u.float() {
		return int64(u.parts()) * u.elems * int64(u.Weight.Type.Bits())
	}
	if u.codebook() {
		bits = int64(indexType(u.tableSize()).Bits())*u.elems + 32*int64(u.tableSize())
		if u.perRow {
			bits += 16 * int64(u.grids()) // float16, but for scales that span too much
		}
		return bits
	}
	code, codes := int64(u.params.Type().Bits()), u.elems
	if u.nbits() { // rows of codes are filled up
		codes = int64(u.grids() * u.group)
	}
	return int64(u.parts()) * (code*codes + int64(u.grids())*(32+code))
}

// bytesBefore returns the size of the weight as the file has it.
func (u *Unit) bytesBefore() int64 { return u.elems * int64(u.Weight.Type.Bits()) / 8 }

// sharedWith names the layers that use the same weight as layer i, up to 64
// of them.
func (p *Plan) sharedWith(i int) (names []string) {
	for _, j := range p.users[p.Model.Layers[i].Weight] {
		if j != i && len(names) < 64 {
			names = append(names, p.Model.Layers[j].Name)
		}
	}
	return names
}

// elements is the number of elements of a shape, 0 where it is not known.
func elements(s tensor.Shape) int64 {
	if n, err := s.Elems(); err == nil {
		return n
	}
	return 0
}

// Names returns the names of the unit's layers.
func (p *Plan) Names(u *Unit) (names []string) {
	for _, i := range u.Layers {
		names = append(names, p.Model.Layers[i].Name)
	}
	return names
}
