package onnx

import (
	"fmt"

	"splitquant/core/model"
)

// coded says that a weight is values of a table at stored codes, as the codebook
// form writes it; empty where it is not. The table goes through a Gather; behind
// it may come a Reshape, a Cast and the scales of channels.
func (f *File) coded(v *value) string {
	for range maxDepth {
		if v == nil || v.node == nil || v.node.domain != "" {
			return ""
		}
		n := v.node
		switch n.op {
		case "Mul", "Cast", "Reshape", "Transpose":
			v = n.graph.find(n.input(0))
			continue
		case "Gather":
		default:
			return ""
		}
		table, codes := n.graph.find(n.input(0)), n.graph.find(n.input(1))
		if table == nil || codes == nil || !table.constant(0) || !fixedCodes(codes, f.computed, 0) {
			return ""
		}
		c := table.tensor()
		if c == nil || len(c.dims) != 1 || !c.tensor.Type.IsFloat() {
			return ""
		}
		return fmt.Sprintf("%s to a table of %d values", already, c.dims[0])
	}
	return ""
}

// fixedCodes reports whether a value is computed from constants alone, such as
// codes that are unpacked from bytes. It notes in known what it has found.
func fixedCodes(v *value, known map[*value]bool, depth int) bool {
	if v == nil || v.constant(0) {
		return v != nil
	}
	if fixed, ok := known[v]; ok || v.node == nil || depth > maxDepth {
		return fixed
	}
	known[v] = false // also the answer for nodes that feed themselves
	for _, name := range v.node.inputs {
		if name != "" && !fixedCodes(v.graph.find(name), known, depth+1) {
			return false
		}
	}
	known[v] = true
	return true
}

// addCoded lists the layers of a node whose weights are coded.
func (f *File) addCoded(n *node, slots []slot) (found bool) {
	for _, s := range slots {
		if s.skip != "" {
			continue
		}
		if what := f.coded(n.graph.find(n.input(s.input))); what != "" {
			f.uses = append(f.uses, use{node: n, input: s.input})
			f.model.Layers = append(f.model.Layers, model.Layer{Name: n.label() + s.suffix, Op: n.op, Kind: s.kind, OutAxis: -1, Skipped: what})
			found = true
		}
	}
	return found
}
