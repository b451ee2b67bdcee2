package model

import (
	"bytes"
	"io"
	"testing"
)

// The oracle of reading is bytes.Reader; what is in memory are the same bytes.
func TestBytes(t *testing.T) {
	whole := []byte("0123456789")
	part := io.NewSectionReader(io.NewSectionReader(Bytes(whole), 2, 6), 1, 4) // 3456
	for off := int64(-1); off < 12; off++ {
		for n := range int64(12) {
			want := make([]byte, n)
			m, err := bytes.NewReader(whole).ReadAt(want, off)
			got := make([]byte, n)
			if k, e := Bytes(whole).ReadAt(got, off); k != m || (e == nil) != (err == nil) || !bytes.Equal(got, want) {
				t.Errorf("%d bytes at %d: %d, %v, want %d, %v", n, off, k, e, m, err)
			}
			for _, c := range []struct {
				r    io.ReaderAt
				all  string
				name string
			}{{Bytes(whole), "0123456789", "bytes"}, {part, "3456", "part"}} {
				got := InMemory(c.r, off, n)
				inside := off >= 0 && off+n <= int64(len(c.all))
				if (got != nil) != inside || inside && string(got) != c.all[off:off+n] {
					t.Errorf("%s: %d bytes at %d are %q", c.name, n, off, got)
				}
			}
		}
	}
	if InMemory(bytes.NewReader(whole), 0, 4) != nil {
		t.Error("a bytes.Reader shows its bytes")
	}
}
