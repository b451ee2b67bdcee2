package onnx

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// write writes changes and opens the result.
func write(t testing.TB, f *File, changes []model.Change, opt WriteOptions) (*File, Written, []byte) {
	t.Helper()
	var b bytes.Buffer
	written, err := f.Write(&b, changes, opt)
	if err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) != written.Bytes {
		t.Errorf("%d bytes, said %d", b.Len(), written.Bytes)
	}
	if said, err := f.Size(changes, opt); said != written || err != nil {
		t.Errorf("Size says %+v, %v, Write %+v", said, err, written)
	}
	g, err := openBytes(b.Bytes())
	if err != nil {
		t.Fatalf("the result cannot be opened: %v", err)
	}
	if g.opset() != written.Opset || g.proto.ir != written.IR {
		t.Errorf("the result has %s, said IR %d, opset %d", g.model.Version, written.IR, written.Opset)
	}
	return g, written, b.Bytes()
}

// TestWriteUnchanged writes all models back as they came.
func TestWriteUnchanged(t *testing.T) {
	for _, path := range sharedModels(t) {
		f, err := openFile(t, path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		written, err := f.Write(&b, nil, WriteOptions{Target: Any, Properties: []model.Property{{Key: "k", Value: "v"}}})
		if err != nil || !bytes.Equal(b.Bytes(), want) || written.Bytes != int64(len(want)) {
			t.Errorf("%s: %d bytes, expected the %d of the file, %v", filepath.Base(path), b.Len(), len(want), err)
		}
	}
}

// smallModel has a Conv with bias and unknown fields, a MatMul with the Add
// behind it, a Gemm, and what names their weights elsewhere.
func smallModel(ir, opset int64) []byte {
	return aModel(ir, opset, aGraph(
		aNode("conv", "Conv", list("x", "k", "b"), list("c"), attrInts("kernel_shape", 1), pbStr(6, "doc"), pbStr(900, "unknown")),
		aNode("", "MatMul", list("c", "w"), list("m")),
		aNode("add", "Add", list("m", "bw"), list("a")),
		aNode("gemm", "Gemm", list("a", "g", "bg"), list("y")),
		anInit("k", 2, 2, 1), anInit("b", 2), anInit("w", 2, 2), anInit("bw", 2), anInit("g", 2, 2), anInit("bg", 2),
		aValue(11, "x", 1, 2, 2), aValue(11, "k", 2, 2, 1), aValue(12, "y", 2, 2),
		aValue(13, "w", 2, 2), aValue(13, "m", 2, 2), aValue(13, "a", 2, 2),
	), pbMsg(14, pbStr(1, "author"), pbStr(2, "someone")), pbMsg(14, pbStr(1, "made"), pbStr(2, "before")), pbStr(900, "unknown"))
}

// TestWriteGolden writes small models in every form and compares all that is
// in the results with reviewed files in testdata.
func TestWriteGolden(t *testing.T) {
	made := []model.Property{{Key: "made", Value: "now"}}
	tied := aModel(8, 21, aGraph(
		aNode("a", "MatMul", list("x", "w"), list("h")), aNode("b", "MatMul", list("h", "w"), list("y")),
		anInit("w", 2, 2), aValue(11, "x", 2, 2), aValue(12, "y", 2, 2)))
	taken := aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("h")), aNode("n/lower", "Relu", list("h"), list("h/upper")), aNode("n/sum", "Relu", list("w/middle"), list("y")),
		anInit("w", 2, 2), anInit("w/middle", 1), aValue(11, "x", 2, 2), aValue(12, "y", 1)))
	half := aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("y")),
		pbMsg(5, pbInts(1, 2, 2), pbInt(2, 10), pbStr(8, "w"), pbMsg(9, []byte{0, 0x3c, 0, 0xc0, 0, 0x40, 0, 0x38}))))
	inner := aGraph(
		aNode("inner", "Unsqueeze", list("x"), list("u"), attrInts("axes", 0)), aNode("relu", "Relu", list("u"), list("s")),
		aValue(12, "s", 1, 2, 2))
	lifted := aModel(3, 11, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("h")),
		aNode("branch", "If", list("cond"), list("i"), attrGraph("then_branch", inner), attrGraph("else_branch", inner)),
		aNode("squeeze", "Squeeze", list("i"), list("y"), attrInts("axes", 0)),
		anInit("w", 2, 2), aValue(11, "x", 2, 2), aValue(11, "w", 2, 2), aValue(12, "y", 2)),
		pbMsg(25, pbStr(1, "F"), pbStr(10, "com.example"), pbStr(4, "a"), pbStr(5, "b"), pbMsg(9, pbStr(1, ""), pbInt(2, 11)),
			pbMsg(7, aNodeBody("f", "Squeeze", list("a"), list("b"), attrInts("axes", 0)))))
	gemm := aModel(3, 9, aGraph(
		aNode("gemm", "Gemm", list("x", "g", "bg"), list("y")),
		anInit("g", 2, 2), anInit("bg", 2), aValue(11, "x", 2, 2), aValue(11, "g", 2, 2), aValue(11, "bg", 2), aValue(12, "y", 2, 2)))
	removed := aModel(3, 7, aGraph(
		aNode("squeeze", "Squeeze", list("x"), list("s"), attrInts("axes", 0)), aNode("scale", "ImageScaler", list("s"), list("i")),
		aNode("n", "MatMul", list("i", "w"), list("y")), anInit("w", 2, 2)))
	symmetric := func(f *File) []model.Change {
		w := f.model.Layers[0].Weight
		return []model.Change{{Weight: w, Parts: []model.Stored{{
			Type: tensor.Int4, Shape: w.Shape, Scale: []float32{0.5}, Data: bytes.NewReader([]byte{0x21, 0xfe}),
		}}}}
	}
	tests := []struct {
		name    string
		file    []byte
		changes func(*File) []model.Change
		target  Target
	}{
		{"float split", smallModel(8, 17), func(f *File) []model.Change { return floatSplit(t, f) }, Auto},
		{"float split, opset 7", smallModel(3, 7), func(f *File) []model.Change { return floatSplit(t, f) }, Auto},
		{"plain 8 bits", smallModel(8, 17), func(f *File) []model.Change { c, _ := quantized(t, f, 8, 1, model.FormLayers); return c }, Auto},
		{"layers 4 bits", smallModel(8, 21), func(f *File) []model.Change { c, _ := quantized(t, f, 4, 3, model.FormLayers); return c }, Auto},
		{"layers 2 bits, opset 9 kept", gemm, func(f *File) []model.Change { c, _ := quantized(t, f, 2, 3, model.FormLayers); return c }, Any},
		{"summed 4 bits", smallModel(8, 21), func(f *File) []model.Change { c, _ := quantized(t, f, 4, 3, model.FormSummed); return c }, ORT120},
		{"tied 4 bits", tied, func(f *File) []model.Change { c, _ := quantized(t, f, 4, 3, model.FormLayers); return c }, Auto},
		{"taken names", taken, func(f *File) []model.Change { return floatSplit(t, f) }, Auto},
		{"float16 8 bits", half, func(f *File) []model.Change { c, _ := quantized(t, f, 8, 1, model.FormLayers); return c }, Auto},
		{"float16 summed", half, func(f *File) []model.Change { c, _ := quantized(t, f, 8, 3, model.FormSummed); return c }, Auto},
		{"cannot be lifted", removed, symmetric, Auto},
		{"lifted to opset 25", lifted, func(f *File) []model.Change { c, _ := quantized(t, f, 2, 1, model.FormLayers); return c }, Web},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := mustOpen(t, test.file)
			g, _, _ := write(t, f, test.changes(f), WriteOptions{Target: test.target, Properties: made})
			golden(t, test.name, dump(t, g))
		})
	}
}

// TestWritePassesThrough checks that what a change does not touch is in the
// result byte for byte, unknown fields included, and that copies of a node keep
// theirs.
func TestWritePassesThrough(t *testing.T) {
	f := mustOpen(t, smallModel(8, 17))
	changes := floatSplit(t, f)[:1] // of the Conv
	_, _, b := write(t, f, changes, WriteOptions{})
	for what, field := range map[string][]byte{
		"the Gemm":                  aNode("gemm", "Gemm", list("a", "g", "bg"), list("y")),
		"an initializer":            anInit("bg", 2),
		"the opset":                 pbMsg(8, pbStr(1, ""), pbInt(2, 17)),
		"a property":                pbMsg(14, pbStr(1, "author"), pbStr(2, "someone")),
		"the model's unknown field": append(pbMsg(14, pbStr(1, "made"), pbStr(2, "before")), pbStr(900, "unknown")...),
	} {
		if bytes.Count(b, field) != 1 {
			t.Errorf("%s is not there as it was", what)
		}
	}
	if n := bytes.Count(b, append(pbStr(6, "doc"), pbStr(900, "unknown")...)); n != 3 {
		t.Errorf("%d copies of the Conv have its unknown field, expected 3", n)
	}
	if n := bytes.Count(b, attrInts("kernel_shape", 1)); n != 3 {
		t.Errorf("%d copies of the Conv have its attribute, expected 3", n)
	}
}

// TestWriteLiftedKeeps checks that a node which is written anew in a later
// opset keeps its unknown fields.
func TestWriteLiftedKeeps(t *testing.T) {
	f := mustOpen(t, aModel(8, 11, aGraph(
		aNode("squeeze", "Squeeze", list("x"), list("s"), attrInts("axes", 0), pbStr(900, "unknown")),
		aNode("n", "MatMul", list("s", "w"), list("y")), anInit("w", 2, 2))))
	changes, _ := quantized(t, f, 8, 1, model.FormLayers)
	_, written, b := write(t, f, changes, WriteOptions{})
	if !written.Lifted || !bytes.Contains(b, pbStr(900, "unknown")) {
		t.Errorf("%+v, %q", written, b)
	}
}

// TestEdits puts edits on top of each other.
func TestEdits(t *testing.T) {
	file := []byte("0123456789")
	outer := &message{body: span{0, 10}}
	inner := &message{num: 1, field: span{2, 6}, body: span{4, 6}, parent: outer}
	other := &message{num: 1, field: span{6, 9}, body: span{8, 9}, parent: outer}
	e := newEdits(bytes.NewReader(file))
	e.replace(outer, span{10, 10}, literal([]byte("end")))
	e.replace(inner, span{4, 5}, literal([]byte("never seen")))
	e.replace(outer, inner.field, literal([]byte("new")))
	e.replace(outer, span{2, 2}, literal([]byte("before")))
	e.replace(other, span{9, 9}, literal([]byte("!")))
	s, err := e.body(outer)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.writeTo(&b); err != nil {
		t.Fatal(err)
	}
	if want := "01beforenew\x0a\x028!9end"; b.String() != want {
		t.Errorf("%q, expected %q", b.String(), want)
	}
}

// TestWriteShared writes all models of the test material in float, in three
// forms and widths, for three targets, and checks each result's structure and
// the data of all parts.
func TestWriteShared(t *testing.T) {
	for _, path := range sharedModels(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := openFile(t, path)
			if err != nil {
				t.Fatal(err)
			}
			list, _ := weights(f)
			if len(list) == 0 {
				t.Skip("nothing that can be changed")
			}
			check := func(what string, changes []model.Change, opt WriteOptions) {
				g, written, _ := write(t, f, changes, opt)
				if err := checkResult(f, g, changes, written); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			check("float", floatSplit(t, f), WriteOptions{})
			if f.CanQuantize() != nil {
				return
			}
			for i, form := range []model.Form{model.FormLayers, model.FormSummed} {
				bits, target := []int{8, 2}[i], []Target{Auto, Any}[i]
				changes, _ := quantized(t, f, bits, 3, form)
				check(fmt.Sprintf("%s, %d bits, %s", form, bits, target), changes, WriteOptions{Target: target})
			}
			changes, _ := quantized(t, f, 4, 1, model.FormLayers)
			check("plain, 4 bits", changes, WriteOptions{Target: ORT120})
		})
	}
}

// checkResult compares the graph of a written file with the one it came from:
// the same inputs that are no initializers, the same outputs, nothing read that
// is not there, nothing made after it is read that was not so before, every
// part's bytes in a constant, no changed weight left.
func checkResult(f, g *File, changes []model.Change, written Written) error {
	if err := checkNames(f, g); err != nil {
		return err
	}
	have := make(map[string]bool)
	for _, c := range g.constants {
		if c.tensor.Data == nil {
			continue
		}
		raw, err := io.ReadAll(io.NewSectionReader(c.tensor.Data, 0, math.MaxInt32))
		if err != nil {
			return err
		}
		have[string(raw)] = true
	}
	for _, c := range changes {
		if v := g.proto.graph.values[c.Weight.Name]; v != nil && v.init != nil && c.Parts[0].Quantized() {
			return fmt.Errorf("weight %q is still there", c.Weight.Name)
		}
		for _, s := range allStored(&c) {
			r := s.Data
			if written.Unpacked {
				r = flip(r, s.Type)
			}
			if s.Type == tensor.Uint2 || s.Type == tensor.Uint4 || s.Type == tensor.Uint8 || !s.Quantized() {
				r = s.Data
			}
			elems, err := s.Shape.Elems()
			if err != nil {
				return err
			}
			size, err := s.Type.Bytes(elems)
			if err != nil {
				return err
			}
			raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
			if err != nil {
				return err
			}
			if !have[string(raw)] {
				return fmt.Errorf("a part of %q is not there", c.Weight.Name)
			}
		}
	}
	return nil
}

func checkNames(f, g *File) error {
	feeds := func(f *File) string {
		var s []string
		for _, in := range f.proto.graph.inputs {
			if f.proto.graph.values[in.name].init == nil {
				s = append(s, in.name)
			}
		}
		for _, out := range f.proto.graph.outputs {
			s = append(s, "-> "+out.name)
		}
		return strings.Join(s, " ")
	}
	if feeds(f) != feeds(g) {
		return fmt.Errorf("inputs and outputs %s, expected %s", feeds(g), feeds(f))
	}
	// A value is late if a node, in whatever graph, reads it before it is made.
	late := func(f *File) map[string]bool {
		found, made := make(map[string]bool), make(map[*value]bool)
		var walk func(g *graph)
		walk = func(g *graph) {
			for _, n := range g.nodes {
				for _, in := range n.inputs {
					if v := g.find(in); v != nil && v.node != nil && !made[v] {
						found[in] = true
					}
				}
				for _, a := range n.attrs {
					for _, inner := range a.graphs {
						walk(inner)
					}
				}
				for _, out := range n.outputs {
					made[g.find(out)] = true
				}
			}
		}
		walk(f.proto.graph)
		for _, g := range f.proto.functions {
			walk(g)
		}
		return found
	}
	before := late(f)
	for name := range late(g) {
		if !before[name] {
			return fmt.Errorf("value %q is read before it is made", name)
		}
	}
	known, missing := make(map[string]bool), make(map[string]bool)
	for _, graph := range f.graphs {
		for _, n := range graph.nodes {
			known[n.name] = true
			for _, in := range n.inputs {
				if graph.find(in) == nil {
					missing[in] = true
				}
			}
		}
	}
	names := make(map[string]int)
	for _, graph := range g.graphs {
		for _, n := range graph.nodes {
			for _, in := range n.inputs {
				if graph.find(in) == nil && !missing[in] && in != "" {
					return fmt.Errorf("node %q reads %q, which is not there", n.label(), in)
				}
			}
			if names[n.name]++; names[n.name] > 1 && !known[n.name] {
				return fmt.Errorf("two nodes are named %q", n.name)
			}
		}
	}
	return nil
}

// TestWriteExternal checks that a changed model takes its external data in.
func TestWriteExternal(t *testing.T) {
	b := aModel(8, 17, aGraph(
		aNode("n", "MatMul", list("x", "w"), list("y")), aNode("m", "MatMul", list("y", "v"), list("z")),
		anInit("v", 2, 2),
		aNode("c", "Constant", nil, list("c"), attrTensor("value", pbInts(1, 4), pbInt(2, 1), pbInt(14, 1), pbMsg(13, pbStr(1, "location"), pbStr(2, "w.bin")))),
		pbMsg(5, pbInts(1, 2, 2), pbInt(2, 1), pbStr(8, "w"), pbInt(14, 1), pbMsg(13, pbStr(1, "location"), pbStr(2, "w.bin")), pbStr(12, "doc"))))
	external := func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(le32(1, 2, 3, 4)), 16, nil }
	f, err := Open(bytes.NewReader(b), int64(len(b)), external)
	if err != nil {
		t.Fatal(err)
	}
	_, _, out := write(t, f, floatSplit(t, f)[1:], WriteOptions{})
	if want := attrTensor("value", pbInts(1, 4), pbInt(2, 1), pbMsg(9, le32(1, 2, 3, 4))); !bytes.Contains(out, want) {
		t.Errorf("%x has not %x", out, want)
	}
	want := pbMsg(5, pbInts(1, 2, 2), pbInt(2, 1), pbStr(8, "w"), pbMsg(9, le32(1, 2, 3, 4)), pbStr(12, "doc"))
	if !bytes.Contains(out, want) {
		t.Errorf("%x has not %x", out, want)
	}
}

func TestWriteErrors(t *testing.T) {
	f := mustOpen(t, smallModel(8, 17))
	k := f.Model().Layers[0].Weight
	other := &model.Tensor{Name: "other", Type: tensor.Float32, Shape: tensor.Shape{2}}
	plain := func(s model.Stored) []model.Change { return []model.Change{{Weight: k, Parts: []model.Stored{s}}} }
	whole := floatsAs(t, k, make([]float32, 4))
	short := whole
	short.Data = bytes.NewReader(make([]byte, 5))
	silent := whole
	silent.Data = nil
	codes := model.Stored{Type: tensor.Uint8, Shape: k.Shape, Data: bytes.NewReader(make([]byte, 4)), Scale: []float32{1}}
	stored := func(s model.Stored, edit func(*model.Stored)) model.Stored { edit(&s); return s }
	for want, changes := range map[string][]model.Change{
		"a change has no weight": {{}},
		`tensor "other": no layer that can be changed has this weight`: {{Weight: other, Parts: []model.Stored{whole}}},
		`tensor "k": the change has no parts`:                          {{Weight: k}},
		`tensor "k": unknown form "odd"`:                               {{Weight: k, Parts: []model.Stored{whole, whole}, Form: "odd"}},
		`tensor "k" is changed twice`:                                  append(plain(whole), plain(whole)...),
		`part "k": its type is float16, expected float32`:              plain(stored(whole, func(s *model.Stored) { s.Type = tensor.Float16 })),
		`part "k": its shape is [4], expected [2 2 1]`:                 plain(stored(whole, func(s *model.Stored) { s.Shape = tensor.Shape{4} })),
		`part "k": codes of type int32 cannot be dequantized`:          plain(stored(codes, func(s *model.Stored) { s.Type = tensor.Int32 })),
		`part "k": 3 scales along axis 1 of shape [2 2 1]`:             plain(stored(codes, func(s *model.Stored) { s.Scale, s.Axis = make([]float32, 3), 1 })),
		`part "k": 2 scales along axis 9 of shape [2 2 1]`:             plain(stored(codes, func(s *model.Stored) { s.Scale, s.Axis = make([]float32, 2), 9 })),
		`part "k": 2 zero points for 1 scales`:                         plain(stored(codes, func(s *model.Stored) { s.Zero = make([]int32, 2) })),
		`tensor "k": reading byte 5 of 16`:                             plain(short),
		`tensor "k" has no data`:                                       plain(silent),
		`layer "conv": 2 biases for 1 weights`:                         {{Weight: k, Parts: []model.Stored{whole}, Biases: map[int][]model.Stored{0: {whole, whole}}}},
	} {
		_, err := f.Write(io.Discard, changes, WriteOptions{})
		if err == nil || !strings.HasPrefix(err.Error(), "onnx: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected: %s", err, want)
		}
	}
	if _, err := f.Write(io.Discard, nil, WriteOptions{Target: "moon"}); err == nil || !strings.Contains(err.Error(), `unknown target "moon"`) {
		t.Error(err)
	}
	old := mustOpen(t, smallModel(3, 6))
	changes, _ := quantized(t, old, 8, 1, model.FormLayers)
	if _, err := old.Write(io.Discard, changes, WriteOptions{}); err == nil || !strings.Contains(err.Error(), "opset 6 has no operators to unpack codes with") {
		t.Error(err)
	}
}

// TestWriteTooLarge refuses a result that protobuf cannot hold.
func TestWriteTooLarge(t *testing.T) {
	const size = 1500e6
	fields := func(name string) []byte {
		return pbMsg(5, pbInts(1, size/4), pbInt(2, 1), pbStr(8, name), pbInt(14, 1), pbMsg(13, pbStr(1, "location"), pbStr(2, "w.bin")))
	}
	b := aModel(8, 17, aGraph(aNode("n", "MatMul", list("x", "small"), list("y")), anInit("small", 2, 2), fields("a"), fields("b")))
	f, err := Open(bytes.NewReader(b), int64(len(b)), func(string) (io.ReaderAt, int64, error) { return zeros{}, size, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Size(floatSplit(t, f), WriteOptions{}); err == nil || !strings.Contains(err.Error(), "an ONNX file holds 2147483647 at most") {
		t.Error(err)
	}
}

// TestWriteBeside lets a result be too large for one file: its tensors, those
// that came from outside too, must be the same in two, and run.
func TestWriteBeside(t *testing.T) {
	values := make([]float32, 32*32)
	for i := range values {
		values[i] = float32(i%23) - 11
	}
	outside := le32(values...)
	b := aModel(8, 17, aGraph(
		aNode("a", "MatMul", list("x", "w"), list("h")), aNode("b", "MatMul", list("h", "v"), list("i")), aNode("c", "Add", list("i", "c"), list("y")),
		anInit("w", 32, 32), anInit("c", 32),
		pbMsg(5, pbInts(1, 32, 32), pbInt(2, 1), pbStr(8, "v"), pbInt(14, 1), pbMsg(13, pbStr(1, "location"), pbStr(2, "v.bin"))),
		aValue(11, "x", 2, 32), aValue(12, "y", 2, 32)))
	f, err := Open(bytes.NewReader(b), int64(len(b)), func(string) (io.ReaderAt, int64, error) {
		return bytes.NewReader(outside), int64(len(outside)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	changes := floatSplit(t, f)[:1]
	one, _, whole := write(t, f, changes, WriteOptions{DataName: "y.onnx.data"}) // not needed yet

	var head, data bytes.Buffer
	opt := WriteOptions{Data: &data, DataName: "y.onnx.data", Most: 4000}
	written, err := f.Write(&head, changes, opt)
	if err != nil || written.Bytes != int64(head.Len()) || written.Beside != int64(data.Len()) || head.Len() > 4000 {
		t.Fatalf("%+v for %d and %d bytes, %v", written, head.Len(), data.Len(), err)
	}
	if said, err := f.Size(changes, opt); said != written || err != nil {
		t.Errorf("Size says %+v, %v", said, err)
	}
	two, err := Open(bytes.NewReader(head.Bytes()), written.Bytes, func(name string) (io.ReaderAt, int64, error) {
		if name != "y.onnx.data" {
			t.Errorf("the data are in %q", name)
		}
		return bytes.NewReader(data.Bytes()), written.Beside, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, one) != dump(t, two) {
		t.Errorf("in two files:\n%s\nin one:\n%s", dump(t, two), dump(t, one))
	}
	n := 0
	for _, c := range two.constants {
		if c.external != nil {
			n++
			if c.external.offset%4096 != 0 {
				t.Errorf("%q begins at byte %d", c.name, c.external.offset)
			}
		}
	}
	if n != 4 { // three parts, and v
		t.Errorf("%d tensors are in the file beside, expected 4", n)
	}

	for _, bad := range []WriteOptions{{Most: 4000}, {Most: 4000, DataName: "d"}, {Most: 100, DataName: "d", Data: io.Discard}} {
		if _, err := f.Write(io.Discard, changes, bad); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}

	needRuntime(t)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"y.onnx": head.Bytes(), "y.onnx.data": data.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ort.Open(filepath.Join(dir, "y.onnx"), ort.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := ask(t, "two files", s, 0)
	if d := apart(got, answers(t, "one file", whole, 0)); d != 0 {
		t.Errorf("outputs differ by %g", d)
	}
}
