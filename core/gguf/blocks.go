package gguf

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"splitquant/core/tensor"
)

// A block is how some elements lie together.
type block struct {
	name   string
	typ    tensor.Type // of the elements as we give them out
	elems  int64
	bytes  int64
	decode func(y []float32, b []byte) // one block; nil where the elements are plain, or cannot be read
}

const f32 = tensor.Float32

// blocks are the types of tensors by number (ggml.h, enum ggml_type).
var blocks = map[uint32]block{
	0:  {"F32", tensor.Float32, 1, 4, nil},
	1:  {"F16", tensor.Float16, 1, 2, nil},
	30: {"BF16", tensor.BFloat16, 1, 2, nil},
	28: {"F64", tensor.Float64, 1, 8, nil},
	24: {"I8", tensor.Int8, 1, 1, nil},
	25: {"I16", tensor.Int16, 1, 2, nil},
	26: {"I32", tensor.Int32, 1, 4, nil},
	27: {"I64", tensor.Int64, 1, 8, nil},

	2:  {"Q4_0", f32, 32, 18, q4_0},
	3:  {"Q4_1", f32, 32, 20, q4_1},
	6:  {"Q5_0", f32, 32, 22, q5_0},
	7:  {"Q5_1", f32, 32, 24, q5_1},
	8:  {"Q8_0", f32, 32, 34, q8_0},
	10: {"Q2_K", f32, 256, 84, q2K},
	11: {"Q3_K", f32, 256, 110, q3K},
	12: {"Q4_K", f32, 256, 144, q4K},
	13: {"Q5_K", f32, 256, 176, q5K},
	14: {"Q6_K", f32, 256, 210, q6K},

	16: {"IQ2_XXS", f32, 256, 66, nil},
	17: {"IQ2_XS", f32, 256, 74, nil},
	18: {"IQ3_XXS", f32, 256, 98, nil},
	19: {"IQ1_S", f32, 256, 50, nil},
	20: {"IQ4_NL", f32, 32, 18, nil},
	21: {"IQ3_S", f32, 256, 110, nil},
	22: {"IQ2_S", f32, 256, 82, nil},
	23: {"IQ4_XS", f32, 256, 136, nil},
	29: {"IQ1_M", f32, 256, 56, nil},
	34: {"TQ1_0", f32, 256, 54, nil},
	35: {"TQ2_0", f32, 256, 66, nil},
	39: {"MXFP4", f32, 32, 17, nil},
}

// A decoder reads blocks as float32 values.
type decoder struct {
	r     io.ReaderAt
	block block
	elems int64
}

// batch is how many blocks are read at a time.
const batch = 256

// ReadAt implements io.ReaderAt.
func (d *decoder) ReadAt(p []byte, at int64) (done int, err error) {
	if at < 0 {
		return 0, errors.New("gguf: negative offset")
	}
	size, end := 4*d.block.elems, 4*d.elems // of a block, and of all, in bytes of values
	raw := make([]byte, batch*d.block.bytes)
	values, bytes := make([]float32, d.block.elems), make([]byte, size)
	for done < len(p) && at < end {
		first := at / size
		n := min(batch, end/size-first, (at+int64(len(p)-done)+size-1)/size-first)
		b := raw[:n*d.block.bytes]
		if got, err := d.r.ReadAt(b, first*d.block.bytes); got < len(b) {
			return done, err
		}
		for ; len(b) > 0; b = b[d.block.bytes:] {
			d.block.decode(values, b[:d.block.bytes])
			for i, v := range values {
				binary.LittleEndian.PutUint32(bytes[4*i:], math.Float32bits(v))
			}
			copied := copy(p[done:], bytes[at%size:])
			done, at = done+copied, at+int64(copied)
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// half reads a float16.
func half(b []byte) float32 {
	var v [1]float32
	tensor.Float32s(v[:], b[:2], tensor.Float16) // of the right size, which cannot fail
	return v[0]
}

// In what follows products are rounded before they are added up, so that every
// platform gives the same bits.

// q4_0: a scale; elements 0 to 15 in the low halves of 16 bytes, 16 to 31 in the
// high ones, each 8 too large.
func q4_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		y[i] = d * float32(int(q&15)-8)
		y[i+16] = d * float32(int(q>>4)-8)
	}
}

// q4_1: a scale and the least value.
func q4_1(y []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i, q := range b[4:20] {
		y[i] = float32(d*float32(q&15)) + m
		y[i+16] = float32(d*float32(q>>4)) + m
	}
}

// fifths returns the codes of 5 bits of q5_0 and q5_1, whose highest bits lie in
// a word of their own.
func fifths(high []byte, low []byte, each func(i int, code int)) {
	h := binary.LittleEndian.Uint32(high)
	for i, q := range low {
		each(i, int(q&15)|int(h>>i&1)<<4)
		each(i+16, int(q>>4)|int(h>>(i+16)&1)<<4)
	}
}

func q5_0(y []float32, b []byte) {
	d := half(b)
	fifths(b[2:6], b[6:22], func(i, code int) { y[i] = d * float32(code-16) })
}

func q5_1(y []float32, b []byte) {
	d, m := half(b), half(b[2:])
	fifths(b[4:8], b[8:24], func(i, code int) { y[i] = float32(d*float32(code)) + m })
}

func q8_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:34] {
		y[i] = d * float32(int8(q))
	}
}

// q2K: 16 groups of 16 elements, each with a scale and a minimum of 4 bits,
// which have a scale each themselves.
func q2K(y []float32, b []byte) {
	scales, qs, d, m := b[:16], b[16:80], half(b[80:]), half(b[82:])
	for g, s := range scales { // group g lies in bits 2*(g/2%4) of 16 bytes
		dl, ml := d*float32(s&15), m*float32(s>>4)
		from, shift := g/8*32+g%2*16, g/2%4*2
		for i, q := range qs[from : from+16] {
			y[g*16+i] = float32(dl*float32(q>>shift&3)) - ml
		}
	}
}

// q3K: 16 groups of 16 elements with a scale of 6 bits, 32 too large; codes of 2
// bits, and a bit for each that says which are not 4 too large.
func q3K(y []float32, b []byte) {
	high, qs, s, d := b[:32], b[32:96], b[96:108], half(b[108:])
	for g := range 16 {
		low := s[g%8] >> (g / 8 * 4) & 15
		scale := int(low|s[8+g%4]>>(g/4*2)&3<<4) - 32
		dl := d * float32(scale)
		from, shift := g/8*32+g%2*16, g/2%4*2
		for i, q := range qs[from : from+16] {
			code := int(q >> shift & 3)
			if high[g%2*16+i]>>(g/2)&1 == 0 {
				code -= 4
			}
			y[g*16+i] = dl * float32(code)
		}
	}
}

// scaleMin returns the scale and the minimum, of 6 bits, of one of the eight
// groups of q4K and q5K.
func scaleMin(s []byte, g int) (scale, least float32) {
	if g < 4 {
		return float32(s[g] & 63), float32(s[g+4] & 63)
	}
	return float32(s[g+4]&15 | s[g-4]>>6<<4), float32(s[g+4]>>4 | s[g]>>6<<4)
}

// q4K: 8 groups of 32 elements; two groups share 32 bytes.
func q4K(y []float32, b []byte) {
	d, m, s, qs := half(b), half(b[2:]), b[4:16], b[16:144]
	for g := range 8 {
		scale, least := scaleMin(s, g)
		dl, ml := d*scale, m*least
		for i, q := range qs[g/2*32 : g/2*32+32] {
			y[g*32+i] = float32(dl*float32(q>>(g%2*4)&15)) - ml
		}
	}
}

// q5K is q4K with one more bit for each element.
func q5K(y []float32, b []byte) {
	d, m, s, high, qs := half(b), half(b[2:]), b[4:16], b[16:48], b[48:176]
	for g := range 8 {
		scale, least := scaleMin(s, g)
		dl, ml := d*scale, m*least
		for i, q := range qs[g/2*32 : g/2*32+32] {
			code := q>>(g%2*4)&15 | high[i]>>g&1<<4
			y[g*32+i] = float32(dl*float32(code)) - ml
		}
	}
}

// q6K: 16 groups of 16 elements with a scale of 8 bits; codes 32 too large, of
// which 4 bits lie here and 2 there.
func q6K(y []float32, b []byte) {
	low, high, scales, d := b[:128], b[128:192], b[192:208], half(b[208:])
	for e := range 256 {
		half, quarter, i := e/128, e%128/32, e%32
		code := low[half*64+quarter%2*32+i]>>(quarter/2*4)&15 | high[half*32+i]>>(quarter*2)&3<<4
		y[e] = float32(d*float32(int8(scales[e/16]))) * float32(int(code)-32)
	}
}
