package site_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"splitquant/wasm/site"
)

// The archive holds the files, and is the same for the same files whenever
// and wherever they were written.
func TestZip(t *testing.T) {
	var archives [2]bytes.Buffer
	for i := range archives {
		dir, _ := newSite(t)
		if err := os.Chtimes(filepath.Join(dir, "page.js"), time.Time{}, time.Unix(int64(i)*1e9, 0)); err != nil {
			t.Fatal(err)
		}
		if err := site.Zip(&archives[i], dir, "splitquant"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("two archives of the same files differ")
	}
	z, err := zip.NewReader(bytes.NewReader(archives[0].Bytes()), int64(archives[0].Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("splitquant/page.js")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != text {
		t.Errorf("page.js has %d bytes, error %v", len(got), err)
	}
}

// The oracle is the SHA-256 of "abc" in FIPS 180-2, appendix B.1.
func TestSums(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.txt"), "abc")
	var b bytes.Buffer
	if err := site.Sums(&b, dir); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.txt\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
