package corpus

import (
	"testing"

	"splitquant/core/ort"
)

// activations says how many of a model's activations are cut into chunks and
// how many are not, since too few channels or unknown ones; counted in the graphs' operators.
var activations = map[string][2]int{
	"yolox-nano":               {107, 3}, // 104 Sigmoid-Mul pairs; of 6 other Sigmoids 3 have one channel
	"ultraface-rfb320-torch12": {37, 0},
	"bert-toy-torch11":         {7, 0}, // 6 GELUs of 5 or 6 nodes, and a Tanh
	"ppocr-cls-paddle2onnx":    {41, 1},
}

// TestActivations cuts the activations of every model into chunks, its weights
// left as they are: ONNX Runtime must load the file and compute the same numbers,
// but for its own rounding, which may differ at the end of a vector.
func TestActivations(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	for _, path := range onnxFiles(t, dir, 39) {
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			o := options(2, "float", "auto")
			o.Strategy, o.Activations = "none", "split"
			model, rep, err := quantize(path, o)
			if err != nil {
				t.Fatal(err)
			}
			var got [2]int
			for _, a := range rep.Activations {
				if a.Skipped == "" {
					got[0]++
				} else {
					got[1]++
				}
			}
			if want, ok := activations[stem(path)]; ok && got != want {
				t.Errorf("%d activations cut and %d not, expected %d and %d", got[0], got[1], want[0], want[1])
			}
			if got[0] == 0 {
				return
			}
			ref, err := readReference(path)
			if err != nil {
				t.Fatal(err)
			}
			if ref.Status != "ok" {
				loadsAlike(t, path, model)
				return
			}
			in, err := ref.inputs()
			if err != nil {
				t.Fatal(err)
			}
			want, err := plainly(t, path, nil, in)
			if err != nil {
				t.Fatal(err)
			}
			out, err := plainly(t, path, model, in)
			if err != nil {
				t.Fatal(err)
			}
			if d := distance(want, out); !(d < 1e-6) {
				t.Errorf("outputs differ by %.2g of the largest value", d)
			}
			if _, ok := activations[stem(path)]; ok || full {
				withWeights(t, path, in)
			}
		})
	}
}

// withWeights quantizes the weights too, for which most models are lifted to
// another opset, with and without cutting activations.
func withWeights(t *testing.T, path string, in map[string]ort.Value) {
	t.Helper()
	var outs []map[string]ort.Value
	for _, activations := range []string{"keep", "split"} {
		o := options(4, "layers", "auto")
		o.Activations = activations
		model, _, err := quantize(path, o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := plainly(t, path, model, in)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, out)
	}
	if d := distance(outs[0], outs[1]); !(d < 1e-6) {
		t.Errorf("with quantized weights, outputs differ by %.2g of the largest value", d)
	}
}

// plainly runs a model as it is written, without ONNX Runtime's optimizations.
func plainly(t *testing.T, path string, model []byte, in map[string]ort.Value) (map[string]ort.Value, error) {
	t.Helper()
	s, err := openWith(t, path, model, ort.Options{Threads: 1, Unoptimized: true})
	if err != nil {
		return nil, err
	}
	return s.Run(in)
}
