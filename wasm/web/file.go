//go:build js && wasm

package web

import (
	"fmt"
	"io"
	"syscall/js"
	"unsafe"
)

// readSize is how much is read at once: the browser holds one more copy of it.
const readSize = 16 << 20

// A File reads a File or Blob of the browser by range. It implements
// io.ReaderAt.
type File struct {
	Name string // empty for a Blob
	Size int64
	blob js.Value
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
		from := off + int64(n)
		to := min(from+readSize, off+int64(len(p)), f.Size)
		got, err := readBlob(f.blob, from, to, p[n:])
		if err != nil {
			return n, fmt.Errorf("%s: bytes %d to %d: %w", f.Name, from, to, err)
		}
		n += got
	}
	if n < len(p) {
		return n, io.EOF
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
