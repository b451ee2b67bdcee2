package onnx

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// MatMulNBits of ONNX Runtime (docs/ContribOperators.md of
// microsoft/onnxruntime) multiplies with codes, and never has the matrix in
// floats: Y = A B', where B is [N, K], each row cut into blocks of a power of
// two, at least 16, each block with a scale and a zero point. Codes and zero
// points are unsigned; a missing zero point is 2^(bits-1).

// contrib is the domain of ONNX Runtime's own operators.
const contrib = "com.microsoft"

// CanNBits says why [model.FormMatMulNBits] cannot stand for the layers that
// use the weight of a layer, given by its index in Model.Layers; nil where it
// can.
func (f *File) CanNBits(layer int) error {
	mine := &f.model.Layers[layer]
	if mine.Skipped != "" {
		return errors.New(mine.Skipped)
	}
	p := &parser{source: newSource(f.r, f.size)}
	if err := canNBits(p, &f.uses[layer], mine); err != nil {
		return err
	}
	return f.noNBits[mine.Weight]
}

// findNBits says for every weight that several layers share why one of them
// keeps the others from being a MatMulNBits.
func (f *File) findNBits(p *parser) {
	f.noNBits = make(map[*model.Tensor]error)
	for weight, layers := range f.users {
		first := &f.model.Layers[layers[0]]
		for _, i := range layers {
			l := &f.model.Layers[i]
			err := canNBits(p, &f.uses[i], l)
			if err == nil && l.OutAxis != first.OutAxis {
				err = fmt.Errorf("its weight is the transpose of that of layer %q", first.Name)
			}
			if err != nil && l.Skipped == "" {
				f.noNBits[weight] = fmt.Errorf("the weight is also that of layer %q: %w", l.Name, err)
				break
			}
		}
	}
}

// canNBits says why a layer by itself cannot be a MatMulNBits.
func canNBits(p *parser, u *use, l *model.Layer) error {
	switch {
	case l.Op != "MatMul" && l.Op != "Gemm":
		return fmt.Errorf("MatMulNBits stands for MatMul and Gemm, not %s", l.Op)
	case u.input != 1:
		return errors.New("MatMulNBits has its weight on the right, the layer on the left")
	case len(l.Shape) != 2:
		return fmt.Errorf("MatMulNBits multiplies with a matrix, not a weight of shape %v", l.Shape)
	case l.Weight.Type != tensor.Float32:
		return fmt.Errorf("the weight is %v: MatMulNBits would keep its scales, and compute, in it, expected float32", l.Weight.Type)
	case len(u.weight.path) > 0 || u.weight.value.graph != u.node.graph:
		return errors.New("MatMulNBits needs a weight that is used as it is, in the graph where it lies")
	case u.node.graph.root().function != "":
		return errors.New("MatMulNBits is not written into functions of the model")
	}
	if l.Op == "MatMul" {
		return nil
	}
	for _, want := range []opset.Attr{{Name: "transA", Value: int64(0)}, {Name: "alpha", Value: float32(1)}, {Name: "beta", Value: float32(1)}} {
		a := u.node.attr(want.Name)
		if a == nil {
			continue
		}
		if v, err := p.value(a); err != nil || v != want.Value {
			return fmt.Errorf("%s of the Gemm is %v: MatMulNBits computes with %v alone", want.Name, v, want.Value)
		}
	}
	return nil
}

// nbitsSince is the first minor version of ONNX Runtime 1 that runs MatMulNBits
// with codes of a width (measured, 1.20 to 1.30).
var nbitsSince = map[int]int{4: 20, 8: 23, 2: 24}

// CanNBits says why a target does not run MatMulNBits with codes of so many
// bits; nil where it does.
func (t Target) CanNBits(bits int) error {
	since := nbitsSince[bits]
	switch {
	case since == 0:
		return fmt.Errorf("MatMulNBits takes codes of 2, 4 or 8 bits, not %d", bits)
	case t == Any:
		return fmt.Errorf("MatMulNBits is an operator of ONNX Runtime alone, target %q is any runtime", t)
	case t == ORT120 && since > 20:
		return fmt.Errorf("MatMulNBits with codes of %d bits needs ONNX Runtime 1.%d, target %q has 1.20", bits, since, t)
	}
	return nil
}

// changeToNBits replaces the layers of a change by one MatMulNBits for every part.
func (w *writer) changeToNBits(c *model.Change, layers []int) error {
	if err := w.f.CanNBits(layers[0]); err != nil {
		return err
	}
	first := &w.f.uses[layers[0]]
	n, k := c.Weight.Shape[1], c.Weight.Shape[0]
	if w.f.model.Layers[layers[0]].OutAxis == 0 {
		n, k = k, n
	}
	weight := first.weight.value
	var parts []opset.Node
	for i := range c.Parts {
		name := weight.name
		if len(c.Parts) > 1 {
			name += "/" + partName(&c.Parts[i], i)
		}
		part, err := w.storeNBits(first.node.graph, name, &c.Parts[i], tensor.Shape{n, k})
		if err != nil {
			return fmt.Errorf("part %q: %w", name, err)
		}
		parts = append(parts, part)
	}
	w.drop(weight)
	w.lost[weight] = true
	w.written.Contrib = true
	for _, i := range layers {
		u, biases, err := &w.f.uses[i], c.Biases[i], error(nil)
		if c.Folded {
			u, biases, err = w.foldIn(i, biases)
		}
		if err == nil {
			err = w.multiply(u, c.Parts, parts, biases)
		}
		if err != nil {
			return fmt.Errorf("layer %q: %w", w.f.model.Layers[i].Name, err)
		}
	}
	return nil
}

// storeNBits stores codes for a MatMulNBits and returns the node, which lacks
// its name, its output and its first input. shape is [N, K].
func (w *writer) storeNBits(g *graph, name string, s *model.Stored, shape tensor.Shape) (opset.Node, error) {
	dims, err := blobShape(s, shape)
	if err != nil {
		return opset.Node{}, err
	}
	size, err := dims.Elems()
	if err != nil {
		return opset.Node{}, err
	}
	width := s.Type.Bits()
	if err := w.opt.Target.CanNBits(width); err != nil {
		return opset.Node{}, err
	}
	w.requires(nbitsSince[width])
	raw := data(s.Data, size, fmt.Sprintf("tensor %q", name))
	zero := make([]int32, len(s.Scale))
	copy(zero, s.Zero)
	half := int32(1) << (width - 1)
	if s.Type == tensor.Int2 || s.Type == tensor.Int4 || s.Type == tensor.Int8 {
		raw[0].r = flip(raw[0].r, s.Type)
		for i := range zero {
			zero[i] += half
		}
	}
	codes, scale := w.newValue(name+"/codes"), w.newValue(name+"/scale")
	w.addInit(g, codes, tensor.Uint8, dims, raw)
	w.addInit(g, scale, tensor.Float32, dims[:2], literal(rawFloats(s.Scale)))
	inputs := []string{"", codes, scale}
	if slices.ContainsFunc(zero, func(z int32) bool { return z != half }) {
		rows, err := rowCodes(zero, int(dims[1]), width)
		if err != nil {
			return opset.Node{}, err
		}
		points := w.newValue(name + "/zero_point")
		w.addInit(g, points, tensor.Uint8, tensor.Shape{shape[0], int64(len(rows)) / shape[0]}, literal(rows))
		inputs = append(inputs, points)
	}
	return opset.Node{Op: "MatMulNBits", Domain: contrib, Inputs: inputs, Attrs: []opset.Attr{
		{Name: "K", Value: shape[1]}, {Name: "N", Value: shape[0]},
		{Name: "bits", Value: int64(width)}, {Name: "block_size", Value: int64(s.Block)},
		{Name: "accuracy_level", Value: int64(1)}, // activations stay float32
	}}, nil
}

// blobShape returns the shape of the codes' bytes, [N, blocks of a row, bytes of
// a block], or what is wrong with s. shape is [N, K].
func blobShape(s *model.Stored, shape tensor.Shape) (tensor.Shape, error) {
	switch {
	case !slices.Equal(s.Shape, shape):
		return nil, fmt.Errorf("its shape is %v, expected %v: output channels first", s.Shape, shape)
	case s.Table != nil:
		return nil, fmt.Errorf("MatMulNBits has no table of %d values", len(s.Table))
	case s.Axis != 1 || s.Block < 16 || s.Block > 1<<30 || bits.OnesCount(uint(s.Block)) != 1:
		return nil, fmt.Errorf("blocks of %d along axis %d, expected a power of two from 16 to 2^30 along axis 1", s.Block, s.Axis)
	}
	switch s.Type {
	case tensor.Uint2, tensor.Int2, tensor.Uint4, tensor.Int4, tensor.Uint8, tensor.Int8:
	default:
		return nil, fmt.Errorf("codes of type %v are not for MatMulNBits", s.Type)
	}
	return tensor.Shape{shape[0], blocks(s), int64(s.Block) * int64(s.Type.Bits()) / 8}, checkScale(s)
}

// rowCodes packs codes so that every row of n begins in a new byte.
func rowCodes(codes []int32, n, width int) ([]byte, error) {
	var packed []byte
	for row := range slices.Chunk(codes, n) {
		for _, c := range row {
			if c < 0 || c >= 1<<width {
				return nil, fmt.Errorf("zero point %d of unsigned codes is not from 0 to %d", c, 1<<width-1)
			}
		}
		packed = append(packed, rawCodes(row, width)...)
	}
	return packed, nil
}

// multiply replaces a layer by a MatMulNBits for every part, and the sum of
// their outputs. What a Gemm adds becomes an Add. The nodes lack what is the
// layer's own; stored names them.
func (w *writer) multiply(u *use, stored []model.Stored, parts []opset.Node, biases []model.Stored) error {
	base, err := w.current(u.node)
	if err != nil {
		return err
	}
	bias, err := w.storeBiases(u, len(parts), biases)
	if err != nil {
		return err
	}
	label, output := u.node.label(), base.Outputs[0]
	var nodes []made
	add := func(n opset.Node, part string) string {
		n.Name = w.newNode(label + part)
		n.Outputs = []string{w.newValue(output + part)}
		nodes = append(nodes, made{Node: n})
		return n.Outputs[0]
	}
	var outs []string
	for i, n := range parts {
		part := ""
		if len(parts) > 1 {
			part = "/" + partName(&stored[i], i)
		}
		n.Inputs = slices.Clone(n.Inputs)
		n.Inputs[0] = base.Inputs[0]
		out := add(n, part+"/nbits")
		if bias != nil {
			out = add(opset.Node{Op: "Add", Inputs: []string{out, bias[i]}}, part+"/bias")
		}
		outs = append(outs, out)
	}
	out := outs[0]
	if len(outs) > 1 {
		for _, n := range w.addUp(label, outs) {
			nodes = append(nodes, made{Node: n})
		}
		out = w.newValue(output + "/sum")
		nodes[len(nodes)-1].Outputs = []string{out}
	}
	if bias == nil && u.add == nil && len(base.Inputs) > 2 && base.Inputs[2] != "" {
		add(opset.Node{Op: "Add", Inputs: []string{out, base.Inputs[2]}}, "/bias")
	}
	w.instead[u.node] = nodes
	if bias != nil && u.add != nil {
		add, err := w.current(u.add)
		if err != nil {
			return err
		}
		w.instead[u.add] = nil
		w.lost[u.node.graph.find(u.node.output(0))] = true
		output = add.Outputs[0]
	}
	nodes[len(nodes)-1].Outputs = []string{output}
	return nil
}

// importContrib imports ONNX Runtime's operators, where the model does not.
func (w *writer) importContrib() {
	for _, o := range w.f.proto.opsets {
		if o.domain == contrib {
			return
		}
	}
	m := &w.f.proto.message
	w.edits.replace(m, span{m.body.to, m.body.to}, nested(8, slices.Concat(text(1, contrib), integer(2, 1))))
}
