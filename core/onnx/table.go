package onnx

import (
	"fmt"

	"splitquant/core/model"
	"splitquant/core/onnx/opset"
	"splitquant/core/tensor"
)

// Codes of a codebook are indices: nothing is computed with them, so that any
// type does which Cast turns into the int32 that Gather takes. ONNX Runtime
// (measured with 1.30) runs Cast, Gather and Mul once, when it makes a session:
// from then on the layer multiplies floats.

// checkTable says what is wrong with a tensor that has a table.
func checkTable(s *model.Stored) error {
	switch s.Type {
	case tensor.Uint2, tensor.Uint4, tensor.Uint8, tensor.Uint16:
	default:
		return fmt.Errorf("codes of type %v are no indices of a table", s.Type)
	}
	if n := len(s.Table); n == 0 || n > 1<<s.Type.Bits() {
		return fmt.Errorf("a table of %d values for codes of type %v", n, s.Type)
	}
	if s.Zero != nil {
		return fmt.Errorf("a table and %d zero points", len(s.Zero))
	}
	if s.Scale == nil {
		return nil
	}
	return checkScale(s)
}

// storeTable makes the value called name, of type typ, out of indices and the
// table that gives them values. Where the opset has no type for them the indices
// are unpacked from bytes.
func (w *writer) storeTable(at *node, name, codes string, s *model.Stored, raw segments, typ tensor.Type) error {
	p := packed(name, codes, s, w.versionOf(at.graph), typ)
	since := needs(s, w.opt.Target)
	if since > w.versionOf(at.graph) {
		w.written.Unpacked = true
		return w.unpacked(at, p, raw)
	}
	w.requires(map[int64]int{21: 23, 25: 24}[since])
	p.Bits = 0
	w.addInit(at.graph, codes, s.Type, s.Shape, raw)
	return w.insertUnpack(at, p)
}

// packed says what opset.Unpack makes of s.
func packed(name, codes string, s *model.Stored, version int64, typ tensor.Type) opset.Packed {
	return opset.Packed{
		Codes: codes, Bits: s.Type.Bits(), Shape: s.Shape, Scale: s.Scale, Axis: s.Axis, Block: s.Block, Table: s.Table,
		Opset: int(version), Output: name, Type: typ,
	}
}

// unpacked stores codes as bytes, and unpacks them.
func (w *writer) unpacked(at *node, p opset.Packed, raw segments) error {
	w.addInit(at.graph, p.Codes, tensor.Uint8, tensor.Shape{raw.size(), 1}, raw)
	return w.insertUnpack(at, p)
}

// insertUnpack inserts the nodes of opset.Unpack.
func (w *writer) insertUnpack(at *node, p opset.Packed) error {
	rw, err := opset.Unpack(p, w.newName)
	if err != nil {
		return err
	}
	for _, c := range rw.Consts {
		if err := w.addConst(at.graph, c); err != nil {
			return err
		}
	}
	for _, n := range rw.Nodes {
		w.insert(at, n)
	}
	return nil
}
