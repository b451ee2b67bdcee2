//go:build cgo

package ort

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"splitquant/core/tensor"
)

// library loads ONNX Runtime or skips the test.
func library(t testing.TB) {
	t.Helper()
	if err := Load(""); err != nil {
		t.Skip(err)
	}
}

// The oracle of these tests is the operator's definition: the models are
// written here, byte by byte, and small enough to be computed by hand.

// onnxType is the number that onnx.proto gives an element type.
var onnxType = map[tensor.Type]int64{
	tensor.Float32: 1, tensor.Uint8: 2, tensor.Int8: 3, tensor.Uint16: 4, tensor.Int16: 5, tensor.Int32: 6,
	tensor.Int64: 7, tensor.String: 8, tensor.Bool: 9, tensor.Float16: 10, tensor.Float64: 11,
	tensor.Uint32: 12, tensor.Uint64: 13, tensor.BFloat16: 16, tensor.Uint4: 21,
}

// valueInfo says name, type and shape; -1 is a dimension without a value, a
// nil shape no shape at all.
func valueInfo(name string, typ tensor.Type, shape tensor.Shape) []byte {
	tt := appendInt(nil, 1, onnxType[typ])
	if shape != nil {
		var dims []byte
		for _, d := range shape {
			dim := appendInt(nil, 1, d)
			if d < 0 {
				dim = appendString(nil, 2, "n")
			}
			dims = appendBytes(dims, 1, dim)
		}
		tt = appendBytes(tt, 2, dims)
	}
	return appendBytes(appendString(nil, 1, name), 2, appendBytes(nil, 1, tt))
}

func initializer(name string, typ tensor.Type, shape tensor.Shape, raw []byte) []byte {
	var b []byte
	for _, d := range shape {
		b = appendInt(b, 1, d)
	}
	return appendBytes(appendString(appendInt(b, 2, onnxType[typ]), 8, name), 9, raw)
}

// A graph collects the fields of a GraphProto.
type graph struct{ b []byte }

func (g *graph) node(b []byte) *graph        { g.b = appendBytes(g.b, 1, b); return g }
func (g *graph) initializer(b []byte) *graph { g.b = appendBytes(g.b, 5, b); return g }
func (g *graph) input(b []byte) *graph       { g.b = appendBytes(g.b, 11, b); return g }
func (g *graph) output(b []byte) *graph      { g.b = appendBytes(g.b, 12, b); return g }

func (g *graph) model(opset int64) []byte {
	b := appendInt(nil, 1, 10) // IR version
	b = appendBytes(b, 7, appendString(g.b, 2, "test"))
	for _, domain := range []string{"", "ai.onnx.ml"} {
		v := opset
		if domain != "" {
			v = 1
		}
		b = appendBytes(b, 8, appendInt(appendString(nil, 1, domain), 2, v))
	}
	return b
}

// identity is a model that gives back what it gets.
func identity(typ tensor.Type, in, out tensor.Shape) []byte {
	g := new(graph).node(node("Identity", []string{"x"}, "y", nil))
	return g.input(valueInfo("x", typ, in)).output(valueInfo("y", typ, out)).model(17)
}

func openBytes(t testing.TB, model []byte) *Session {
	t.Helper()
	library(t)
	s, err := OpenBytes(t.Name(), model, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestTypes sends every element type through a model, as a tensor, as a
// scalar and with no elements.
func TestTypes(t *testing.T) {
	library(t)
	for typ := range onnxType {
		if typ == tensor.String || typ == tensor.Uint4 {
			continue
		}
		one := make([]byte, typ.Bits()/8) // 1 in every type
		switch typ {
		case tensor.Float64:
			one[6], one[7] = 0xf0, 0x3f
		case tensor.Float32:
			one[2], one[3] = 0x80, 0x3f
		case tensor.Float16:
			one[1] = 0x3c
		case tensor.BFloat16:
			one[0], one[1] = 0x80, 0x3f
		default:
			one[0] = 1
		}
		shapes := []tensor.Shape{{2, 3}, {0, 3}}
		if !is16bit(typ) {
			shapes = append(shapes, tensor.Shape{})
		}
		for _, shape := range shapes {
			for _, declared := range []tensor.Shape{shape, nil} { // known and unknown
				s := openBytes(t, identity(typ, shape, declared))
				n, _ := shape.Elems()
				out, err := s.Run(map[string]Value{"x": {Type: typ, Shape: shape, Data: bytes.Repeat(one, int(n))}})
				if err != nil {
					t.Errorf("%v %v: %v", typ, shape, err)
					continue
				}
				y := out["y"]
				floats, err := y.Floats()
				if err != nil || y.Type != typ || !slices.Equal(y.Shape, shape) || int64(len(floats)) != n {
					t.Errorf("%v %v: got %v of shape %v, error %v", typ, shape, floats, y.Shape, err)
				}
				for _, f := range floats {
					if f != 1 {
						t.Errorf("%v %v: got %v, want ones", typ, shape, floats)
						break
					}
				}
			}
		}
	}
}

func TestStrings(t *testing.T) {
	s := openBytes(t, identity(tensor.String, tensor.Shape{-1}, tensor.Shape{-1}))
	want := []string{"", "Ruffles", "für"}
	out, err := s.Run(map[string]Value{"x": {Type: tensor.String, Shape: tensor.Shape{3}, Strings: want}})
	if err != nil {
		t.Fatal(err)
	}
	if got := out["y"].Strings; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInfo(t *testing.T) {
	s := openBytes(t, identity(tensor.Float32, tensor.Shape{-1, 4}, nil))
	if len(s.Inputs) != 1 || s.Inputs[0].Name != "x" || s.Inputs[0].Type != tensor.Float32 || !slices.Equal(s.Inputs[0].Shape, tensor.Shape{-1, 4}) {
		t.Errorf("inputs are %+v", s.Inputs)
	}
	if len(s.Outputs) != 1 || s.Outputs[0].Name != "y" {
		t.Errorf("outputs are %+v", s.Outputs)
	}
}

// TestMaps has a model with a tensor and a sequence of maps as outputs.
func TestMaps(t *testing.T) {
	labels := appendInt(appendInt(appendInt(appendString(nil, 1, "classlabels_int64s"), 8, 10), 8, 20), 20, 7)
	zipmap := appendString(node("ZipMap", []string{"x"}, "m", labels), 7, "ai.onnx.ml")
	floats := appendBytes(nil, 1, appendInt(nil, 1, 1))                                                // a tensor of float32
	sequence := appendBytes(nil, 1, appendBytes(nil, 5, appendBytes(appendInt(nil, 1, 7), 2, floats))) // of maps from int64
	g := new(graph).node(zipmap).node(node("Identity", []string{"x"}, "y", nil)).
		input(valueInfo("x", tensor.Float32, tensor.Shape{1, 2})).
		output(appendBytes(appendString(nil, 1, "m"), 2, appendBytes(nil, 4, sequence))).
		output(valueInfo("y", tensor.Float32, tensor.Shape{1, 2}))
	s := openBytes(t, g.model(17))
	out, err := s.Run(map[string]Value{"x": Float32(tensor.Shape{1, 2}, []float32{3, 4})})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 1 || len(out["y"].Data) != 8 {
		t.Errorf("got %v, want y alone", out)
	}
}

// TestExternalData has the weight in a file beside the model, and an output of
// float16, for which the model goes through memory.
func TestExternalData(t *testing.T) {
	library(t)
	dir := t.TempDir()
	var w []byte
	for i := range 256 {
		w = binary.LittleEndian.AppendUint32(w, math.Float32bits(float32(i)))
	}
	if err := os.WriteFile(filepath.Join(dir, "w.bin"), w, 0o666); err != nil {
		t.Fatal(err)
	}
	entry := func(k, v string) []byte { return appendString(appendString(nil, 1, k), 2, v) }
	init := initializer("w", tensor.Float32, tensor.Shape{256}, nil)
	init = init[:len(init)-2] // without raw_data
	init = appendInt(appendBytes(init, 13, entry("location", "w.bin")), 14, 1)
	g := new(graph).node(node("Add", []string{"x", "w"}, "y", nil)).
		node(node("Cast", []string{"y"}, "h", intAttr("to", 10))).
		initializer(init).
		input(valueInfo("x", tensor.Float32, tensor.Shape{1})).
		output(valueInfo("y", tensor.Float32, tensor.Shape{256})).
		output(valueInfo("h", tensor.Float16, tensor.Shape{256}))
	path := filepath.Join(dir, "m.onnx")
	if err := os.WriteFile(path, g.model(17), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(map[string]Value{"x": Float32(tensor.Shape{1}, []float32{0.5 + 1.0/(1<<20)})})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float32{"y": 0.5 + 1.0/(1<<20), "h": 0.5} { // float16 holds no more
		got, err := out[name].Floats()
		if err != nil || len(got) != 256 || got[0] != want {
			t.Errorf("%s: got %v, %v, want %v first", name, got, err, want)
		}
	}
}

// TestFullPrecision multiplies by a weight in 4 bits. ONNX Runtime fuses the
// two nodes, and without our setting rounds x to 8 bits before it multiplies.
func TestFullPrecision(t *testing.T) {
	const k, n = 32, 8
	codes := make([]byte, k*n/2)
	for i := range codes {
		codes[i] = byte(i * 37)
	}
	x := make([]float32, k)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	want := make([]float64, n)
	for i := range k {
		for j := range n {
			c := codes[(i*n+j)/2] >> (4 * ((i*n + j) % 2)) & 15
			want[j] += float64(x[i]) * 0.25 * (float64(c) - 8)
		}
	}
	scale := binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.25))
	g := new(graph).node(node("DequantizeLinear", []string{"c", "s", "z"}, "w", nil)).
		node(node("MatMul", []string{"x", "w"}, "y", nil)).
		initializer(initializer("c", tensor.Uint4, tensor.Shape{k, n}, codes)).
		initializer(initializer("s", tensor.Float32, tensor.Shape{}, scale)).
		initializer(initializer("z", tensor.Uint4, tensor.Shape{}, []byte{8})).
		input(valueInfo("x", tensor.Float32, tensor.Shape{1, k})).
		output(valueInfo("y", tensor.Float32, tensor.Shape{1, n}))
	s := openBytes(t, g.model(21))
	out, err := s.Run(map[string]Value{"x": Float32(tensor.Shape{1, k}, x)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := out["y"].Floats()
	if err != nil {
		t.Fatal(err)
	}
	for j := range want {
		if math.Abs(float64(got[j])-want[j]) > 1e-5 {
			t.Errorf("y[%d] is %v, want %v", j, got[j], want[j])
		}
	}
}

func TestErrors(t *testing.T) {
	s := openBytes(t, identity(tensor.Float32, tensor.Shape{-1, 4}, tensor.Shape{-1, 4}))
	x := Float32(tensor.Shape{1, 4}, make([]float32, 4))
	for _, c := range []struct {
		name   string
		inputs map[string]Value
		want   string
	}{
		{"no input", nil, `input "x" is missing`},
		{"another name", map[string]Value{"z": x}, `input "x" is missing`},
		{"too many", map[string]Value{"x": x, "z": x}, "2 inputs were given, expected 1"},
		{"type", map[string]Value{"x": Int64(tensor.Shape{1, 4}, make([]int64, 4))}, `input "x": type is int64, expected float32`},
		{"bytes", map[string]Value{"x": {tensor.Float32, tensor.Shape{1, 4}, x.Data[1:], nil}}, `input "x": 15 bytes for shape [1 4] of float32, expected 16`},
		{"negative", map[string]Value{"x": {tensor.Float32, tensor.Shape{-1, 4}, nil, nil}}, "negative"},
		{"shape", map[string]Value{"x": Float32(tensor.Shape{2, 2}, make([]float32, 4))}, "invalid dimensions"},
		{"rank", map[string]Value{"x": Float32(tensor.Shape{4}, make([]float32, 4))}, "Invalid rank"},
	} {
		_, err := s.Run(c.inputs)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), t.Name()) {
			t.Errorf("%s: error is %v, want the model's name and %q", c.name, err, c.want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	library(t)
	dir := t.TempDir()
	text := filepath.Join(dir, "text.onnx")
	if err := os.WriteFile(text, []byte("no model"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, filepath.Join(dir, "absent.onnx")} {
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v, want one that names %s", err, path)
		}
	}
	if _, err := OpenBytes("nothing", nil, Options{}); err == nil {
		t.Error("a model without bytes was opened")
	}
	noInput := new(graph).node(node("RandomNormal", nil, "y", appendInt(appendInt(appendString(nil, 1, "shape"), 8, 2), 20, 7))).
		output(valueInfo("y", tensor.Float32, tensor.Shape{2}))
	if _, err := OpenBytes("lonely", noInput.model(17), Options{}); err == nil || !strings.Contains(err.Error(), "0 inputs") {
		t.Errorf("error is %v, want 0 inputs", err)
	}
	if err := Load(text); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error is %v, want one that says the library cannot change", err)
	}
}

// TestConcurrent runs one session from several goroutines.
func TestConcurrent(t *testing.T) {
	s := openBytes(t, identity(tensor.Float32, tensor.Shape{-1}, tensor.Shape{-1}))
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 50 {
				out, err := s.Run(map[string]Value{"x": Float32(tensor.Shape{1}, []float32{float32(i)})})
				if err != nil {
					t.Error(err)
					return
				}
				if got, _ := out["y"].Floats(); got[0] != float32(i) {
					t.Errorf("got %v, want %v", got, i)
				}
			}
		})
	}
	wait.Wait()
}

// TestLeak opens and runs a model with a weight of 4 MB again and again, and one
// that gives back 4 MB of text. What a session or a value kept would show in the
// memory of the process.
func TestLeak(t *testing.T) {
	library(t)
	const n = 1 << 20
	g := new(graph).node(node("Add", []string{"x", "w"}, "y", nil)).
		initializer(initializer("w", tensor.Float32, tensor.Shape{n}, make([]byte, 4*n))).
		input(valueInfo("x", tensor.Float32, tensor.Shape{n})).
		output(valueInfo("y", tensor.Float32, tensor.Shape{n}))
	model := g.model(17)
	x := map[string]Value{"x": Float32(tensor.Shape{n}, make([]float32, n))}
	// Strings are the values whose elements the library keeps, not Go.
	text := openBytes(t, identity(tensor.String, tensor.Shape{1}, tensor.Shape{1}))
	long := map[string]Value{"x": {Type: tensor.String, Shape: tensor.Shape{1}, Strings: []string{strings.Repeat("a", 4*n)}}}
	cycle := func() {
		s, err := OpenBytes("leak", model, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Run(x); err != nil {
			t.Fatal(err)
		}
		if _, err := text.Run(long); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		cycle()
	}
	before := residentMB(t)
	for range 60 {
		cycle()
	}
	if grown := residentMB(t) - before; grown > 60 { // one kept tensor a cycle would be 240 MB
		t.Errorf("60 sessions left %d MB behind", grown)
	}
}

// residentMB returns the memory of this process after a collection.
func residentMB(t *testing.T) int {
	runtime.GC()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc/self/status on this system")
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}
