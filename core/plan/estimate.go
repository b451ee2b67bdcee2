package plan

import (
	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/version"
)

// An Estimate is what a run will make, known before it reads a weight.
type Estimate struct {
	BytesAfter    int64    // of the whole result
	BytesBeside   int64    // of these, in a file beside the model
	BitsPerWeight float64  // of the weights that are worked on
	Layers        int      // that are worked on
	Weights       int64    // in them, shared ones counted once
	Warnings      []string // what the result will cost that people may not expect
}

// Estimate lays out the file that a run would write. It can be off by a few
// bytes for each layer: whether a grid needs a zero point, and a bias a split,
// only their values tell.
func (f *File) Estimate(o recipe.Options) (Estimate, error) {
	p, err := New(f.Model(), o)
	if err != nil {
		return Estimate{}, err
	}
	var e Estimate
	var storage measure.Storage
	var changes []model.Change
	for _, u := range p.Units {
		e.Layers += len(u.Layers)
		e.Weights += u.elems
		storage.Add(u.storage())
		changes = append(changes, u.outline())
	}
	e.BitsPerWeight = storage.BitsPerWeight()
	sqnr := 10.0 // as wide as most
	cut, _ := p.activations()
	properties := p.properties(&report.Report{Version: version.Version, SQNR: &sqnr})
	written, err := f.lay(made{p.Options, changes, cut, p.static(), properties, Beside{Name: "data"}})
	e.BytesAfter, e.BytesBeside = written.bytes+written.beside, written.beside
	if err == nil {
		e.Warnings = p.warnings(f.size, e.BytesAfter)
	}
	return e, err
}

// outline is the change that the unit will make, without its data.
func (u *Unit) outline() model.Change {
	c := u.change()
	for _, part := range u.order() {
		s := model.Stored{Name: u.partName(part), Type: u.Weight.Type, Shape: u.Weight.Shape}
		switch {
		case u.codebook():
			s.Type, s.Axis, s.Table = indexType(u.tableSize()), max(u.layer.OutAxis, 0), make([]float32, u.tableSize())
			if u.perRow {
				s.Scale = make([]float32, u.grids())
			}
		case !u.float():
			s.Type, s.Axis = u.params.Type(), max(u.layer.OutAxis, 0)
			s.Scale, s.Zero = make([]float32, u.grids()), make([]int32, u.grids())
			if !u.params.Symmetric && part < parts-1 { // the upper part starts at zero
				s.Zero[0] = 1
			}
			if u.group > 0 {
				u.describeGroups(&s)
			}
		}
		c.Parts = append(c.Parts, s)
	}
	for _, b := range u.biases {
		order := u.order()
		if !u.splitsBiases() {
			order = order[:1]
		}
		stored := model.Stored{Type: b.typ, Shape: b.shape}
		if bits := u.biasBits(); bits > 0 {
			stored.Type = quant.Params{Bits: bits, Symmetric: u.Options.Symmetric}.Type()
			stored.Scale, stored.Zero = []float32{1}, []int32{1}
		}
		for _, part := range order {
			stored.Name = u.partName(part)
			Bias{Layer: b.index, Stored: stored}.addTo(&c)
		}
	}
	return c
}
