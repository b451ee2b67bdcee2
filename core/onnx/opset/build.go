package opset

import "splitquant/core/tensor"

// A builder collects the nodes and initializers of a rewrite, under names that
// begin with base.
type builder struct {
	base   string
	names  Namer
	nodes  []Node
	consts []Const
}

func (b *builder) name(part string) string { return b.names(b.base + "/" + part) }

// constant makes an initializer; its name is returned.
func (b *builder) constant(part string, t tensor.Type, shape tensor.Shape, values any) string {
	c := Const{b.name(part), t, shape, values}
	b.consts = append(b.consts, c)
	return c.Name
}

// ints makes a vector.
func (b *builder) ints(part string, values ...int64) string {
	return b.constant(part, tensor.Int64, tensor.Shape{int64(len(values))}, values)
}

// floats makes a vector.
func (b *builder) floats(part string, values ...float32) string {
	return b.constant(part, tensor.Float32, tensor.Shape{int64(len(values))}, values)
}

// number makes a scalar.
func (b *builder) number(part string, value float32) string {
	return b.constant(part, tensor.Float32, nil, []float32{value})
}

// run adds a node and returns the value it makes, which is called as it is.
func (b *builder) run(op, part string, inputs []string, attrs ...Attr) string {
	name := b.name(part)
	b.nodes = append(b.nodes, Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
	return name
}

// onnxFloats numbers the float types as TensorProto.DataType does.
var onnxFloats = map[tensor.Type]int64{tensor.Float32: 1, tensor.Float16: 10, tensor.Float64: 11, tensor.BFloat16: 16}

// onnxInt32 numbers int32.
const onnxInt32 = int64(6)
