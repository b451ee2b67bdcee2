package tensor

import (
	"fmt"
	"math"
)

// Type is the element type of a tensor.
type Type uint8

// The element types that model files hold. Sub-byte integers are packed low
// bits first, over the flattened tensor, as ONNX packs raw_data.
const (
	Invalid Type = iota
	Float64
	Float32
	Float16
	BFloat16
	Int64
	Int32
	Int16
	Int8
	Int4
	Int2
	Uint64
	Uint32
	Uint16
	Uint8
	Uint4
	Uint2
	Bool
	String     // variable length; never read as numbers
	Complex64  // read past, never quantized
	Complex128 // read past, never quantized
	Float8     // any 8-bit float; read past
	Float4     // FLOAT4E2M1; read past
)

var types = [...]struct {
	name string
	bits int
}{
	Invalid: {"invalid", 0},
	Float64: {"float64", 64}, Float32: {"float32", 32}, Float16: {"float16", 16}, BFloat16: {"bfloat16", 16},
	Int64: {"int64", 64}, Int32: {"int32", 32}, Int16: {"int16", 16}, Int8: {"int8", 8}, Int4: {"int4", 4}, Int2: {"int2", 2},
	Uint64: {"uint64", 64}, Uint32: {"uint32", 32}, Uint16: {"uint16", 16}, Uint8: {"uint8", 8}, Uint4: {"uint4", 4}, Uint2: {"uint2", 2},
	Bool: {"bool", 8}, String: {"string", 0}, Complex64: {"complex64", 64}, Complex128: {"complex128", 128},
	Float8: {"float8", 8}, Float4: {"float4", 4},
}

// String returns the type's name as NumPy and the reports write it.
func (t Type) String() string {
	if int(t) < len(types) {
		return types[t].name
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Bits returns the size of one element in bits, 0 for types without a fixed size.
func (t Type) Bits() int {
	if int(t) < len(types) {
		return types[t].bits
	}
	return 0
}

// IsFloat reports whether t is one of the float types that can be quantized.
func (t Type) IsFloat() bool { return t >= Float64 && t <= BFloat16 }

// Bytes returns how many bytes n packed elements take, or an error where the
// type has no fixed size or the number does not fit.
func (t Type) Bytes(n int64) (int64, error) {
	bits := int64(t.Bits())
	if bits == 0 {
		return 0, fmt.Errorf("elements of type %v have no fixed size", t)
	}
	if n < 0 || n > (math.MaxInt64-7)/bits {
		return 0, fmt.Errorf("%d elements of type %v are more than a file can hold", n, t)
	}
	return (n*bits + 7) / 8, nil
}

// Shape is the size of a tensor along each axis; empty for a scalar.
type Shape []int64

// Elems returns the number of elements, or an error for a negative dimension
// or a product that overflows 64 bits.
func (s Shape) Elems() (int64, error) {
	n := int64(1)
	for _, d := range s {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", s)
		}
		if d != 0 && n > math.MaxInt64/d {
			return 0, fmt.Errorf("shape %v has more elements than 64 bits count", s)
		}
		n *= d
	}
	return n, nil
}

// Axis returns how a tensor of shape s runs along axis: outer blocks, each of
// dim runs of inner elements. A flat index i has channel i / inner % dim.
func (s Shape) Axis(axis int) (outer, dim, inner int) {
	outer, inner = 1, 1
	for i, d := range s {
		switch {
		case i < axis:
			outer *= int(d)
		case i == axis:
			dim = int(d)
		default:
			inner *= int(d)
		}
	}
	return outer, dim, inner
}
