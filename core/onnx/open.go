package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"splitquant/core/model"
)

// A File is an opened ONNX model. It reads from the file it was opened with as
// long as it is used. Its methods may be called at the same time.
type File struct {
	r     io.ReaderAt
	size  int64
	proto *modelProto
	// constants and graphs are all there are, subgraphs and functions included.
	constants []*constant
	graphs    []*graph
	model     *model.Model
	uses      []use                   // one per layer
	users     map[*model.Tensor][]int // the layers of each weight that can be changed
	noNBits   map[*model.Tensor]error // why the layers of a weight cannot be a MatMulNBits
	// activations are those of the model, in its order.
	activations []*activation
	// computed are values that are known to depend on constants alone, or not to.
	computed map[*value]bool
}

// Open indexes the ONNX model in the first size bytes of r. It reads no tensor
// data: those are read through the model's tensors when they are needed.
//
// external opens the files beside the model that hold data of its tensors; it
// gets a relative path that does not leave the folder. It may be nil, and an
// error of its own is taken to mean that the file is not there.
func Open(r io.ReaderAt, size int64, external func(location string) (io.ReaderAt, int64, error)) (*File, error) {
	f, err := open(r, size, external)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return f, nil
}

func open(r io.ReaderAt, size int64, external openExternal) (*File, error) {
	if size <= 0 {
		return nil, errors.New("the file is empty")
	}
	p := &parser{source: newSource(r, size)}
	head, err := p.peek(0, size, SniffLen)
	if err != nil {
		return nil, err
	}
	if what := Foreign(head); what != "" {
		return nil, fmt.Errorf("not an ONNX model: %s", what)
	}
	if !Sniff(head) {
		return nil, errors.New("not an ONNX model")
	}
	proto, err := p.model()
	if err != nil {
		return nil, err
	}
	f := &File{r: r, size: size, proto: proto, constants: p.constants, graphs: p.graphs, computed: make(map[*value]bool)}
	if err := f.openTensors(p.source, external); err != nil {
		return nil, err
	}
	f.model = &model.Model{
		Format:   "onnx",
		Version:  fmt.Sprintf("IR %d, opset %d", proto.ir, f.opset()),
		Producer: proto.producer,
	}
	for _, c := range f.constants {
		if c.of != nil {
			if c.of.op != "Constant" {
				continue // a parameter of a node
			}
			c.tensor.Name = c.of.output(0)
		}
		f.model.Tensors = append(f.model.Tensors, c.tensor)
		if c.tensor.Type.IsFloat() && !c.sparse {
			n, _ := c.dims.Elems() // checked when the tensor was opened
			f.model.Parameters += n
		}
	}
	if err := f.link(); err != nil {
		return nil, err
	}
	if err := f.findInputs(p); err != nil {
		return nil, err
	}
	return f, f.findLayers(p)
}

// Model describes the file. It is the same value at every call.
func (f *File) Model() *model.Model { return f.model }

// Properties reads the metadata of the model (ModelProto.metadata_props).
func (f *File) Properties() (all []model.Property, err error) {
	p := &parser{source: newSource(f.r, f.size)}
	err = p.each(f.proto.body, func(field field) error {
		if field.num != 14 {
			return nil
		}
		e, err := p.property(field)
		all = append(all, e)
		return err
	})
	return all, err
}

// External lists the files beside the model that hold data of its tensors, in
// the order of their names. A file that is written without a change needs them
// where it lies; one with changes needs none.
func (f *File) External() []string {
	var locations []string
	for _, c := range f.constants {
		if c.external != nil {
			locations = append(locations, c.external.location)
		}
	}
	slices.Sort(locations)
	return slices.Compact(locations)
}

// opset returns the version of ai.onnx that the model imports, 0 where none.
func (f *File) opset() int64 { return importedOpset(f.proto.opsets) }

func importedOpset(opsets []*opsetImport) int64 {
	version := int64(0)
	for _, o := range opsets {
		if o.domain == "" || o.domain == "ai.onnx" {
			version = max(version, o.version)
		}
	}
	return version
}

// openTensors opens every constant of the file. Files beside the model are
// opened once.
func (f *File) openTensors(src *source, external openExternal) error {
	type opened struct {
		r    io.ReaderAt
		size int64
		err  error
	}
	files := make(map[string]opened)
	var once openExternal
	if external != nil {
		once = func(location string) (io.ReaderAt, int64, error) {
			o, ok := files[location]
			if !ok {
				o.r, o.size, o.err = external(location)
				files[location] = o
			}
			return o.r, o.size, o.err
		}
	}
	for _, c := range f.constants {
		if err := c.open(src, once); err != nil {
			return fmt.Errorf("tensor %q: %w", c.label(), err)
		}
	}
	return nil
}

// label is what a constant is called: a Constant node's tensor often has no name.
func (c *constant) label() string {
	if c.name == "" {
		return fmt.Sprintf("at byte %d", c.field.from)
	}
	return c.name
}

// sameData reports whether two tensors have equal bytes, reading them piece by
// piece.
func sameData(a, b *model.Tensor) (bool, error) {
	if a.Type != b.Type || len(a.Shape) != len(b.Shape) {
		return false, nil
	}
	for i, d := range a.Shape {
		if d != b.Shape[i] {
			return false, nil
		}
	}
	if a.Data == nil || b.Data == nil {
		return a.Data == b.Data, nil
	}
	n, err := a.Shape.Elems()
	if err != nil {
		return false, err
	}
	if n, err = a.Type.Bytes(n); err != nil {
		return false, err
	}
	x, y := make([]byte, min(n, window)), make([]byte, min(n, window))
	for at := int64(0); at < n; at += window {
		size := min(window, n-at)
		if got, err := a.Data.ReadAt(x[:size], at); int64(got) < size {
			return false, err
		}
		if got, err := b.Data.ReadAt(y[:size], at); int64(got) < size {
			return false, err
		}
		if !bytes.Equal(x[:size], y[:size]) {
			return false, nil
		}
	}
	return true, nil
}
