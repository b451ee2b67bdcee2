package onnx

import (
	"fmt"
	"io"
	"slices"
	"sort"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// planned is a tensor that the result must have.
type planned struct {
	name  string
	typ   tensor.Type
	shape tensor.Shape
}

// recheck reads the structure of a result as a reader of the file will, by range
// from where its pieces lie, before a byte of it is handed out. Every tensor that
// was planned must be there with its type, its shape and as many bytes; every
// input of a node and every output of a graph must be made, and before it is read,
// if all were in the source. It reads no more than opening a file does.
func (f *File) recheck(l *layout, dataName string) error {
	size := l.out.size()
	p := &parser{source: newSource(newReadable(l.out), size)}
	proto, err := p.model()
	if err != nil {
		return err
	}
	g := &File{size: size, proto: proto, constants: p.constants, graphs: p.graphs, model: new(model.Model)}
	err = g.openTensors(p.source, func(location string) (io.ReaderAt, int64, error) {
		if location != dataName {
			return nil, 0, fmt.Errorf("data in %q", location)
		}
		return newReadable(l.beside), l.beside.size(), nil
	})
	if err != nil {
		return err
	}
	if err := g.link(); err != nil {
		return err
	}
	if err := g.has(l.planned); err != nil {
		return err
	}
	before := f.loose()
	for what := range g.loose() {
		if !before[what] {
			return fmt.Errorf("%s %q of graph %q is not made, or not before it is read", what.kind, what.name, what.graph)
		}
	}
	return nil
}

// has reports a tensor that is not there as it was planned.
func (f *File) has(all []planned) error {
	constants := make(map[string][]*constant)
	for _, g := range f.graphs {
		for name, v := range g.values {
			if c := v.tensor(); c != nil {
				constants[name] = append(constants[name], c)
			}
		}
	}
	for _, want := range all {
		if !slices.ContainsFunc(constants[want.name], func(c *constant) bool {
			return c.tensor.Type == want.typ && slices.Equal(c.dims, want.shape)
		}) {
			return fmt.Errorf("there is no tensor %q of %v %v", want.name, want.typ, want.shape)
		}
	}
	return nil
}

// an end is a name in a graph that leads nowhere.
type end struct{ kind, graph, name string }

// loose lists the inputs of nodes that nothing makes before, and the outputs of
// graphs that nothing makes.
func (f *File) loose() map[end]bool {
	all := make(map[end]bool)
	for _, g := range f.graphs {
		place := make(map[*node]int, len(g.nodes))
		for i, n := range g.nodes {
			place[n] = i
		}
		for i, n := range g.nodes {
			for _, name := range n.inputs {
				v := g.find(name)
				late := v != nil && v.graph == g && v.node != nil && place[v.node] >= i
				if name != "" && (v == nil || late) {
					all[end{"input", g.function, name}] = true
				}
			}
		}
		for _, o := range g.outputs {
			if g.find(o.name) == nil {
				all[end{"output", g.function, o.name}] = true
			}
		}
	}
	return all
}

// readable reads segments as the file that they become.
type readable struct {
	segments
	from []int64 // where each begins
}

func newReadable(s segments) readable {
	r := readable{s, make([]int64, len(s))}
	at := int64(0)
	for i := range s {
		r.from[i] = at
		at += s[i].n
	}
	return r
}

// ReadAt implements [io.ReaderAt].
func (r readable) ReadAt(b []byte, off int64) (n int, err error) {
	i := sort.Search(len(r.from), func(i int) bool { return r.from[i] > off }) - 1
	for ; n < len(b); i++ {
		if i < 0 || i >= len(r.segments) {
			return n, io.EOF
		}
		s, at := r.segments[i], off+int64(n)-r.from[i]
		want := b[n:min(int64(len(b)), int64(n)+max(s.n-at, 0))]
		if s.r == nil {
			if int64(len(s.lit)) != s.n {
				return n, fmt.Errorf("%s has no data", s.what)
			}
			n += copy(want, s.lit[at:])
			continue
		}
		got, err := s.r.ReadAt(want, s.at+at)
		n += got
		if got < len(want) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, fmt.Errorf("%s: reading byte %d of %d: %w", s.what, at+int64(got), s.n, err)
		}
	}
	return n, nil
}
