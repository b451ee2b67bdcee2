package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"splitquant/core/plan"
)

// files are those that a command reads and writes. None of them may be written
// over by another.
type files struct {
	read    []usedFile
	written []string
}

type usedFile struct {
	info fs.FileInfo
	what string // such as "the input file"
}

// reads records an open file.
func (fl *files) reads(f *os.File, what string) (fs.FileInfo, error) {
	info, err := f.Stat()
	if err == nil {
		fl.read = append(fl.read, usedFile{info, what})
	}
	return info, err
}

// An output is a file in the making. It is written beside its target under a
// name of its own, and takes the target's place when it is complete: a failure
// leaves nothing behind, and the old target as it was. Devices and pipes are
// written to as they are.
type output struct {
	*bufio.Writer
	ctx  context.Context
	name string // as the user gave it
	file *os.File
	path string      // of the target, empty where file is the target itself
	mode fs.FileMode // of the old target, 0 where there is none
}

// create starts an output. It fails before any work is done where the target
// cannot be written, or is another file of the command. Once ctx is done, so
// is writing.
func (fl *files) create(ctx context.Context, name string) (*output, error) {
	o := &output{ctx: ctx, name: name}
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(name); err == nil {
			return nil, fmt.Errorf("%s: a link to a file that is not there", name)
		}
	case err != nil:
		return nil, about(name, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a folder; name a file", name)
	case !info.Mode().IsRegular():
		o.file, err = os.OpenFile(name, os.O_WRONLY, 0)
		o.Writer = bufio.NewWriterSize(o.unlessDone(), 1<<20)
		return o, about(name, err)
	default:
		for _, r := range fl.read {
			if os.SameFile(r.info, info) {
				return nil, usageError{fmt.Errorf("%s: the output is %s", name, r.what)}
			}
		}
		o.mode = info.Mode().Perm()
	}
	if err := o.begin(); err != nil {
		return nil, err
	}
	for _, other := range fl.written {
		if other == o.path {
			o.discard()
			return nil, usageError{fmt.Errorf("%s: two outputs are the same file", name)}
		}
	}
	fl.written = append(fl.written, o.path)
	o.Writer = bufio.NewWriterSize(o.unlessDone(), 1<<20)
	return o, nil
}

// begin makes the file beside the target, which is the name without its links.
func (o *output) begin() (err error) {
	dir, base := filepath.Split(o.name)
	if o.mode != 0 {
		if o.path, err = filepath.EvalSymlinks(o.name); err != nil {
			return about(o.name, err)
		}
		dir, base = filepath.Split(o.path)
	}
	if dir == "" {
		dir = "."
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		o.path = filepath.Join(dir, base)
		o.file, err = createBeside(dir, o.mode)
	}
	if err != nil {
		return fmt.Errorf("%s: the folder %w", o.name, about(filepath.Dir(o.name), err))
	}
	return nil
}

// createBeside makes a file with a short name of its own. Unlike
// os.CreateTemp it lets the umask decide who may read a new file.
func createBeside(dir string, mode fs.FileMode) (*os.File, error) {
	if mode == 0 {
		mode = 0o666
	}
	for {
		name := filepath.Join(dir, fmt.Sprintf(".splitquant-%08x", rand.Uint32()))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// about is the error of a file operation under the name that the user knows.
func about(name string, err error) error {
	if err == nil {
		return nil
	}
	if e := new(fs.PathError); errors.As(err, &e) {
		err = e.Err
	}
	if e := new(os.LinkError); errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// unlessDone writes to the file until the command is interrupted.
func (o *output) unlessDone() writerFunc {
	return func(p []byte) (int, error) {
		if err := o.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := o.file.Write(p)
		return n, about(o.name, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// commit puts the file in the place of its target.
func (o *output) commit() error {
	if err := o.Flush(); err != nil {
		return err
	}
	if o.path == "" {
		return o.file.Close()
	}
	if o.mode != 0 { // the umask may have taken some of it away
		if err := o.file.Chmod(o.mode); err != nil {
			return about(o.name, err)
		}
	}
	if err := o.file.Close(); err != nil {
		return about(o.name, err)
	}
	if err := os.Rename(o.file.Name(), o.path); err != nil {
		return about(o.name, err)
	}
	o.path = ""
	return nil
}

// discard removes what was written, unless it has been committed. A nil output
// was never begun.
func (o *output) discard() {
	if o == nil {
		return
	}
	o.file.Close()
	if o.path != "" {
		os.Remove(o.file.Name())
	}
}

// A besideFile holds the tensors of a model that is too large for one file. It is
// there only if something is written to it.
type besideFile struct {
	create func() (*output, error)
	out    *output
}

// mostBytes of a model go in one file, 0 for as many as fit; tests lower it.
var mostBytes int64

// of says where the data of a model go: nowhere, if the model goes to a device.
func (b *besideFile) of(model *output) plan.Beside {
	if model.path == "" {
		return plan.Beside{}
	}
	return plan.Beside{Name: filepath.Base(model.path) + ".data", Data: b, Most: mostBytes}
}

// Write implements [io.Writer].
func (b *besideFile) Write(p []byte) (n int, err error) {
	if b.out == nil {
		if b.out, err = b.create(); err != nil {
			return 0, err
		}
	}
	return b.out.Write(p)
}

func (b *besideFile) commit() error {
	if b.out == nil {
		return nil
	}
	return b.out.commit()
}

func (b *besideFile) discard() {
	if b.out != nil {
		b.out.discard()
	}
}
