package onnx

import "fmt"

// A value is a name in a graph: where it comes from and who reads it.
type value struct {
	name  string
	graph *graph

	// At most one of init and node is set: a constant, or the node that makes
	// the value. Neither means an input of the graph.
	init *constant
	node *node

	info    *valueInfo // what the graph says of it, nil where nothing
	readers []reader
	output  bool // the graph itself gives it out
	fixed   answer
}

// An answer is yes or no, once it is known.
type answer uint8

const (
	unknown answer = iota
	yes
	no
)

// A reader is an input of a node.
type reader struct {
	node  *node
	input int
}

// link finds for every name in the file the value that it means.
func (f *File) link() error {
	for _, g := range f.graphs {
		if err := f.define(g); err != nil {
			return err
		}
	}
	for _, g := range f.graphs {
		for _, n := range g.nodes {
			for i, name := range n.inputs {
				if v := g.find(name); v != nil {
					v.readers = append(v.readers, reader{n, i})
				}
			}
		}
		for _, o := range g.outputs {
			if v := g.find(o.name); v != nil {
				v.output = true
			}
		}
	}
	return nil
}

// define enters what a graph defines. An input that is an initializer too is
// the initializer's default: a constant. Not so in a subgraph, whose node gives
// it all its inputs.
func (f *File) define(g *graph) error {
	g.values = make(map[string]*value)
	for _, c := range g.inits {
		if old := g.values[c.name]; old != nil {
			same, err := sameData(old.init.tensor, c.tensor)
			if err != nil {
				return err
			}
			if !same {
				return fmt.Errorf("two initializers are named %q and differ", c.name)
			}
			f.model.Warnings = append(f.model.Warnings, fmt.Sprintf("initializer %q is there twice, with equal values", c.name))
			continue
		}
		g.values[c.name] = &value{name: c.name, graph: g, init: c}
	}
	for _, in := range g.inputs {
		if g.values[in.name] == nil || g.owner != nil {
			g.values[in.name] = &value{name: in.name, graph: g}
		}
	}
	for _, n := range g.nodes {
		for _, out := range n.outputs {
			if out == "" {
				continue
			}
			if g.values[out] != nil {
				return fmt.Errorf("node %q: its output %q is the name of another value", n.label(), out)
			}
			g.values[out] = &value{name: out, graph: g, node: n}
		}
	}
	for _, infos := range [][]*valueInfo{g.inputs, g.outputs, g.infos} {
		for _, info := range infos {
			if v := g.values[info.name]; v != nil && info.num != 4 && info.num != 5 { // those of functions are bare names
				v.info = info
			}
		}
	}
	return nil
}

// find returns the value that a name means in g, nil for an empty or an
// unknown name.
func (g *graph) find(name string) *value {
	for ; g != nil && name != ""; g = g.outer {
		if v := g.values[name]; v != nil {
			return v
		}
	}
	return nil
}
