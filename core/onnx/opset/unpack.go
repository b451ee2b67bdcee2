package opset

import (
	"fmt"
	"slices"

	"splitquant/core/tensor"
)

// Packed describes a float tensor stored as packed integer codes in an
// initializer of type UINT8, for models whose opset has no type of 2 or 4 bits.
type Packed struct {
	// Codes names the initializer, of shape [bytes, 1]: the flattened tensor,
	// low bits first, the last byte filled up.
	Codes string
	// Bits of a code: 2, 4 or 8. With a Table also 0: Codes has the shape of
	// Output and an integer type that Cast takes.
	Bits  int
	Shape tensor.Shape // of Output

	// A value is (code - zero) * scale in float32, with codes unsigned: who has
	// signed ones adds 2^(Bits-1) to code and zero. Scale and Zero hold one
	// value for the tensor, or one for every index of Axis, or, where Block is
	// set, one for every run of Block elements along Axis (in the shape of
	// Output, with the length of Axis divided by Block and rounded up); a nil
	// Zero is zero.
	Scale, Zero []float32
	Axis, Block int

	// Table, if any, has the values of the codes: a value is table[code], times
	// the scale where there are scales. Zero must be nil.
	Table []float32

	Opset  int         // of the model, 7 or later
	Output string      // the value to make
	Type   tensor.Type // of Output's elements, a float type; values are rounded to it
}

// Unpack returns nodes of ai.onnx that turn p.Codes into p.Output, exactly, and
// the initializers they need (not p.Codes, which the caller has). Names are
// made from Output. ONNX Runtime runs the nodes once, when it loads the model.
func Unpack(p Packed, names Namer) (Rewrite, error) {
	n, err := p.elements()
	if err != nil {
		return Rewrite{}, fmt.Errorf("value %q: %w", p.Output, err)
	}
	b := builder{base: p.Output, names: names}
	x := p.Codes
	if p.Bits > 0 {
		x = b.codes(p, n)
	}
	if p.Table != nil {
		x = b.run("Cast", "indices", []string{x}, Attr{"to", onnxInt32})
		x = b.run("Gather", "values", []string{b.floats("table", p.Table...), x})
	}
	if slices.ContainsFunc(p.Zero, func(z float32) bool { return z != 0 }) {
		x = b.run("Sub", "shifted", []string{x, b.along(p, "zero", p.Zero)})
	}
	if p.Scale != nil {
		x = b.run("Mul", "scaled", []string{x, b.scale(p)})
	}
	if p.Type != tensor.Float32 {
		b.run("Cast", "rounded", []string{x}, Attr{"to", onnxFloats[p.Type]})
	}
	b.nodes[len(b.nodes)-1].Outputs = []string{p.Output}
	return Rewrite{Nodes: b.nodes, Consts: b.consts, Changed: true}, nil
}

// codes makes the n codes of p, as float32, in the shape of its output.
func (b *builder) codes(p Packed, n int64) string {
	x := b.run("Cast", "bytes", []string{p.Codes}, Attr{"to", onnxFloats[tensor.Float32]})
	if each := 8 / p.Bits; each > 1 {
		x = b.digits(x, float32(int(1)<<p.Bits), each)
		if n%int64(each) != 0 {
			x = b.run("Reshape", "flat", []string{x, b.ints("any", -1)})
			x = b.first(x, 0, n, p.Opset)
		}
	}
	return b.run("Reshape", "codes", []string{x, b.ints("shape", p.Shape...)})
}

// elements returns the number of elements, or what is wrong with p.
func (p Packed) elements() (int64, error) {
	n, err := p.Shape.Elems()
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, fmt.Errorf("shape %v has no elements", p.Shape)
	case p.Bits != 2 && p.Bits != 4 && p.Bits != 8 && (p.Bits != 0 || p.Table == nil):
		return 0, fmt.Errorf("codes of %d bits cannot be unpacked, expected 2, 4 or 8", p.Bits)
	case p.Opset < First:
		return 0, fmt.Errorf("opset is %d, expected %d or later", p.Opset, First)
	case onnxFloats[p.Type] == 0:
		return 0, fmt.Errorf("codes make floats, not %v", p.Type)
	case p.Table != nil && (len(p.Table) == 0 || p.Zero != nil):
		return 0, fmt.Errorf("a table of %d values and %d zero points", len(p.Table), len(p.Zero))
	case (p.Table == nil || p.Scale != nil) && !p.fits(p.Scale):
		return 0, fmt.Errorf("%d scales do not fit axis %d of shape %v", len(p.Scale), p.Axis, p.Shape)
	case p.Zero != nil && !p.fits(p.Zero):
		return 0, fmt.Errorf("%d zero points do not fit axis %d of shape %v", len(p.Zero), p.Axis, p.Shape)
	}
	return n, nil
}

// fits says whether there is one value, or one for every index or block of the
// axis.
func (p Packed) fits(values []float32) bool {
	if len(values) == 1 && p.Block == 0 {
		return true
	}
	if p.Axis < 0 || p.Axis >= len(p.Shape) {
		return false
	}
	n, err := p.scales().Elems()
	return err == nil && int64(len(values)) == n
}

// scales is the shape in which there is one value for every index or block of
// the axis, for broadcasting against that of p.
func (p Packed) scales() tensor.Shape {
	if p.Block > 0 {
		shape := slices.Clone(p.Shape)
		shape[p.Axis] = (shape[p.Axis]-1)/int64(p.Block) + 1
		return shape
	}
	shape := slices.Repeat(tensor.Shape{1}, len(p.Shape))
	shape[p.Axis] = p.Shape[p.Axis]
	return shape
}

// digits writes each number of a column as n digits to a base, the lowest
// first. They are x - base*floor(x/base) and those of floor(x/base), without
// rounding for numbers below 2^24 and a base that is a power of two.
func (b *builder) digits(x string, base float32, n int) string {
	whole, part := b.number("base", base), b.number("fraction", 1/base)
	var digits []string
	for range n - 1 {
		rest := b.run("Floor", "rest", []string{b.run("Mul", "quotient", []string{x, part})})
		digits = append(digits, b.run("Sub", "digit", []string{x, b.run("Mul", "product", []string{rest, whole})}))
		x = rest
	}
	return b.run("Concat", "digits", append(digits, x), Attr{"axis", int64(1)})
}

// first takes the first n elements along an axis.
func (b *builder) first(x string, axis, n int64, opset int) string {
	if opset < 10 {
		attrs := []Attr{{"starts", []int64{0}}, {"ends", []int64{n}}}
		if axis != 0 {
			attrs = append(attrs, Attr{"axes", []int64{axis}})
		}
		return b.run("Slice", "first", []string{x}, attrs...)
	}
	inputs := []string{x, b.ints("start", 0), b.ints("end", n)}
	if axis != 0 {
		inputs = append(inputs, b.ints("axis", axis))
	}
	return b.run("Slice", "first", inputs)
}

// scale makes the scales of p. Those of a table's channels take half the bytes
// where float16 holds them all.
func (b *builder) scale(p Packed) string {
	if p.Table == nil || len(p.Scale) == 1 || p.Block > 0 || !areHalf(p.Scale) {
		return b.along(p, "scale", p.Scale)
	}
	x := b.constant("scale", tensor.Float16, p.scales(), p.Scale)
	return b.run("Cast", "scale/float", []string{x}, Attr{"to", onnxFloats[tensor.Float32]})
}

// areHalf reports whether float16 holds values as they are.
func areHalf(values []float32) bool {
	raw, back := make([]byte, 2*len(values)), make([]float32, len(values))
	return tensor.PutFloat(raw, values, tensor.Float16) == nil &&
		tensor.Float32s(back, raw, tensor.Float16) == nil && slices.Equal(values, back)
}

// along makes a scalar, or a tensor that runs along the axis of p.
func (b *builder) along(p Packed, part string, values []float32) string {
	switch {
	case p.Block > 0:
		return b.blocks(p, part, values)
	case len(values) == 1:
		return b.number(part, values[0])
	}
	return b.constant(part, tensor.Float32, p.scales(), values)
}

// blocks makes a tensor of the shape of p, in which each value is repeated Block
// times along the axis: by a product with ones, as opset 7 has no Expand.
func (b *builder) blocks(p Packed, part string, values []float32) string {
	dims := p.scales()
	x := b.small(part, slices.Concat(dims[:p.Axis+1], tensor.Shape{1}, dims[p.Axis+1:]), values)
	block := min(int64(p.Block), p.Shape[p.Axis])
	ones := slices.Repeat(tensor.Shape{1}, len(p.Shape)-p.Axis)
	ones[0] = block
	one := b.constant(part+"/ones", tensor.Float32, ones, slices.Repeat([]float32{1}, int(block)))
	x = b.run("Mul", part+"/repeated", []string{x, one})
	dims[p.Axis] *= block
	x = b.run("Reshape", part+"/long", []string{x, b.ints(part+"/shape", dims...)})
	if n := p.Shape[p.Axis]; dims[p.Axis] != n {
		x = b.first(x, int64(p.Axis), n, p.Opset)
	}
	return x
}

// small makes a tensor of float32 that takes a byte for each value where all
// are whole and fit, as zero points do.
func (b *builder) small(part string, shape tensor.Shape, values []float32) string {
	whole := make([]uint8, len(values))
	for i, v := range values {
		if v >= 0 && v <= 255 {
			whole[i] = uint8(v)
		}
		if float32(whole[i]) != v {
			return b.constant(part, tensor.Float32, shape, values)
		}
	}
	x := b.constant(part, tensor.Uint8, shape, whole)
	return b.run("Cast", part+"/float", []string{x}, Attr{"to", onnxFloats[tensor.Float32]})
}
