package onnx

import (
	"fmt"
	"slices"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// preserving are the operators whose outputs hold nothing but values of their
// first input (Concat: of all): what is quantized stays so behind them.
var preserving = map[string]bool{
	"MaxPool": true, "GlobalMaxPool": true, "Reshape": true, "Flatten": true, "Squeeze": true, "Unsqueeze": true,
	"Transpose": true, "Identity": true, "Slice": true, "Split": true, "Concat": true, "Expand": true, "Tile": true,
	"DepthToSpace": true, "SpaceToDepth": true, "Dropout": true,
}

// Values lists the values that static quantization may give a scale, in the
// order of the file: the outputs of element-wise activations, and the inputs of
// layers, or what such an input is a rearrangement of. Those in subgraphs and
// in functions are not among them.
func (f *File) Values() []model.Value {
	var layers []input
	for i := range f.uses {
		u := &f.uses[i]
		if l := &f.model.Layers[i]; l.Skipped == "" {
			layers = append(layers, input{u, false}, input{u, true})
		}
	}
	all := make([]int, len(f.activations))
	for i := range all {
		all[i] = i
	}
	made := make(map[*value]int)
	for i, a := range f.activations {
		made[a.last.graph.find(a.y)] = i
	}
	var values []model.Value
	for _, v := range f.staticValues(layers, all) {
		value := model.Value{Name: v.name, Input: v.node == nil}
		if i, ok := made[v]; ok && f.model.Activations[i].Skipped == "" {
			value.Axis, value.Channels = f.model.Activations[i].Axis, f.model.Activations[i].Channels
		}
		values = append(values, value)
	}
	return values
}

// An input is that of a layer.
type input struct {
	use    *use
	folded bool // with what stands in front of it in its weight
}

// value is what goes in; nil where the operator is none of those whose inputs
// are quantized.
func (in input) value() *value {
	n, at := in.use.node, 0
	switch n.op {
	case "Conv", "ConvTranspose", "FusedConv", "NhwcFusedConv":
	case "Gemm", "MatMul", "FusedGemm", "FusedMatMul":
		at = 1 - in.use.input
	default:
		return nil
	}
	if in.folded && in.use.ahead != nil {
		n, at = in.use.ahead, 0
	}
	return n.graph.find(n.input(at))
}

// staticValues returns the values to quantize, in the order of the file.
func (f *File) staticValues(layers []input, activations []int) []*value {
	found := make(map[*value]bool)
	for _, i := range activations {
		a := f.activations[i]
		found[a.last.graph.find(a.y)] = true
	}
	for _, in := range layers {
		if v := in.value(); v != nil {
			for _, from := range f.rearranged(v, found, 0) {
				found[from] = true
			}
		}
	}
	var values []*value
	for v := range found {
		if f.quantizable(v) {
			values = append(values, v)
		}
	}
	place := func(v *value) int64 {
		if v.node == nil {
			return 0
		}
		return v.node.field.from
	}
	slices.SortFunc(values, func(a, b *value) int {
		if d := place(a) - place(b); d != 0 {
			return int(d)
		}
		return slices.Compare([]byte(a.name), []byte(b.name))
	})
	return values
}

// quantizable reports whether a value is computed in the main graph, read by
// nodes, and not quantized yet.
func (f *File) quantizable(v *value) bool {
	if v == nil || v.graph != f.proto.graph || v.constant(0) || len(v.readers) == 0 {
		return false
	}
	return (v.node == nil || !quantizes(v.node.op)) &&
		!slices.ContainsFunc(v.readers, func(r reader) bool { return quantizes(r.node.op) })
}

// rearranged returns the values that v holds nothing but elements of. It goes
// no further back than to those that are known to be quantized.
func (f *File) rearranged(v *value, known map[*value]bool, depth int) []*value {
	n := v.node
	if known[v] || n == nil || n.graph != f.proto.graph || n.domain != "" || !preserving[n.op] || depth > maxDepth {
		return []*value{v}
	}
	inputs := n.inputs[:min(1, len(n.inputs))]
	if n.op == "Concat" {
		inputs = n.inputs
	}
	var all []*value
	for _, name := range inputs {
		from := n.graph.find(name)
		if from == nil || from.constant(0) {
			return []*value{v}
		}
		all = append(all, f.rearranged(from, known, depth+1)...)
	}
	return all
}

// typeOf returns the element type of a value that is a float: what the file
// states, or what the nodes that it comes from tell.
func (w *writer) typeOf(v *value) tensor.Type {
	for range maxDepth {
		if v == nil {
			break
		}
		if typ, ok := (knowledge{w.p, v.graph}).Type(v.name); ok {
			return typ
		}
		n := v.node
		if n == nil {
			break
		}
		if n.op == "Cast" {
			if to, err := w.p.intAttr(n, "to", 1); err == nil {
				return elemType(to)
			}
		}
		if len(slots[n.op]) > 0 { // the weight has the type of what it is multiplied with
			if weight := n.graph.find(n.input(slots[n.op][0].input)); weight != nil && weight.constant(0) {
				v = weight
				continue
			}
		}
		v = n.graph.find(n.input(0))
	}
	return tensor.Float32
}

// codeOpset is the oldest opset that quantizes to a type by one scale.
func codeOpset(typ tensor.Type) int64 {
	if typ.Bits() < 8 {
		return 21
	}
	return 10
}

// chooseStatic finds the values to quantize, now that it is known which layers
// are changed.
func (w *writer) chooseStatic(changes []model.Change) {
	w.static = make(map[*value]bool)
	if w.opt.Static == nil {
		return
	}
	var layers []input
	for _, c := range changes {
		w.narrow = w.narrow || slices.ContainsFunc(c.Parts, func(p model.Stored) bool { return p.Type.Bits() < 4 })
		for _, i := range w.f.users[c.Weight] {
			layers = append(layers, input{&w.f.uses[i], c.Folded})
		}
	}
	for _, v := range w.f.staticValues(layers, w.opt.Static.Activations) {
		w.static[v] = true
		w.order = append(w.order, v)
	}
}

// roundStatic makes the readers of each value to quantize read what its codes
// stand for. It comes last, when it is known who reads what.
func (w *writer) roundStatic() error {
	to := make(map[string]string)
	for _, v := range w.order {
		grid, ok := w.opt.Static.Grids[v.name]
		switch {
		case !w.static[v] || w.lost[v]: // done chunk by chunk, or gone
		case !ok:
			if w.written.NoGrid++; w.written.NoGrid == 1 {
				w.written.FirstLeft = v.name
			}
		default:
			nodes, out, err := w.round(v, v.name, grid)
			if err != nil {
				return err
			}
			at := v.firstReader()
			w.before[at] = append(w.before[at], nodes...)
			to[v.name] = out
		}
	}
	if len(to) == 0 {
		return nil
	}
	for _, g := range w.f.graphs {
		if g.root().function != "" {
			continue
		}
		for _, n := range g.nodes {
			if err := w.redirect(n, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// redirect makes what stands for a node read other values.
func (w *writer) redirect(n *node, to map[string]string) error {
	nodes, changed := w.instead[n]
	if !changed {
		if !slices.ContainsFunc(n.inputs, func(in string) bool { return to[in] != "" }) {
			return nil
		}
		v, err := w.p.view(n)
		if err != nil {
			return err
		}
		nodes = []made{{v, n, true}}
		w.instead[n] = nodes
	}
	for i := range nodes {
		nodes[i].Inputs = slices.Clone(nodes[i].Inputs)
		for j, in := range nodes[i].Inputs {
			if out := to[in]; out != "" {
				nodes[i].Inputs[j] = out
			}
		}
	}
	return nil
}

// round returns nodes that round the value called name to a grid, and what they
// make of it. v is that value, or the one that it is a chunk of.
//
// ONNX Runtime (1.30, qdq_selectors.cc, qdq_propagation.cc) makes one node of those
// between a DequantizeLinear and a QuantizeLinear, such as QLinearConv, or moves
// them past a MaxPool, and does not ask whether what it makes takes 4 bits: it
// then refuses its own model. It also takes a Relu or a Clip away in front of a
// QuantizeLinear of 4 bits that does not do their work. A Max of one value keeps
// them apart. Weights of 2 bits are kept apart from activations of 8 likewise,
// which would become a MatMulIntegerToFloat that takes none.
func (w *writer) round(v *value, name string, grid model.Grid) ([]made, string, error) {
	if oldest := codeOpset(grid.Type); w.version < oldest {
		why := w.written.Kept
		if why == "" {
			why = fmt.Sprintf("target %s ends before", w.opt.Target)
		}
		return nil, "", fmt.Errorf("activations of %d bits need opset %d: %s", grid.Type.Bits(), oldest, why)
	}
	if grid.Type.Bits() < 8 {
		w.requires(20)
	}
	g := v.graph
	scale, zero := w.newValue(name+"/scale"), w.newValue(name+"/zero_point")
	w.addInit(g, scale, tensor.Float32, nil, literal(rawFloats([]float32{grid.Scale})))
	w.addInit(g, zero, grid.Type, nil, literal(rawCodes([]int32{grid.Zero}, grid.Type.Bits())))
	var nodes []made
	add := func(op, suffix, in string, more ...string) string {
		out := w.newValue(name + suffix)
		nodes = append(nodes, made{Node: opset.Node{
			Name: w.newNode(name + suffix), Op: op, Inputs: append([]string{in}, more...), Outputs: []string{out},
		}})
		return out
	}
	cast := func(suffix, in string, typ tensor.Type) string {
		out := add("Cast", suffix, in)
		nodes[len(nodes)-1].Attrs = []opset.Attr{{Name: "to", Value: int64(dataType(typ))}}
		return out
	}
	typ, x := w.typeOf(v), name
	if typ != tensor.Float32 {
		x = cast("/float32", x, tensor.Float32)
	}
	few := grid.Type.Bits() < 8
	if few && v.node != nil && (v.node.op == "Relu" || v.node.op == "Clip") {
		x = add("Max", "/before", x)
	}
	x = add("QuantizeLinear", "/quantized", x, scale, zero)
	x = add("DequantizeLinear", "/dequantized", x, scale, zero)
	if few || w.narrow {
		x = add("Max", "/apart", x)
	}
	if typ != tensor.Float32 {
		x = cast("/rounded", x, typ)
	}
	w.written.Rounded++
	return nodes, x, nil
}

// roundChunk rounds a chunk of the output of an activation, which has a grid of
// its own, if that is to be quantized; out is the chunk's name.
func (w *writer) roundChunk(a *activation, part int, out string) ([]made, string, error) {
	v := a.last.graph.find(a.y)
	if !w.static[v] || v.output { // what leaves the model is not rounded
		return nil, out, nil
	}
	grid, ok := w.opt.Static.Grids[model.ChunkName(a.y, part)]
	if !ok {
		grid, ok = w.opt.Static.Grids[a.y]
	}
	if !ok {
		return nil, out, nil
	}
	return w.round(v, out, grid)
}

// staticOpset is the opset that grids need: 13 rather than 10, where a model has
// neither.
func staticOpset(s *model.Static) (oldest int64) {
	for _, g := range s.Grids {
		oldest = max(oldest, 13, codeOpset(g.Type))
	}
	return oldest
}
