package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInspectSums compares names, shapes, types and sums of all tensors with those
// that come with the models: the JSON beside each was made by PyTorch, NumPy and
// the onnx package.
func TestInspectSums(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "models")
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Skipf("the test material is not there: %v", err)
	}
	var index struct{ Files []struct{ File string } }
	if err := json.Unmarshal(text, &index); err != nil || len(index.Files) != 67 {
		t.Fatalf("%d files in the index, %v", len(index.Files), err)
	}
	for _, f := range index.Files {
		t.Run(f.File, func(t *testing.T) {
			t.Parallel()
			var want, got sums
			text, err := os.ReadFile(filepath.Join(dir, f.File+".json"))
			if err == nil {
				err = json.Unmarshal(text, &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			if code := run(context.Background(), []string{"inspect", "--json", "--sha256", filepath.Join(dir, f.File)}, &out, &errs); code != 0 {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.Layers == nil {
				t.Error("there are no layers[]")
			}
			want.compare(t, got)
		})
	}
}

// sums are the tensors of a file, as inspect and the references list them.
type sums struct {
	Tensors        []sum
	LargestWeights []sum `json:"largest_weights"` // of ONNX files
	Layers         []struct{ Name string }
}

type sum struct {
	Name   string
	DType  string
	Type   string // of GGUF files
	Shape  []int64
	Dims   []int64 `json:"ggml_dims"` // reversed
	SHA256 string
	Want   string `json:"sha256_float32_le"`
}

// types are the references' names of types.
var types = strings.NewReplacer("BF", "bfloat", "FLOAT16", "float16", "FLOAT", "float32", "F64", "float64", "F32", "float32", "F16", "float16", "I64", "int64",
	"INT64", "int64", "INT8", "int8", "INT4", "int4", "DOUBLE", "float64", "UINT8", "uint8")

func (want sums) compare(t *testing.T, got sums) {
	if len(want.LargestWeights) == 0 && len(want.Tensors) > len(got.Tensors) {
		t.Errorf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for _, w := range slices.Concat(want.Tensors, want.LargestWeights) {
		if w.Dims != nil {
			w.Shape = slices.Clone(w.Dims)
			slices.Reverse(w.Shape)
			w.DType = w.Type
		}
		same := func(g sum) bool {
			// A Constant node's tensor has a name of its own, the graph knows it by its output's.
			return (g.Name == w.Name || strings.HasSuffix(g.Name, "__"+w.Name)) && (w.Want == "" || g.SHA256 == w.Want)
		}
		i := slices.IndexFunc(got.Tensors, same)
		if i < 0 {
			t.Errorf("there is no tensor %q with the sum %s", w.Name, w.Want)
			continue
		}
		if g := got.Tensors[i]; !slices.Equal(g.Shape, w.Shape) || g.DType != types.Replace(w.DType) {
			t.Errorf("tensor %q is %s %v, want %s %v", w.Name, g.DType, g.Shape, w.DType, w.Shape)
		}
	}
}
