package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// The forms of a weight are held to their definition: a test makes codes and
// what gives them meaning by chance, computes the values here, and lets ONNX
// Runtime run the written file and, next to it, the file with those values as
// floats.

// A form makes a tensor of codes for a weight, and returns the values that it
// stands for.
type form func(r *rand.Rand, l *model.Layer) (model.Stored, []float32)

func pack(codes []uint16, typ tensor.Type) *bytes.Reader {
	if typ == tensor.Uint16 {
		b, _ := binary.Append(nil, binary.LittleEndian, codes)
		return bytes.NewReader(b)
	}
	narrow := make([]uint8, len(codes))
	for i, c := range codes {
		narrow[i] = uint8(c)
	}
	b := make([]byte, (len(codes)*typ.Bits()+7)/8)
	tensor.Pack(b, narrow, typ.Bits())
	return bytes.NewReader(b)
}

// codebook has a table of so many entries, with or without a scale for every
// output channel.
func codebook(typ tensor.Type, entries int, scaled bool) form {
	return func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
		s := model.Stored{Type: typ, Shape: l.Shape}
		for range entries {
			s.Table = append(s.Table, float32(r.NormFloat64()))
		}
		axis := l.OutAxis
		if scaled && axis >= 0 {
			s.Axis = axis
			for range l.Shape[axis] {
				s.Scale = append(s.Scale, float32(r.NormFloat64()))
			}
		}
		n, _ := l.Shape.Elems()
		codes, values := make([]uint16, n), make([]float32, n)
		_, dim, inner := l.Shape.Axis(max(axis, 0))
		for i := range codes {
			c := r.IntN(entries)
			codes[i], values[i] = uint16(c), s.Table[c]
			if s.Scale != nil {
				values[i] *= s.Scale[i/inner%dim]
			}
		}
		s.Data = pack(codes, typ)
		return s, values
	}
}

// halfScales makes the scales of a codebook of bytes 3/2, which float16 holds.
func halfScales(make form) form {
	return func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
		s, values := make(r, l)
		if s.Scale == nil {
			return s, values
		}
		for i := range s.Scale {
			s.Scale[i] = 1.5
		}
		for i := range values {
			var code [1]byte
			s.Data.ReadAt(code[:], int64(i)) // in memory
			values[i] = s.Table[code[0]] * 1.5
		}
		return s, values
	}
}

// blockwise has a scale and perhaps a zero point for every so many elements
// along the axis, counted from the end.
func blockwise(typ tensor.Type, fromEnd, block int, zero bool) form {
	return func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
		s := model.Stored{Type: typ, Shape: l.Shape, Axis: len(l.Shape) - fromEnd, Block: block}
		values := fillBlocks(r, &s, func() float32 { return float32(r.NormFloat64()) }, zero)
		return s, values
	}
}

// fillBlocks makes scales, zero points and codes for s.
func fillBlocks(r *rand.Rand, s *model.Stored, scale func() float32, zero bool) []float32 {
	_, dim, inner := s.Shape.Axis(s.Axis)
	n, _ := s.Shape.Elems()
	perRow := (dim + s.Block - 1) / s.Block
	count, bits := int(n)/dim*perRow, s.Type.Bits()
	low := 0
	if s.Type == tensor.Int2 || s.Type == tensor.Int4 || s.Type == tensor.Int8 {
		low = -1 << (bits - 1)
	}
	for range count {
		s.Scale = append(s.Scale, scale())
		if zero {
			s.Zero = append(s.Zero, int32(low+r.IntN(1<<bits)))
		}
	}
	codes, values := make([]uint16, n), make([]float32, n)
	for i := range codes {
		c := low + r.IntN(1<<bits)
		codes[i] = uint16(c) & (1<<bits - 1)
		at := (i/inner/dim*perRow+i/inner%dim/s.Block)*inner + i%inner
		z := 0
		if zero {
			z = int(s.Zero[at])
		}
		values[i] = float32(c-z) * s.Scale[at]
	}
	s.Data = pack(codes, s.Type)
	return values
}

// layerModels are models of one kind of layer each, whose input x makes an
// output out of which the weight can be read: an identity.
func layerModels(opset int64) map[string][]byte {
	identity := func(n int64, tail ...int64) []byte {
		return aValue(11, "x", append([]int64{n, n}, tail...)...)
	}
	return map[string][]byte{
		"MatMul": aModel(7, opset, aGraph(aNode("n", "MatMul", list("x", "w"), list("m")), aNode("add", "Add", list("m", "b"), list("y")),
			anInit("w", 37, 5), anInit("b", 5), identity(37), aValue(12, "y", 37, 5))),
		"Gemm": aModel(7, opset, aGraph(aNode("n", "Gemm", list("x", "w", "b"), list("y"), attrInt("transB", 1)),
			anInit("w", 5, 37), anInit("b", 1, 5), identity(37), aValue(12, "y", 37, 5))),
		"Gemm, not transposed": aModel(7, opset, aGraph(aNode("n", "Gemm", list("x", "w", "b"), list("y")),
			anInit("w", 37, 5), anInit("b", 5), identity(37), aValue(12, "y", 37, 5))),
		"Conv": aModel(7, opset, aGraph(aNode("n", "Conv", list("x", "w", "b"), list("y"), attrInts("pads", 1, 1, 1, 1)),
			anInit("w", 4, 6, 3, 3), anInit("b", 4), identity(6, 1, 1), aValue(12, "y", 6, 4, 1, 1))),
		"ConvTranspose": aModel(7, opset, aGraph(aNode("n", "ConvTranspose", list("x", "w"), list("y")),
			anInit("w", 6, 5, 3), identity(6, 1), aValue(12, "y", 6, 5, 3))),
		"batch": aModel(7, opset, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")),
			anInit("w", 16, 5), aValue(11, "x", 16, 1, 1, 16), aValue(12, "y", 16, 1, 1, 5))),
		"one row": aModel(7, opset, aGraph(aNode("r", "Reshape", list("x", "shape"), list("v")), aNode("n", "MatMul", list("v", "w"), list("y")),
			pbMsg(5, pbInts(1, 1), pbInt(2, 7), pbStr(8, "shape"), pbInt(7, -1)),
			anInit("w", 16, 5), aValue(11, "x", 1, 16), aValue(12, "y", 5))),
		"tied": aModel(7, opset, aGraph(aNode("n", "MatMul", list("x", "w"), list("h")), aNode("o", "MatMul", list("x", "w"), list("i")),
			aNode("add", "Add", list("h", "i"), list("y")), anInit("w", 37, 6), identity(37), aValue(12, "y", 37, 6))),
		"tied transposed": aModel(7, opset, aGraph(aNode("n", "MatMul", list("x", "w"), list("h")), aNode("o", "Gemm", list("x", "w", "b"), list("y"), attrInt("transB", 1)),
			aNode("use", "Add", list("h", "y"), list("z")), anInit("w", 7, 7), anInit("b", 7), identity(7), aValue(12, "z", 7, 7))),
		"vector": aModel(7, opset, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", 5), identity(5), aValue(12, "y", 5))),
	}
}

// run runs a model of one input on an identity.
func run(t *testing.T, name string, b []byte) []float32 {
	t.Helper()
	s, err := ort.OpenBytes(name, b, ort.Options{Threads: 1})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.Close()
	shape := s.Inputs[0].Shape
	n, err := shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, n)
	for i := range shape[0] {
		x[i*(n/shape[0]+1)] = 1
	}
	return output(t, s, ort.Float32(shape, x))
}

func output(t *testing.T, s *ort.Session, x ort.Value) []float32 {
	t.Helper()
	out, err := s.Run(map[string]ort.Value{s.Inputs[0].Name: x})
	if err != nil {
		t.Fatal(err)
	}
	y, err := out[s.Outputs[0].Name].Floats()
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func needRuntime(t *testing.T) {
	t.Helper()
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
}

// TestStoredRun runs codebooks and blocks of all types in layers of all kinds,
// lifted and unpacked.
func TestStoredRun(t *testing.T) {
	needRuntime(t)
	forms := map[string]form{
		"table 2 bits":         codebook(tensor.Uint2, 4, false),
		"table 4 bits":         codebook(tensor.Uint4, 12, false),
		"table 4 bits, scaled": codebook(tensor.Uint4, 16, true),
		"table 8 bits":         codebook(tensor.Uint8, 48, false),
		"table 8 bits, scaled": codebook(tensor.Uint8, 256, true),
		"table, half scales":   halfScales(codebook(tensor.Uint8, 17, true)),
		"table 16 bits":        codebook(tensor.Uint16, 768, true),
		"one value":            codebook(tensor.Uint4, 1, false),
		"int4 by 4":            blockwise(tensor.Int4, 1, 4, true),
		"uint4 down by 16":     blockwise(tensor.Uint4, 2, 16, true),
		"int2 down by 5":       blockwise(tensor.Int2, 2, 5, false),
		"uint2 by 2":           blockwise(tensor.Uint2, 1, 2, true),
		"uint2 down by 32":     blockwise(tensor.Uint2, 2, 32, true),
		"int8 by 3":            blockwise(tensor.Int8, 1, 3, false),
		"uint8 down by 100":    blockwise(tensor.Uint8, 2, 100, true),
	}
	for kind := range layerModels(13) {
		for name, make := range forms {
			if kind == "vector" && strings.Contains(name, "by") {
				continue
			}
			for _, at := range []struct {
				opset  int64
				target Target
			}{{7, Any}, {11, ORT120}, {17, Web}} {
				f := mustOpen(t, layerModels(at.opset)[kind])
				r := rand.New(rand.NewPCG(1, uint64(len(kind)+len(name))))
				l := &f.model.Layers[0]
				s, values := make(r, l)
				c := model.Change{Weight: l.Weight, Parts: []model.Stored{s}, Form: model.FormCodebook}
				if s.Table == nil {
					c.Form = model.FormLayers
				}
				what := fmt.Sprintf("%s, %s, %s", kind, name, at.target)
				_, written, got := write(t, f, []model.Change{c}, WriteOptions{Target: at.target})
				c.Parts, c.Form = []model.Stored{floatsAs(t, l.Weight, values)}, model.FormLayers
				_, _, want := write(t, f, []model.Change{c}, WriteOptions{})
				if unpacked := needs(&s, at.target) > highest[at.target]; written.Unpacked != unpacked || written.Contrib {
					t.Errorf("%s: %+v", what, written)
				}
				if y, want := run(t, what, got), run(t, what, want); !slices.Equal(y, want) {
					t.Errorf("%s: got %v, expected %v", what, y, want)
				}
			}
		}
	}
}

// TestPartsRun runs three parts with blocks or tables, as layers and summed, and
// next to them three parts of floats.
func TestPartsRun(t *testing.T) {
	needRuntime(t)
	for name, make := range map[string]form{
		"blocks": blockwise(tensor.Uint4, 1, 2, true), "blocks down": blockwise(tensor.Int2, 2, 3, true), "tables": codebook(tensor.Uint4, 16, true),
	} {
		for kind, file := range layerModels(17) {
			if kind == "vector" {
				continue
			}
			f := mustOpen(t, file)
			l := &f.model.Layers[0]
			r := rand.New(rand.NewPCG(11, 12))
			for _, m := range []model.Form{model.FormLayers, model.FormSummed} {
				got, want := model.Change{Weight: l.Weight, Form: m}, model.Change{Weight: l.Weight, Form: m}
				for range 3 {
					s, values := make(r, l)
					got.Parts, want.Parts = append(got.Parts, s), append(want.Parts, floatsAs(t, l.Weight, values))
				}
				_, _, a := write(t, f, []model.Change{got}, WriteOptions{})
				_, _, b := write(t, f, []model.Change{want}, WriteOptions{})
				if y, want := run(t, kind, a), run(t, kind, b); !slices.Equal(y, want) {
					t.Errorf("%s, %s, %s: got %v, expected %v", kind, name, m, y, want)
				}
			}
		}
	}
}

// nbits makes parts for a MatMulNBits out of [N, K], every row padded with
// codes that mean nothing, and the values of their sum, in the layout of the
// layer's own weight. Scales are powers of two, so that every sum of products
// with small whole numbers is exact in whatever order it is taken.
func nbits(r *rand.Rand, l *model.Layer, typ tensor.Type, block, parts int, zero bool) ([]model.Stored, []float32) {
	n, k := int(l.Shape[l.OutAxis]), int(l.Shape[1-l.OutAxis])
	sum := make([]float32, n*k)
	var all []model.Stored
	for range parts {
		padded := (k + block - 1) / block * block
		s := model.Stored{Type: typ, Shape: tensor.Shape{int64(n), int64(padded)}, Axis: 1, Block: block}
		values := fillBlocks(r, &s, func() float32 { return []float32{0.25, 0.5, 1}[r.IntN(3)] }, zero)
		s.Shape = tensor.Shape{int64(n), int64(k)}
		for row := range n {
			for i := range k {
				at := row*k + i
				if l.OutAxis == 1 {
					at = i*n + row
				}
				sum[at] += values[row*padded+i]
			}
		}
		all = append(all, s)
	}
	return all, sum
}

// TestNBitsRun compares MatMulNBits with products computed here.
func TestNBitsRun(t *testing.T) {
	needRuntime(t)
	r := rand.New(rand.NewPCG(5, 6))
	for _, rows := range []int64{1, 3, 40} {
		for _, k := range []int64{16, 37, 100, 256} {
			for _, typ := range []tensor.Type{tensor.Uint2, tensor.Int2, tensor.Uint4, tensor.Int4, tensor.Uint8, tensor.Int8} {
				for _, block := range []int{16, 32, 128} {
					for _, parts := range []int{1, 3} {
						for _, zero := range []bool{false, true} {
							const n = 17
							f := mustOpen(t, aModel(4, 7, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")),
								anInit("w", k, n), aValue(11, "x", rows, k), aValue(12, "y", rows, n))))
							stored, w := nbits(r, &f.model.Layers[0], typ, block, parts, zero)
							_, written, b := write(t, f, []model.Change{{Weight: f.model.Layers[0].Weight, Parts: stored, Form: model.FormMatMulNBits}}, WriteOptions{})
							if !written.Contrib || written.Unpacked || written.Lifted || written.Opset != 7 {
								t.Errorf("%+v", written)
							}
							x, want := make([]float32, rows*k), make([]float32, rows*n)
							for i := range x {
								x[i] = float32(r.IntN(15) - 7)
							}
							for i := range want {
								for j := range k {
									want[i] += x[int64(i)/n*k+j] * w[j*n+int64(i)%n]
								}
							}
							what := fmt.Sprintf("%d rows, K %d, %v, block %d, %d parts, zero %v", rows, k, typ, block, parts, zero)
							s, err := ort.OpenBytes(what, b, ort.Options{Threads: 1})
							if err != nil {
								t.Fatal(err)
							}
							if y := output(t, s, ort.Float32(tensor.Shape{rows, k}, x)); !slices.Equal(y, want) {
								t.Errorf("%s: got %v, expected %v", what, y, want)
							}
							s.Close()
						}
					}
				}
			}
		}
	}
}

// TestNBitsLayers puts MatMulNBits in the place of all layers that it can stand
// for, with biases whole and split.
func TestNBitsLayers(t *testing.T) {
	needRuntime(t)
	r := rand.New(rand.NewPCG(7, 8))
	for kind, file := range layerModels(17) {
		f := mustOpen(t, file)
		l := &f.model.Layers[0]
		if err := f.CanNBits(0); err != nil {
			if want := map[string]string{
				"Conv": "not Conv", "ConvTranspose": "not ConvTranspose", "vector": "shape [5]", "tied transposed": "is the transpose",
			}[kind]; want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", kind, err)
			}
			continue
		}
		for _, parts := range []int{1, 3} {
			for _, split := range []bool{false, true} {
				if split && l.Bias == nil {
					continue
				}
				stored, values := nbits(r, l, tensor.Uint4, 16, parts, true)
				c := model.Change{Weight: l.Weight, Parts: stored, Form: model.FormMatMulNBits}
				if split {
					pieces := thirds(readFloats(t, l.Bias))
					whole := [][]float32{readFloats(t, l.Bias)}
					if parts == 3 {
						whole = pieces[:]
					}
					c.Biases = map[int][]model.Stored{}
					for _, p := range whole {
						c.Biases[0] = append(c.Biases[0], floatsAs(t, l.Bias, p))
					}
				}
				g, _, got := write(t, f, []model.Change{c}, WriteOptions{})
				if err := checkNames(f, g); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				_, _, want := write(t, f, []model.Change{{Weight: l.Weight, Parts: []model.Stored{floatsAs(t, l.Weight, values)}}}, WriteOptions{})
				y, want32 := run(t, kind, got), run(t, kind, want)
				for i := range want32 {
					if d := y[i] - want32[i]; d > 1e-5 || d < -1e-5 || parts == 1 && d != 0 {
						t.Errorf("%s, %d parts, bias split %v: got %v, expected %v", kind, parts, split, y, want32)
						break
					}
				}
			}
		}
	}
}

// TestFormsGolden compares all that is in written files with reviewed ones.
func TestFormsGolden(t *testing.T) {
	half := aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("y")),
		pbMsg(5, pbInts(1, 2, 2), pbInt(2, 10), pbStr(8, "w"), pbMsg(9, []byte{0, 0x3c, 0, 0xc0, 0, 0x40, 0, 0x38}))))
	with := func(m model.Form, make form, only ...int) func(*File) []model.Change {
		return func(f *File) (changes []model.Change) {
			r := rand.New(rand.NewPCG(9, 10))
			for _, i := range only {
				l := &f.model.Layers[i]
				s, _ := make(r, l)
				changes = append(changes, model.Change{Weight: l.Weight, Parts: []model.Stored{s}, Form: m})
			}
			return changes
		}
	}
	three := func(f *File) []model.Change {
		r := rand.New(rand.NewPCG(9, 10))
		matmul, gemm := &f.model.Layers[1], &f.model.Layers[2]
		parts, _ := nbits(r, matmul, tensor.Uint2, 16, 3, true)
		plain, _ := nbits(r, gemm, tensor.Int8, 16, 1, false)
		c := model.Change{Weight: matmul.Weight, Parts: parts, Form: model.FormMatMulNBits, Biases: map[int][]model.Stored{}}
		for _, p := range thirds(readFloats(t, matmul.Bias)) {
			c.Biases[1] = append(c.Biases[1], floatsAs(t, matmul.Bias, p))
		}
		return []model.Change{c, {Weight: gemm.Weight, Parts: plain, Form: model.FormMatMulNBits}}
	}
	imported := func(ir, opset int64) []byte {
		return append(smallModel(ir, opset), pbMsg(8, pbStr(1, "com.microsoft"), pbInt(2, 1))...)
	}
	tests := []struct {
		name    string
		file    []byte
		changes func(*File) []model.Change
		target  Target
		want    Written // but for Bytes
	}{
		{"codebook 4 bits", smallModel(8, 17), with(model.FormCodebook, codebook(tensor.Uint4, 3, true), 0, 1), Auto,
			Written{IR: 10, Opset: 21, Lifted: true, Runtime: "1.23"}},
		{"codebook 4 bits, unpacked", smallModel(8, 21), with(model.FormCodebook, codebook(tensor.Uint4, 3, true), 1), ORT120,
			Written{IR: 8, Opset: 21, Unpacked: true}},
		{"codebook 16 bits", smallModel(3, 7), with(model.FormCodebook, codebook(tensor.Uint16, 3, false), 1), Any,
			Written{IR: 4, Opset: 7}},
		{"codebook float16", half, with(model.FormCodebook, codebook(tensor.Uint8, 3, false), 0), Any,
			Written{IR: 8, Opset: 17}},
		{"blocks 2 bits", smallModel(8, 17), with(model.FormLayers, blockwise(tensor.Uint2, 1, 1, true), 1), Auto,
			Written{IR: 13, Opset: 25, Lifted: true, Runtime: "1.24"}},
		{"blocks 8 bits, unpacked", smallModel(8, 17), with(model.FormLayers, blockwise(tensor.Int8, 2, 16, true), 1), Any,
			Written{IR: 8, Opset: 17, Unpacked: true}},
		{"matmulnbits", smallModel(8, 17), three, Web,
			Written{IR: 8, Opset: 17, Contrib: true, Runtime: "1.24"}},
		{"matmulnbits imported", imported(8, 17), with(model.FormMatMulNBits, func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
			s, w := nbits(r, l, tensor.Uint4, 32, 1, true)
			return s[0], w
		}, 2), ORT120, Written{IR: 8, Opset: 17, Contrib: true, Runtime: "1.20"}},
	}
	for _, test := range tests {
		f := mustOpen(t, test.file)
		g, written, b := write(t, f, test.changes(f), WriteOptions{Target: test.target})
		written.Bytes, test.want.Quantized = 0, true
		if written != test.want {
			t.Errorf("%s: %+v, expected %+v", test.name, written, test.want)
		}
		if n := bytes.Count(b, pbMsg(8, pbStr(1, "com.microsoft"), pbInt(2, 1))); n > 1 || n == 1 != test.want.Contrib {
			t.Errorf("%s: com.microsoft is imported %d times", test.name, n)
		}
		golden(t, test.name, dump(t, g))
	}
}

// TestFormsErrors spoils changes, each in one way.
func TestFormsErrors(t *testing.T) {
	file := aModel(8, 17, aGraph(aNode("n", "Gemm", list("x", "w"), list("y"), attrInt("transB", 1)), anInit("w", 5, 37)))
	r := rand.New(rand.NewPCG(1, 1))
	table := func(f *File) model.Stored {
		s, _ := codebook(tensor.Uint4, 16, true)(r, &f.model.Layers[0])
		return s
	}
	block := func(f *File) model.Stored {
		s, _ := blockwise(tensor.Uint4, 1, 16, true)(r, &f.model.Layers[0])
		return s
	}
	bits := func(f *File) model.Stored {
		s, _ := nbits(r, &f.model.Layers[0], tensor.Uint4, 16, 1, true)
		return s[0]
	}
	for _, test := range []struct {
		form   model.Form
		from   func(*File) model.Stored
		spoil  func(*model.Stored)
		target Target
		want   string
	}{
		{model.FormCodebook, block, func(s *model.Stored) {}, Auto, "a codebook is one part with a table"},
		{model.FormCodebook, table, func(s *model.Stored) { s.Table = make([]float32, 17) }, Auto, "a table of 17 values for codes of type uint4"},
		{model.FormCodebook, table, func(s *model.Stored) { s.Table = []float32{} }, Auto, "a table of 0 values"},
		{model.FormCodebook, table, func(s *model.Stored) { s.Type = tensor.Int4 }, Auto, "codes of type int4 are no indices"},
		{model.FormCodebook, table, func(s *model.Stored) { s.Zero = make([]int32, 5) }, Auto, "a table and 5 zero points"},
		{model.FormCodebook, table, func(s *model.Stored) { s.Scale = make([]float32, 4) }, Auto, "4 scales along axis 0"},
		{model.FormLayers, block, func(s *model.Stored) { s.Scale = s.Scale[1:] }, Auto, "14 scales for blocks of 16 along axis 1 of shape [5 37]"},
		{model.FormLayers, block, func(s *model.Stored) { s.Zero = s.Zero[1:] }, Auto, "14 zero points for 15 scales"},
		{model.FormLayers, block, func(s *model.Stored) { s.Axis = 2 }, Auto, "blocks of 16 along axis 2"},
		{model.FormLayers, block, func(s *model.Stored) { s.Block = -1 }, Auto, "blocks of -1"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Shape = tensor.Shape{37, 5} }, Auto, "its shape is [37 5], expected [5 37]"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Block = 8 }, Auto, "blocks of 8 along axis 1"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Block = 24 }, Auto, "blocks of 24"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Axis = 0 }, Auto, "along axis 0"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Scale = s.Scale[1:] }, Auto, "14 scales for blocks"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Type = tensor.Uint16 }, Auto, "codes of type uint16"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Table = []float32{1} }, Auto, "no table"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Zero[3] = 16 }, Auto, "zero point 16 of unsigned codes is not from 0 to 15"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Data = nil }, Auto, "has no data"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) {}, Any, `target "any" is any runtime`},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Type = tensor.Uint2 }, ORT120, "codes of 2 bits needs ONNX Runtime 1.24"},
		{model.FormMatMulNBits, bits, func(s *model.Stored) { s.Type = tensor.Uint8 }, ORT120, "codes of 8 bits needs ONNX Runtime 1.23"},
	} {
		f := mustOpen(t, file)
		s := test.from(f)
		test.spoil(&s)
		_, err := f.Write(io.Discard, []model.Change{{Weight: f.model.Layers[0].Weight, Parts: []model.Stored{s}, Form: test.form}}, WriteOptions{Target: test.target})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, expected: %s", err, test.want)
		}
	}
	vector := mustOpen(t, layerModels(17)["vector"])
	w := vector.model.Layers[0].Weight
	s := model.Stored{Type: tensor.Uint4, Shape: w.Shape, Block: 4, Scale: make([]float32, 2)}
	if _, err := vector.Size([]model.Change{{Weight: w, Parts: []model.Stored{s}}}, WriteOptions{}); err == nil || !strings.Contains(err.Error(), "expected two axes or more") {
		t.Error(err)
	}
}

// TestCanNBits asks for layers that MatMulNBits cannot stand for.
func TestCanNBits(t *testing.T) {
	attr32 := func(name string, v float32) []byte {
		return pbMsg(5, pbStr(1, name), append(pbVarint(2<<3|5), le32(v)...), pbInt(20, 1))
	}
	gemm := func(attrs ...[]byte) []byte { return aNode("n", "Gemm", list("x", "w", "b"), list("y"), attrs...) }
	w := anInit("w", 4, 4)
	for want, graph := range map[string][]byte{
		"":            aGraph(gemm(attr32("alpha", 1), attr32("beta", 1), attrInt("transA", 0), attrInt("transB", 1)), w),
		"alpha":       aGraph(gemm(attr32("alpha", 2)), w),
		"beta":        aGraph(gemm(attr32("beta", 0)), w),
		"transA":      aGraph(gemm(attrInt("transA", 1)), w),
		"on the left": aGraph(aNode("n", "MatMul", list("w", "x"), list("y")), w),
		"[2 4 4]":     aGraph(aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", 2, 4, 4)),
		"the weight is also that of layer \"m\": MatMulNBits has its weight on the right": aGraph(
			aNode("n", "MatMul", list("x", "w"), list("y")), aNode("m", "MatMul", list("w", "x"), list("z")), w),
		"the weight is float16": aGraph(aNode("n", "MatMul", list("x", "w"), list("y")),
			pbMsg(5, pbInts(1, 1, 1), pbInt(2, 10), pbStr(8, "w"), pbMsg(9, []byte{0, 0x3c}))),
		"an embedding": aGraph(aNode("n", "Gather", list("w", "i"), list("y")), w),
	} {
		f := mustOpen(t, aModel(8, 17, graph))
		err := f.CanNBits(0)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, expected: %s", err, want)
		}
	}
	for _, bits := range []int{1, 3, 16} {
		if err := Web.CanNBits(bits); err == nil {
			t.Errorf("%d bits are taken", bits)
		}
	}
}

// BenchmarkForms measures a product with 16 rows in every form.
func BenchmarkForms(b *testing.B) {
	if err := ort.Load(""); err != nil {
		b.Skip(err)
	}
	const rows, n = 16, 512
	file := aModel(8, 17, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", n, n), aValue(11, "x", rows, n), aValue(12, "y", rows, n)))
	measure := func(name string, m model.Form, make form) {
		b.Run(name, func(b *testing.B) {
			f := mustOpen(b, file)
			l := &f.model.Layers[0]
			s, _ := make(rand.New(rand.NewPCG(1, 1)), l)
			_, _, out := write(b, f, []model.Change{{Weight: l.Weight, Parts: []model.Stored{s}, Form: m}}, WriteOptions{})
			session, err := ort.OpenBytes(name, out, ort.Options{Threads: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer session.Close()
			x := map[string]ort.Value{"x": ort.Float32(tensor.Shape{rows, n}, ones(rows*n))}
			for b.Loop() {
				if _, err := session.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	measure("float", model.FormLayers, func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
		return floatsAs(b, l.Weight, ones(n*n)), nil
	})
	measure("codebook", model.FormCodebook, codebook(tensor.Uint4, 16, true))
	measure("blocks", model.FormLayers, blockwise(tensor.Uint4, 2, 32, true))
	for _, typ := range []tensor.Type{tensor.Uint2, tensor.Uint4, tensor.Uint8} {
		measure("matmulnbits "+typ.String(), model.FormMatMulNBits, func(r *rand.Rand, l *model.Layer) (model.Stored, []float32) {
			s, w := nbits(r, l, typ, 32, 1, true)
			return s[0], w
		})
	}
}

// ones makes n ones.
func ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }
