package onnx

import (
	"encoding/binary"
	"slices"

	"splitquant/core/tensor"
)

// through lists the operators behind which a weight is still a weight.
var through = map[string]bool{
	"Transpose": true, "Reshape": true, "Cast": true, "Identity": true, "Slice": true, "Concat": true,
	"Squeeze": true, "Unsqueeze": true, "DequantizeLinear": true, "QuantizeLinear": true, "Quant": true,
}

// quantizes tells those of through that have to do with codes. They are in
// several domains.
func quantizes(op string) bool {
	return op == "DequantizeLinear" || op == "QuantizeLinear" || op == "Quant"
}

// passes reports whether what comes in at an input of n comes out as its
// output, moved, cut or joined, but not computed with.
func (n *node) passes(input int) bool {
	if !through[n.op] || n.domain != "" && !quantizes(n.op) {
		return false
	}
	return input == 0 || n.op == "Concat"
}

// An origin is a constant that a value is made from without any activation.
type origin struct {
	value *value
	data  *constant // nil where a Constant node holds a bare number
	path  []*node   // on the way, the nearest to the value first
	outer bool      // the constant is in a graph further out
	cut   bool      // there may be other constants, too many to look for

	// What became of the constant on the way: its type, its shape and, for
	// each axis, which of the constant's it is or -1. dims is nil where a Slice
	// or a Concat, or a shape that is not known, leaves that open.
	typ  tensor.Type
	dims tensor.Shape
	axes []int
}

// words says where the constant is, as in "via Transpose of initializer".
func (o *origin) words() string {
	s := "initializer"
	if o.value.node != nil {
		s = "Constant node"
	}
	for _, n := range slices.Backward(o.path) {
		s = "via " + n.op + " of " + s
	}
	if o.outer {
		s += " (outer scope)"
	}
	return s
}

// ops lists the operators on the way.
func (o *origin) ops() []string {
	var ops []string
	for _, n := range o.path {
		ops = append(ops, n.op)
	}
	return ops
}

// inOrder reports whether the elements of the constant keep their order.
func (o *origin) inOrder() bool {
	return !slices.ContainsFunc(o.path, func(n *node) bool {
		return n.op == "Transpose" || n.op == "Slice" || n.op == "Concat"
	})
}

// mostParts bounds the values that are looked at to find the constants behind
// one weight, as maxDepth does the nodes on the way. Where one is reached, what
// lies beyond is left as it is.
const mostParts = 1 << 12

// origins follows the value called name back to the constants it is made of,
// each once, in the order of the first way to it; none where it depends on an
// input.
func (p *parser) origins(g *graph, name string) ([]*origin, error) {
	v := g.find(name)
	if v == nil || !v.constant(0) {
		return nil, nil
	}
	var found []*origin
	cut := false
	seen := make(map[*value]bool)
	var follow func(v *value, path []*node) error
	follow = func(v *value, path []*node) error {
		cut = cut || len(seen) == mostParts || len(path) > maxDepth
		if cut || seen[v] {
			return nil
		}
		seen[v] = true
		if v.init == nil && v.node.op != "Constant" {
			path = append(slices.Clip(path), v.node)
			for i, in := range v.node.inputs {
				if !v.node.passes(i) {
					break
				}
				if err := follow(v.graph.find(in), path); err != nil {
					return err
				}
			}
			return nil
		}
		o := &origin{value: v, data: v.tensor(), path: path, outer: v.graph != g}
		for _, n := range path {
			o.outer = o.outer || n.graph != g
		}
		found = append(found, o)
		return p.trace(o)
	}
	err := follow(v, nil)
	for _, o := range found {
		o.cut = cut
	}
	return found, err
}

// constant reports whether v depends on nothing but constants, as far as the
// operators of through go, and no more than maxDepth of them.
func (v *value) constant(depth int) bool {
	switch {
	case v.fixed != unknown:
	case v.init != nil || v.node != nil && v.node.op == "Constant" && v.node.domain == "":
		v.fixed = yes
	default:
		v.fixed = no // also the answer for nodes that feed themselves
		if v.node == nil || !v.node.passes(0) || v.name != v.node.output(0) || depth > maxDepth {
			break
		}
		for i, name := range v.node.inputs {
			if !v.node.passes(i) {
				break
			}
			if in := v.graph.find(name); in == nil || !in.constant(depth+1) {
				return false
			}
		}
		if len(v.node.inputs) > 0 {
			v.fixed = yes
		}
	}
	return v.fixed == yes
}

// tensor returns the constant that a value is, or nil.
func (v *value) tensor() *constant {
	if v.node != nil && v.node.op == "Constant" && v.node.domain == "" {
		for _, a := range v.node.attrs {
			if len(a.tensors) == 1 {
				return a.tensors[0]
			}
		}
	}
	return v.init
}

// trace works out what becomes of a constant on its way.
func (p *parser) trace(o *origin) error {
	if o.data == nil {
		return nil
	}
	o.typ, o.dims = o.data.tensor.Type, slices.Clone(o.data.dims)
	if o.dims == nil {
		o.dims = tensor.Shape{}
	}
	for i := range o.dims {
		o.axes = append(o.axes, i)
	}
	for _, n := range slices.Backward(o.path) {
		if n.op == "Cast" {
			to, err := p.castTo(n)
			if err != nil {
				return err
			}
			o.typ = to
		} else if o.dims != nil {
			if err := p.pass(o, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// castTo returns the type that a Cast makes, Invalid where it is not stated.
// Opset 5 and older ones spell it out.
func (p *parser) castTo(n *node) (tensor.Type, error) {
	a := n.attr("to")
	if a == nil {
		return tensor.Invalid, nil
	}
	v, err := p.value(a)
	switch to := v.(type) {
	case int64:
		return elemType(to), err
	case string:
		return map[string]tensor.Type{
			"FLOAT": tensor.Float32, "FLOAT16": tensor.Float16, "DOUBLE": tensor.Float64,
		}[to], err
	}
	return tensor.Invalid, err
}

// pass takes the shape of o through a node that casts nothing.
func (p *parser) pass(o *origin, n *node) error {
	dims, axes := o.dims, o.axes
	o.dims, o.axes = nil, nil
	move := func(from []int) { // -1 for a new axis
		o.dims, o.axes = tensor.Shape{}, []int{}
		for _, i := range from {
			d, a := int64(1), -1
			if i >= 0 {
				d, a = dims[i], axes[i]
			}
			o.dims, o.axes = append(o.dims, d), append(o.axes, a)
		}
	}
	switch n.op {
	case "Identity":
		o.dims, o.axes = dims, axes
	case "Transpose":
		perm, known, err := p.ints(n, "perm", -1)
		if err != nil || !known {
			return err
		}
		if from, ok := permutation(perm, len(dims)); ok {
			move(from)
		}
	case "Squeeze", "Unsqueeze":
		at, known, err := p.ints(n, "axes", 1)
		if err != nil || !known {
			return err
		}
		var from []int
		ok := false
		if n.op == "Squeeze" {
			from, ok = squeezed(dims, at)
		} else {
			from, ok = unsqueezed(len(dims), at)
		}
		if ok {
			move(from)
		}
	case "Reshape":
		shape, known, err := p.ints(n, "shape", 1)
		if err != nil || !known {
			return err
		}
		keep, err := p.intAttr(n, "allowzero", 0)
		if err != nil {
			return err
		}
		if to, ok := reshaped(dims, shape, keep == 0); ok {
			o.dims, o.axes = to, make([]int, len(to))
			for j := range to {
				o.axes[j] = -1
				if i := sameAxis(dims, to, j); i >= 0 {
					o.axes[j] = axes[i]
				}
			}
		}
	}
	return nil
}

// permutation returns the axes that perm takes its own from; no perm turns
// them around.
func permutation(perm []int64, rank int) (from []int, ok bool) {
	if perm == nil {
		for i := range rank {
			from = append(from, rank-1-i)
		}
		return from, true
	}
	used := make([]bool, rank)
	for _, i := range perm {
		if i < 0 || i >= int64(rank) || used[i] {
			return nil, false
		}
		used[i] = true
		from = append(from, int(i))
	}
	return from, len(from) == rank
}

// squeezed returns the axes that are left; without at, those of length 1 go.
func squeezed(dims tensor.Shape, at []int64) (from []int, ok bool) {
	gone, ok := marked(len(dims), at)
	for i, d := range dims {
		if !(gone[i] || at == nil && d == 1) {
			from = append(from, i)
		}
	}
	return from, ok
}

// unsqueezed returns the axis that each comes from, -1 for the new ones.
func unsqueezed(rank int, at []int64) (from []int, ok bool) {
	fresh, ok := marked(rank+len(at), at)
	i := 0
	for _, f := range fresh {
		if f {
			from = append(from, -1)
			continue
		}
		from = append(from, i)
		i++
	}
	return from, ok && i == rank
}

// marked says for each of rank axes whether it is one of at, which may count
// from the end.
func marked(rank int, at []int64) (marks []bool, ok bool) {
	marks = make([]bool, rank)
	for _, a := range at {
		if a < 0 {
			a += int64(rank)
		}
		if a < 0 || a >= int64(rank) || marks[a] {
			return marks, false
		}
		marks[a] = true
	}
	return marks, true
}

// reshaped returns the shape that Reshape makes: -1 is what is left, and with
// keep 0 is the length that was there.
func reshaped(dims tensor.Shape, shape []int64, keep bool) (to tensor.Shape, ok bool) {
	all, err := dims.Elems()
	if err != nil || all == 0 {
		return nil, false
	}
	rest, open := all, -1
	to = tensor.Shape{}
	for i, d := range shape {
		switch {
		case d == 0 && keep && i < len(dims):
			d = dims[i]
		case d == -1 && open < 0:
			open, d = i, 1
		}
		if d <= 0 || rest%d != 0 {
			return nil, false
		}
		rest /= d
		to = append(to, d)
	}
	if open >= 0 {
		to[open], rest = rest, 1
	}
	return to, rest == 1
}

// sameAxis returns the axis of from along which an index is the one along
// axis j of to, in the same elements in another shape: both are as long, and
// as many lie before them. -1 where there is none.
func sameAxis(from, to tensor.Shape, j int) int {
	before := int64(1)
	for _, d := range to[:j] {
		before *= d
	}
	for i, d := range from {
		if before == 1 && d == to[j] && d > 1 {
			return i
		}
		if before%d != 0 {
			break
		}
		before /= d
	}
	return -1
}

// ints reads a list of integers that a node has as an attribute or, if that
// comes first in the file's opset, as an input; nil where it has neither. It is
// not known where the input is no short constant.
func (p *parser) ints(n *node, name string, input int) (list []int64, known bool, err error) {
	if a := n.attr(name); a != nil {
		v, err := p.value(a)
		list, known = v.([]int64)
		return list, known, err
	}
	if input < 0 || n.input(input) == "" {
		return nil, true, nil
	}
	v := n.graph.find(n.input(input))
	if v == nil {
		return nil, false, nil
	}
	if v.node != nil && v.node.op == "Constant" && v.node.attr("value_ints") != nil {
		return p.ints(v.node, "value_ints", -1)
	}
	c := v.tensor()
	if c == nil || c.sparse || c.tensor.Type != tensor.Int64 || len(c.dims) > 1 {
		return nil, false, nil
	}
	count, err := c.dims.Elems()
	if err != nil || count > maxDepth {
		return nil, false, err
	}
	raw := make([]byte, 8*count)
	if got, err := c.tensor.Data.ReadAt(raw, 0); got < len(raw) {
		return nil, false, err
	}
	list = make([]int64, count)
	for i := range list {
		list[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return list, true, nil
}
