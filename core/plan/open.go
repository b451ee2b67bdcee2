package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"splitquant/core/archive"
	"splitquant/core/checkpoint"
	"splitquant/core/gguf"
	"splitquant/core/model"
	"splitquant/core/npz"
	"splitquant/core/onnx"
	"splitquant/core/safetensors"
	"splitquant/core/torch"
)

// openExternal opens a file beside the model.
type openExternal = func(name string) (io.ReaderAt, int64, error)

// open tells by its content what kind of file r is, and opens it.
func open(r io.ReaderAt, size int64, external openExternal) (format, error) {
	if size <= 0 {
		return nil, errors.New("the file is empty")
	}
	if size < 4 {
		return nil, fmt.Errorf("%d bytes are too few for a model", size)
	}
	head := make([]byte, min(size, onnx.SniffLen))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	switch {
	case safetensors.Sniff(head):
		return openSafetensors(r, size)
	case gguf.Sniff(head):
		return openGGUF(r, size)
	case bytes.HasPrefix(head, []byte(archive.Magic)):
		return openArchive(r, size, external)
	case npz.Sniff(head):
		return openArray(r, size)
	case checkpoint.SniffIndex(head):
		return openShards(r, size, external)
	case torch.Sniff(head):
		f, err := torch.OpenLegacy(r, size)
		return openTorch(r, size, f, err)
	case onnx.Sniff(head):
		return openONNX(r, size, external)
	}
	if what := onnx.Foreign(head); what != "" {
		return nil, errors.New(what)
	}
	return nil, fmt.Errorf("not an ONNX model, and it begins like no safetensors, PyTorch, GGUF or NumPy file either (%d bytes)", size)
}

func openSafetensors(r io.ReaderAt, size int64) (format, error) {
	s, err := safetensors.Open(r, size)
	if err != nil {
		return nil, err
	}
	f := newCheckpoint("safetensors", "", s.Tensors, nil, s.Warnings)
	f.source, f.size, f.keep = r, size, s.Metadata
	return f, nil
}

func openTorch(r io.ReaderAt, size int64, t *torch.File, err error) (format, error) {
	if err != nil {
		return nil, err
	}
	f := newCheckpoint("pytorch", t.Container, t.Tensors, t.State, t.Warnings)
	f.source, f.size, f.torch = r, size, true
	return f, nil
}

func openGGUF(r io.ReaderAt, size int64) (format, error) {
	g, err := gguf.Open(r, size)
	if err != nil {
		return nil, err
	}
	var warnings []string
	if len(g.Tensors) == 0 {
		warnings = append(warnings, "the file has no tensors, there is nothing to quantize")
	}
	for _, t := range g.Tensors {
		if t.Encoding != "" {
			warnings = append(warnings, "some weights are quantized already, as "+t.Encoding+" is: they are read as the values they stand for")
			break
		}
	}
	version := fmt.Sprintf("version %d", g.Version)
	if g.Architecture != "" {
		version += ", " + g.Architecture
	}
	return newCheckpoint("gguf", version, g.Tensors, nil, warnings), nil
}

func openArray(r io.ReaderAt, size int64) (format, error) {
	t, err := npz.OpenArray(r, size, "arr_0") // as numpy.savez calls an array without a name
	if err != nil {
		return nil, err
	}
	return newCheckpoint("npy", "", []*model.Tensor{t}, nil, nil), nil
}

// openArchive opens what lies in a ZIP archive: a checkpoint of PyTorch, arrays,
// or a model of another kind with its data.
func openArchive(r io.ReaderAt, size int64, external openExternal) (format, error) {
	a, err := archive.Open(r, size)
	if err != nil {
		return nil, err
	}
	names := a.Names()
	switch {
	case torch.IsArchive(names):
		f, err := torch.OpenArchive(a)
		return openTorch(r, size, f, err)
	case npz.IsArchive(names):
		n, err := npz.Open(a)
		if err != nil {
			return nil, err
		}
		return newCheckpoint("npz", "", n.Tensors, nil, n.Warnings), nil
	}
	if len(names) == 0 {
		return nil, errors.New("this is a ZIP archive with nothing in it")
	}
	if main := names[model.Main(names)]; model.IsName(main) && !strings.HasSuffix(strings.ToLower(main), ".zip") {
		return openZipped(a, main, external)
	}
	if len(names) > 8 {
		names = append(names[:8:8], "...")
	}
	return nil, fmt.Errorf("this is a ZIP archive of %s; unpack it first", strings.Join(names, ", "))
}

// inArchive is a model that lies in a ZIP archive.
type inArchive struct {
	format
	name   string // in the archive
	source io.ReaderAt
	size   int64
}

// openZipped opens the file of that name in an archive. The files that it needs
// lie beside it there, or else where external finds them.
func openZipped(a *archive.Archive, name string, external openExternal) (format, error) {
	r, size, err := a.Entry(name)
	if err != nil {
		return nil, err
	}
	f, err := open(r, size, func(beside string) (io.ReaderAt, int64, error) {
		if inside := path.Join(path.Dir(name), beside); a.Has(inside) || external == nil {
			return a.Entry(inside)
		}
		return external(beside)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &inArchive{f, name, r, size}, nil
}

// openShards opens the files that an index names, as one model.
func openShards(r io.ReaderAt, size int64, external openExternal) (format, error) {
	names, err := checkpoint.ReadIndex(r, size)
	if err != nil {
		return nil, err
	}
	if external == nil {
		return nil, fmt.Errorf("the file %q that the index names is missing", names[0])
	}
	var all *checkpointFile
	var total int64
	for _, name := range names {
		shard, size, err := external(name)
		if err != nil {
			return nil, err
		}
		f, err := open(shard, size, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		total += size
		c, ok := f.(*checkpointFile)
		switch {
		case !ok || all != nil && (c.torch != all.torch || c.model.Format != all.model.Format):
			return nil, fmt.Errorf("%s: is not of the same kind as the other files of the index", name)
		case all == nil:
			all = c
		default:
			all = all.join(c)
		}
	}
	all.model.Version = strings.TrimPrefix(fmt.Sprintf("%s, %d files", all.model.Version, len(names)), ", ")
	all.source, all.size = nil, total
	return all, all.ambiguous()
}

// ambiguous is an error where two tensors have one name.
func (f *checkpointFile) ambiguous() error {
	seen := make(map[string]bool, len(f.state))
	for _, t := range f.state {
		if seen[t.Name] {
			return fmt.Errorf("two of the files have a tensor %q: they are no parts of one model", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// join returns a file with the tensors of both.
func (f *checkpointFile) join(other *checkpointFile) *checkpointFile {
	all := newCheckpoint(f.model.Format, f.model.Version, append(f.model.Tensors, other.model.Tensors...),
		append(f.state, other.state...), append(f.model.Warnings, other.model.Warnings...))
	all.keep, all.torch = f.keep, f.torch
	return all
}
