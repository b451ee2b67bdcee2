package onnx

import (
	"fmt"
	"slices"
	"strings"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// A slot is an input of an operator that takes a weight.
type slot struct {
	input  int
	suffix string // of the layer's name, where one node has several weights
	kind   model.Kind
	skip   string // why such a weight is left alone, empty where it is not
}

const (
	already   = "already quantized"
	recurrent = "recurrent layers are not supported yet"
	embedding = "an embedding is looked up, not multiplied: not split"
	fused     = "a fused operator of ONNX Runtime, not supported yet; use the model before its optimization"
)

// slots lists the inputs that are weights where they are constants.
var slots = map[string][]slot{
	"Conv":          {{1, "", model.Conv, ""}},
	"ConvTranspose": {{1, "", model.ConvTranspose, ""}},
	"Gemm":          {{1, "", model.Linear, ""}, {0, "", model.Linear, ""}},
	"MatMul":        {{1, "", model.Linear, ""}, {0, "", model.Linear, ""}},

	"Gather":                {{0, "", model.Embedding, embedding}},
	"LSTM":                  {{1, "/W", model.Recurrent, recurrent}, {2, "/R", model.Recurrent, recurrent}},
	"GRU":                   {{1, "/W", model.Recurrent, recurrent}, {2, "/R", model.Recurrent, recurrent}},
	"RNN":                   {{1, "/W", model.Recurrent, recurrent}, {2, "/R", model.Recurrent, recurrent}},
	"DeformConv":            {{1, "", model.Conv, "deformable convolutions are not supported yet"}},
	"ConvInteger":           {{1, "", model.Conv, already}},
	"QLinearConv":           {{3, "", model.Conv, already}},
	"MatMulInteger":         {{1, "", model.Linear, already}},
	"QLinearMatMul":         {{3, "", model.Linear, already}},
	"MatMulNBits":           {{1, "", model.Linear, already}},
	"MatMulBnb4":            {{1, "", model.Linear, already}},
	"QGemm":                 {{3, "", model.Linear, already}},
	"QAttention":            {{1, "", model.Attention, already}},
	"GatherBlockQuantized":  {{0, "", model.Embedding, already}},
	"MatMulIntegerToFloat":  {{1, "", model.Linear, already}},
	"DynamicQuantizeMatMul": {{1, "", model.Linear, already}},
	"DynamicQuantizeLSTM":   {{1, "/W", model.Recurrent, already}, {2, "/R", model.Recurrent, already}},
	"Attention":             {{1, "", model.Attention, "the packed weight of an Attention node is not supported yet"}},
	"FusedConv":             {{1, "", model.Conv, fused}},
	"NhwcFusedConv":         {{1, "", model.Conv, fused}},
	"FusedGemm":             {{1, "", model.Linear, fused}},
	"FusedMatMul":           {{1, "", model.Linear, fused}, {0, "", model.Linear, fused}},
	"Einsum":                {{1, "", model.Linear, "Einsum is not supported yet"}, {0, "", model.Linear, "Einsum is not supported yet"}},
	"EmbedLayerNormalization": {
		{2, "/word", model.Embedding, embedding},
		{3, "/position", model.Embedding, embedding},
		{4, "/segment", model.Embedding, embedding},
	},
}

// through lists the operators behind which a weight is still a weight.
var through = map[string]bool{
	"Transpose": true, "Reshape": true, "Cast": true, "Identity": true, "Slice": true, "Concat": true,
	"Squeeze": true, "Unsqueeze": true, "DequantizeLinear": true, "QuantizeLinear": true, "Quant": true,
}

// An origin is the constant that a value is made from without any activation.
type origin struct {
	value *value
	data  *constant // nil where a Constant node holds a bare number
	path  []string  // operators on the way, the nearest to the value first
	outer bool      // the constant is in a graph further out
}

// words says where the constant is, as in "via Transpose of initializer".
func (o *origin) words() string {
	s := "initializer"
	if o.value.node != nil {
		s = "Constant node"
	}
	for _, op := range slices.Backward(o.path) {
		s = "via " + op + " of " + s
	}
	if o.outer {
		s += " (outer scope)"
	}
	return s
}

// origin follows the value called name back to a constant; nil where it
// depends on an input.
func (g *graph) origin(name string) *origin {
	var path []string
	outer := false
	for len(path) <= maxDepth {
		v := g.find(name)
		if v == nil {
			return nil
		}
		outer = outer || v.graph != g
		g = v.graph
		switch n := v.node; {
		case v.init != nil:
			return &origin{v, v.init, path, outer}
		case n == nil:
			return nil
		case n.op == "Constant" && n.domain == "":
			o := &origin{v, nil, path, outer}
			for _, a := range n.attrs {
				for _, c := range a.tensors {
					o.data = c
				}
			}
			return o
		case !through[n.op]:
			return nil
		case !v.constant(len(path)):
			return nil
		default:
			path = append(path, n.op)
			name = n.input(0)
		}
	}
	return nil
}

// constant reports whether v depends on nothing but constants, as far as the
// operators of through go, and no more than maxDepth of them.
func (v *value) constant(depth int) bool {
	switch {
	case v.fixed != unknown:
	case v.init != nil || v.node != nil && v.node.op == "Constant":
		v.fixed = yes
	default:
		v.fixed = no // also the answer for nodes that feed themselves
		if v.node == nil || !through[v.node.op] || depth > maxDepth {
			break
		}
		data := v.node.inputs[:min(1, len(v.node.inputs))]
		if v.node.op == "Concat" {
			data = v.node.inputs
		}
		for _, name := range data {
			if in := v.graph.find(name); in == nil || !in.constant(depth+1) {
				return false
			}
		}
		if len(data) > 0 {
			v.fixed = yes
		}
	}
	return v.fixed == yes
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
	f.findFolds(p)
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
	if len(found) == 2 && found[0].suffix == "" {
		// Either side may be the weight; with two constants nothing is a layer.
		left, right := n.graph.origin(n.input(0)), n.graph.origin(n.input(1))
		switch {
		case (left != nil) == (right != nil):
			return nil
		case right != nil:
			found = found[:1]
		default:
			found = found[1:]
		}
	}
	for _, s := range found {
		o := n.graph.origin(n.input(s.input))
		convolves := n.op == "Conv" || n.op == "ConvTranspose"
		if o == nil && !convolves {
			continue
		}
		if s.kind == model.Embedding && s.skip == embedding && !isTable(o) {
			continue
		}
		if err := f.addLayer(p, n, s, o); err != nil {
			return err
		}
	}
	return nil
}

// isTable reports whether a constant is a matrix of floats, as embeddings are.
func isTable(o *origin) bool {
	return o.data != nil && len(o.data.dims) == 2 && o.data.tensor.Type.IsFloat()
}

func (f *File) addLayer(p *parser, n *node, s slot, o *origin) error {
	u := use{node: n, input: s.input, weight: o}
	l := model.Layer{Name: n.label() + s.suffix, Op: n.op, Kind: s.kind, OutAxis: -1}
	if o != nil && o.data != nil {
		l.Weight, l.Shape = o.data.tensor, o.data.dims
	}
	l.Skipped = f.reason(n, s, o)
	if l.Skipped == "" {
		var err error
		if l.OutAxis, err = outAxis(p, n, s.input, len(l.Shape)); err != nil {
			return err
		}
		if n.op == "ConvTranspose" {
			if l.Groups, err = p.intAttr(n, "group", 1); err != nil {
				return err
			}
		}
		f.findBias(&u, &l)
		if n.op == "Gemm" && f.opset() < 7 && u.bias == nil {
			l.Skipped = "a Gemm of an opset below 7 whose bias is not a constant"
		}
	}
	if u.bias != nil {
		l.Bias = u.bias.init.tensor
	}
	f.uses = append(f.uses, u)
	f.model.Layers = append(f.model.Layers, l)
	return nil
}

const notConstant = "the weight is not a constant"

// reason says why a weight cannot be worked on, empty where it can.
func (f *File) reason(n *node, s slot, o *origin) string {
	switch {
	case o == nil:
		return notConstant
	case s.skip != "":
		return s.skip
	case n.domain != "":
		return fmt.Sprintf("an operator of domain %q, not known", n.domain)
	case slices.Contains(o.path, "DequantizeLinear"), slices.Contains(o.path, "QuantizeLinear"), slices.Contains(o.path, "Quant"):
		return fmt.Sprintf("%s (%s)", already, strings.Join(o.path, ", "))
	case n.graph.root().function != "":
		return fmt.Sprintf("in the model function %q, not supported yet", n.graph.root().function)
	case n.graph.owner != nil:
		return fmt.Sprintf("in a subgraph of node %q (%s), not supported yet", n.graph.owner.label(), n.graph.owner.op)
	case len(o.path) > 0:
		return fmt.Sprintf("the weight passes through %s first, not supported yet", strings.Join(o.path, ", "))
	case o.value.node != nil:
		return "the weight is in a Constant node, not supported yet"
	case o.data.sparse:
		return "the weight is stored sparse"
	case !o.data.tensor.Type.IsFloat():
		return fmt.Sprintf("the weight is %v, not a float", o.data.tensor.Type)
	}
	if elems, _ := o.data.dims.Elems(); elems == 0 {
		return "the weight has no elements"
	}
	rank := len(o.data.dims)
	if s.kind == model.Linear && rank == 0 || n.op == "Gemm" && rank != 2 || s.kind != model.Linear && rank < 3 {
		return fmt.Sprintf("a weight of shape %v does not fit %s", o.data.dims, n.op)
	}
	return ""
}

// root is the graph or function that g is in, however deep.
func (g *graph) root() *graph {
	for g.outer != nil {
		g = g.outer
	}
	return g
}

// outAxis returns the axis of the weight along which output channels lie.
func outAxis(p *parser, n *node, input, rank int) (int, error) {
	switch n.op {
	case "Conv":
		return 0, nil
	case "ConvTranspose":
		return 1, nil
	case "Gemm":
		// Y = A' B': rows of A' and columns of B' are output channels.
		name, axis := "transB", int64(1)
		if input == 0 {
			name, axis = "transA", 0
		}
		t, err := p.intAttr(n, name, 0)
		if t != 0 {
			axis = 1 - axis
		}
		return int(axis), err
	}
	switch {
	case rank < 2:
		return -1, nil
	case input == 1:
		return rank - 1, nil
	}
	return rank - 2, nil
}

// findBias finds the bias of a layer of the main graph.
func (f *File) findBias(u *use, l *model.Layer) {
	g := u.node.graph
	at := func(n *node, i int) *value {
		v := g.find(n.input(i))
		if v == nil || v.init == nil || v.init.sparse || v.init.tensor.Type != l.Weight.Type {
			return nil
		}
		if elems, _ := v.init.dims.Elems(); elems == 0 {
			return nil
		}
		return v
	}
	if u.node.op != "MatMul" {
		u.biasAt = 2
		u.bias = at(u.node, 2)
		return
	}
	out := g.find(u.node.output(0))
	if out == nil || out.output || len(out.readers) != 1 {
		return
	}
	add := out.readers[0].node
	if add.op != "Add" || add.domain != "" || add.graph != g || len(add.inputs) != 2 || len(add.outputs) != 1 {
		return
	}
	i := 1 - out.readers[0].input
	if b := at(add, i); b != nil && isBias(b.init.dims, l, f.opset()) {
		u.add, u.biasAt, u.bias = add, i, b
	}
}

// isBias reports whether a constant that is added to the product has one value,
// or one per output channel, and gives the product no other shape.
func isBias(dims tensor.Shape, l *model.Layer, opset int64) bool {
	if len(dims) > max(1, len(l.Shape)) || len(dims) > 1 && opset < 8 { // where Sum does not broadcast
		return false
	}
	fromEnd := len(l.Shape) - l.OutAxis // the output's channel axis, counted from its end
	for i, d := range dims {
		if d != 1 && (len(dims)-i != fromEnd || d != l.Rows()) {
			return false
		}
	}
	return true
}

// skipShared leaves alone the weights that something else reads too: they would
// have to stay in the file as they are.
func (f *File) skipShared() {
	mine := make(map[reader]bool)
	for i, u := range f.uses {
		if f.model.Layers[i].Skipped == "" {
			mine[reader{u.node, u.input}] = true
		}
	}
	other := make(map[*value]string)
	for i, u := range f.uses {
		if f.model.Layers[i].Skipped != "" {
			continue
		}
		v := u.weight.value
		if v.output {
			other[v] = "an output of the graph"
		}
		for _, r := range v.readers {
			if !mine[r] {
				other[v] = fmt.Sprintf("read by node %q (%s)", r.node.label(), r.node.op)
			}
		}
	}
	for i, u := range f.uses {
		if l := &f.model.Layers[i]; l.Skipped == "" && other[u.weight.value] != "" {
			l.Skipped = fmt.Sprintf("the weight is also %s: quantizing it here would store it twice", other[u.weight.value])
		}
	}
}
