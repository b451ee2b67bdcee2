//go:build js && wasm

package web

import (
	"fmt"
	"io"
	"syscall/js"
)

const (
	chunk    = 4 << 20 // bytes that become one Blob
	inMemory = 16      // chunks at the start that stay in Go's memory
)

// A Store collects bytes at its end and reads them anywhere. It implements
// io.Writer and io.ReaderAt. Past its first 64 MB it hands them to the browser
// as Blobs, which may keep them on disk: Go's memory ends at 4 GB and never
// shrinks. The zero value is empty and ready.
type Store struct {
	size  int64
	first [][]byte   // the chunks in Go's memory
	blobs []js.Value // the chunks after them
	tail  []byte     // the last chunk, not full yet
}

// Size returns how many bytes were written.
func (s *Store) Size() int64 { return s.size }

// Write appends p and never fails.
func (s *Store) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if s.tail == nil {
			s.tail = make([]byte, 0, chunk)
		}
		m := min(len(p), chunk-len(s.tail))
		s.tail = append(s.tail, p[:m]...)
		p = p[m:]
		if len(s.tail) == chunk {
			s.keep()
		}
	}
	s.size += int64(n)
	return n, nil
}

// keep puts the full tail where its place is.
func (s *Store) keep() {
	if len(s.first) < inMemory {
		s.first = append(s.first, s.tail)
		s.tail = nil
		return
	}
	s.blobs = append(s.blobs, makeBlob(s.tail))
	s.tail = s.tail[:0]
}

// ReadAt waits until p is full or the store ends.
func (s *Store) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at negative offset %d", off)
	}
	n := 0
	for n < len(p) && off+int64(n) < s.size {
		at := off + int64(n)
		i, start := int(at/chunk), at%chunk
		m := int(min(chunk-start, int64(len(p)-n), s.size-at))
		if err := s.read(p[n:n+m], i, start); err != nil {
			return n, err
		}
		n += m
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// read fills p from one chunk.
func (s *Store) read(p []byte, i int, start int64) error {
	switch b := i - len(s.first); {
	case b < 0:
		copy(p, s.first[i][start:])
	case b < len(s.blobs):
		_, err := readBlob(s.blobs[b], start, start+int64(len(p)), p)
		return err
	default:
		copy(p, s.tail[start:])
	}
	return nil
}

// Blob returns everything as one JavaScript Blob.
func (s *Store) Blob() js.Value {
	parts := js.Global().Get("Array").New()
	for _, c := range s.first {
		parts.Call("push", makeBlob(c))
	}
	for _, b := range s.blobs {
		parts.Call("push", b)
	}
	if len(s.tail) > 0 {
		parts.Call("push", makeBlob(s.tail))
	}
	return js.Global().Get("Blob").New(parts, map[string]any{"type": "application/octet-stream"})
}

func makeBlob(p []byte) js.Value { return host().Call("blob", address(p), len(p)) }

// Put appends p and returns a reader of it, as a spool of package plan does.
func (s *Store) Put(p []byte) (io.ReaderAt, error) {
	at := s.size
	s.Write(p)
	return io.NewSectionReader(s, at, int64(len(p))), nil
}
