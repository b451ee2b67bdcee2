package corpus

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/ort"
)

// full says that every combination is wanted, however long it takes.
var full = os.Getenv("SPLITQUANT_FULL") != ""

// root is the folder of the repository, two above this one.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// shared returns the path of a folder in ../shared, or skips the test.
func shared(t testing.TB, folder string) string {
	t.Helper()
	dir := filepath.Join(root(t), "..", "shared", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the test material is not there: %v", err)
	}
	return dir
}

// runtime loads ONNX Runtime or skips the test.
func runtime(t testing.TB) {
	t.Helper()
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
}

// open opens a model for one thread: tests run beside each other.
func open(path string) (*ort.Session, error) { return ort.Open(path, ort.Options{Threads: 1}) }

// onnxFiles returns the names of the ONNX models in dir, at least min of them.
func onnxFiles(t testing.TB, dir string, min int) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < min {
		t.Fatalf("%d models in %s, expected at least %d", len(paths), dir, min)
	}
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".onnx")
	}
	return paths
}

var (
	_ context.Context
	_ io.Reader
)
