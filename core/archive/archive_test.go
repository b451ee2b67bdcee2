package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// zipped is an archive with entries of the given method.
func zipped(t testing.TB, method uint16, entries map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Any piece of an entry is what was put there, in whatever order pieces are read.
func TestEntry(t *testing.T) {
	content := make([]byte, 300000)
	for i := range content {
		content[i] = byte(i * i >> 7)
	}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		b := zipped(t, method, map[string][]byte{"a/b": content, "empty": nil, "folder/": nil})
		a, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if !a.Has("a/b") || a.Has("a") || len(a.Names()) != 2 {
			t.Errorf("entries are %v", a.Names())
		}
		r, size, err := a.Entry("a/b")
		if err != nil || size != int64(len(content)) {
			t.Fatalf("%d bytes, %v", size, err)
		}
		for _, at := range []int{0, 100000, 100010, 5, 299990, 299999, 0} {
			piece := make([]byte, 20)
			n, err := r.ReadAt(piece, int64(at))
			if want := content[at:min(at+20, len(content))]; !bytes.Equal(piece[:n], want) || (n < 20) != (err == io.EOF) {
				t.Errorf("method %d, byte %d: % x, want % x, %v", method, at, piece[:n], want, err)
			}
		}
		if n, err := r.ReadAt(make([]byte, 1), size); n != 0 || err != io.EOF {
			t.Errorf("%d bytes at the end, %v", n, err)
		}
		if _, err := a.Read("a/b", 1000); err == nil || !strings.Contains(err.Error(), "300000 bytes") {
			t.Errorf("read beyond the limit: %v", err)
		}
		if b, err := a.Read("empty", 0); err != nil || len(b) != 0 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
}

func ExampleOpen() {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("data/0")
	w.Write([]byte("weights"))
	z.Close()

	a, _ := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	r, size, _ := a.Entry("data/0")
	last := make([]byte, 3)
	r.ReadAt(last, size-3)
	fmt.Printf("%d bytes, the last of which are %q\n", size, last)
	// Output: 7 bytes, the last of which are "hts"
}

func TestCut(t *testing.T) {
	b := zipped(t, zip.Store, map[string][]byte{"a": make([]byte, 1000)})
	if _, err := Open(bytes.NewReader(b), int64(len(b)/2)); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Error(err)
	}
}

func TestMissing(t *testing.T) {
	b := zipped(t, zip.Store, map[string][]byte{"a": nil})
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Entry("b"); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Error(err)
	}
}

// An entry that claims more than DEFLATE can make of it is refused before
// anybody makes room for it.
func TestClaim(t *testing.T) {
	b := zipped(t, zip.Deflate, map[string][]byte{"a": make([]byte, 1000)})
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	copy(b[at+24:], "\xff\xff\xff\x7f") // APPNOTE 4.3.12: uncompressed size
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Entry("a"); err == nil || !strings.Contains(err.Error(), "cannot hold") {
		t.Error(err)
	}
}
