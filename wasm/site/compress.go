package site

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/andybalholm/brotli"
	"golang.org/x/sync/errgroup"
)

// noTime keeps Last-Modified out of answers: its seconds are too coarse while
// the site is being worked on.
var noTime time.Time

// encodings are the compressed forms of a file, the smallest first.
var encodings = []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}}

// compressible are the files that gain from compression.
var compressible = map[string]bool{
	".css": true, ".html": true, ".js": true, ".json": true, ".mjs": true, ".onnx": true, ".svg": true, ".wasm": true,
}

// window is how far brotli looks back, as a power of 2: over a whole program.
const window = 24

// Compress writes a .br and a .gz file beside each file under dir that gains
// from it, unless they are there and newer. level is brotli's, from 0 to 11:
// the last makes a megabyte some 10 % smaller than 9, and takes seconds.
func Compress(dir string, level int) error {
	var g errgroup.Group
	g.SetLimit(2)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !compressible[filepath.Ext(name)] {
			return err
		}
		g.Go(func() error { return compress(name, level) })
		return nil
	})
	return errors.Join(err, g.Wait())
}

func compress(name string, level int) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	for _, c := range encodings {
		// Clocks are coarse: a form of the same time may be of the text before.
		if old, err := os.Stat(name + c.ext); err == nil && old.ModTime().After(info.ModTime()) {
			continue
		}
		if err := encode(name, c.ext, level); err != nil {
			return err
		}
	}
	return nil
}

// encode writes one compressed form of a file. The gzip header holds no time,
// so that the same file gives the same bytes.
func encode(name, ext string, level int) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	var w io.WriteCloser = brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: level, LGWin: window})
	if ext == ".gz" {
		w, _ = gzip.NewWriterLevel(&b, gzip.BestCompression) // a constant level is never refused
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	return os.WriteFile(name+ext, b.Bytes(), 0o644)
}
