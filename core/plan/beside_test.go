package plan

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"splitquant/core/recipe"
)

// TestZip reads the archive of a result in two files with archive/zip's reader,
// opens the model in it, and compares with the result in one file.
func TestZip(t *testing.T) {
	raw, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := recipe.Defaults()
	o.Bits = 8
	run := func(most int64) (*Zip, []byte) {
		var out bytes.Buffer
		z := NewZip(&out, "d.onnx")
		b := z.Beside()
		b.Most = most
		rep, err := QuantizeBeside(context.Background(), z, b, f, o, Memory{}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if z.Archive() != (rep.BytesBeside > 0) {
			t.Errorf("archive: %v, %d bytes beside", z.Archive(), rep.BytesBeside)
		}
		return z, out.Bytes()
	}
	z, whole := run(0)
	if _, err := Open(bytes.NewReader(whole), int64(len(whole)), nil); err != nil || z.Archive() || z.Name() != "d.onnx" {
		t.Errorf("archive: %v, %q, %v", z.Archive(), z.Name(), err)
	}
	z, b := run(50_000)
	if !z.Archive() || z.Name() != "d.zip" {
		t.Fatalf("archive: %v, %q", z.Archive(), z.Name())
	}
	if name := f.Download("d.onnx", o, Estimate{BytesBeside: 1}); name != "d-int8-kmeans.zip" {
		t.Errorf("the download is to be called %q", name)
	}
	archive, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range archive.File {
		if e.Method != zip.Store {
			t.Errorf("%s: method %d, want them stored", e.Name, e.Method)
		}
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[e.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	model := files["d.onnx"]
	g, err := Open(bytes.NewReader(model), int64(len(model)), func(name string) (io.ReaderAt, int64, error) {
		return bytes.NewReader(files[name]), int64(len(files[name])), nil
	})
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if got := g.External(); len(got) != 1 || got[0] != "d.onnx.data" {
		t.Errorf("the model wants %q beside it", got)
	}
}
