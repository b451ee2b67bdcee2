package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Magic begins every archive that has entries.
const Magic = "PK\x03\x04"

// An Archive lists the entries of a ZIP archive.
type Archive struct {
	files []*zip.File
	names map[string]*zip.File
	r     io.ReaderAt
	size  int64
}

// Open reads the directory of the archive in the size bytes of r.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("the archive is truncated: its directory, at the end, is missing or damaged")
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are looked up, and never used as paths
		return nil, fmt.Errorf("archive: %w", err)
	}
	a := &Archive{files: z.File, names: make(map[string]*zip.File, len(z.File)), r: r, size: size}
	for _, f := range z.File {
		a.names[f.Name] = f
	}
	return a, nil
}

// Names lists the entries in the order of the directory, folders left out.
func (a *Archive) Names() (names []string) {
	for _, f := range a.files {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
}

// Has reports whether there is an entry of that name.
func (a *Archive) Has(name string) bool { return a.names[name] != nil }

// mostInflated is how many times as large as its source DEFLATE can make
// anything (RFC 1951: 258 bytes of two bits).
const mostInflated = 1032

// Entry returns the content of an entry and its size. The size of a deflated
// one is what the directory claims, as far as that is possible.
func (a *Archive) Entry(name string) (io.ReaderAt, int64, error) {
	f := a.names[name]
	if f == nil {
		return nil, 0, fmt.Errorf("the archive has no entry %q", name)
	}
	if f.Flags&1 != 0 {
		return nil, 0, fmt.Errorf("entry %q is encrypted", name)
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, 0, fmt.Errorf("entry %q: %w", name, err)
	}
	if at > a.size || f.CompressedSize64 > uint64(a.size-at) {
		return nil, 0, fmt.Errorf("entry %q: the archive ends within it", name)
	}
	size := f.UncompressedSize64
	switch {
	case f.Method == zip.Store && size == f.CompressedSize64:
		return io.NewSectionReader(a.r, at, int64(size)), int64(size), nil
	case f.Method == zip.Deflate && size/mostInflated <= f.CompressedSize64:
		return &inflated{f: f, size: int64(size)}, int64(size), nil
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, 0, fmt.Errorf("entry %q is compressed by method %d, which is not supported", name, f.Method)
	}
	return nil, 0, fmt.Errorf("entry %q: %d bytes cannot hold %d", name, f.CompressedSize64, size)
}

// Read returns the whole content of an entry of at most limit bytes.
func (a *Archive) Read(name string, limit int64) ([]byte, error) {
	r, size, err := a.Entry(name)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("entry %q has %d bytes, at most %d were expected", name, size, limit)
	}
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); int64(n) < size {
		return nil, fmt.Errorf("entry %q: %w", name, err)
	}
	return b, nil
}

// inflated reads a deflated entry with a stream that it keeps between reads.
type inflated struct {
	f    *zip.File
	size int64

	mu     sync.Mutex
	stream io.ReadCloser
	at     int64 // how far the stream is
}

// ReadAt implements io.ReaderAt.
func (e *inflated) ReadAt(p []byte, at int64) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at < 0 {
		return 0, errors.New("archive: negative offset")
	}
	if at >= e.size {
		return 0, io.EOF
	}
	if e.stream == nil || e.at > at {
		if e.stream != nil {
			e.stream.Close()
		}
		stream, err := e.f.Open()
		if err != nil {
			return 0, err
		}
		e.stream, e.at = stream, 0
	}
	skipped, err := io.CopyN(io.Discard, e.stream, at-e.at)
	e.at += skipped
	if err != nil {
		return 0, e.broken(err)
	}
	want := p[:min(int64(len(p)), e.size-at)]
	n, err := io.ReadFull(e.stream, want)
	e.at += int64(n)
	if err != nil {
		return n, e.broken(err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// broken gives up the stream, and says what entry it was.
func (e *inflated) broken(err error) error {
	e.stream.Close()
	e.stream = nil
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("entry %q: %w", e.f.Name, err)
}
