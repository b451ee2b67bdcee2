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
	Bits  int          // of a code: 2, 4 or 8
	Shape tensor.Shape // of Output

	// A value is (code - zero) * scale in float32, with codes unsigned: who has
	// signed ones adds 2^(Bits-1) to code and zero. Scale and Zero hold one
	// value for the tensor, or one for every index of Axis; a nil Zero is zero.
	Scale, Zero []float32
	Axis        int

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
	x := b.run("Cast", "bytes", []string{p.Codes}, Attr{"to", onnxFloats[tensor.Float32]})
	if each := 8 / p.Bits; each > 1 {
		x = b.digits(x, float32(int(1)<<p.Bits), each)
		if n%int64(each) != 0 {
			x = b.first(x, n, p.Opset)
		}
	}
	x = b.run("Reshape", "codes", []string{x, b.ints("shape", p.Shape...)})
	if slices.ContainsFunc(p.Zero, func(z float32) bool { return z != 0 }) {
		x = b.run("Sub", "shifted", []string{x, b.along(p, "zero", p.Zero)})
	}
	x = b.run("Mul", "scaled", []string{x, b.along(p, "scale", p.Scale)})
	if p.Type != tensor.Float32 {
		b.run("Cast", "rounded", []string{x}, Attr{"to", onnxFloats[p.Type]})
	}
	b.nodes[len(b.nodes)-1].Outputs = []string{p.Output}
	return Rewrite{Nodes: b.nodes, Consts: b.consts, Changed: true}, nil
}

// elements returns the number of elements, or what is wrong with p.
func (p Packed) elements() (int64, error) {
	n, err := p.Shape.Elems()
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, fmt.Errorf("shape %v has no elements", p.Shape)
	case p.Bits != 2 && p.Bits != 4 && p.Bits != 8:
		return 0, fmt.Errorf("codes of %d bits cannot be unpacked, expected 2, 4 or 8", p.Bits)
	case p.Opset < First:
		return 0, fmt.Errorf("opset is %d, expected %d or later", p.Opset, First)
	case onnxFloats[p.Type] == 0:
		return 0, fmt.Errorf("codes make floats, not %v", p.Type)
	case !p.fits(p.Scale):
		return 0, fmt.Errorf("%d scales do not fit axis %d of shape %v", len(p.Scale), p.Axis, p.Shape)
	case p.Zero != nil && !p.fits(p.Zero):
		return 0, fmt.Errorf("%d zero points do not fit axis %d of shape %v", len(p.Zero), p.Axis, p.Shape)
	}
	return n, nil
}

// fits says whether there is one value, or one for every index of the axis.
func (p Packed) fits(values []float32) bool {
	return len(values) == 1 || p.Axis >= 0 && p.Axis < len(p.Shape) && int64(len(values)) == p.Shape[p.Axis]
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

// first takes the first n elements of a tensor.
func (b *builder) first(x string, n int64, opset int) string {
	x = b.run("Reshape", "flat", []string{x, b.ints("any", -1)})
	if opset < 10 {
		return b.run("Slice", "first", []string{x}, Attr{"starts", []int64{0}}, Attr{"ends", []int64{n}})
	}
	return b.run("Slice", "first", []string{x, b.ints("start", 0), b.ints("end", n)})
}

// along makes a scalar, or a tensor that runs along the axis of p.
func (b *builder) along(p Packed, part string, values []float32) string {
	if len(values) == 1 {
		return b.number(part, values[0])
	}
	shape := slices.Repeat(tensor.Shape{1}, len(p.Shape))
	shape[p.Axis] = int64(len(values))
	return b.constant(part, tensor.Float32, shape, values)
}
