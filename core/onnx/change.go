package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// changeWeight makes the initializers and the nodes for one change.
func (w *writer) changeWeight(c *model.Change) error {
	layers := w.f.users[c.Weight]
	switch {
	case len(layers) == 0:
		return errors.New("no layer that can be changed has this weight")
	case len(c.Parts) == 0:
		return errors.New("the change has no parts")
	case c.Form == model.FormMatMulNBits:
		return w.changeToNBits(c, layers)
	case c.Form == model.FormCodebook && (len(c.Parts) != 1 || c.Parts[0].Table == nil):
		return fmt.Errorf("a codebook is one part with a table, not %d parts", len(c.Parts))
	case len(c.Parts) > 1 && c.Form != model.FormLayers && c.Form != model.FormSummed:
		return fmt.Errorf("unknown form %q", c.Form)
	}
	weight := w.f.uses[layers[0]].weight.value
	at := weight.anchor()
	var parts []string
	switch {
	case len(c.Parts) == 1:
		// The values that take the place of the weight keep its name, so that
		// no node that reads it changes.
		parts = []string{weight.name}
		if err := w.store(at, weight.name, c.Weight, &c.Parts[0], c.Weight.Type); err != nil {
			return err
		}
	case c.Form == model.FormSummed:
		parts = []string{weight.name}
		if err := w.storeSum(at, weight.name, c); err != nil {
			return err
		}
	default:
		var err error
		if parts, err = w.storeParts(at, weight.name, c.Weight, c.Parts, c.Weight.Type); err != nil {
			return err
		}
		w.lost[weight] = true
	}
	w.drop(weight)
	for _, i := range layers {
		u, biases, err := &w.f.uses[i], c.Biases[i], error(nil)
		if len(parts) > 1 && w.f.model.Layers[i].SummedOnly {
			err = errors.New("its branches cannot be added up, so the weight must be summed")
		} else if c.Folded {
			u, biases, err = w.foldIn(i, biases)
		}
		if err == nil {
			err = w.changeLayer(u, c.Parts, parts, biases)
		}
		if err != nil {
			return fmt.Errorf("layer %q: %w", w.f.model.Layers[i].Name, err)
		}
	}
	return nil
}

// anchor returns the node before which v must be there: the Constant node that
// it comes from, or the first node of its graph that reads it, itself or in a
// subgraph.
func (v *value) anchor() *node {
	if v.node != nil {
		return v.node
	}
	return v.firstReader()
}

// firstReader returns the first node of the graph of v that reads it, itself or in
// a subgraph.
func (v *value) firstReader() *node {
	var first *node
	for _, r := range v.readers {
		n := r.node
		for n.graph != v.graph {
			n = n.graph.owner
		}
		if first == nil || n.field.from < first.field.from {
			first = n
		}
	}
	return first
}

// drop removes a constant. Its name may live on.
func (w *writer) drop(v *value) {
	w.dropped[v] = true
	if v.node != nil {
		w.instead[v.node] = nil
	}
}

// partName names a part, which is number i.
func partName(s *model.Stored, i int) string {
	if s.Name != "" {
		return s.Name
	}
	return strconv.Itoa(i + 1)
}

// storeParts stores every part on its own and returns the values' names, made
// from name. They have type typ.
func (w *writer) storeParts(at *node, name string, whole *model.Tensor, parts []model.Stored, typ tensor.Type) ([]string, error) {
	var names []string
	for i := range parts {
		value := w.newValue(name + "/" + partName(&parts[i], i))
		if err := w.store(at, value, whole, &parts[i], typ); err != nil {
			return nil, err
		}
		names = append(names, value)
	}
	return names, nil
}

// storeSum stores the parts and adds them up to the value called name.
// Quantized parts are added in float32, whatever the type of the weight.
func (w *writer) storeSum(at *node, name string, c *model.Change) error {
	typ := c.Weight.Type
	if c.Parts[0].Quantized() {
		typ = tensor.Float32
	}
	parts, err := w.storeParts(at, name, c.Weight, c.Parts, typ)
	if err != nil {
		return err
	}
	nodes := w.addUp(name, parts)
	for _, n := range nodes[:len(nodes)-1] {
		w.insert(at, n)
	}
	w.insertCast(at, nodes[len(nodes)-1], name, typ, c.Weight.Type)
	return nil
}

// addUp returns nodes that add values, which have one shape, in pairs: the
// first two, then each of the others to that. The last node lacks its output.
func (w *writer) addUp(label string, values []string) []opset.Node {
	if w.version < opset.First {
		return w.reduce(label, values)
	}
	sum := w.newNode(label + "/sum")
	var nodes []opset.Node
	for i, v := range values[1:] {
		n := opset.Node{Name: sum, Op: "Add", Inputs: []string{values[0], v}}
		if i > 0 {
			before := &nodes[i-1]
			before.Name = w.newNode(label + "/sum/partial")
			before.Outputs = []string{w.newValue(label + "/sum/partial")}
			n.Inputs[0] = before.Outputs[0]
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// reduce is addUp for opsets below 7, of whose Add and Sum ONNX Runtime (1.30)
// has none or not all: the values are stacked, and the stack is summed.
func (w *writer) reduce(label string, values []string) (nodes []opset.Node) {
	axis := opset.Attr{Name: "axes", Value: []int64{0}}
	add := func(n opset.Node, what string) string {
		n.Name, n.Outputs = w.newNode(label+what), []string{w.newValue(label + what)}
		nodes = append(nodes, n)
		return n.Outputs[0]
	}
	var layers []string
	for _, v := range values {
		layers = append(layers, add(opset.Node{Op: "Unsqueeze", Inputs: []string{v}, Attrs: []opset.Attr{axis}}, "/sum/layer"))
	}
	stack := add(opset.Node{Op: "Concat", Inputs: layers, Attrs: []opset.Attr{{Name: "axis", Value: int64(0)}}}, "/sum/stack")
	return append(nodes, opset.Node{
		Name: w.newNode(label + "/sum"), Op: "ReduceSum", Inputs: []string{stack},
		Attrs: []opset.Attr{axis, {Name: "keepdims", Value: int64(0)}},
	})
}

// insert puts a new node in front of one of the file.
func (w *writer) insert(at *node, n opset.Node) {
	w.before[at] = append(w.before[at], made{Node: n})
}

// store makes the value called name, of type typ, out of s, which stands for
// all of whole or a part of it.
func (w *writer) store(at *node, name string, whole *model.Tensor, s *model.Stored, typ tensor.Type) error {
	size, err := checkStored(s, whole)
	if err != nil {
		return fmt.Errorf("part %q: %w", name, err)
	}
	g := at.graph
	raw := data(s.Data, size, fmt.Sprintf("tensor %q", name))
	if !s.Quantized() {
		w.addInit(g, name, s.Type, s.Shape, raw)
		return nil
	}
	codes := w.newValue(name + "/codes")
	if s.Table != nil {
		return w.storeTable(at, name, codes, s, raw, typ)
	}
	since := needs(s, w.opt.Target)
	if since > w.versionOf(g) {
		w.written.Unpacked = true
		return w.unpack(at, name, codes, s, raw, typ)
	}
	w.requires(map[int64]int{21: 20, 25: 24}[since])
	w.addInit(g, codes, s.Type, s.Shape, raw)
	n := opset.Node{Name: w.newNode(name + "/dequantize"), Op: "DequantizeLinear"}
	shape, axis := scaleShape(s)
	if axis != 0 {
		n.Attrs = []opset.Attr{{Name: "axis", Value: axis}}
	}
	if s.Block > 0 {
		n.Attrs = append(n.Attrs, opset.Attr{Name: "block_size", Value: int64(s.Block)})
	}
	scale := w.newValue(name + "/scale")
	w.addInit(g, scale, tensor.Float32, shape, literal(rawFloats(s.Scale)))
	n.Inputs = []string{codes, scale}
	if slices.ContainsFunc(s.Zero, func(z int32) bool { return z != 0 }) {
		zero := w.newValue(name + "/zero_point")
		w.addInit(g, zero, s.Type, shape, literal(rawCodes(s.Zero, s.Type.Bits())))
		n.Inputs = append(n.Inputs, zero)
	}
	w.insertCast(at, n, name, tensor.Float32, typ)
	return nil
}

// scaleShape returns the shape of the scale of s, and the axis along which it
// lies or its blocks run, counted from the end; 0 for a scale that lies along
// none.
//
// ONNX Runtime (1.30, qdq_selectors.cc, ValidateDQForMatMulNBits) fuses a
// DequantizeLinear of a matrix, whose scale is a scalar, lies along axis 1 or
// has blocks along axis 0, with the MatMul or Gemm behind it to a MatMulNBits, which rounds activations
// to 8 bits and, measured with 2-bit codes, returns wrong numbers. It does not
// recognise an axis counted from the end nor a scale with one entry in a
// vector, which it runs like a scalar.
func scaleShape(s *model.Stored) (shape tensor.Shape, axis int64) {
	switch n := int64(len(s.Scale)); {
	case s.Block > 0:
		shape = slices.Clone(s.Shape)
		shape[s.Axis] = blocks(s)
		return shape, int64(s.Axis - len(s.Shape))
	case n > 1:
		return tensor.Shape{n}, int64(s.Axis - len(s.Shape))
	case len(s.Shape) == 2:
		return tensor.Shape{1}, -1
	}
	return nil, 0
}

// insertCast inserts a node whose only output has type from, and a cast of it
// to type to, if that is another, under the given name.
func (w *writer) insertCast(at *node, n opset.Node, name string, from, to tensor.Type) {
	if from == to {
		n.Outputs = []string{name}
		w.insert(at, n)
		return
	}
	out := w.newValue(name + "/" + from.String())
	n.Outputs = []string{out}
	w.insert(at, n)
	w.insert(at, opset.Node{
		Name: w.newNode(name + "/cast"), Op: "Cast", Inputs: []string{out}, Outputs: []string{name},
		Attrs: []opset.Attr{{Name: "to", Value: int64(dataType(to))}},
	})
}

// unpack makes the value called name out of codes for which the opset has no
// type, by standard operators.
func (w *writer) unpack(at *node, name, codes string, s *model.Stored, raw segments, typ tensor.Type) error {
	p := packed(name, codes, s, w.versionOf(at.graph), typ)
	offset := float32(0)
	if signed := s.Type == tensor.Int8 || s.Type == tensor.Int4 || s.Type == tensor.Int2; signed {
		offset = float32(int(1) << (p.Bits - 1))
		raw[0].r = flip(raw[0].r, s.Type)
	}
	if s.Zero != nil || offset != 0 {
		p.Zero = make([]float32, len(s.Scale))
		for i := range p.Zero {
			p.Zero[i] = offset
			if s.Zero != nil {
				p.Zero[i] += float32(s.Zero[i])
			}
		}
	}
	return w.unpacked(at, p, raw)
}

// checkStored returns how many bytes the data of s have, or what is wrong with s.
func checkStored(s *model.Stored, whole *model.Tensor) (int64, error) {
	if !slices.Equal(s.Shape, whole.Shape) {
		return 0, fmt.Errorf("its shape is %v, expected %v", s.Shape, whole.Shape)
	}
	elems, err := s.Shape.Elems()
	if err != nil {
		return 0, err
	}
	size, err := s.Type.Bytes(elems)
	if err != nil {
		return 0, err
	}
	if !s.Quantized() {
		if s.Type != whole.Type {
			return 0, fmt.Errorf("its type is %v, expected %v", s.Type, whole.Type)
		}
		return size, nil
	}
	if s.Table != nil {
		return size, checkTable(s)
	}
	switch s.Type {
	case tensor.Uint2, tensor.Int2, tensor.Uint4, tensor.Int4, tensor.Uint8, tensor.Int8:
	default:
		return 0, fmt.Errorf("codes of type %v cannot be dequantized", s.Type)
	}
	return size, checkScale(s)
}

// checkScale says what is wrong with the scales and zero points of s.
func checkScale(s *model.Stored) error {
	n := len(s.Scale)
	switch inside := s.Axis >= 0 && s.Axis < len(s.Shape); {
	case s.Block < 0 || s.Block > 0 && (!inside || len(s.Shape) < 2):
		// ONNX Runtime Web (1.30, WebGPU) computes blocks of a vector wrongly.
		return fmt.Errorf("blocks of %d along axis %d of shape %v, expected two axes or more", s.Block, s.Axis, s.Shape)
	case s.Block > 0:
		shape, _ := scaleShape(s)
		if want, err := shape.Elems(); err != nil || int64(n) != want {
			return fmt.Errorf("%d scales for blocks of %d along axis %d of shape %v", n, s.Block, s.Axis, s.Shape)
		}
	case n != 1 && (!inside || int64(n) != s.Shape[s.Axis]):
		return fmt.Errorf("%d scales along axis %d of shape %v", n, s.Axis, s.Shape)
	}
	if s.Zero != nil && len(s.Zero) != n {
		return fmt.Errorf("%d zero points for %d scales", len(s.Zero), n)
	}
	return nil
}

// blocks is the number of blocks along the axis of s.
func blocks(s *model.Stored) int64 { return (s.Shape[s.Axis]-1)/int64(s.Block) + 1 }

func rawFloats(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// rawCodes packs codes as ONNX does.
func rawCodes(codes []int32, bits int) []byte {
	b := make([]uint8, len(codes))
	for i, c := range codes {
		b[i] = uint8(c) & (1<<bits - 1)
	}
	dst := make([]byte, (len(codes)*bits+7)/8)
	tensor.Pack(dst, b, bits)
	return dst
}

// changeLayer makes a layer read the values that stand for the parts of its
// weight, and for its bias, if that was changed too.
func (w *writer) changeLayer(u *use, parts []model.Stored, weights []string, biases []model.Stored) error {
	bias, err := w.storeBiases(u, len(weights), biases)
	if err != nil {
		return err
	}
	if len(weights) > 1 {
		v := u.node.graph.find(u.node.input(u.input))
		behind, err := w.behind(v, u.weight.value, parts, weights)
		if err != nil {
			return err
		}
		return w.branch(u, parts, behind, bias)
	}
	if bias == nil {
		return nil
	}
	m, err := w.current(u.biasNode())
	if err != nil {
		return err
	}
	m.Inputs[u.biasAt] = bias[0]
	w.instead[u.biasNode()] = []made{m}
	return nil
}

// storeBiases stores what takes the place of a layer's bias and returns the
// values' names, one for each branch; none where the bias stays as it is.
func (w *writer) storeBiases(u *use, branches int, biases []model.Stored) ([]string, error) {
	switch {
	case biases == nil:
		return nil, nil
	case u.bias == nil:
		return nil, errors.New("it has no constant bias")
	case len(biases) != branches:
		return nil, fmt.Errorf("%d biases for %d weights", len(biases), branches)
	}
	whole := u.bias.tensor().tensor
	w.unread(u.bias)
	return w.storeParts(u.node, u.bias.name, whole, biases, whole.Type)
}

// behind returns the values that stand for v, which is made of the weight: the
// values of the parts themselves, or what copies of the nodes on the way make of
// them.
func (w *writer) behind(v, weight *value, parts []model.Stored, values []string) ([]string, error) {
	if v == weight {
		return values, nil
	}
	if done := w.copies[v]; done != nil {
		return done, nil
	}
	base, err := w.current(v.node)
	if err != nil {
		return nil, err
	}
	nodes := make([]made, len(parts))
	outs := make([]string, len(parts))
	for i := range parts {
		part := partName(&parts[i], i)
		nodes[i] = base
		nodes[i].Name = w.newNode(v.node.label() + "/" + part)
		nodes[i].Inputs = slices.Clone(base.Inputs)
		outs[i] = w.newValue(v.name + "/" + part)
		nodes[i].Outputs = []string{outs[i]}
	}
	for j := range base.Inputs {
		if !v.node.passes(j) {
			break
		}
		from, err := w.behind(v.graph.find(base.Inputs[j]), weight, parts, values)
		if err != nil {
			return nil, err
		}
		for i := range nodes {
			nodes[i].Inputs[j] = from[i]
		}
	}
	w.instead[v.node], w.copies[v], w.lost[v] = nodes, outs, true
	return outs, nil
}

// branch replaces a layer by one copy for every part of its weight, and the sum
// of their outputs. A bias that is not split goes to the first copy.
func (w *writer) branch(u *use, parts []model.Stored, weights, bias []string) error {
	base, err := w.current(u.node)
	if err != nil {
		return err
	}
	last, err := w.current(u.biasNode())
	if err != nil {
		return err
	}
	var nodes []made
	var outs []string
	zero := ""
	for i := range weights {
		part := partName(&parts[i], i)
		n := base
		n.Name = w.newNode(u.node.label() + "/" + part)
		n.Inputs = slices.Clone(base.Inputs)
		n.Inputs[u.input] = weights[i]
		out := w.newValue(u.node.output(0) + "/" + part)
		n.Outputs = []string{out}
		switch {
		case u.add != nil || len(n.Inputs) < 3:
		case bias != nil:
			n.Inputs[2] = bias[i]
		case i > 0:
			n.Inputs = n.Inputs[:2]
			if n.Op == "Gemm" && w.versionOf(u.node.graph) < 11 { // where its third input is required
				if zero == "" {
					zero = w.zero(u)
				}
				n.Inputs = append(n.Inputs, zero)
			}
		}
		nodes = append(nodes, n)
		if u.add != nil && (bias != nil || i == 0) {
			add, err := w.current(u.add)
			if err != nil {
				return err
			}
			add.Inputs = slices.Clone(add.Inputs)
			add.Inputs[1-u.biasAt] = out
			if bias != nil {
				add.Inputs[u.biasAt] = bias[i]
			}
			add.Name = w.newNode(n.Name + "/bias")
			out = w.newValue(u.add.output(0) + "/" + part)
			add.Outputs = []string{out}
			nodes = append(nodes, add)
		}
		outs = append(outs, out)
	}
	for _, n := range w.addUp(u.node.label(), outs) {
		nodes = append(nodes, made{Node: n})
	}
	nodes[len(nodes)-1].Outputs = last.Outputs
	w.instead[u.node] = nodes
	if u.add != nil { // whose bias may be made between the two
		w.instead[u.node], w.instead[u.add] = nil, nodes
		w.lost[u.node.graph.find(u.node.output(0))] = true
	}
	return nil
}

// zero adds a bias of zeros, of the shape that the layer's own has, or else of
// one element.
func (w *writer) zero(u *use) string {
	shape, typ := tensor.Shape{1}, u.weight.typ
	if u.bias != nil {
		shape = u.bias.tensor().dims
	}
	elems, _ := shape.Elems()   // checked when the file was opened
	size, _ := typ.Bytes(elems) // likewise
	name := w.newValue(u.node.label() + "/zero")
	w.addInit(u.node.graph, name, typ, shape, data(zeros{}, size, name))
	return name
}

// zeros is a tensor of zeros of any length.
type zeros struct{}

// ReadAt implements io.ReaderAt.
func (zeros) ReadAt(b []byte, _ int64) (int, error) {
	clear(b)
	return len(b), nil
}

var _ io.ReaderAt = zeros{}
