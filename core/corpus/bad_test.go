package corpus

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/report"
	"splitquant/core/tensor"
)

// An answer is what the pipeline must say of a file: the words are in the
// error, or in a warning of the report.
type answer struct {
	kind  string // as in index.json
	words []string
}

// answers are those to the files of ../shared/models/bad. The kinds are compared
// with the ones that index.json expects.
var answers = map[string]answer{
	"truncated.onnx":             {"error", []string{"truncated"}},
	"empty.onnx":                 {"error", []string{"empty"}},
	"lfs-pointer.onnx":           {"error", []string{"Git LFS"}},
	"html-404.onnx":              {"error", []string{"web page"}},
	"external-missing.onnx":      {"error", []string{`"weight"`, "other_name.bin"}},
	"external-traversal.onnx":    {"error", []string{`"weight"`, "unsafe", "../../../secret.bin"}},
	"huge-length.onnx":           {"error", []string{"corrupt protobuf", "9223372036854775807"}},
	"garbage.onnx":               {"error", []string{"not an ONNX model"}},
	"bad-wiretype.onnx":          {"error", []string{"corrupt protobuf", "wire type 7"}},
	"no-graph.onnx":              {"error", []string{"no graph"}},
	"dims-overflow.onnx":         {"error", []string{`"classifier.0.weight"`, "2147483648"}},
	"raw-length-mismatch.onnx":   {"error", []string{`"classifier.0.weight"`, "40315", "40320"}},
	"duplicate-initializer.onnx": {"fine with a warning", []string{`"feature_extractor.0.weight"`, "twice"}},
	"missing-weight.onnx":        {"fine with a warning", []string{`"9"`, "not a constant"}},
	"nan-weight.onnx":            {"fine with a warning", []string{`"feature_extractor.0.weight"`, "NaN"}},
	"constant-tensor.onnx":       {"fine", nil},
	"two-values.onnx":            {"fine", nil},
	"denormals.onnx":             {"fine", nil},
	"negative-zero.onnx":         {"fine", nil},
	"one-element.onnx":           {"fine", nil},
	"zero-element.onnx":          {"fine", nil},
	"is-onnx.pt":                 {"fine", nil},

	"zipped-model.zip":            {"fine", nil},
	"is-safetensors.onnx":         {"fine", nil},
	"one-byte.gguf":               {"error", []string{"too few"}},
	"text-instead-of.gguf":        {"error", []string{"GGUF", "begins like no"}},
	"tflite.tflite":               {"error", []string{"TensorFlow Lite"}},
	"mnist.ort":                   {"error", []string{"ORT format"}},
	"header-2e60.safetensors":     {"error", []string{"header", "exceeds the file"}},
	"header-not-json.safetensors": {"error", []string{"not valid JSON"}},
	"overlap.safetensors":         {"error", []string{`"a"`, `"b"`, "overlap"}},
	"shape-mismatch.safetensors":  {"error", []string{`"w"`, "36", "32"}},
	"shape-negative.safetensors":  {"error", []string{`"w"`, "negative"}},
	"unknown-dtype.safetensors":   {"error", []string{`"w"`, "F6_E3M2"}},
	"truncated-data.safetensors":  {"error", []string{`"fc1.weight"`, "truncated"}},
	"empty-header.safetensors":    {"error", []string{"no tensors", "nothing to quantize"}},
	"bf16.safetensors":            {"fine", nil},
	"malicious-zip.pt":            {"error", []string{"posix.system", "not allowed", "nothing was executed"}},
	"zip-ok-control.pt":           {"fine", nil},
	"storage-missing.pt":          {"error", []string{`"w"`, "storage 0"}},
	"stride-out-of-range.pt":      {"error", []string{`"w"`, "strides"}},
	"zip-bomb.pt":                 {"fine", nil},
	"pickle-cut.pt":               {"error", []string{"truncated pickle"}},
	"pickle-memo-bomb.pt":         {"error", []string{"no tensors"}},
	"no-tensors.pt":               {"error", []string{"no tensors found"}},
	"plain-pickle.pkl":            {"error", []string{"not a PyTorch checkpoint"}},
	"tensor-count.gguf":           {"error", []string{"tensor count 4611686018427387904", "exceeds"}},
	"array-length.gguf":           {"error", []string{"1125899906842624", "exceeds the file"}},
	"unknown-type.gguf":           {"error", []string{`"blk.0.weight"`, "99"}},
	"bad-alignment.gguf":          {"error", []string{"bad alignment"}},
	"version-99.gguf":             {"error", []string{"version 99", "not supported"}},
	"q4_0.gguf":                   {"fine with a warning", []string{"Q4_0"}},
	"object-array.npz":            {"error", []string{`"w"`, "objects", "nothing was executed"}},
	"truncated.npz":               {"error", []string{"archive is truncated"}},
	"fortran.npz":                 {"fine", nil},
}

// TestBad gives the pipeline what is broken or odd.
func TestBad(t *testing.T) {
	dir := shared(t, "models/bad")
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Files []struct{ File, Kind string } }
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	for _, f := range index.Files {
		want, ok := answers[f.File]
		if !ok {
			t.Errorf("%s: no answer is known", f.File)
		}
		if want.kind != f.Kind && f.Kind != "fine" && f.File != "zip-bomb.pt" { // of which the index says: error or fine
			t.Errorf("%s: the index expects kind %q, the test %q", f.File, f.Kind, want.kind)
		}
		t.Run(f.File, func(t *testing.T) { testBad(t, filepath.Join(dir, f.File), want) })
	}
}

func testBad(t *testing.T, path string, want answer) {
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	model, rep, err := quantize(path, options(2, "layers", "auto"))
	if spent := time.Since(begin); spent > 5*time.Second {
		t.Errorf("it took %v", spent)
	}
	runtime.ReadMemStats(&after)
	if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(16<<20+100*info.Size()); used > limit {
		t.Errorf("%d bytes were allocated for a file of %d, at most %d expected", used, info.Size(), limit)
	}

	if want.kind == "error" {
		if err == nil {
			t.Fatal("there is no error")
		}
		missing(t, "the error", err.Error(), want.words)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want.kind != "fine" {
		missing(t, "the report's warnings", strings.Join(rep.Warnings, "\n"), want.words)
	}
	for _, l := range rep.Layers {
		if l.SQNR != nil && math.IsNaN(*l.SQNR) || math.IsNaN(l.MaxAbsError) || math.IsNaN(l.BitsPerWeight) {
			t.Errorf("layer %q has figures that are not numbers: %+v", l.Name, l)
		}
	}
	if check := checks[filepath.Base(path)]; check != nil {
		check(t, path, model, rep)
	}
	if rep.Model.Format != "onnx" {
		if _, err := plan.Open(bytes.NewReader(model), int64(len(model)), nil); err != nil {
			t.Error(err)
		}
		return
	}
	library(t)
	if _, err := open(t, path, model); err != nil {
		t.Error(err)
	}
}

// missing tests that text has the words.
func missing(t *testing.T, what, text string, words []string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s should say %s: %s", what, w, text)
		}
	}
}

// checks are what the index expects of single files that are fine.
var checks = map[string]func(t *testing.T, path string, model []byte, rep *report.Report){
	"constant-tensor.onnx": exactWhere(1), // "dequantized value stays 0.5"
	"two-values.onnx":      exactWhere(2), // "quantizes exactly"
	"negative-zero.onnx":   exactWhere(1), // "quantizes to 0"
	"one-element.onnx":     exactWhere(1), // "quantizes to 0.7"
	"denormals.onnx":       finite,
	"nan-weight.onnx":      onlyNaNSkipped,
	"zero-element.onnx":    unchanged,
	"is-onnx.pt":           finite,

	"zip-ok-control.pt": values("w", 0, 1, 2, 3, 4, 5), // "one tensor w [2,3] = 0..5"
	"fortran.npz":       values("w", 0, 1, 2, 3),       // "w[0] = 0,1,2,3"
	"bf16.safetensors":  values("", -2),                // "reads bfloat16 values from -2 to 2"
}

// values tests the first values of a tensor of the original, or of the first one.
func values(name string, want ...float32) func(*testing.T, string, []byte, *report.Report) {
	return func(t *testing.T, path string, model []byte, rep *report.Report) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := plan.Open(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range f.Model().Tensors {
			if name != "" && x.Name != name {
				continue
			}
			raw, got := make([]byte, len(want)*x.Type.Bits()/8), make([]float32, len(want))
			if _, err := x.Data.ReadAt(raw, 0); err != nil {
				t.Fatal(err)
			}
			if err := tensor.Float32s(got, raw, x.Type); err != nil || !slices.Equal(got, want) {
				t.Errorf("tensor %q begins with %v, want %v, %v", x.Name, got, want, err)
			}
			return
		}
		t.Errorf("there is no tensor %q", name)
	}
}

// exactWhere tests the layers whose weights have no more than n distinct
// values: they come back as they were, but for the last bit.
func exactWhere(n int) func(*testing.T, string, []byte, *report.Report) {
	return func(t *testing.T, path string, model []byte, rep *report.Report) {
		few := fewValues(t, path, n)
		if len(few) == 0 {
			t.Fatalf("no weight of the model has %d distinct values", n)
		}
		for _, l := range rep.Layers {
			if slices.Contains(few, l.Name) && (l.Skipped != "" || l.MaxAbsError > 1e-7*l.MaxAbs) {
				t.Errorf("layer %q is off by %g, of largest weight %g; skipped: %q", l.Name, l.MaxAbsError, l.MaxAbs, l.Skipped)
			}
		}
	}
}

// fewValues returns the layers whose weights have at most n distinct values,
// 0 and -0 being one.
func fewValues(t *testing.T, path string, n int) (names []string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := plan.Open(strings.NewReader(string(b)), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range f.Model().Layers {
		elems, err := l.Weight.Shape.Elems()
		if err != nil {
			t.Fatal(err)
		}
		raw, values := make([]byte, 4*elems), make([]float32, elems)
		if _, err := l.Weight.Data.ReadAt(raw, 0); err != nil {
			t.Fatal(err)
		}
		if err := tensor.Float32s(values, raw, tensor.Float32); err != nil {
			t.Fatal(err)
		}
		slices.Sort(values)
		if len(slices.Compact(values)) <= n {
			names = append(names, l.Name)
		}
	}
	return names
}

// finite tests that the model gives numbers.
func finite(t *testing.T, path string, model []byte, rep *report.Report) {
	library(t)
	s, err := ort.OpenBytes(filepath.Base(path), model, ort.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := map[string]ort.Value{}
	for _, i := range s.Inputs {
		rule := inputRule{Type: "float32", Dims: positive(i.Shape)}
		if in[i.Name], err = rule.make(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	if !(distance(out, out) == 0) {
		t.Errorf("not all outputs are finite: %v", out)
	}
}

// positive gives dynamic dimensions a length.
func positive(s tensor.Shape) tensor.Shape {
	p := slices.Clone(s)
	for i := range p {
		p[i] = max(p[i], 1)
	}
	return p
}

// onlyNaNSkipped tests that the layer with the NaN, and no other, is left alone.
func onlyNaNSkipped(t *testing.T, path string, model []byte, rep *report.Report) {
	for i, l := range rep.Layers {
		if (i == 0) != strings.Contains(l.Skipped, "NaN") {
			t.Errorf("layer %q, number %d, is skipped because %q; only the first has a NaN", l.Name, i, l.Skipped)
		}
	}
}

// unchanged tests that the file comes out as it was and the report says why.
func unchanged(t *testing.T, path string, model []byte, rep *report.Report) {
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(model, original) {
		t.Error("the file was changed, and has nothing to quantize")
	}
	if len(rep.Layers) != 1 || rep.Layers[0].Skipped == "" {
		t.Errorf("layers are %+v, want one with a reason", rep.Layers)
	}
	if len(rep.Warnings) == 0 {
		t.Error("no warning says that nothing was quantized")
	}
}
