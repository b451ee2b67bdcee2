package onnx

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"splitquant/core/tensor"
)

// shared returns the path of a file of the test material beside the
// repository, and skips the test where it is absent.
func shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared test material is not there: %v", err)
	}
	return path
}

// sharedModels returns the paths of all ONNX files of the test material.
func sharedModels(t testing.TB) []string {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(shared(t, "models"), "*.onnx"))
	if len(paths) != 39 {
		t.Fatalf("%d models, expected 39", len(paths))
	}
	return paths
}

// openFile opens the model at path, with the files beside it.
func openFile(t testing.TB, path string) (*File, error) {
	t.Helper()
	file, size, err := openPath(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return Open(file, size, func(location string) (io.ReaderAt, int64, error) {
		return openPath(filepath.Join(filepath.Dir(path), filepath.FromSlash(location)))
	})
}

func openPath(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	return file, info.Size(), err
}

// facts are what the json beside a model says, found out by other tools.
type facts struct {
	Parameters map[string]int64 `json:"elements_by_dtype"`
	Layers     map[string]int   `json:"weight_layers"`
	IR         int64            `json:"ir_version"`
	Opset      map[string]int64 `json:"opset"`
}

func readFacts(t *testing.T, path string) (f facts) {
	t.Helper()
	text, err := os.ReadFile(path + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSharedModels compares what is found in 39 models of other people with
// what the json beside each says.
func TestSharedModels(t *testing.T) {
	for _, path := range sharedModels(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := openFile(t, path)
			if err != nil {
				t.Fatal(err)
			}
			want := readFacts(t, path)
			if f.proto.ir != want.IR || f.opset() != want.Opset["ai.onnx"] {
				t.Errorf("%s, expected IR %d, opset %d", f.model.Version, want.IR, want.Opset["ai.onnx"])
			}
			if got, want := histogram(f), lines(want.Layers); got != want {
				t.Errorf("layers:\n%s\nexpected:\n%s", got, want)
			}
			floats := want.Parameters["FLOAT"] + want.Parameters["FLOAT16"] + want.Parameters["BFLOAT16"] + want.Parameters["DOUBLE"]
			if f.model.Parameters != floats {
				t.Errorf("%d parameters, expected %d", f.model.Parameters, floats)
			}
			for _, l := range f.model.Layers {
				if l.Skipped == "" && (l.Weight == nil || l.Shape == nil) {
					t.Errorf("layer %q is neither skipped nor has it a weight", l.Name)
				}
			}
			readAll(t, f)
		})
	}
}

// TestLeftAlone compares which layers of the 39 models are left alone, and why,
// with a reviewed list.
func TestLeftAlone(t *testing.T) {
	var got strings.Builder
	for _, path := range sharedModels(t) {
		f, err := openFile(t, path)
		if err != nil {
			t.Fatal(err)
		}
		kinds, reasons := make(map[string]int), make(map[string]int)
		for _, l := range f.model.Layers {
			if l.Skipped == "" {
				kinds[l.Op]++
			} else {
				reasons[fmt.Sprintf("%s %s: %s", l.Name, l.Op, l.Skipped)]++
			}
		}
		fmt.Fprintf(&got, "%s: %v\n", filepath.Base(path), kinds)
		for _, r := range slices.Sorted(maps.Keys(reasons)) {
			fmt.Fprintf(&got, "\t%s\n", r)
		}
	}
	golden(t, "left alone", got.String())
}

// histogram counts the layers of a file in the words of the json files.
func histogram(f *File) string {
	count := make(map[string]int)
	for i, u := range f.uses {
		if strings.HasSuffix(f.model.Layers[i].Name, "/position") || strings.HasSuffix(f.model.Layers[i].Name, "/segment") {
			continue // the json files count one table for each node
		}
		words := "no constant weight (activation)"
		if u.weight != nil {
			words = "weight is " + u.weight.words()
		}
		count[u.node.op+": "+words]++
	}
	layer := make(map[*node]bool)
	for _, u := range f.uses {
		layer[u.node] = true
	}
	for _, g := range f.graphs {
		for _, n := range g.nodes {
			if n.op == "MatMul" && !layer[n] {
				count["MatMul: no constant weight (activation)"]++
			}
		}
	}
	return lines(count)
}

func lines(count map[string]int) string {
	var s []string
	for k, n := range count {
		s = append(s, strings.Repeat("|", n)+" "+k)
	}
	sort.Strings(s)
	return strings.Join(s, "\n")
}

// readAll reads every tensor to its end.
func readAll(t *testing.T, f *File) {
	t.Helper()
	for _, c := range f.constants {
		x := c.tensor
		if x.Data == nil {
			if x.Type != tensor.String && !c.sparse {
				t.Errorf("tensor %q cannot be read", x.Name)
			}
			continue
		}
		n, err := x.Shape.Elems()
		if err != nil {
			t.Fatal(err)
		}
		size, err := x.Type.Bytes(n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.Copy(io.Discard, io.NewSectionReader(x.Data, 0, size+1))
		if got != size || err != nil {
			t.Errorf("tensor %q: %d bytes, expected %d, %v", x.Name, got, size, err)
		}
	}
}
