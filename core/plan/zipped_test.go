package plan

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"splitquant/core/recipe"
)

// zipOf packs files, stored or deflated, by archive/zip.
func zipOf(t *testing.T, method uint16, files map[string][]byte) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	z.Close()
	return bytes.NewReader(b.Bytes())
}

// A model in an archive becomes the bytes that the model alone becomes.
func TestModelInAnArchive(t *testing.T) {
	digits, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	result := func(r io.ReaderAt, size int64) ([]byte, string) {
		f, err := Open(r, size, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.Size() != int64(len(digits)) {
			t.Errorf("the model has %d bytes, want %d", f.Size(), len(digits))
		}
		var b bytes.Buffer
		if _, err := Quantize(context.Background(), &b, f, recipe.Defaults(), new(Memory), 1, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes(), f.Inside()
	}
	want, _ := result(bytes.NewReader(digits), int64(len(digits)))
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		r := zipOf(t, method, map[string][]byte{"folder/net.onnx": digits, "folder/README.md": []byte("a model"), "__MACOSX/folder/._net.onnx": {1, 2}})
		got, inside := result(r, r.Size())
		if !bytes.Equal(got, want) || inside != "folder/net.onnx" {
			t.Errorf("method %d: %d bytes of %s, want %d", method, len(got), inside, len(want))
		}
	}
	for want, files := range map[string]map[string][]byte{
		"archive of notes.txt": {"notes.txt": {1}}, "net.onnx: not an ONNX": {"net.onnx": []byte("no model at all")},
	} {
		r := zipOf(t, zip.Store, files)
		if _, err := Open(r, r.Size(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
