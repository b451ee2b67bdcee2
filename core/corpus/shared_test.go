package corpus

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// full says that every combination is wanted, however long it takes.
var full = os.Getenv("SPLITQUANT_FULL") != ""

// root returns the folder of the repository, two above this one.
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

// library loads ONNX Runtime or skips the test.
func library(t testing.TB) {
	t.Helper()
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
}

// onnxFiles returns the paths of the ONNX models in dir, at least min of them.
func onnxFiles(t testing.TB, dir string, min int) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < min {
		t.Fatalf("%d models in %s, expected at least %d", len(paths), dir, min)
	}
	return paths
}

// stem returns the name of the file at path, without its extension.
func stem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// quantize puts the model at path through the pipeline and returns the file
// that comes out.
func quantize(path string, o recipe.Options) ([]byte, *report.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	var beside []io.Closer // files with external data
	defer func() {
		for _, c := range beside {
			c.Close()
		}
	}()
	m, err := plan.Open(f, info.Size(), func(name string) (io.ReaderAt, int64, error) {
		e, err := os.Open(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, 0, err
		}
		beside = append(beside, e)
		info, err := e.Stat()
		if err != nil {
			return nil, 0, err
		}
		return e, info.Size(), nil
	})
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	rep, err := plan.Quantize(context.Background(), &out, m, o, plan.Memory{}, 1, nil)
	return out.Bytes(), rep, err
}

// options returns the defaults but for a few words.
func options(bits int, form, target string) recipe.Options {
	o := recipe.Defaults()
	o.Bits, o.Form, o.Target = bits, form, target
	return o
}

// open opens a model in ONNX Runtime for one thread, since tests run beside
// each other. Where model is not nil it is the file to open in place of the
// one at path, whose external data it may use.
func open(t testing.TB, path string, model []byte) (*ort.Session, error) {
	t.Helper()
	return openWith(t, path, model, ort.Options{Threads: 1})
}

// openWith is open with options.
func openWith(t testing.TB, path string, model []byte, o ort.Options) (*ort.Session, error) {
	t.Helper()
	if model != nil {
		dir := t.TempDir()
		link(t, path, dir)
		path = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(path, model, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ort.Open(path, o)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// link copies the external data that a model of the corpus has beside it: the
// models say so in their names.
func link(t testing.TB, path, dir string) {
	if !strings.HasPrefix(filepath.Base(path), "external-") {
		return
	}
	const name = "mixed_data.bin"
	b, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
