package plan

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
)

// A Spool keeps what units have made until the file around it is framed. Its
// methods may be called from several goroutines.
type Spool interface {
	// Put keeps p, which the caller must not change any more, and returns a reader
	// of it.
	Put(p []byte) (io.ReaderAt, error)
}

// Memory is a Spool that holds everything in memory. The zero value is ready.
type Memory struct{}

// Put implements Spool.
func (Memory) Put(p []byte) (io.ReaderAt, error) {
	return bytes.NewReader(p), nil
}

// TempFile is a Spool in a temporary file.
type TempFile struct {
	mu    sync.Mutex
	file  *os.File
	named bool // the file still has its name
	end   int64
}

// NewTempFile makes the file in dir; os.TempDir where dir is empty.
func NewTempFile(dir string) (*TempFile, error) {
	f, err := os.CreateTemp(dir, ".splitquant-spool-*")
	if err != nil {
		return nil, err
	}
	// Unix forgets the name and keeps the file for as long as it is open, so
	// that not even a killed program leaves it behind; others refuse.
	named := os.Remove(f.Name()) != nil
	return &TempFile{file: f, named: named}, nil
}

// Put implements Spool.
func (t *TempFile) Put(p []byte) (io.ReaderAt, error) {
	t.mu.Lock()
	at := t.end
	t.end += int64(len(p))
	t.mu.Unlock()
	if _, err := t.file.WriteAt(p, at); err != nil {
		return nil, err
	}
	return io.NewSectionReader(t.file, at, int64(len(p))), nil
}

// Close removes the file; readers of it are of no use afterwards.
func (t *TempFile) Close() error {
	err := t.file.Close()
	if t.named {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	return err
}
