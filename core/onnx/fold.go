package onnx

import (
	"errors"
	"slices"

	"splitquant/core/fold"
	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// Folds are found when a file is opened: they are a few numbers for each
// channel. Exact means: the same function in exact arithmetic, whatever the
// input. So a node is folded in only if nothing else sees what it reads, and a
// normalisation in front of a convolution only if the zeros of its padding, which
// the normalisation never sees, make no difference.

// findFolds looks for what the layers can take over from the nodes around
// them: first behind every layer, then, of what is left, in front.
func (f *File) findFolds(p *parser) {
	taken := make(map[*node]bool)
	for i := range f.uses {
		if l, u := &f.model.Layers[i], &f.uses[i]; f.canFold(p, l, u) {
			f.foldAfter(p, l, u, taken)
		}
	}
	for i := range f.uses {
		if l, u := &f.model.Layers[i], &f.uses[i]; f.canFold(p, l, u) {
			f.foldBefore(p, l, u, taken)
		}
	}
}

// canFold reports whether a layer can take over anything: its weight is used as
// it is stored, and it has output channels, and a bias that lies along them, or
// none.
func (f *File) canFold(p *parser, l *model.Layer, u *use) bool {
	if l.Skipped != "" || l.Rows() == 0 || len(u.weight.path) > 0 || f.opsetOf(u.node.graph) < 7 || u.node.domain != "" {
		return false
	}
	switch l.Weight.Type {
	case tensor.Float32, tensor.Float16, tensor.BFloat16:
	default:
		return false
	}
	switch u.node.op {
	case "Conv", "ConvTranspose":
		return u.bias != nil || u.node.input(2) == ""
	case "Gemm":
		return factorsAreOne(p, u.node) && (u.bias == nil && u.node.input(2) == "" || u.bias != nil && alongRows(u.bias.tensor().dims, l, u))
	}
	return u.node.op == "MatMul" && (rowsFromEnd(l, u) == 1 || isMatrix(p, l, u.node.graph, u.node.output(0)))
}

// factorsAreOne reports whether the factors of a Gemm are 1, as they nearly
// always are.
func factorsAreOne(p *parser, n *node) bool {
	for _, name := range []string{"alpha", "beta"} {
		if a := n.attr(name); a != nil {
			if v, err := p.value(a); err != nil || v != float32(1) {
				return false
			}
		}
	}
	return true
}

// rowsFromEnd tells where in the output of a layer its channels lie, counted
// from the last axis, which is 1.
func rowsFromEnd(l *model.Layer, u *use) int {
	if l.Kind == model.Linear {
		return 2 - u.input
	}
	return len(l.Shape) - 1
}

// alongRows reports whether something of the given shape, beside the output of
// a layer, has one value, or one for each output channel.
func alongRows(dims tensor.Shape, l *model.Layer, u *use) bool {
	if len(dims) > len(l.Shape) {
		return false
	}
	for i, d := range dims {
		if d != 1 && (len(dims)-i != rowsFromEnd(l, u) || d != l.Rows()) {
			return false
		}
	}
	return true
}

// isMatrix reports whether a value beside a linear layer is known to be a matrix.
func isMatrix(p *parser, l *model.Layer, g *graph, value string) bool {
	if l.Op == "Gemm" {
		return true
	}
	rank, ok := knowledge{p, g}.Rank(value)
	return ok && rank == 2 && len(l.Shape) == 2
}

// newFold begins the fold of a layer. The bias that it may get has a value for
// each output channel, and the rank of the one it had, if that is higher.
func newFold(l *model.Layer, u *use) *model.Fold {
	shape := tensor.Shape{l.Rows()}
	if l.Kind == model.Linear && rowsFromEnd(l, u) == 2 {
		shape = append(shape, 1)
	}
	for u.bias != nil && len(shape) < len(u.bias.tensor().dims) {
		shape = slices.Insert(shape, 0, 1)
	}
	return &model.Fold{BiasShape: shape}
}

// foldAfter lets a layer take over the nodes behind it, one after another.
func (f *File) foldAfter(p *parser, l *model.Layer, u *use, taken map[*node]bool) {
	for out := u.biasNode().output(0); ; {
		v := u.node.graph.find(out)
		if v == nil || v.output || len(v.readers) != 1 {
			return
		}
		n := v.readers[0].node
		if n.graph != u.node.graph || n.domain != "" || taken[n] || len(n.outputs) == 0 {
			return
		}
		a, ok := affine(p, l, u, n, v.readers[0].input)
		if !ok {
			return
		}
		if l.Fold == nil {
			l.Fold = newFold(l, u)
		}
		l.Fold.After = fold.Then(l.Fold.After, a)
		l.Fold.Nodes = append(l.Fold.Nodes, n.op+" "+n.label())
		u.after = append(u.after, n)
		taken[n] = true
		out = n.output(0)
	}
}

// affine returns what node n, which reads the output of a layer as the given
// input, does to the output's channels.
func affine(p *parser, l *model.Layer, u *use, n *node, input int) (a model.Affine, ok bool) {
	rows := int(l.Rows())
	if n.op == "BatchNormalization" {
		// It normalises along axis 1 of its input.
		matrix := isMatrix(p, l, n.graph, n.input(0)) || isMatrix(p, l, n.graph, n.output(0))
		if input != 0 || l.Kind == model.Linear && (rowsFromEnd(l, u) != 1 || !matrix) {
			return a, false
		}
		return batchNorm(p, n, rows)
	}
	if len(n.inputs) != 2 || n.op != "Mul" && n.op != "Add" && (n.op != "Sub" && n.op != "Div" || input != 0) {
		return a, false
	}
	c := knowledge{p, n.graph}.constant(n.input(1 - input))
	if c == nil || !alongRows(c.dims, l, u) || l.Kind == model.Linear && len(c.dims) > 1 && !isMatrix(p, l, n.graph, n.input(input)) {
		return a, false
	}
	values, ok := smallFloats(c)
	if !ok {
		return a, false
	}
	a = model.Affine{Scale: slices.Repeat([]float64{1}, rows), Offset: make([]float64, rows)}
	for i := range rows {
		switch v := float64(values[i%len(values)]); n.op {
		case "Mul":
			a.Scale[i] = v
		case "Div":
			a.Scale[i] = 1 / v
		case "Add":
			a.Offset[i] = v
		case "Sub":
			a.Offset[i] = -v
		}
		if x := a.Scale[i] + a.Offset[i]; x-x != 0 { // not finite
			return a, false
		}
	}
	return a, true
}

// batchNorm returns what a BatchNormalization of some channels does, if it is in
// inference mode and all it needs is constant.
func batchNorm(p *parser, n *node, channels int) (a model.Affine, ok bool) {
	for i := 1; i < len(n.outputs); i++ {
		if n.outputs[i] != "" {
			return a, false
		}
	}
	training, err := p.intAttr(n, "training_mode", 0)
	spatial, err2 := p.intAttr(n, "spatial", 1)
	if err != nil || err2 != nil || training != 0 || spatial != 1 {
		return a, false
	}
	epsilon := float32(1e-5)
	if e := n.attr("epsilon"); e != nil {
		v, err := p.value(e)
		if epsilon, ok = v.(float32); !ok || err != nil {
			return a, false
		}
	}
	var values [4][]float32
	for i := range values {
		c := knowledge{p, n.graph}.constant(n.input(1 + i))
		if c == nil {
			return a, false
		}
		if values[i], ok = smallFloats(c); !ok || len(values[i]) != channels {
			return a, false
		}
	}
	a, err = fold.BatchNorm(values[0], values[1], values[2], values[3], epsilon)
	return a, err == nil
}

// smallFloats reads a constant of a few numbers of at most 32 bits.
func smallFloats(c *constant) ([]float32, bool) {
	if c.sparse || !c.tensor.Type.IsFloat() || c.tensor.Type == tensor.Float64 {
		return nil, false
	}
	n, err := c.dims.Elems()
	if err != nil || n == 0 || n > mostFloats {
		return nil, false
	}
	size, _ := c.tensor.Type.Bytes(n) // checked when it was opened
	raw, values := make([]byte, size), make([]float32, n)
	if got, _ := c.tensor.Data.ReadAt(raw, 0); got < len(raw) {
		return nil, false
	}
	return values, tensor.Float32s(values, raw, c.tensor.Type) == nil
}

// foldBefore lets a layer take over a normalisation in front of it.
func (f *File) foldBefore(p *parser, l *model.Layer, u *use, taken map[*node]bool) {
	g := u.node.graph
	v := g.find(u.node.input(1 - u.input))
	if v == nil || v.node == nil || v.output || len(v.readers) != 1 || v.graph != g {
		return
	}
	n := v.node
	if n.op != "BatchNormalization" || n.domain != "" || taken[n] {
		return
	}
	axis, channels, ok := inChannels(p, l, u)
	if !ok || l.Op == "MatMul" && !isMatrix(p, l, g, n.input(0)) && !isMatrix(p, l, g, v.name) {
		return
	}
	a, ok := batchNorm(p, n, channels)
	if !ok {
		return
	}
	if slices.ContainsFunc(a.Offset, func(x float64) bool { return x != 0 }) {
		homeless := l.Op == "MatMul" && u.bias == nil && len(u.after) == 0 // no node to take a bias
		if homeless || pads(p, u.node) {
			return
		}
	}
	if l.Fold == nil {
		l.Fold = newFold(l, u)
	}
	l.Fold.Before, l.Fold.InAxis = a, axis
	l.Fold.Nodes = append(l.Fold.Nodes, n.op+" "+n.label())
	u.ahead = n
	taken[n] = true
}

// inChannels returns the axis of the weight along which the channels of axis 1
// of the layer's input lie, and how many there are.
func inChannels(p *parser, l *model.Layer, u *use) (axis, channels int, ok bool) {
	groups := int64(1)
	switch l.Op {
	case "Conv":
		var err error
		if groups, err = p.intAttr(u.node, "group", 1); err != nil || groups < 1 || l.Shape[0]%groups != 0 {
			return 0, 0, false
		}
		axis = 1
	case "ConvTranspose":
	case "Gemm":
		if t, err := p.intAttr(u.node, "transA", 0); u.input != 1 || t != 0 || err != nil {
			return 0, 0, false
		}
		axis = 1 - l.OutAxis
	default:
		if u.input != 1 || len(l.Shape) != 2 {
			return 0, 0, false
		}
	}
	return axis, int(l.Shape[axis] * groups), true
}

// pads reports whether zeros may come between the input of a node and its
// weight.
func pads(p *parser, n *node) bool {
	switch n.op {
	case "Gemm", "MatMul":
		return false
	case "ConvTranspose":
		return true // the products that its border lacks count as zeros
	}
	if a := n.attr("auto_pad"); a != nil {
		if v, err := p.value(a); err != nil || v != "NOTSET" && v != "VALID" {
			return true
		}
	}
	if a := n.attr("pads"); a != nil {
		v, err := p.value(a)
		pads, ok := v.([]int64)
		return err != nil || !ok || slices.ContainsFunc(pads, func(n int64) bool { return n != 0 })
	}
	return false
}

// foldIn makes the node of layer i take over the nodes of its Fold, which go. It
// returns the layer as it then is, with what is left to change of its biases.
func (w *writer) foldIn(i int, biases []model.Stored) (*use, []model.Stored, error) {
	l, u := &w.f.model.Layers[i], w.f.uses[i]
	if l.Fold == nil {
		return nil, nil, errors.New("nothing can be folded into it")
	}
	m, err := w.current(u.node)
	if err != nil {
		return nil, nil, err
	}
	m.Inputs = slices.Clone(m.Inputs)
	if u.ahead != nil {
		m.Inputs[1-u.input] = u.ahead.input(0)
		w.lost[u.node.graph.find(u.ahead.output(0))] = true
		w.remove(u.ahead)
	}
	out := u.biasNode().output(0)
	for _, n := range u.after {
		w.lost[n.graph.find(out)] = true
		out = n.output(0)
		w.remove(n)
	}
	if l.Op != "MatMul" || u.bias == nil && biases == nil {
		m.Outputs = []string{out}
		if biases != nil {
			m.Inputs = append(m.Inputs[:2], "")
			m.Inputs[2], biases, err = w.foldBias(&u, l, biases)
		}
		w.instead[u.node] = []made{m}
		return &u, biases, err
	}
	var add made
	if u.add != nil {
		if add, err = w.current(u.add); err != nil {
			return nil, nil, err
		}
		add.Inputs = slices.Clone(add.Inputs)
	} else { // it comes where the last of the folded nodes was
		product := w.newValue(u.node.output(0) + "/product")
		u.add, u.biasAt = u.after[len(u.after)-1], 1
		add.Node = opset.Node{Name: w.newNode(u.node.label() + "/bias"), Op: "Add", Inputs: []string{product, ""}}
		m.Outputs = []string{product}
	}
	add.Outputs = []string{out}
	if biases != nil {
		add.Inputs[u.biasAt], biases, err = w.foldBias(&u, l, biases)
	}
	w.instead[u.node], w.instead[u.add] = []made{m}, []made{add}
	return &u, biases, err
}

// foldBias takes away the bias of a layer, and stores the new one if it is in
// one piece: then it returns its name. Otherwise it returns biases.
func (w *writer) foldBias(u *use, l *model.Layer, biases []model.Stored) (string, []model.Stored, error) {
	name := l.Name + "/bias"
	whole := &model.Tensor{Name: name, Type: l.Weight.Type, Shape: l.Fold.BiasShape}
	if u.bias != nil {
		w.unread(u.bias)
		whole.Name = u.bias.name
	}
	u.bias = &value{name: whole.Name, graph: u.node.graph, init: &constant{dims: whole.Shape, tensor: whole}}
	if len(biases) > 1 {
		return "", biases, nil
	}
	name = w.newValue(name)
	return name, nil, w.store(u.node, name, whole, &biases[0], whole.Type)
}

// remove takes a node out, and the constants that only it reads.
func (w *writer) remove(n *node) {
	w.instead[n] = nil
	for _, name := range n.inputs {
		if v := n.graph.find(name); v != nil && (v.init != nil || v.node != nil && v.node.op == "Constant") {
			w.unread(v)
		}
	}
}

// unread counts that a constant has one reader less; it goes with the last.
func (w *writer) unread(v *value) {
	if w.readersGone[v]++; w.readersGone[v] < len(v.readers) || v.output {
		return
	}
	w.lost[v] = true
	w.drop(v)
}
