package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/ort"
)

// TestBeside lowers the size of one file, so that the tensors go to another:
// ONNX Runtime must find them there, and a second result has taken them in again.
func TestBeside(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.onnx")
	mostBytes = 20_000
	defer func() { mostBytes = 0 }()
	if said := must(t, "quantize", digits, "--bits", "8", "--form", "plain", "-o", out); !strings.Contains(said, "in two files") {
		t.Errorf("got %q", said)
	}
	model, data := readFile(t, out), readFile(t, out+".data")
	if len(model) > 20_000 || len(data) < 20_000 {
		t.Errorf("%d bytes and %d bytes", len(model), len(data))
	}
	if err := ort.Load(""); err == nil {
		s, err := ort.Open(out, ort.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	mostBytes = 0
	again := filepath.Join(dir, "again.onnx")
	must(t, "quantize", out, "--embeddings", "--activations", "split", "-o", again)
	if _, err := os.Stat(again + ".data"); err == nil || len(readFile(t, again)) < len(model)+len(data)-20_000 {
		t.Errorf("the data are not taken in: %d bytes", len(readFile(t, again)))
	}
	// What cannot be put beside it is refused, and nothing is left behind.
	mostBytes = 100
	if code, _, errs := command(t, "quantize", digits, "-o", filepath.Join(dir, "small.onnx")); code != 1 || !strings.Contains(errs, "holds 100 at most") {
		t.Errorf("exit %d, %q", code, errs)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Errorf("%d files are there, want 3: %v", len(files), err)
	}
}
