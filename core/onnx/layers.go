package onnx

import (
	"fmt"
	"slices"
	"strings"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// A slot is an input of an operator that takes a weight.
type slot struct {
	input  int
	suffix string // of the layer's name, where one node has several weights
	kind   model.Kind
	skip   string // why such a weight is left alone, empty where it is not
	ours   bool   // the operator is one of ONNX Runtime, in domain com.microsoft
	summed bool   // outputs of three copies of the node cannot be added up
	gates  int    // of a recurrent layer
}

const (
	already   = "already quantized"
	embedding = "an embedding is looked up, not multiplied: not split"
)

// slots lists the inputs that are weights where they are constants.
var slots = map[string][]slot{
	"Conv":          {{input: 1, kind: model.Conv}},
	"ConvTranspose": {{input: 1, kind: model.ConvTranspose}},
	"Gemm":          {{input: 1, kind: model.Linear}, {input: 0, kind: model.Linear}},
	"MatMul":        {{input: 1, kind: model.Linear}, {input: 0, kind: model.Linear}},
	"LSTM":          gated(4),
	"GRU":           gated(3),
	"RNN":           gated(1),
	"DeformConv":    {{input: 1, kind: model.Conv, summed: true}},
	"Einsum":        {{input: 1, kind: model.Linear, summed: true}, {input: 0, kind: model.Linear, summed: true}},
	"Gather":        {{input: 0, kind: model.Embedding, skip: embedding, summed: true}},

	"Attention":     {{input: 1, kind: model.Attention, ours: true, summed: true}},
	"FusedConv":     {{input: 1, kind: model.Conv, ours: true, summed: true}},
	"FusedGemm":     {{input: 1, kind: model.Linear, ours: true, summed: true}, {input: 0, kind: model.Linear, ours: true, summed: true}},
	"FusedMatMul":   {{input: 1, kind: model.Linear, ours: true}, {input: 0, kind: model.Linear, ours: true}},
	"NhwcFusedConv": {{input: 1, kind: model.Conv, ours: true, summed: true}},
	"EmbedLayerNormalization": {
		{input: 2, suffix: "/word", kind: model.Embedding, skip: embedding, ours: true, summed: true},
		{input: 3, suffix: "/position", kind: model.Embedding, skip: embedding, ours: true, summed: true},
		{input: 4, suffix: "/segment", kind: model.Embedding, skip: embedding, ours: true, summed: true},
	},

	"ConvInteger":           {{input: 1, kind: model.Conv, skip: already}},
	"QLinearConv":           {{input: 3, kind: model.Conv, skip: already}},
	"MatMulInteger":         {{input: 1, kind: model.Linear, skip: already}},
	"QLinearMatMul":         {{input: 3, kind: model.Linear, skip: already}},
	"MatMulNBits":           {{input: 1, kind: model.Linear, skip: already}},
	"MatMulBnb4":            {{input: 1, kind: model.Linear, skip: already}},
	"QGemm":                 {{input: 3, kind: model.Linear, skip: already}},
	"QAttention":            {{input: 1, kind: model.Attention, skip: already}},
	"GatherBlockQuantized":  {{input: 0, kind: model.Embedding, skip: already}},
	"MatMulIntegerToFloat":  {{input: 1, kind: model.Linear, skip: already}},
	"DynamicQuantizeMatMul": {{input: 1, kind: model.Linear, skip: already}},
	"DynamicQuantizeLSTM":   {{input: 1, suffix: "/W", kind: model.Recurrent, skip: already}, {input: 2, suffix: "/R", kind: model.Recurrent, skip: already}},
}

// gated are the weights of a recurrent operator, each a matrix for every gate.
func gated(gates int) []slot {
	return []slot{
		{input: 1, suffix: "/W", kind: model.Recurrent, summed: true, gates: gates},
		{input: 2, suffix: "/R", kind: model.Recurrent, summed: true, gates: gates},
	}
}

// A use is a layer as the graph has it.
type use struct {
	node   *node
	input  int // of node, where the weight goes in
	weight *origin

	// The bias is an input of node, or, behind a MatMul, of an Add.
	bias   *value // nil where there is none or it is no constant
	biasAt int
	add    *node

	// What the layer's Fold is made of: nodes behind it, and one ahead of it.
	after []*node
	ahead *node
}

// biasNode is the node that takes the bias.
func (u *use) biasNode() *node {
	if u.add != nil {
		return u.add
	}
	return u.node
}

// findLayers lists the layers in the order of the file, those of a subgraph
// behind the node that runs it.
func (f *File) findLayers(p *parser) error {
	if err := f.layersOf(p, f.proto.graph); err != nil {
		return err
	}
	for _, g := range f.proto.functions {
		if err := f.layersOf(p, g); err != nil {
			return err
		}
	}
	f.skipShared()
	f.users = make(map[*model.Tensor][]int)
	for i := range f.model.Layers {
		if l := &f.model.Layers[i]; l.Weight != nil && (l.Skipped == "" || l.Optional) {
			f.users[l.Weight] = append(f.users[l.Weight], i)
		}
	}
	f.findNBits(p)
	f.findFolds(p)
	f.findActivations(p)
	for i := range f.model.Layers {
		if l := &f.model.Layers[i]; l.Skipped == notConstant {
			f.model.Warnings = append(f.model.Warnings, fmt.Sprintf("node %q: %s", l.Name, l.Skipped))
		}
	}
	return nil
}

func (f *File) layersOf(p *parser, g *graph) error {
	for _, n := range g.nodes {
		if err := f.layersAt(p, n); err != nil {
			return err
		}
		for _, a := range n.attrs {
			for _, inner := range a.graphs {
				if err := f.layersOf(p, inner); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// layersAt adds the layers of one node.
func (f *File) layersAt(p *parser, n *node) error {
	found := slots[n.op]
	if len(found) == 0 || found[0].ours && n.domain == "" {
		return nil
	}
	from := make([][]*origin, len(found))
	for i, s := range found {
		var err error
		if from[i], err = p.origins(n.graph, n.input(s.input)); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(from, func(o []*origin) bool { return o != nil }) && f.addCoded(n, found) {
		return nil
	}
	if len(found) == 2 && found[0].suffix == "" {
		// Either side may be the weight; with two constants nothing is a layer.
		if (from[0] != nil) == (from[1] != nil) {
			return nil
		}
	}
	for i, s := range found {
		convolves := n.op == "Conv" || n.op == "ConvTranspose"
		if from[i] == nil && convolves {
			from[i] = []*origin{nil}
		}
		if s.skip == embedding && !isTable(from[i]) {
			continue
		}
		for part, o := range from[i] { // each constant of a joined weight by itself
			if len(from[i]) > 1 {
				s.suffix = fmt.Sprintf("%s/%d", found[i].suffix, part+1)
			}
			s.summed = found[i].summed || len(from[i]) > 1 || o != nil && o.cut
			if err := f.addLayer(p, n, s, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// isTable reports whether a weight is one matrix of floats, as embeddings are.
func isTable(from []*origin) bool {
	return len(from) == 1 && len(from[0].dims) == 2 && from[0].typ.IsFloat()
}

// addLayer adds the layer that has the constant o as its weight, or as a part
// of it.
func (f *File) addLayer(p *parser, n *node, s slot, o *origin) error {
	u := use{node: n, input: s.input, weight: o}
	l := model.Layer{Name: n.label() + s.suffix, Op: n.op, Kind: s.kind, OutAxis: -1, SummedOnly: s.summed}
	if o != nil && o.data != nil {
		l.Weight, l.Shape = o.data.tensor, o.data.dims
	}
	l.Skipped = f.reason(p, n, s, o)
	if l.Skipped == "" && s.skip != "" {
		l.Skipped, l.Optional = s.skip, true
	}
	if l.Skipped == "" || l.Optional {
		if err := f.describe(p, &u, &l, s); err != nil {
			return err
		}
	}
	f.uses = append(f.uses, u)
	f.model.Layers = append(f.model.Layers, l)
	return nil
}

// describe finds what there is to know of a layer that can be worked on.
func (f *File) describe(p *parser, u *use, l *model.Layer, s slot) error {
	o := u.weight
	axis, err := -1, error(nil)
	if o.dims != nil {
		if axis, err = outAxis(p, u.node, s.input, len(o.dims)); err != nil {
			return err
		}
	}
	if axis >= 0 {
		l.OutAxis = o.axes[axis]
	}
	if s.gates > 0 && o.inOrder() {
		l.Blocks = s.gates
		if a := u.node.attr("direction"); a != nil {
			if v, err := p.value(a); err != nil {
				return err
			} else if v == "bidirectional" {
				l.Blocks *= 2
			}
		}
	}
	if l.SummedOnly {
		return nil
	}
	if u.node.op == "ConvTranspose" {
		if l.Groups, err = p.intAttr(u.node, "group", 1); err != nil {
			return err
		}
	}
	f.findBias(u, axis)
	if u.bias != nil {
		l.Bias = u.bias.tensor().tensor
	}
	if u.node.op == "Gemm" && f.opsetOf(u.node.graph) < 7 && u.bias == nil {
		l.Skipped = "a Gemm of an opset below 7 whose bias is not a constant"
	}
	return nil
}

const notConstant = "the weight is not a constant"

// reason says why a weight cannot be worked on, empty where it can.
func (f *File) reason(p *parser, n *node, s slot, o *origin) string {
	domain := ""
	if s.ours {
		domain = contrib
	}
	switch {
	case o == nil:
		return notConstant
	case s.skip == already:
		return alreadyIs(p, n, o)
	case n.domain != domain:
		return fmt.Sprintf("an operator of domain %q, not known", n.domain)
	case slices.ContainsFunc(o.path, func(n *node) bool { return quantizes(n.op) }):
		return fmt.Sprintf("%s (%s)", alreadyIs(p, n, o), strings.Join(o.ops(), ", "))
	case o.data == nil:
		return "the weight is a Constant node without a tensor"
	case o.data.sparse:
		return "the weight is stored sparse"
	case !o.data.tensor.Type.IsFloat():
		return fmt.Sprintf("the weight is %v, not a float", o.data.tensor.Type)
	case !o.typ.IsFloat():
		return fmt.Sprintf("the weight is cast to %v", o.typ)
	}
	if elems, _ := o.data.dims.Elems(); elems == 0 {
		return "the weight has no elements"
	}
	if v := f.opsetOf(o.value.graph); o.value.graph.root().function != "" && v < opset.First {
		return fmt.Sprintf("in a function of opset %d, which has no operators to unpack codes with", v)
	}
	if o.dims != nil && !fits(n.op, s, len(o.dims)) {
		return fmt.Sprintf("a weight of shape %v does not fit %s", o.dims, n.op)
	}
	return ""
}

// alreadyIs says what a weight is quantized to.
func alreadyIs(p *parser, n *node, o *origin) string {
	if n.op == "MatMulNBits" {
		if bits, err := p.intAttr(n, "bits", 4); err == nil {
			return fmt.Sprintf("%s to %d bits", already, bits)
		}
	}
	if o.data == nil || o.data.sparse || o.data.tensor.Type.IsFloat() {
		return already
	}
	return fmt.Sprintf("%s to %v", already, o.data.tensor.Type)
}

// fits reports whether a weight may have that many axes.
func fits(op string, s slot, rank int) bool {
	switch {
	case op == "Gemm" || op == "FusedGemm" || op == "Attention":
		return rank == 2
	case s.kind == model.Conv || s.kind == model.ConvTranspose:
		return rank >= 3
	case s.gates > 0:
		return rank == 3
	}
	return rank > 0
}

// root is the graph or function that g is in, however deep.
func (g *graph) root() *graph {
	for g.outer != nil {
		g = g.outer
	}
	return g
}

// outAxis returns the axis of what goes in as the weight along which output
// channels lie, -1 where there is none.
func outAxis(p *parser, n *node, input, rank int) (int, error) {
	side := "B"
	if input == 0 {
		side = "A"
	}
	switch n.op {
	case "Conv", "DeformConv", "FusedConv", "NhwcFusedConv", "EmbedLayerNormalization":
		return 0, nil
	case "ConvTranspose", "LSTM", "GRU", "RNN", "Attention":
		return 1, nil
	case "Gather":
		axis, err := p.intAttr(n, "axis", 0)
		return int(axis & 1), err
	case "Einsum":
		return -1, nil
	case "FusedMatMul":
		if batch, err := p.intAttr(n, "transBatch"+side, 0); batch != 0 || err != nil {
			return -1, err
		}
	}
	if rank < 2 {
		return -1, nil
	}
	// Y = A' B': rows of A' and columns of B' are output channels.
	trans, err := int64(0), error(nil)
	if n.op != "MatMul" {
		trans, err = p.intAttr(n, "trans"+side, 0)
	}
	if (input == 1) == (trans == 0) {
		return rank - 1, err
	}
	return rank - 2, err
}

// opsetOf returns the version of ai.onnx that the nodes of g are written in.
func (f *File) opsetOf(g *graph) int64 {
	if root := g.root(); root.function != "" {
		return importedOpset(root.opsets)
	}
	return f.opset()
}

// findBias finds the bias of a layer. axis is that of the output channels, in
// what goes in as the weight.
func (f *File) findBias(u *use, axis int) {
	g, o := u.node.graph, u.weight
	at := func(n *node, i int) *value {
		v := g.find(n.input(i))
		if v == nil {
			return nil
		}
		c := v.tensor()
		if c == nil || c.sparse || c.tensor.Type != o.typ {
			return nil
		}
		if elems, _ := c.dims.Elems(); elems == 0 {
			return nil
		}
		return v
	}
	switch u.node.op {
	case "Conv", "ConvTranspose", "Gemm":
		u.biasAt = 2
		u.bias = at(u.node, 2)
		return
	case "MatMul":
	default:
		return
	}
	out := g.find(u.node.output(0))
	if out == nil || out.output || len(out.readers) != 1 || o.dims == nil {
		return
	}
	add := out.readers[0].node
	if add.op != "Add" || add.domain != "" || add.graph != g || len(add.inputs) != 2 || len(add.outputs) != 1 {
		return
	}
	i := 1 - out.readers[0].input
	if b := at(add, i); b != nil && isBias(b.tensor().dims, o.dims, axis, f.opsetOf(g)) {
		u.add, u.biasAt, u.bias = add, i, b
	}
}

// isBias reports whether a constant of shape dims that is added to the product
// with a weight has one value, or one per output channel, and gives the product
// no other shape.
func isBias(dims, weight tensor.Shape, axis int, opset int64) bool {
	if len(dims) > max(1, len(weight)) || len(dims) > 1 && opset < 8 { // where Sum does not broadcast
		return false
	}
	fromEnd := len(weight) - axis // the output's channel axis, counted from its end
	for i, d := range dims {
		if d != 1 && (len(dims)-i != fromEnd || axis < 0 || d != weight[axis]) {
			return false
		}
	}
	return true
}

// A claim is a layer's hold on a weight: where its node reads it.
type claim struct {
	reader
	weight *value
}

// skipShared leaves alone the weights that something else reads too: they would
// have to stay in the file as they are.
func (f *File) skipShared() {
	claims := make(map[claim]*model.Layer)
	for i, u := range f.uses {
		if l := &f.model.Layers[i]; l.Skipped == "" || l.Optional {
			claims[claim{reader{u.node, u.input}, u.weight.value}] = l
		}
	}
	type answer struct {
		why      string
		optional bool
	}
	known := make(map[*value]answer)
	for i, u := range f.uses {
		l := &f.model.Layers[i]
		if l.Skipped != "" && !l.Optional {
			continue
		}
		a, ok := known[u.weight.value]
		if !ok {
			a.why, a.optional = u.weight.value.otherReader(claims)
			known[u.weight.value] = a
		}
		if a.why != "" && (l.Skipped == "" || !a.optional) {
			l.Skipped, l.Optional = fmt.Sprintf("the weight is also %s: quantizing it here would store it twice", a.why), a.optional
		}
	}
}

// otherReader looks for readers of a weight that have no claim on it, and says
// what they are; empty where there are none. If all that were found have a
// claim, but one that is not followed unless asked for, it is optional.
func (v *value) otherReader(claims map[claim]*model.Layer) (why string, optional bool) {
	todo, seen := []*value{v}, map[*value]bool{v: true}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at.output {
			return "an output of the graph", false
		}
		for _, r := range at.readers {
			words := fmt.Sprintf("read by node %q (%s)", r.node.label(), r.node.op)
			if l := claims[claim{r, v}]; l != nil {
				if l.Optional && why == "" {
					why, optional = words, true
				}
				continue
			}
			out := r.node.graph.find(r.node.output(0))
			if !r.node.passes(r.input) || out == nil || !out.constant(0) || len(out.readers) == 0 && !out.output {
				return words, false
			}
			if !seen[out] {
				seen[out] = true
				todo = append(todo, out)
			}
		}
	}
	return why, optional
}
