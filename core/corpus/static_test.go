package corpus

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"splitquant/core/calibrate"
	"splitquant/core/dataset/digits"
	"splitquant/core/evaluate"
	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/ort"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// TestStatic quantizes weights to INT8, with a scale for each channel, and
// activations to INT8 by their ranges in a few inputs, whole and in chunks. The
// chunks lie inside of the whole: their noise may be higher by chance alone.
func TestStatic(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	names := []string{"ultraface-rfb320-torch12", "superres-torch11", "cifar-deep-torch04"}
	if !full {
		names = names[:1]
	}
	better := 0
	for _, name := range names {
		path := filepath.Join(dir, name+".onnx")
		seen := watch(t, path, samples(t, path, 1, 24))
		whole, chunks := statically(t, path, seen, samples(t, path, 65, 4))
		t.Logf("%-26s whole %.2f dB, in chunks %.2f dB", name, whole, chunks)
		if !(chunks >= whole-0.1) || !(whole > 20) {
			t.Errorf("%s: %.2f dB with whole activations, %.2f dB with chunks", name, whole, chunks)
		}
		if chunks > whole {
			better++
		}
	}
	if better == 0 {
		t.Error("chunks are nowhere better")
	}
}

// TestStaticDigits does it with the project's own sample, on drawn digits, and
// counts those it reads. With fewer than some thousand digits to calibrate on,
// values that no chunk has seen yet are clipped, which costs more than finer
// steps gain.
func TestStaticDigits(t *testing.T) {
	path := digitsModel(t)
	var calibration, test []map[string]ort.Value
	for i := range 40 {
		calibration = append(calibration, drawn(calibrationSeed, 100*i, 100))
	}
	for i := range 20 {
		test = append(test, drawn(digits.TestSeed, 100*i, 100))
	}
	seen := watch(t, path, calibration)
	whole, chunks := statically(t, path, seen, test)
	t.Logf("digits: whole %.2f dB, in chunks %.2f dB", whole, chunks)
	if !(chunks >= whole-0.1) || !(whole > 38) {
		t.Errorf("%.2f dB with whole activations, %.2f dB with chunks", whole, chunks)
	}
	for _, activations := range []string{"keep", "split"} {
		_, right := logits(t, path, static(t, path, seen, activations, 8))
		t.Logf("digits: activations %s: %d of %d", activations, right, digits.TestCount)
		if right < 1975 { // 1979 in float
			t.Errorf("activations %s: %d digits of %d are read, want 1975", activations, right, digits.TestCount)
		}
	}
}

// calibrationSeed draws digits that neither training nor testing has seen.
const calibrationSeed = 7

// statically returns the SQNR of the outputs with whole activations and with
// activations in chunks.
func statically(t *testing.T, path string, seen *calibrate.Seen, test []map[string]ort.Value) (whole, chunks float64) {
	t.Helper()
	return outputNoise(t, path, static(t, path, seen, "keep", 8), test), outputNoise(t, path, static(t, path, seen, "split", 8), test)
}

// static quantizes weights plainly to INT8 and activations by what was seen.
func static(t *testing.T, path string, seen *calibrate.Seen, activations string, bits int) []byte {
	t.Helper()
	o := options(8, "plain", "auto")
	o.Granularity, o.ActivationBits, o.Activations = "channel", bits, activations
	o.Ranges = seen.Ranges(calibrate.Method{}, quant.Params{Bits: bits})
	result, rep, err := quantize(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Rounded == 0 {
		t.Fatal("no activations are rounded")
	}
	return result
}

// watch runs a model on batches of inputs and returns what was seen.
func watch(t *testing.T, path string, batches []map[string]ort.Value) *calibrate.Seen {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := onnx.Open(bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	values := f.Values()
	var watched bytes.Buffer
	if _, err := f.Write(&watched, nil, onnx.WriteOptions{Outputs: calibrate.Outputs(values)}); err != nil {
		t.Fatal(err)
	}
	s, err := open(t, path, watched.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m := &evaluate.Model{Name: path, Inputs: s.Inputs, Outputs: s.Outputs}
	m.Run = func(_ context.Context, in map[string]ort.Value) (map[string]ort.Value, error) { return s.Run(in) }
	seen, err := calibrate.Run(context.Background(), m, values, inTurn(batches), nil)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func inTurn(batches []map[string]ort.Value) iter.Seq2[map[string]ort.Value, error] {
	return func(yield func(map[string]ort.Value, error) bool) {
		for _, b := range batches {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// samples makes inputs by the rules of a model's reference, but with other seeds.
func samples(t *testing.T, path string, first, n int) (all []map[string]ort.Value) {
	t.Helper()
	ref, err := readReference(path)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range n {
		r := reference{Inputs: slices.Clone(ref.Inputs)}
		for i := range r.Inputs {
			r.Inputs[i].Seed += uint32(1000 * (first + seed))
			r.Inputs[i].SHA256 = ""
		}
		in, err := r.inputs()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, in)
	}
	return all
}

// drawn are n digits from number first on.
func drawn(seed uint64, first, n int) map[string]ort.Value {
	var pixels []float32
	for i := range n {
		image, _ := digits.Draw(seed, first+i)
		p := image.Float32()
		pixels = append(pixels, p[:]...)
	}
	return map[string]ort.Value{"image": ort.Float32(tensor.Shape{int64(n), 1, digits.Size, digits.Size}, pixels)}
}

// outputNoise is the SQNR of what comes out of a result.
func outputNoise(t *testing.T, path string, result []byte, batches []map[string]ort.Value) float64 {
	t.Helper()
	a, err := open(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t, path, result)
	if err != nil {
		t.Fatal(err)
	}
	var n measure.Noise
	for _, in := range batches {
		want, err := a.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range want {
			x, err := v.Floats()
			if err != nil {
				t.Fatal(err)
			}
			y, err := got[name].Floats()
			if err != nil {
				t.Fatal(err)
			}
			n.Add(x, y)
		}
	}
	return n.SQNR()
}

// cannotRound are the models that have no QuantizeLinear and cannot be lifted to
// an opset that has, and why.
var cannotRound = map[string]string{
	"opset01-all-ops":         "opset 1 has no operators",
	"squeezenet-coreml":       "operator ImageScaler",
	"fns-candy-convtranspose": "operator ImageScaler",
}

// TestStaticLoads rounds the activations of every model, by ranges that are made
// up: ONNX Runtime must load what is written, with its optimizations, and run it.
func TestStaticLoads(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	rounded := 0
	for _, path := range onnxFiles(t, dir, 39) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := onnx.Open(bytes.NewReader(raw), int64(len(raw)), func(name string) (r io.ReaderAt, size int64, err error) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			return bytes.NewReader(b), int64(len(b)), err
		})
		if err != nil {
			t.Fatal(err)
		}
		ranges := make(model.Ranges)
		for _, v := range f.Values() {
			ranges[v.Name] = model.Range{Min: -1, Max: 2}
		}
		if len(ranges) == 0 {
			continue
		}
		for _, bits := range []int{8, 4} {
			for _, activations := range []string{"keep", "split"} {
				if !full && (activations == "keep" || bits == 4) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/%s", stem(path), bits, activations), func(t *testing.T) {
					o := options(8, "plain", "auto")
					o.Granularity, o.ActivationBits, o.Activations, o.Ranges = "channel", bits, activations, ranges
					result, rep, err := quantize(path, o)
					if why := cannotRound[stem(path)]; why != "" {
						if err == nil || !strings.Contains(err.Error(), why) {
							t.Errorf("got error %v, want one with %q", err, why)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					rounded += rep.Rounded
					runs(t, path, result)
				})
			}
		}
	}
	if rounded == 0 {
		t.Error("no activations are rounded")
	}
}

// runs loads a result and runs it on the inputs of the model's reference.
func runs(t *testing.T, path string, result []byte) {
	t.Helper()
	ref, err := readReference(path)
	if err != nil {
		t.Fatal(err)
	}
	if ref.Status != "ok" {
		loadsAlike(t, path, result)
		return
	}
	s, err := open(t, path, result)
	if err != nil {
		t.Fatal(err)
	}
	in, err := ref.inputs()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range out {
		if v.Type == tensor.String {
			continue
		}
		values, err := v.Floats()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range values {
			if math.IsNaN(float64(x)) {
				t.Fatalf("output %q has a NaN", name)
			}
		}
	}
}
