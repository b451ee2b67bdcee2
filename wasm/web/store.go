//go:build js && wasm

package web

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"sync"
	"syscall/js"
)

const (
	chunk    = 4 << 20  // bytes that are kept together
	inMemory = 16 << 20 // bytes that stay in Go's memory, in runs of less than a chunk
	borrow   = 1 << 20  // from so many bytes on, what lies with the browser is not copied
)

// A Store collects bytes at its end and reads them anywhere. It implements
// io.Writer and io.ReaderAt. All but short runs it hands to the browser: Go's memory
// ends at 4 GB and never shrinks. They go to a file of the origin private file
// system where there is one, which takes less time than a Blob; otherwise to Blobs,
// which the browser may keep in memory. The zero value is empty and ready. Several goroutines may
// write: while one waits for the browser, others run.
type Store struct {
	mu    sync.Mutex // for writing
	size  int64
	parts []part
	tail  []byte // what is written and in no part yet
	kept  int    // bytes in Go's memory
	disk  *disk  // nil as long as there is none
}

// A part is a run of bytes in one place: in Go's memory, in the store's file,
// or in a Blob.
type part struct {
	at, size int64
	memory   []byte
	blob     js.Value
	from     int64 // in the store's file, where memory and blob are not set
}

func (p *part) onDisk() bool { return p.memory == nil && p.blob.IsUndefined() }

// Size returns how many bytes were written.
func (s *Store) Size() int64 { return s.size }

// Write appends p.
func (s *Store) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(p)
}

func (s *Store) write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if s.tail == nil {
			s.tail = make([]byte, 0, chunk)
		}
		m := min(len(p), chunk-len(s.tail))
		s.tail = append(s.tail, p[:m]...)
		s.size += int64(m)
		p = p[m:]
		if len(s.tail) == chunk {
			if err := s.keep(); err != nil {
				return n - len(p), err
			}
		}
	}
	return n, nil
}

// keep makes a part of the tail.
func (s *Store) keep() error {
	n := int64(len(s.tail))
	if n == 0 {
		return nil
	}
	p := part{at: s.size - n, size: n}
	if n < chunk && s.kept+len(s.tail) <= inMemory && !s.disk.open() {
		s.kept += len(s.tail)
		p.memory, s.tail = bytes.Clone(s.tail), s.tail[:0]
		s.parts = append(s.parts, p)
		return nil
	}
	if s.disk == nil {
		s.disk = openDisk()
	}
	from, err := s.disk.append(s.tail)
	if err != nil {
		return fmt.Errorf("there is no room left for the result: %w", err)
	}
	if p.from = from; from < 0 {
		p.blob = makeBlob(s.tail)
	}
	s.tail = s.tail[:0]
	if before := len(s.parts) - 1; before >= 0 && p.onDisk() && s.parts[before].onDisk() {
		s.parts[before].size += n // what comes next in the store's file is nobody else's
		return nil
	}
	s.parts = append(s.parts, p)
	return nil
}

// ReadFrom appends all that r has left. What lies with the browser already, in a
// [File] or in another Store that an io.SectionReader reads, is not copied: the
// two then share it.
func (s *Store) ReadFrom(r io.Reader) (int64, error) {
	before := s.size
	if section, ok := r.(*io.SectionReader); ok {
		at, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return 0, err
		}
		if n := section.Size() - at; n >= borrow {
			if blobs, ok := slicesOf(section, at, n); ok {
				return n, s.share(blobs)
			}
		}
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		if _, failed := s.Write(buf[:n]); failed != nil {
			return s.size - before, failed
		}
		if err == io.EOF {
			return s.size - before, nil
		}
		if err != nil {
			return s.size - before, err
		}
	}
}

// share appends Blobs.
func (s *Store) share(blobs []js.Value) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.keep(); err != nil {
		return err
	}
	for _, b := range blobs {
		n := int64(b.Get("size").Float())
		s.parts = append(s.parts, part{at: s.size, size: n, blob: b})
		s.size += n
	}
	return nil
}

// slicesOf returns n bytes of r as Blobs; not ok where some of them do not lie
// with the browser.
func slicesOf(r io.ReaderAt, off, n int64) (blobs []js.Value, ok bool) {
	switch r := r.(type) {
	case *File:
		if off+n > r.Size {
			return nil, false
		}
		return []js.Value{slice(r.blob, off, off+n)}, true
	case *Store:
		return r.slices(off, n)
	case *io.SectionReader:
		under, from, size := r.Outer()
		if off+n > size {
			return nil, false
		}
		return slicesOf(under, from+off, n)
	case interface {
		Sections(off, n int64) []*io.SectionReader
	}:
		for _, section := range r.Sections(off, n) {
			more, ok := slicesOf(section, 0, section.Size())
			if !ok {
				return nil, false
			}
			blobs = append(blobs, more...)
		}
		return blobs, true
	}
	return nil, false
}

func (s *Store) slices(off, n int64) (blobs []js.Value, ok bool) {
	if off+n > s.size || s.settle() != nil {
		return nil, false
	}
	for i := s.find(off); n > 0; i++ {
		p := &s.parts[i]
		from := off - p.at
		to := min(p.size, from+n)
		if p.memory != nil {
			p.blob, p.memory = makeBlob(p.memory), nil
		}
		blobs = append(blobs, slice(p.blob, from, to))
		off, n = p.at+to, n-(to-from)
	}
	return blobs, true
}

// settle makes Blobs of all that is on disk, and of the tail a part.
func (s *Store) settle() error {
	if err := s.keep(); err != nil {
		return err
	}
	s.tail = nil
	if s.disk == nil {
		return nil
	}
	file, err := s.disk.file()
	if err != nil {
		return err
	}
	for i := range s.parts {
		if p := &s.parts[i]; p.onDisk() {
			p.blob = slice(file, p.from, p.from+p.size)
		}
	}
	return nil
}

// find returns the index of the part with byte off.
func (s *Store) find(off int64) int {
	return sort.Search(len(s.parts), func(i int) bool { return s.parts[i].at+s.parts[i].size > off })
}

// ReadAt waits until p is full or the store ends.
func (s *Store) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at negative offset %d", off)
	}
	n := 0
	for i := s.find(off); n < len(p) && off+int64(n) < s.size; i++ {
		at := off + int64(n)
		if i == len(s.parts) {
			n += copy(p[n:], s.tail[at-(s.size-int64(len(s.tail))):])
			break
		}
		part := &s.parts[i]
		start := at - part.at
		m := int(min(part.size-start, int64(len(p)-n)))
		if err := s.read(p[n:n+m], part, start); err != nil {
			return n, err
		}
		n += m
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// read fills p from one part.
func (s *Store) read(p []byte, from *part, start int64) error {
	switch {
	case from.memory != nil:
		copy(p, from.memory[start:])
		return nil
	case from.onDisk():
		return s.disk.read(p, from.from+start)
	}
	_, err := readBlob(from.blob, start, start+int64(len(p)), p)
	return err
}

// Blob returns everything as one JavaScript Blob.
func (s *Store) Blob() (js.Value, error) {
	blobs, ok := s.slices(0, s.size)
	if !ok {
		return js.Undefined(), fmt.Errorf("what was made cannot be read again: %w", s.settle())
	}
	return joinBlobs(blobs), nil
}

func joinBlobs(blobs []js.Value) js.Value {
	parts := js.Global().Get("Array").New()
	for _, b := range blobs {
		parts.Call("push", b)
	}
	return js.Global().Get("Blob").New(parts, map[string]any{"type": "application/octet-stream"})
}

func makeBlob(p []byte) js.Value { return host().Call("blob", address(p), len(p)) }

// slice asks the browser, which takes a millisecond or more, only if it must.
func slice(blob js.Value, from, to int64) js.Value {
	if from == 0 && float64(to) == blob.Get("size").Float() {
		return blob
	}
	return blob.Call("slice", from, to)
}

// Put appends p and returns a reader of it, as a spool of package plan does.
func (s *Store) Put(p []byte) (io.ReaderAt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.size
	if _, err := s.write(p); err != nil {
		return nil, err
	}
	return io.NewSectionReader(s, at, int64(len(p))), nil
}
