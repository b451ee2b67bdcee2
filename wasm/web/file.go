//go:build js && wasm

package web

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"syscall/js"
	"unsafe"
)

const (
	// readSize is how much is read at once: the browser holds one more copy of it.
	readSize = 16 << 20
	// block is the least that is read: less takes hardly less time. The last blocks
	// are kept, all of a small file.
	block  = 1 << 20
	blocks = 24
)

// A File reads a File or Blob of the browser by range. It implements
// io.ReaderAt.
type File struct {
	Name string // empty for a Blob
	Size int64
	blob js.Value

	mu   sync.Mutex
	kept []keptBlock // those that were used last, at the end
}

type keptBlock struct {
	at  int64
	raw []byte
}

// NewFile makes a File of a JavaScript File or Blob.
func NewFile(blob js.Value) *File {
	f := &File{Size: int64(blob.Get("size").Float()), blob: blob}
	if name := blob.Get("name"); name.Type() == js.TypeString {
		f.Name = name.String()
	}
	return f
}

// ReadAt waits until p is full or the file ends. A file that changed on disk
// since it was chosen can no longer be read, which is an error.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at negative offset %d", f.Name, off)
	}
	n := 0
	for n < len(p) && off+int64(n) < f.Size {
		got, err := f.read(p[n:], off+int64(n))
		if err != nil {
			return n, err
		}
		n += got
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// read reads some bytes, at least one.
func (f *File) read(p []byte, at int64) (int, error) {
	if len(p) >= block {
		return f.direct(p[:min(int64(len(p)), readSize, f.Size-at)], at)
	}
	raw, err := f.block(at - at%block)
	if err != nil {
		return 0, err
	}
	return copy(p, raw[at%block:]), nil
}

// block returns the block that begins at a byte.
func (f *File) block(at int64) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b keptBlock
	if i := slices.IndexFunc(f.kept, func(b keptBlock) bool { return b.at == at }); i >= 0 {
		b = f.kept[i]
		f.kept = slices.Delete(f.kept, i, i+1)
	} else {
		b = keptBlock{at, make([]byte, min(block, f.Size-at))}
		if _, err := f.direct(b.raw, at); err != nil {
			return nil, err
		}
	}
	if len(f.kept) == blocks {
		f.kept = slices.Delete(f.kept, 0, 1)
	}
	f.kept = append(f.kept, b)
	return b.raw, nil
}

// direct fills p from the browser.
func (f *File) direct(p []byte, at int64) (int, error) {
	to := at + int64(len(p))
	n, err := readBlob(f.blob, at, to, p)
	if err != nil {
		return 0, fmt.Errorf("%s: bytes %d to %d: %w", f.Name, at, to, err)
	}
	return n, nil
}

// readBlob copies bytes from..to of a Blob to the start of p. The garbage
// collector does not move p, so JavaScript may write to its address while Go
// waits.
func readBlob(blob js.Value, from, to int64, p []byte) (int, error) {
	p = p[:to-from]
	got, err := await(host().Call("read", blob, from, to, address(p)))
	if err != nil {
		return 0, err
	}
	if got.Int() != len(p) {
		return 0, fmt.Errorf("got %d bytes of %d", got.Int(), len(p))
	}
	return len(p), nil
}

// host is the JavaScript half of this package, in public/go.js.
func host() js.Value { return js.Global().Get("goHost") }

// address is where p lies in the program's memory, as a JavaScript number.
func address(p []byte) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }

// Blob returns the File or Blob itself.
func (f *File) Blob() (js.Value, error) { return f.blob, nil }
