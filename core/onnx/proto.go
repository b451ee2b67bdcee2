package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// The messages of onnx.proto (github.com/onnx/onnx, onnx/onnx.proto), as far as
// we look into them. Each knows where it lies in the file; what is not named
// here is passed through with the bytes around it.

// A message is where one protobuf message lies, and inside of which other.
type message struct {
	num    protowire.Number // of the field that holds it
	field  span             // with tag and length
	body   span
	parent *message
}

type modelProto struct {
	message
	ir        int64
	irField   span // empty where the file has none
	producer  string
	opsets    []*opsetImport
	graph     *graph
	functions []*graph
}

type opsetImport struct {
	message
	domain  string
	version int64
}

// A graph is a GraphProto, or a FunctionProto seen as a graph without
// initializers.
type graph struct {
	message
	nodes   []*node
	inits   []*constant
	inputs  []*valueInfo
	outputs []*valueInfo
	infos   []*valueInfo

	outer    *graph // names that are not found here are looked up there
	owner    *node  // the node that runs this subgraph
	function string // name of the function, empty for a graph
	opsets   []*opsetImport
	values   map[string]*value
}

// A valueInfo names an input, an output or an inner value of a graph.
type valueInfo struct {
	message // of a function's input or output: only the field
	name    string
}

type node struct {
	message
	graph            *graph
	name, op, domain string
	inputs, outputs  []string
	attrs            []*attribute
}

type attribute struct {
	message
	name    string
	tensors []*constant // of t, tensors, sparse_tensor
	graphs  []*graph    // of g, graphs
}

// A parser reads the messages of one file.
type parser struct {
	*source
	constants []*constant // in the order of the file
	graphs    []*graph    // likewise, subgraphs before the graphs they are in
	messages  int64
}

// message enters a message. An empty one takes two bytes of a file, and a
// hundred times that in memory, so how many there are is bounded: a node with its
// attributes or a tensor with its name takes more than 16 bytes for each of them.
func (p *parser) message(f field, parent *message) (message, error) {
	if p.messages++; p.messages > 1<<16+p.size/16 {
		return message{}, fmt.Errorf("more than %d nodes, attributes, tensors and values in %d bytes, which is no model", p.messages-1, f.from)
	}
	return message{num: f.num, field: f.span, body: f.body, parent: parent}, f.want(protowire.BytesType)
}

// str reads a string field into dst.
func (p *parser) str(f field, dst *string) error {
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	var err error
	*dst, err = p.text(f.body)
	return err
}

// strs appends a string field to dst.
func (p *parser) strs(f field, dst *[]string) error {
	var s string
	err := p.str(f, &s)
	*dst = append(*dst, s)
	return err
}

// integer reads a varint field into dst.
func (p *parser) integer(f field, dst *int64) error {
	*dst = int64(f.val)
	return f.want(protowire.VarintType)
}

// model reads a ModelProto that fills the file.
func (p *parser) model() (*modelProto, error) {
	m := &modelProto{message: message{body: span{0, p.size}}}
	err := p.each(m.body, func(f field) (err error) {
		switch f.num {
		case 1:
			m.irField = f.span
			return p.integer(f, &m.ir)
		case 2:
			return p.str(f, &m.producer)
		case 7:
			if m.graph != nil {
				return errors.New("the model has two graphs")
			}
			m.graph, err = p.graph(f, &m.message, nil, 0)
		case 8:
			var o *opsetImport
			o, err = p.opset(f, &m.message)
			m.opsets = append(m.opsets, o)
		case 25:
			var g *graph
			g, err = p.function(f, &m.message)
			m.functions = append(m.functions, g)
		}
		return err
	})
	if err == nil && m.graph == nil {
		err = errors.New("the model has no graph")
	}
	return m, err
}

func (p *parser) opset(f field, parent *message) (*opsetImport, error) {
	msg, err := p.message(f, parent)
	if err != nil {
		return nil, err
	}
	o := &opsetImport{message: msg}
	return o, p.each(o.body, func(f field) error {
		switch f.num {
		case 1:
			return p.str(f, &o.domain)
		case 2:
			return p.integer(f, &o.version)
		}
		return nil
	})
}

// property reads an entry of metadata_props.
func (p *parser) property(f field) (e model.Property, err error) {
	if err := f.want(protowire.BytesType); err != nil {
		return e, err
	}
	err = p.each(f.body, func(f field) error {
		switch f.num {
		case 1:
			return p.str(f, &e.Key)
		case 2:
			return p.str(f, &e.Value)
		}
		return nil
	})
	return e, err
}

func (p *parser) graph(f field, parent *message, owner *node, depth int) (*graph, error) {
	msg, err := p.message(f, parent)
	if err != nil {
		return nil, err
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("graphs nest deeper than %d", maxDepth)
	}
	g := &graph{message: msg, owner: owner}
	if owner != nil {
		g.outer = owner.graph
	}
	err = p.each(g.body, func(f field) (err error) {
		switch f.num {
		case 1:
			return p.node(f, g, depth)
		case 5, 15:
			var c *constant
			c, err = p.constant(f, &g.message, f.num == 15)
			g.inits = append(g.inits, c)
		case 11:
			err = p.valueInfo(f, g, &g.inputs)
		case 12:
			err = p.valueInfo(f, g, &g.outputs)
		case 13:
			err = p.valueInfo(f, g, &g.infos)
		}
		return err
	})
	p.graphs = append(p.graphs, g)
	return g, err
}

func (p *parser) function(f field, parent *message) (*graph, error) {
	msg, err := p.message(f, parent)
	if err != nil {
		return nil, err
	}
	g := &graph{message: msg}
	err = p.each(g.body, func(f field) (err error) {
		switch f.num {
		case 1:
			return p.str(f, &g.function)
		case 4, 5:
			msg, err := p.message(f, &g.message)
			if err != nil {
				return err
			}
			v := &valueInfo{message: msg}
			if f.num == 4 {
				g.inputs = append(g.inputs, v)
			} else {
				g.outputs = append(g.outputs, v)
			}
			return p.str(f, &v.name)
		case 7:
			return p.node(f, g, 0)
		case 9:
			var o *opsetImport
			o, err = p.opset(f, &g.message)
			g.opsets = append(g.opsets, o)
		case 12:
			err = p.valueInfo(f, g, &g.infos)
		}
		return err
	})
	if err == nil && g.function == "" {
		err = fmt.Errorf("function at byte %d has no name", g.field.from)
	}
	p.graphs = append(p.graphs, g)
	return g, err
}

func (p *parser) valueInfo(f field, g *graph, dst *[]*valueInfo) error {
	msg, err := p.message(f, &g.message)
	if err != nil {
		return err
	}
	v := &valueInfo{message: msg}
	*dst = append(*dst, v)
	return p.each(v.body, func(f field) error {
		if f.num == 1 {
			return p.str(f, &v.name)
		}
		return nil
	})
}

func (p *parser) node(f field, g *graph, depth int) error {
	msg, err := p.message(f, &g.message)
	if err != nil {
		return err
	}
	n := &node{message: msg, graph: g}
	g.nodes = append(g.nodes, n)
	err = p.each(n.body, func(f field) error {
		switch f.num {
		case 1:
			return p.strs(f, &n.inputs)
		case 2:
			return p.strs(f, &n.outputs)
		case 3:
			return p.str(f, &n.name)
		case 4:
			return p.str(f, &n.op)
		case 5:
			return p.attribute(f, n, depth)
		case 7:
			return p.str(f, &n.domain)
		}
		return nil
	})
	// Operators are required, and requiring them bounds nodes by bytes.
	if err == nil && n.op == "" {
		err = fmt.Errorf("node %q at byte %d has no operator", n.label(), n.field.from)
	}
	if n.domain == "ai.onnx" {
		n.domain = ""
	}
	return err
}

// label is what a node is called: its name, or else its first output.
func (n *node) label() string {
	if n.name == "" && len(n.outputs) > 0 {
		return n.outputs[0]
	}
	return n.name
}

// input returns the name of input i, empty where there is none.
func (n *node) input(i int) string {
	if i < len(n.inputs) {
		return n.inputs[i]
	}
	return ""
}

// output returns the name of output i, empty where there is none.
func (n *node) output(i int) string {
	if i < len(n.outputs) {
		return n.outputs[i]
	}
	return ""
}

// attr returns the attribute of that name, or nil.
func (n *node) attr(name string) *attribute {
	for _, a := range n.attrs {
		if a.name == name {
			return a
		}
	}
	return nil
}

func (p *parser) attribute(f field, n *node, depth int) error {
	msg, err := p.message(f, &n.message)
	if err != nil {
		return err
	}
	a := &attribute{message: msg}
	n.attrs = append(n.attrs, a)
	return p.each(a.body, func(f field) error {
		switch f.num {
		case 1:
			return p.str(f, &a.name)
		case 5, 10, 22, 23:
			c, err := p.constant(f, &a.message, f.num >= 22)
			if err == nil {
				c.of = n
				a.tensors = append(a.tensors, c)
			}
			return err
		case 6, 11:
			g, err := p.graph(f, &a.message, n, depth+1)
			a.graphs = append(a.graphs, g)
			return err
		}
		return nil
	})
}

// value reads the value of an attribute: an int64, a float32, a string, a slice
// of those, or nil for any other kind. The kind is the attribute's type, or
// what is there where a file of the first days names no type.
func (p *parser) value(a *attribute) (any, error) {
	var (
		kind    int64
		i       int64
		f32     float32
		s       string
		ints    []int64
		floats  []float32
		strs    []string
		present protowire.Number
		ref     bool
	)
	err := p.each(a.body, func(f field) error {
		switch f.num {
		case 20:
			return p.integer(f, &kind)
		case 21:
			ref = f.body.size() > 0
		case 2, 3, 4, 7, 8, 9:
			present = f.num
		}
		switch f.num {
		case 2:
			f32 = math.Float32frombits(uint32(f.val))
			return f.want(protowire.Fixed32Type)
		case 3:
			return p.integer(f, &i)
		case 4:
			return p.str(f, &s)
		case 7:
			return p.numbers(f, protowire.Fixed32Type, func(v uint64) error {
				floats = append(floats, math.Float32frombits(uint32(v)))
				return nil
			})
		case 8:
			return p.numbers(f, protowire.VarintType, func(v uint64) error {
				ints = append(ints, int64(v))
				return nil
			})
		case 9:
			return p.strs(f, &strs)
		}
		return nil
	})
	if ref { // an attribute of the function that the node is in
		return nil, err
	}
	if kind == 0 && present != 0 {
		// FLOAT, INT and STRING are 1 to 3 in fields 2 to 4; FLOATS, INTS and
		// STRINGS are 6 to 8 in fields 7 to 9.
		kind = int64(present) - 1
	}
	switch kind {
	case 1:
		return f32, err
	case 2:
		return i, err
	case 3:
		return s, err
	case 6:
		return floats, err
	case 7:
		return ints, err
	case 8:
		return strs, err
	}
	return nil, err
}

// intAttr reads an integer attribute of a node; otherwise is its value where
// it is not given.
func (p *parser) intAttr(n *node, name string, otherwise int64) (int64, error) {
	a := n.attr(name)
	if a == nil {
		return otherwise, nil
	}
	v, err := p.value(a)
	if i, ok := v.(int64); ok {
		return i, err
	}
	if err == nil {
		err = fmt.Errorf("node %q: attribute %s is no integer", n.label(), name)
	}
	return 0, err
}

// elemType translates TensorProto.DataType.
func elemType(dataType int64) tensor.Type {
	if dataType < 0 || dataType >= int64(len(elemTypes)) {
		return tensor.Invalid
	}
	return elemTypes[dataType]
}

// dataType is elemType backwards.
func dataType(t tensor.Type) uint64 {
	for i, u := range elemTypes {
		if u == t {
			return uint64(i)
		}
	}
	return 0
}

var elemTypes = [...]tensor.Type{
	1: tensor.Float32, 2: tensor.Uint8, 3: tensor.Int8, 4: tensor.Uint16, 5: tensor.Int16,
	6: tensor.Int32, 7: tensor.Int64, 8: tensor.String, 9: tensor.Bool, 10: tensor.Float16,
	11: tensor.Float64, 12: tensor.Uint32, 13: tensor.Uint64, 14: tensor.Complex64, 15: tensor.Complex128,
	16: tensor.BFloat16, 17: tensor.Float8, 18: tensor.Float8, 19: tensor.Float8, 20: tensor.Float8,
	21: tensor.Uint4, 22: tensor.Int4, 23: tensor.Float4, 24: tensor.Float8, 25: tensor.Uint2, 26: tensor.Int2,
}
