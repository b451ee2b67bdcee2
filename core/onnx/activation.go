package onnx

import (
	"fmt"
	"slices"
	"strings"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/onnx/shape"
	"splitquant/core/tensor"
)

// chunks is how many an activation's input is cut into.
const chunks = model.Chunks

// activations are the element-wise functions of one operator, and the inputs
// behind the first that may be a vector, in which case it is cut as well. What
// Softmax makes of an element depends on others: it is none.
var activations = map[string]int{
	"Relu": 0, "LeakyRelu": 0, "PRelu": 1, "Elu": 0, "Selu": 0, "Celu": 0, "Softplus": 0, "Softsign": 0,
	"Sigmoid": 0, "HardSigmoid": 0, "HardSwish": 0, "Mish": 0, "Tanh": 0, "Gelu": 0, "Clip": 0,
	"ThresholdedRelu": 0, "Swish": 0,
}

// contribActivations are those of domain com.microsoft.
var contribActivations = map[string]int{"Gelu": 0, "QuickGelu": 0, "FastGelu": 1, "BiasGelu": 1}

// core marks the operators without which a group of nodes is no activation.
var core = map[string]bool{"Sigmoid": true, "HardSigmoid": true, "Erf": true, "Tanh": true, "Clip": true, "Softplus": true, "Relu": true}

// arithmetic lists what else a group may consist of, with numbers.
var arithmetic = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true, "Pow": true}

// An activation is a function of one value in the graph.
type activation struct {
	nodes []*node // in the order of the file
	x     *value  // its input
	y     string  // its output
	last  *node   // which makes y
}

// findActivations lists the activations of the graph and of its subgraphs.
func (f *File) findActivations(p *parser) {
	s := &shapes{p: p, f: f, done: make(map[*value]shape.Shape)}
	for _, g := range f.graphs {
		if g.root().function != "" {
			continue
		}
		taken := make(map[*node]bool)
		var found []*activation
		for _, n := range g.nodes {
			if a := groupAt(p, n); a != nil && !slices.ContainsFunc(a.nodes, func(n *node) bool { return taken[n] }) {
				for _, n := range a.nodes {
					taken[n] = true
				}
				found = append(found, a)
			}
		}
		for _, n := range g.nodes {
			if x := g.find(n.input(0)); !taken[n] && isActivation(n) && x != nil && len(n.outputs) > 0 {
				found = append(found, &activation{[]*node{n}, x, n.output(0), n})
			}
		}
		slices.SortStableFunc(found, func(a, b *activation) int { return int(a.last.field.from - b.last.field.from) })
		for _, a := range found {
			f.addActivation(s, a)
		}
	}
}

func isActivation(n *node) bool {
	_, ok := activations[n.op]
	if n.domain == "com.microsoft" {
		_, ok = contribActivations[n.op]
		return ok
	}
	return ok && n.domain == ""
}

// groupAt returns the activation that ends in a product of two values that both
// are functions of one value x and of numbers: x Sigmoid(x), x/2 (1 +
// Erf(x/1.41)), x Clip(x+3, 0, 6) and the like. Nil where n is no such product.
func groupAt(p *parser, n *node) *activation {
	if n.op != "Mul" || n.domain != "" || len(n.inputs) != 2 || len(n.outputs) != 1 || n.inputs[0] == n.inputs[1] {
		return nil
	}
	a := &activation{last: n, nodes: []*node{n}}
	k := knowledge{p, n.graph}
	for _, in := range n.inputs {
		v := n.graph.find(in)
		if v == nil || k.constant(in) != nil || !a.trace(k, v, 0) {
			return nil
		}
	}
	if a.x == nil || !slices.ContainsFunc(a.nodes, func(n *node) bool { return core[n.op] }) {
		return nil
	}
	// A factor behind it, as in x (1 + Erf(x/1.41)) 0.5, belongs to it.
	for {
		v := n.graph.find(a.last.output(0))
		if v.output || len(v.readers) != 1 {
			break
		}
		next := v.readers[0].node
		if next.graph != n.graph || next.domain != "" || next.op != "Mul" && (next.op != "Div" || v.readers[0].input != 0) ||
			len(next.inputs) != 2 || len(next.outputs) != 1 || !isNumber(k, next.inputs[1-v.readers[0].input]) {
			break
		}
		a.last = next
		a.nodes = append(a.nodes, next)
	}
	a.y = a.last.output(0)
	slices.SortFunc(a.nodes, func(a, b *node) int { return int(a.field.from - b.field.from) })
	return a
}

// mostNodes bounds a group; the longest that exporters write has 9.
const mostNodes = 16

// trace follows v back to x, the first value that is read more than once or
// that no element-wise node makes.
func (a *activation) trace(k knowledge, v *value, depth int) bool {
	n := v.node
	inner := !v.output && len(v.readers) == 1 && v.graph == k.g && n != nil && n.domain == "" && len(n.outputs) == 1 &&
		depth < mostNodes && (core[n.op] || arithmetic[n.op])
	if !inner {
		if a.x == nil {
			a.x = v
		}
		return a.x == v
	}
	a.nodes = append(a.nodes, n)
	variables := 0
	for i, in := range n.inputs {
		switch next := k.g.find(in); {
		case in == "" || isNumber(k, in):
		case next == nil || i > 0 && !arithmetic[n.op] || k.constant(in) != nil || !a.trace(k, next, depth+1):
			return false
		default:
			variables++
		}
	}
	return variables > 0
}

// isNumber reports whether a value is a constant of one element that makes no
// other dimensions.
func isNumber(k knowledge, name string) bool {
	c := k.constant(name)
	if c == nil || c.sparse {
		return false
	}
	n, err := c.dims.Elems()
	return err == nil && n == 1 && len(c.dims) <= 1
}

// usual names what groups of operators compute.
var usual = map[string]string{
	"Mul Sigmoid": "SiLU", "HardSigmoid Mul": "HardSwish", "Add Clip Div Mul": "HardSwish", "Add Clip Mul": "HardSwish",
	"Mul Softplus Tanh": "Mish", "Add Div Erf Mul": "GELU", "Add Erf Mul": "GELU", "Add Mul Pow Tanh": "GELU (tanh)", "Add Mul Tanh": "GELU (tanh)",
}

// op names the function.
func (a *activation) op() string {
	if len(a.nodes) == 1 {
		return a.last.op
	}
	var ops []string
	for _, n := range a.nodes {
		ops = append(ops, n.op)
	}
	slices.Sort(ops)
	name := strings.Join(slices.Compact(ops), " ")
	if u := usual[name]; u != "" {
		return u
	}
	return name
}

// addActivation lists an activation with the axis along which it is cut.
func (f *File) addActivation(s *shapes, a *activation) {
	dims := s.of(a.x, 0)
	m := model.Activation{Name: a.last.label(), Op: a.op(), Axis: 1}
	if len(dims) == 3 && !alongChannels(a.x) {
		m.Axis = 2
	}
	switch {
	case f.opset() < 2:
		m.Skipped = "an opset below 2, which cannot cut tensors in unequal chunks"
	case dims == nil:
		m.Skipped = "the number of dimensions of its input is not known"
	case len(dims) < 2:
		m.Skipped = fmt.Sprintf("its input has %d dimensions, no channels", len(dims))
	case dims[m.Axis] == shape.Unknown:
		m.Skipped = fmt.Sprintf("the length of axis %d is not known", m.Axis)
	case dims[m.Axis] < chunks:
		m.Channels = dims[m.Axis]
		m.Skipped = fmt.Sprintf("axis %d has %d entries, fewer than the %d chunks", m.Axis, m.Channels, chunks)
	default:
		m.Channels = dims[m.Axis]
		m.Skipped = a.cannotCut(s, m, len(dims))
	}
	f.activations = append(f.activations, a)
	f.model.Activations = append(f.model.Activations, m)
}

// alongChannels reports whether the channels of a value of three dimensions lie
// along axis 1, as convolutions make them, and not along the last.
func alongChannels(v *value) bool {
	for range maxDepth {
		if v == nil || v.node == nil {
			return false
		}
		switch v.node.op {
		case "Conv", "ConvTranspose", "BatchNormalization", "InstanceNormalization", "MaxPool", "AveragePool":
			return true
		case "MatMul", "Gemm", "LayerNormalization", "Transpose", "Reshape", "Gather":
			return false
		}
		v = v.graph.find(v.node.input(0))
	}
	return false
}

// vector returns the second input of a node, if it may have to be cut with the
// first; empty otherwise.
func vector(n *node) string {
	which := activations
	if n.domain == "com.microsoft" {
		which = contribActivations
	}
	return n.input(which[n.op])
}

// cannotCut says why the second input of an activation, such as the slope of a
// PRelu, cannot be cut; empty where it can, or need not be.
func (a *activation) cannotCut(s *shapes, m model.Activation, rank int) string {
	n := a.last
	name := vector(n)
	if len(a.nodes) > 1 || name == "" || name == n.input(0) {
		return ""
	}
	c := knowledge{s.p, n.graph}.constant(name)
	if c == nil || c.sparse || c.tensor.Data == nil || c.tensor.Type.Bits()%8 != 0 {
		return fmt.Sprintf("%q, which would have to be cut too, is not a constant", name)
	}
	if at := cutAxis(c, m.Axis, rank); at >= len(c.dims) || at >= 0 && c.dims[at] != 1 && c.dims[at] != m.Channels {
		return fmt.Sprintf("%q has shape %v, which does not fit its input", name, c.dims)
	}
	return ""
}

// cutAxis returns the axis of c that meets the given axis of a tensor of a rank,
// below 0 where c has none.
func cutAxis(c *constant, axis, rank int) int { return axis - rank + len(c.dims) }

// sizes returns how long the chunks are.
func sizes(n int64) []int64 {
	all := model.ChunkSizes(n)
	return all[:]
}

// splitActivation writes activation i as a Split, a copy of its nodes for each
// chunk, and a Concat.
func (w *writer) splitActivation(i int) error {
	m, a := &w.f.model.Activations[i], w.f.activations[i]
	if m.Skipped != "" {
		return fmt.Errorf("activation %q cannot be cut: %s", m.Name, m.Skipped)
	}
	var old []made
	for _, n := range a.nodes {
		nodes, ok := w.instead[n]
		if !ok {
			v, err := w.p.view(n)
			if err != nil {
				return err
			}
			nodes = []made{{v, n, true}}
		}
		if len(nodes) == 0 {
			return nil // something else has taken it over
		}
		old = append(old, nodes...)
	}
	cut, err := w.cut(a, m)
	if err != nil {
		return err
	}
	nodes := []made{cut}
	var outs []string
	at, done := int64(0), false
	for part, size := range sizes(m.Channels) {
		copied, out, err := w.chunk(a, m, old, part, cut.Outputs[part], at, size)
		if err != nil {
			return err
		}
		rounded, out, err := w.roundChunk(a, part, out)
		if err != nil {
			return err
		}
		done = done || len(rounded) > 0
		nodes, outs, at = slices.Concat(nodes, copied, rounded), append(outs, out), at+size
	}
	if done {
		delete(w.static, a.last.graph.find(a.y))
	}
	nodes = append(nodes, made{Node: opset.Node{
		Name: w.newNode(m.Name + "/concat"), Op: "Concat", Inputs: outs, Outputs: []string{a.y},
		Attrs: []opset.Attr{{Name: "axis", Value: int64(m.Axis)}},
	}})
	for _, n := range a.nodes {
		w.instead[n] = nil
		if n != a.last {
			w.lost[n.graph.find(n.output(0))] = true
		}
	}
	w.instead[a.last] = nodes
	return nil
}

// cut makes the Split in front of the chunks.
func (w *writer) cut(a *activation, m *model.Activation) (made, error) {
	n := opset.Node{Name: w.newNode(m.Name + "/split"), Op: "Split", Inputs: []string{a.x.name}}
	n.Attrs = []opset.Attr{{Name: "axis", Value: int64(m.Axis)}}
	if w.versionOf(a.last.graph) < 13 {
		n.Attrs = append(n.Attrs, opset.Attr{Name: "split", Value: sizes(m.Channels)})
	} else {
		c := opset.Const{Name: w.newValue(m.Name + "/sizes"), Type: tensor.Int64, Shape: tensor.Shape{chunks}, Values: sizes(m.Channels)}
		if err := w.addConst(a.last.graph, c); err != nil {
			return made{}, err
		}
		n.Inputs = append(n.Inputs, c.Name)
	}
	for i := range chunks {
		n.Outputs = append(n.Outputs, w.newValue(fmt.Sprintf("%s/split%d", m.Name, i+1)))
	}
	return made{Node: n}, nil
}

// chunk copies the nodes of an activation for one chunk, of size channels from
// at on, and returns them with their output.
func (w *writer) chunk(a *activation, m *model.Activation, old []made, part int, x string, at, size int64) ([]made, string, error) {
	suffix := fmt.Sprintf("/chunk%d", part+1)
	names := map[string]string{a.x.name: x}
	if len(a.nodes) == 1 {
		if name := vector(a.last); name != "" && name != a.last.input(0) {
			cut, err := w.cutConstant(a, m, name, suffix, at, size)
			if err != nil {
				return nil, "", err
			}
			names[name] = cut
		}
	}
	var nodes []made
	for _, n := range old {
		n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
		for i, in := range n.Inputs {
			if to, ok := names[in]; ok {
				n.Inputs[i] = to
			}
		}
		for i, out := range n.Outputs {
			if out != "" {
				names[out] = w.newValue(out + suffix)
				n.Outputs[i] = names[out]
			}
		}
		label := n.Name
		if label == "" {
			label = m.Name
		}
		n.Name = w.newNode(label + suffix)
		nodes = append(nodes, n)
	}
	return nodes, names[a.y], nil
}

// cutConstant stores the part of a constant that belongs to a chunk; a constant
// that is the same for all channels stays as it is.
func (w *writer) cutConstant(a *activation, m *model.Activation, name, suffix string, at, size int64) (string, error) {
	c := knowledge{w.p, a.last.graph}.constant(name)
	s := &shapes{p: w.p, f: w.f, done: make(map[*value]shape.Shape)}
	axis := cutAxis(c, m.Axis, len(s.of(a.x, 0)))
	if axis < 0 || c.dims[axis] == 1 {
		return name, nil
	}
	if at == 0 {
		w.unread(a.last.graph.find(name))
	}
	outer, dim, inner := c.dims.Axis(axis)
	run := int64(inner * c.tensor.Type.Bits() / 8)
	var raw segments
	for o := range int64(outer) {
		raw = append(raw, segment{r: c.tensor.Data, at: (o*int64(dim) + at) * run, n: size * run, what: fmt.Sprintf("tensor %q", name)})
	}
	shape := slices.Clone(c.dims)
	shape[axis] = size
	cut := w.newValue(name + suffix)
	w.addInit(a.last.graph, cut, c.tensor.Type, shape, raw)
	return cut, nil
}
