package corpus

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// folded says how many nodes the layers of a model take over, counted by hand
// in their graphs.
var folded = map[string]int{
	"ultraface-rfb320-torch12": 35, // a BatchNormalization behind 35 of 52 convolutions
	"conv1d":                   5,  // three Mul and two Add
	"conv3d-caffe2style":       2,
	"mnist-cntk":               2, // its biases, but that of the MatMul, which is one already
	"squeezenet-coreml":        1,
	"ppocr-cls-paddle2onnx":    35, // all constants are nodes
	"mnist-burn-torch20":       1,  // in front of a Gemm; the other is between a Relu and a Flatten
	"mlp-wide-torch21":         1,
	"jax2onnx-small":           1,
}

// TestFold folds what can be folded and, in other files, nothing: both must
// compute what the reference says (TestSplit has the former), and leave a file alone in which all layers
// are excluded.
func TestFold(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	for _, path := range onnxFiles(t, dir, 39) {
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			o := options(2, "float", "auto")
			model, rep, err := quantize(path, o)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, l := range rep.Layers {
				if before, ok := strings.CutSuffix(l.Note, " folded in"); ok {
					n += 1 + strings.Count(before, ", ")
				}
			}
			if want, ok := folded[stem(path)]; n != want && (ok || n == 0) {
				t.Errorf("%d nodes are folded in, expected %d", n, want)
			}
			if n == 0 {
				return
			}
			o.NoFold = true
			apart, _, err := quantize(path, o)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(apart, model) {
				t.Error("folding changes nothing")
			}
			ref, err := readReference(path)
			if err != nil {
				t.Fatal(err)
			}
			if ref.Status == "ok" {
				if d := ref.run(t, path, apart, 1e-4); d != "" {
					t.Error("not folded:", d)
				}
			}
			o.NoFold, o.Exclude = false, []string{"*"}
			alone, _, err := quantize(path, o)
			if err != nil {
				t.Fatal(err)
			}
			if original, err := os.ReadFile(path); err != nil || !bytes.Equal(alone, original) {
				t.Errorf("a file with all layers excluded is not as it was, %v", err)
			}
		})
	}
}
