package onnx

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// A Target says where a written file must run. It bounds the opset that a
// model may be lifted to.
type Target string

const (
	Auto   Target = "auto"    // ONNX Runtime and ONNX Runtime Web 1.24 and newer: opset 25
	Web    Target = "web"     // the same
	ORT120 Target = "ort1.20" // ONNX Runtime 1.20: opset 21, IR 10
	Any    Target = "any"     // any runtime of opset 13, IR 7
)

// highest is the newest opset that a target runs.
var highest = map[Target]int64{"": 25, Auto: 25, Web: 25, ORT120: 21, Any: 13}

// irOf gives the version of the format that came with an opset
// (github.com/onnx/onnx, docs/Versioning.md), for those that types need.
func irOf(version int64) int64 {
	switch {
	case version >= 25:
		return 13
	case version >= 21:
		return 10
	case version >= 13:
		return 7
	}
	return 4
}

// WriteOptions say how a changed model is written.
type WriteOptions struct {
	Target      Target // Auto where empty
	Properties  []model.Property
	Activations []int // those of the model to cut into chunks, by their index
	// Outputs are values of the main graph, not its inputs, that the file is to
	// give out besides its own outputs, for whoever wants to see them.
	Outputs []string
	Static  *model.Static // quantizes activations; nil leaves them in float

	// An ONNX file holds 2 GiB at most. Of a result that would be larger, the
	// data of its tensors go to Data, which must become a file called DataName
	// beside it. Without a DataName such a result is an error; otherwise a file
	// holds all of its data.
	Data     io.Writer
	DataName string

	Most int64 // bytes of a file, math.MaxInt32 where 0
}

// changes reports whether the options change a file.
func (o *WriteOptions) changes() bool {
	return len(o.Activations) > 0 || o.Static != nil || len(o.Outputs) > 0
}

// Written says what a file became.
type Written struct {
	Bytes     int64
	Beside    int64  // bytes in WriteOptions.Data, 0 where the file holds all
	IR        int64  // version of the format
	Opset     int64  // version of ai.onnx
	Lifted    bool   // from an older opset
	Unpacked  bool   // some codes are unpacked by standard operators, as the opset has no type for them
	Quantized bool   // some weights or biases are codes
	Contrib   bool   // some operators are ONNX Runtime's own (com.microsoft)
	Rounded   int    // values that are rounded to codes and back, each chunk counted
	NoGrid    int    // values that should be and have no grid
	FirstLeft string // the first of those
	// Runtime is the oldest ONNX Runtime, native or Web, that has the operators
	// of its own and the types below 8 bits that were written, such as "1.24";
	// empty where there are none.
	Runtime string
	// Kept says why a model that should have been lifted was not; empty otherwise.
	Kept string
}

// Write writes the model with the changes applied, and everything else byte for
// byte as it was; without changes that is the file itself.
//
// The lengths of all parts are worked out before the first byte is written, so
// that Data of a change is read once, from its start to its end.
func (f *File) Write(w io.Writer, changes []model.Change, opt WriteOptions) (Written, error) {
	l, err := f.layout(changes, opt)
	if err == nil && (len(changes) > 0 || opt.changes()) {
		if err = f.recheck(l, opt.DataName); err != nil {
			err = fmt.Errorf("the result, read again: %w", err)
		}
	}
	if err == nil && l.written.Beside > 0 {
		err = errors.New("the data do not fit in one file, and there is no writer for the rest")
		if opt.Data != nil {
			err = l.beside.writeTo(opt.Data)
		}
	}
	if err == nil {
		err = l.out.writeTo(w)
	}
	if err != nil {
		return Written{}, fmt.Errorf("onnx: %w", err)
	}
	return l.written, nil
}

// Size says what Write would write. It reads no data: those of the changes may
// still be nil.
func (f *File) Size(changes []model.Change, opt WriteOptions) (Written, error) {
	l, err := f.layout(changes, opt)
	if err != nil {
		return Written{}, fmt.Errorf("onnx: %w", err)
	}
	return l.written, nil
}

// CanQuantize returns why no quantized form can be written for this model, nil
// where it can. The float form always can.
func (f *File) CanQuantize() error {
	if v := f.opset(); v < opset.First {
		return fmt.Errorf("opset %d has no operators to unpack codes with, opset %d is needed; the float form can be written", v, opset.First)
	}
	return nil
}

// A writer collects what changes in a file.
type writer struct {
	f       *File
	p       *parser
	opt     WriteOptions
	edits   *edits
	version int64 // of ai.onnx that is written
	lifted  int64 // the version that all nodes have at least, 0 where they are as they were
	ir      int64 // of the format that is written
	minor   int   // of the ONNX Runtime 1 that runs it, 0 where any does
	written Written

	values, nodes map[string]bool   // names that are taken
	tried         map[[2]string]int // the highest number behind a name of some kind
	before        map[*node][]made
	instead       map[*node][]made
	inits         map[*graph]segments
	front         map[*graph][]made // in a function, the constants that are initializers elsewhere
	copies        map[*value][]string
	dropped       map[*value]bool // no longer initializers
	lost          map[*value]bool // no longer there at all
	planned       []planned       // tensors that are added
	readersGone   map[*value]int
	narrow        bool            // weights are stored in fewer than 4 bits
	static        map[*value]bool // values that are yet to be rounded
	order         []*value        // them in the order of the file

	split  bool     // large data go to beside
	beside segments // with a length of end
	end    int64
}

// A layout is what goes to the file, and what to the one beside it.
type layout struct {
	out, beside segments
	written     Written
	planned     []planned
}

func (f *File) layout(changes []model.Change, opt WriteOptions) (l *layout, err error) {
	most := opt.Most
	if most == 0 {
		most = math.MaxInt32
	}
	changed := len(changes) > 0 || opt.changes()
	for _, split := range []bool{false, true} {
		l, err = f.lay(changes, opt, split)
		if err != nil || l.written.Bytes <= most || !changed {
			return l, err
		}
		if opt.DataName == "" {
			break
		}
	}
	return nil, fmt.Errorf("the result has %d bytes, an ONNX file holds %d at most", l.written.Bytes, most)
}

func (f *File) lay(changes []model.Change, opt WriteOptions, split bool) (*layout, error) {
	limit, known := highest[opt.Target]
	if !known {
		return nil, fmt.Errorf("unknown target %q", opt.Target)
	}
	w := &writer{
		f: f, p: &parser{source: newSource(f.r, f.size)}, opt: opt, edits: newEdits(f.r), split: split,
		version: f.opset(), ir: f.proto.ir,
		before: make(map[*node][]made), copies: make(map[*value][]string),
		dropped: make(map[*value]bool), lost: make(map[*value]bool), readersGone: make(map[*value]int),
	}
	w.reset()
	if len(changes) > 0 || opt.changes() {
		if err := w.change(changes, limit); err != nil {
			return nil, err
		}
	}
	out, err := w.edits.body(&f.proto.message)
	if err != nil {
		return nil, err
	}
	w.written.Bytes, w.written.Beside, w.written.IR, w.written.Opset = out.size(), w.end, w.ir, w.version
	if w.minor > 0 {
		if w.version > 21 { // more than ONNX Runtime 1.20 reads
			w.requires(24)
		}
		w.written.Runtime = fmt.Sprintf("1.%d", w.minor)
	}
	return &layout{out, w.beside, w.written, w.planned}, nil
}

// reset forgets what lifting made.
func (w *writer) reset() {
	w.instead, w.beside, w.end, w.planned = make(map[*node][]made), nil, 0, nil
	w.inits, w.front = make(map[*graph]segments), make(map[*graph][]made)
	w.values, w.nodes, w.tried = make(map[string]bool), make(map[string]bool), make(map[[2]string]int)
	for _, g := range w.f.graphs {
		for name := range g.values {
			w.values[name] = true
		}
		for _, n := range g.nodes {
			w.nodes[n.name] = true
			for _, in := range n.inputs {
				w.values[in] = true
			}
		}
	}
}

// fresh returns a name made from want that is not taken, and takes it. It counts
// on from where it was before, as a thousand nodes may want one name.
func (w *writer) fresh(kind, want string, taken ...map[string]bool) string {
	name := want
	i := w.tried[[2]string{kind, want}]
	for slices.ContainsFunc(taken, func(t map[string]bool) bool { return t[name] }) {
		i++
		name = fmt.Sprintf("%s_%d", want, i+1)
	}
	w.tried[[2]string{kind, want}] = i
	for _, t := range taken {
		t[name] = true
	}
	return name
}

// requires says that a minor version of ONNX Runtime 1 is needed, at least.
func (w *writer) requires(minor int) { w.minor = max(w.minor, minor) }

func (w *writer) newValue(want string) string { return w.fresh("value", want, w.values) }
func (w *writer) newNode(want string) string  { return w.fresh("node", want, w.nodes) }
func (w *writer) newName(want string) string  { return w.fresh("both", want, w.values, w.nodes) }

// change enters all edits.
func (w *writer) change(changes []model.Change, limit int64) error {
	if err := w.chooseOpset(changes, limit); err != nil {
		return err
	}
	w.chooseStatic(changes)
	done := make(map[*model.Tensor]bool)
	for _, c := range changes {
		if c.Weight == nil {
			return errors.New("a change has no weight")
		}
		if done[c.Weight] {
			return fmt.Errorf("tensor %q is changed twice", c.Weight.Name)
		}
		done[c.Weight] = true
		if err := w.changeWeight(&c); err != nil {
			return fmt.Errorf("tensor %q: %w", c.Weight.Name, err)
		}
	}
	for _, i := range w.opt.Activations {
		if i < 0 || i >= len(w.f.activations) {
			return fmt.Errorf("the model has no activation %d", i)
		}
		if err := w.splitActivation(i); err != nil {
			return err
		}
	}
	if err := w.roundStatic(); err != nil {
		return err
	}
	w.editNodes()
	if err := w.editGraphs(); err != nil {
		return err
	}
	return w.editModel()
}

// editNodes enters the nodes that were made.
func (w *writer) editNodes() {
	for _, g := range w.f.graphs {
		num := g.nodeField()
		put := func(at span, nodes []made) {
			w.edits.replaceLater(&g.message, at, func() (segments, error) {
				var out segments
				for _, m := range nodes {
					s, err := w.node(num, m)
					if err != nil {
						return nil, err
					}
					out = append(out, s...)
				}
				return out, nil
			})
		}
		if nodes := w.front[g]; nodes != nil {
			at := g.nodes[0].field.from
			put(span{at, at}, nodes)
		}
		for _, n := range g.nodes {
			if nodes := w.before[n]; nodes != nil {
				put(span{n.field.from, n.field.from}, nodes)
			}
			if nodes, ok := w.instead[n]; ok {
				put(n.field, nodes)
			}
		}
	}
}

// nodeField is the number of the field that holds nodes.
func (g *graph) nodeField() protowire.Number {
	if g.function != "" {
		return 7
	}
	return 1
}

// editGraphs drops and adds initializers, and drops what else names the
// dropped ones. From IR 4 on a graph input that is an initializer too is no
// constant any more, so these inputs go when a model comes from below.
func (w *writer) editGraphs() error {
	for _, g := range w.f.graphs {
		drop := func(m *message) { w.edits.replace(&g.message, m.field, nil) }
		for _, c := range g.inits {
			if w.dropped[g.values[c.name]] {
				drop(&c.message)
			} else if err := w.takeIn(c); err != nil {
				return err
			}
		}
		for _, in := range g.inputs {
			v := g.values[in.name]
			if v.init != nil && (w.dropped[v] || w.f.proto.ir < 4) { // never in a subgraph, see define
				drop(&in.message)
			}
		}
		for _, info := range g.infos {
			if v := g.values[info.name]; v != nil && w.lost[v] {
				drop(&info.message)
			}
		}
		if s := w.inits[g]; s != nil {
			w.edits.replace(&g.message, span{g.body.to, g.body.to}, s)
		}
	}
	w.editOutputs()
	for _, c := range w.f.constants {
		if c.of != nil {
			if err := w.takeIn(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// editOutputs adds those that are asked for. ONNX Runtime infers their types.
func (w *writer) editOutputs() {
	g := w.f.proto.graph
	for _, name := range w.opt.Outputs {
		if v := g.values[name]; v == nil || !v.output {
			w.edits.replace(&g.message, span{g.body.to, g.body.to}, nested(12, text(1, name)))
		}
	}
}

// takeIn moves the data of a constant to the result, if they are outside.
func (w *writer) takeIn(c *constant) error {
	if c.external == nil {
		return nil
	}
	elems, err := c.dims.Elems()
	if err != nil {
		return err
	}
	size, err := c.tensor.Type.Bytes(elems)
	if err != nil {
		return err
	}
	body := tensorHead(c.name, c.tensor.Type, c.dims)
	raw := data(c.tensor.Data, size, fmt.Sprintf("tensor %q", c.label()))
	if c.of == nil {
		body = append(body, w.elements(raw)...)
	} else {
		body = append(body, nested(9, raw)...)
	}
	for _, s := range c.rest {
		body = append(body, w.edits.source(s)...)
	}
	w.edits.replace(c.parent, c.field, nested(c.num, body))
	return nil
}

// editModel enters versions and properties.
func (w *writer) editModel() error {
	m := &w.f.proto.message
	w.ir = max(w.ir, 4)
	if w.ir != w.f.proto.ir {
		w.edits.replace(m, w.f.proto.irField, integer(1, uint64(w.ir)))
	}
	if err := w.dropProperties(m); err != nil {
		return err
	}
	for _, p := range w.opt.Properties {
		w.edits.replace(m, span{m.body.to, m.body.to}, nested(14, slices.Concat(text(1, p.Key), text(2, p.Value))))
	}
	if w.written.Contrib {
		w.importContrib()
	}
	if !w.written.Lifted {
		return nil
	}
	w.raise(w.f.proto.opsets)
	for _, g := range w.f.proto.functions {
		w.raise(g.opsets)
	}
	return nil
}

// dropProperties takes out those that are written anew.
func (w *writer) dropProperties(m *message) error {
	if len(w.opt.Properties) == 0 {
		return nil
	}
	return w.p.each(m.body, func(f field) error {
		if f.num != 14 {
			return nil
		}
		old, err := w.p.property(f)
		if slices.ContainsFunc(w.opt.Properties, func(p model.Property) bool { return p.Key == old.Key }) {
			w.edits.replace(m, f.span, nil)
		}
		return err
	})
}

// raise sets the imported version of ai.onnx, where it is lower.
func (w *writer) raise(opsets []*opsetImport) {
	for _, o := range opsets {
		if (o.domain == "" || o.domain == "ai.onnx") && o.version < w.lifted {
			body := slices.Concat(text(1, o.domain), integer(2, uint64(w.lifted)))
			w.edits.replace(o.parent, o.field, nested(o.num, body))
		}
	}
}

// addInit adds an initializer to a graph. A function has none, nor have the
// graphs inside of it: there it becomes a Constant node.
func (w *writer) addInit(g *graph, name string, typ tensor.Type, shape tensor.Shape, raw segments) {
	w.planned = append(w.planned, planned{name, typ, shape})
	if g.root().function == "" {
		w.inits[g] = append(w.inits[g], nested(5, append(tensorHead(name, typ, shape), w.elements(raw)...))...)
		return
	}
	w.front[g] = append(w.front[g], made{Node: opset.Node{
		Name: w.newNode(name), Op: "Constant", Outputs: []string{name},
		Attrs: []opset.Attr{{Name: "value", Value: tensorBody("", typ, shape, raw)}},
	}})
}

// Data of less than smallest bytes stay in the file; others begin at a multiple
// of page, as onnx.proto asks for.
const smallest, page = 1 << 10, 4 << 10

// elements are the fields of a TensorProto for its elements: raw_data, or where
// they lie in the file beside.
func (w *writer) elements(raw segments) segments {
	size := raw.size()
	if !w.split || size < smallest {
		return nested(9, raw)
	}
	if gap := -w.end & (page - 1); gap > 0 {
		w.beside = append(w.beside, literal(make([]byte, gap))...)
		w.end += gap
	}
	entry := func(key, value string) segments { return nested(13, slices.Concat(text(1, key), text(2, value))) }
	fields := slices.Concat(
		entry("location", w.opt.DataName), entry("offset", strconv.FormatInt(w.end, 10)), entry("length", strconv.FormatInt(size, 10)),
		integer(14, 1))
	w.beside = append(w.beside, raw...)
	w.end += size
	return fields
}

// addConst adds a small initializer to a graph.
func (w *writer) addConst(g *graph, c opset.Const) error {
	raw, err := rawConst(c)
	if err == nil {
		w.addInit(g, c.Name, c.Type, c.Shape, literal(raw))
	}
	return err
}
