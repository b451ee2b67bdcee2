package model

import "io"

// Bytes are bytes in memory. They implement io.ReaderAt; what reads a tensor's data
// sees them as they are, where bytes.Reader would have them copied.
type Bytes []byte

// ReadAt implements io.ReaderAt.
func (b Bytes) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// InMemory returns n bytes of r from off on, which must not be changed, if r is Bytes
// or a part of them; nil otherwise.
func InMemory(r io.ReaderAt, off, n int64) []byte {
	switch r := r.(type) {
	case Bytes:
		if off >= 0 && n >= 0 && off <= int64(len(r))-n {
			return r[off : off+n]
		}
	case *io.SectionReader:
		if under, from, size := r.Outer(); off >= 0 && n >= 0 && off <= size-n {
			return InMemory(under, from+off, n)
		}
	}
	return nil
}
