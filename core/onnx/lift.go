package onnx

import (
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// needs is the oldest opset in which DequantizeLinear takes a tensor, or Cast
// the indices of a table, where a target runs it; 0 for floats. Opset 10 has
// DequantizeLinear without axis, which is not worth another case.
func needs(s *model.Stored, t Target) int64 {
	switch {
	case !s.Quantized(), s.Table != nil && s.Type.Bits() >= 8:
		return 0
	case s.Table != nil && t == ORT120:
		return math.MaxInt64 // ONNX Runtime casts 4 bits from 1.23 on
	case s.Type == tensor.Int2 || s.Type == tensor.Uint2:
		return 25
	case s.Type == tensor.Int4 || s.Type == tensor.Uint4 || s.Block > 0 && s.Table == nil:
		return 21
	}
	return 13
}

// allStored lists the tensors that a change brings.
func allStored(c *model.Change) []model.Stored {
	all := slices.Clone(c.Parts)
	for _, b := range c.Biases {
		all = append(all, b...)
	}
	return all
}

// typed lists those whose codes have a type of their own: a MatMulNBits has bytes.
func typed(c *model.Change) []model.Stored {
	all := allStored(c)
	if c.Form == model.FormMatMulNBits {
		return all[len(c.Parts):]
	}
	return all
}

// chooseOpset lifts the model to the newest opset that the changes need, the
// target has, and every node of the model can be lifted to. Types for which
// that is not enough will be unpacked.
func (w *writer) chooseOpset(changes []model.Change, limit int64) error {
	var wanted []int64
	quantized := w.opt.Static != nil && len(w.opt.Static.Grids) > 0
	if quantized {
		if v := staticOpset(w.opt.Static); v > w.f.opset() && v <= limit {
			wanted = append(wanted, v)
		}
	}
	homes := make(map[*model.Tensor]*graph) // of weights
	for i, u := range w.f.uses {
		if u.weight != nil {
			homes[w.f.model.Layers[i].Weight] = u.weight.value.graph
		}
	}
	for _, c := range changes {
		quantized = quantized || c.Form == model.FormMatMulNBits
		has := w.f.opset()
		if home := homes[c.Weight]; home != nil {
			has = w.f.opsetOf(home)
		}
		for _, s := range typed(&c) {
			quantized = quantized || s.Quantized()
			if v := needs(&s, w.opt.Target); v > has && v <= limit && !slices.Contains(wanted, v) {
				wanted = append(wanted, v)
			}
		}
	}
	if err := w.f.CanQuantize(); quantized && err != nil {
		return err
	}
	w.written.Quantized = quantized
	slices.Sort(wanted)
	for _, v := range slices.Backward(wanted) {
		err := w.lift(v)
		if err == nil {
			w.lifted, w.version, w.written.Lifted = v, max(v, w.version), true
			break
		}
		if w.written.Kept == "" {
			w.written.Kept = err.Error()
		}
		w.reset()
	}
	for _, c := range changes {
		for _, s := range typed(&c) {
			if v := needs(&s, w.opt.Target); v <= w.version {
				w.ir = max(w.ir, irOf(v))
			}
		}
	}
	if w.opt.Static != nil {
		w.ir = max(w.ir, irOf(min(staticOpset(w.opt.Static), w.version)))
	}
	return nil
}

// lift makes the nodes that stand for those of the file in an opset.
func (w *writer) lift(to int64) error {
	for _, g := range w.f.graphs {
		from := w.f.opsetOf(g)
		if from >= to {
			continue
		}
		for _, n := range g.nodes {
			if n.domain != "" {
				continue
			}
			v, err := w.p.view(n)
			if err != nil {
				return err
			}
			rw, err := opset.Lift(v, int(from), int(to), w.newName, knowledge{w.p, g})
			if err != nil {
				return fmt.Errorf("node %q: %w", n.label(), err)
			}
			if !rw.Changed && !needsName(rw.Nodes[0]) {
				continue
			}
			if err := w.rewrite(n, rw); err != nil {
				return err
			}
			w.giveNames(n)
		}
	}
	return nil
}

// needsName reports whether a node without a name must get one: ONNX Runtime
// 1.20 (GatherSliceToSplitFusion) names what it makes of Gather and Slice nodes
// of opsets from 13 on after them, and refuses two nodes of one name.
func needsName(n opset.Node) bool { return n.Name == "" && (n.Op == "Gather" || n.Op == "Slice") }

// giveNames names the nodes in the place of n that must have names.
func (w *writer) giveNames(n *node) {
	for i := range w.instead[n] {
		if m := &w.instead[n][i]; needsName(m.Node) {
			m.Name = w.newNode(m.Outputs[0])
		}
	}
}

// rewrite puts nodes in the place of one.
func (w *writer) rewrite(n *node, rw opset.Rewrite) error {
	var nodes []made
	for _, c := range rw.Consts {
		if err := w.addConst(n.graph, c); err != nil {
			return err
		}
	}
	for _, x := range rw.Nodes {
		nodes = append(nodes, made{Node: x, like: n, copy: x.Name == n.name})
	}
	w.instead[n] = nodes
	return nil
}

// current returns a node as it is after lifting.
func (w *writer) current(n *node) (made, error) {
	nodes, ok := w.instead[n]
	if !ok {
		v, err := w.p.view(n)
		return made{v, n, true}, err
	}
	if len(nodes) != 1 {
		return made{}, fmt.Errorf("node %q became %d nodes", n.label(), len(nodes))
	}
	return nodes[0], nil
}

// versionOf returns the version of ai.onnx that the nodes of g are written in,
// after lifting.
func (w *writer) versionOf(g *graph) int64 { return max(w.f.opsetOf(g), w.lifted) }

// knowledge tells lifting what a graph says about its values.
type knowledge struct {
	p *parser
	g *graph
}

// Rank implements opset.Facts.
func (k knowledge) Rank(name string) (int, bool) {
	if c := k.constant(name); c != nil {
		return len(c.dims), true
	}
	_, rank := k.declared(name)
	return rank, rank >= 0
}

// Type implements opset.Facts.
func (k knowledge) Type(name string) (tensor.Type, bool) {
	if c := k.constant(name); c != nil {
		return c.tensor.Type, true
	}
	typ, _ := k.declared(name)
	return typ, typ != tensor.Invalid
}

// Used implements opset.Facts.
func (k knowledge) Used(name string) bool {
	v := k.g.find(name)
	return v == nil || v.output || len(v.readers) > 0
}

// mostFloats bounds the constants that Floats reads.
const mostFloats = 1 << 16

// Floats implements opset.Facts.
func (k knowledge) Floats(name string) ([]float32, bool) {
	c := k.constant(name)
	if c == nil || c.sparse || c.tensor.Type != tensor.Float32 {
		return nil, false
	}
	n, err := c.dims.Elems()
	if err != nil || n > mostFloats {
		return nil, false
	}
	raw, values := make([]byte, 4*n), make([]float32, n)
	if got, _ := c.tensor.Data.ReadAt(raw, 0); got < len(raw) {
		return nil, false
	}
	return values, tensor.Float32s(values, raw, tensor.Float32) == nil
}

// constant returns the tensor of a value that is one, or nil.
func (k knowledge) constant(name string) *constant {
	v := k.g.find(name)
	if v == nil {
		return nil
	}
	return v.tensor()
}

// declared returns the type and the rank that the graph states for a value;
// Invalid and -1 where it states none.
func (k knowledge) declared(name string) (tensor.Type, int) {
	v := k.g.find(name)
	if v == nil || v.info == nil {
		return tensor.Invalid, -1
	}
	typ, rank, err := k.p.tensorType(v.info)
	if err != nil {
		return tensor.Invalid, -1
	}
	return typ, rank
}

// tensorType reads the element type and the rank of a value that is a tensor;
// Invalid and -1 where they are not stated.
func (p *parser) tensorType(info *valueInfo) (typ tensor.Type, rank int, err error) {
	rank = -1
	// ValueInfoProto.type, TypeProto.tensor_type, then elem_type and shape, and
	// in the shape one entry per dimension.
	err = p.eachAt(info.body, []protowire.Number{2, 1}, func(f field) error {
		switch f.num {
		case 1:
			typ = elemType(int64(f.val))
		case 2:
			rank = 0
			return p.each(f.body, func(f field) error {
				if f.num == 1 {
					rank++
				}
				return nil
			})
		}
		return nil
	})
	return typ, rank, err
}

// eachAt calls do for every field of the messages that path leads to.
func (p *parser) eachAt(body span, path []protowire.Number, do func(field) error) error {
	if len(path) == 0 {
		return p.each(body, do)
	}
	return p.each(body, func(f field) error {
		if f.num != path[0] {
			return nil
		}
		if err := f.want(protowire.BytesType); err != nil {
			return err
		}
		return p.eachAt(f.body, path[1:], do)
	})
}
