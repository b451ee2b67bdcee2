package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// A constant is a TensorProto or a SparseTensorProto, in an initializer or in
// an attribute.
type constant struct {
	message
	of       *node // whose attribute it is; nil for an initializer
	name     string
	dataType int64
	dims     tensor.Shape
	sparse   bool

	raw      *span   // raw_data
	chunks   []chunk // float_data and the other typed fields
	external *external

	rest   []span // doc_string, metadata and whatever else a copy must keep
	tensor *model.Tensor
}

// A chunk is a run of numbers in one of the typed fields: the inside of a
// packed field, or, if tagged, consecutive fields of one number each.
type chunk struct {
	span
	num    protowire.Number
	tagged bool
}

// external says where the data of a tensor lie outside of the file.
type external struct {
	location       string
	offset, length int64 // length -1 where it is not given
}

func (p *parser) constant(f field, parent *message, sparse bool) (*constant, error) {
	msg, err := p.message(f, parent)
	if err != nil {
		return nil, err
	}
	c := &constant{message: msg, sparse: sparse}
	p.constants = append(p.constants, c)
	if sparse {
		return c, p.sparse(c)
	}
	isExternal := false
	err = p.each(c.body, func(f field) error {
		switch f.num {
		case 1:
			return p.numbers(f, protowire.VarintType, func(v uint64) error {
				c.dims = append(c.dims, int64(v))
				return nil
			})
		case 2:
			return p.integer(f, &c.dataType)
		case 4, 5, 7, 10, 11:
			c.addChunk(f)
		case 6: // strings are passed through, never read
		case 8:
			return p.str(f, &c.name)
		case 9:
			body := f.body
			c.raw = &body
			return f.want(protowire.BytesType)
		case 13:
			return p.externalEntry(f, c)
		case 14:
			isExternal = f.val == 1
			return f.want(protowire.VarintType)
		default:
			c.rest = append(c.rest, f.span)
		}
		return nil
	})
	if !isExternal {
		c.external = nil
	} else if c.external == nil {
		c.external = &external{length: -1}
	}
	return c, err
}

func (c *constant) addChunk(f field) {
	if f.typ == protowire.BytesType {
		c.chunks = append(c.chunks, chunk{span: f.body, num: f.num})
		return
	}
	if n := len(c.chunks); n > 0 {
		if last := &c.chunks[n-1]; last.tagged && last.num == f.num && last.to == f.from {
			last.to = f.to
			return
		}
	}
	c.chunks = append(c.chunks, chunk{span: f.span, num: f.num, tagged: true})
}

func (p *parser) externalEntry(f field, c *constant) error {
	if c.external == nil {
		c.external = &external{length: -1}
	}
	var key, value string
	err := p.each(f.body, func(f field) error {
		switch f.num {
		case 1:
			return p.str(f, &key)
		case 2:
			return p.str(f, &value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch key {
	case "location":
		c.external.location = value
	case "offset":
		c.external.offset, err = strconv.ParseInt(value, 10, 64)
	case "length":
		c.external.length, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil || c.external.offset < 0 {
		return fmt.Errorf("external data at byte %d: %s %q is no size", f.from, key, value)
	}
	return nil
}

// sparse reads the name, the type and the shape of a SparseTensorProto.
func (p *parser) sparse(c *constant) error {
	return p.each(c.body, func(f field) error {
		switch f.num {
		case 1:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			return p.each(f.body, func(f field) error {
				switch f.num {
				case 2:
					return p.integer(f, &c.dataType)
				case 8:
					return p.str(f, &c.name)
				}
				return nil
			})
		case 3:
			return p.numbers(f, protowire.VarintType, func(v uint64) error {
				c.dims = append(c.dims, int64(v))
				return nil
			})
		}
		return nil
	})
}

// An openExternal opens the file of external data at a safe relative location.
type openExternal func(location string) (io.ReaderAt, int64, error)

// open makes the tensor of c, after checking that its data are as long as its
// shape says. It reads no data but short runs of varints, to count them.
func (c *constant) open(src *source, external openExternal) error {
	typ := elemType(c.dataType)
	if typ == tensor.Invalid {
		return fmt.Errorf("data type %d is not known", c.dataType)
	}
	elems, err := c.dims.Elems()
	if err != nil {
		return err
	}
	c.tensor = &model.Tensor{Name: c.name, Type: typ, Shape: c.dims}
	if c.sparse || typ == tensor.String {
		return nil
	}
	size, err := typ.Bytes(elems)
	if err != nil {
		return err
	}
	expect := func(what string, got int64) error {
		if got == size {
			return nil
		}
		return fmt.Errorf("%s has %d bytes, shape %v of %v needs %d", what, got, c.dims, typ, size)
	}
	switch {
	case c.external != nil:
		r, length, err := c.external.open(size, external)
		if err != nil {
			return err
		}
		c.tensor.Data = r
		return expect(fmt.Sprintf("external data in %q", c.external.location), length)
	case c.raw != nil:
		c.tensor.Data = io.NewSectionReader(src.r, c.raw.from, c.raw.size())
		return expect("raw_data", c.raw.size())
	case len(c.chunks) == 0 && size > 0:
		return fmt.Errorf("it has no data, shape %v of %v needs %d bytes", c.dims, typ, size)
	}
	return c.openTyped(src, typ, size, expect)
}

// open returns the data and their length. A tensor that states no length takes
// what it needs.
func (e *external) open(size int64, open openExternal) (io.ReaderAt, int64, error) {
	if !safe(e.location) {
		return nil, 0, fmt.Errorf("unsafe external data path %q", e.location)
	}
	if open == nil {
		return nil, 0, fmt.Errorf("its data are in %q, which is needed too", e.location)
	}
	r, total, err := open(e.location)
	if err != nil {
		return nil, 0, fmt.Errorf("its data are in %q, which is needed too: %w", e.location, err)
	}
	length := e.length
	if length < 0 {
		length = size
	}
	if e.offset > total || length > total-e.offset {
		return nil, 0, fmt.Errorf("external data in %q end at byte %d, %d bytes from byte %d on are needed", e.location, total, length, e.offset)
	}
	return io.NewSectionReader(r, e.offset, length), length, nil
}

// safe reports whether an external location stays in the folder of the model
// on every system.
func safe(location string) bool {
	clean := path.Clean(location)
	return location != "" && !path.IsAbs(clean) && clean != ".." && !strings.HasPrefix(clean, "../") &&
		!strings.ContainsAny(location, "\\:\x00")
}

// openTyped makes the reader of a tensor in one of the typed fields.
func (c *constant) openTyped(src *source, typ tensor.Type, size int64, expect func(string, int64) error) error {
	e := &entries{r: src.r, size: src.size, chunks: c.chunks, wire: protowire.VarintType, width: (typ.Bits() + 7) / 8}
	num := protowire.Number(5)
	switch typ {
	case tensor.Float32, tensor.Complex64:
		num, e.wire, e.width = 4, protowire.Fixed32Type, 4
	case tensor.Float64, tensor.Complex128:
		num, e.wire, e.width = 10, protowire.Fixed64Type, 8
	case tensor.Int64:
		num = 7
	case tensor.Uint32, tensor.Uint64:
		num = 11
	}
	var length int64
	for _, chunk := range c.chunks {
		if chunk.num != num {
			return fmt.Errorf("values of type %v in field %d, expected in field %d", typ, chunk.num, num)
		}
		length += chunk.size()
	}
	e.n = size / int64(e.width)
	c.tensor.Data = e
	switch {
	case e.wire != protowire.VarintType && len(c.chunks) == 1 && !c.chunks[0].tagged:
		c.tensor.Data = io.NewSectionReader(src.r, c.chunks[0].from, length)
		return expect("its packed data", length)
	case length <= window:
		n, err := e.count(src)
		if err != nil {
			return err
		}
		return expect("its data", n*int64(e.width))
	case length < e.n || length/20 > e.n: // a tag and a varint take 10 bytes each at most
		return fmt.Errorf("%d bytes cannot hold the %d numbers that shape %v of %v needs", length, e.n, c.dims, typ)
	}
	return nil
}

// entries gives access by range to numbers that take different numbers of
// bytes in the file, or have tags between them.
type entries struct {
	r      io.ReaderAt
	size   int64 // of the file
	chunks []chunk
	wire   protowire.Type
	width  int   // bytes of a number once it is read
	n      int64 // how many numbers there must be

	once  sync.Once
	marks []mark
	err   error
}

// A mark is where one of every markEvery numbers starts.
type mark struct {
	chunk int
	at    int64
}

const markEvery = 4096

var errEnough = errors.New("enough")

// walk calls do for every number from the mark on, until do returns an error.
func (e *entries) walk(src *source, from mark, do func(m mark, v uint64) error) error {
	for i := from.chunk; i < len(e.chunks); i++ {
		c := e.chunks[i]
		at := c.from
		if i == from.chunk {
			at = from.at
		}
		for at < c.to {
			m, v, size := mark{i, at}, uint64(0), int64(0)
			if c.tagged {
				f, err := src.next(at, c.to)
				if err == nil {
					err = f.want(e.wire)
				}
				if err != nil {
					return err
				}
				v, size = f.val, f.size()
			} else {
				x, n, err := src.number(at, c.to, e.wire)
				if err != nil {
					return err
				}
				v, size = x, int64(n)
			}
			if err := do(m, v); err != nil {
				return err
			}
			at += size
		}
	}
	return nil
}

// count returns how many numbers there are, and sets the marks.
func (e *entries) count(src *source) (int64, error) {
	if len(e.chunks) == 0 {
		return 0, nil
	}
	n := int64(0)
	e.marks = nil
	err := e.walk(src, mark{0, e.chunks[0].from}, func(m mark, _ uint64) error {
		if n%markEvery == 0 {
			e.marks = append(e.marks, m)
		}
		n++
		return nil
	})
	return n, err
}

// ReadAt implements io.ReaderAt.
func (e *entries) ReadAt(dst []byte, off int64) (int, error) {
	e.once.Do(func() {
		var n int64
		if n, e.err = e.count(newSource(e.r, e.size)); e.err == nil && n != e.n {
			e.err = fmt.Errorf("the tensor has %d numbers, expected %d", n, e.n)
		}
	})
	if e.err != nil {
		return 0, e.err
	}
	width := int64(e.width)
	if off < 0 || off >= e.n*width {
		return 0, io.EOF
	}
	src := newSource(e.r, e.size)
	i := off / width / markEvery * markEvery // the number that walk is at
	done := 0
	err := e.walk(src, e.marks[i/markEvery], func(_ mark, v uint64) error {
		if i >= off/width {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], v)
			skip := max(off-i*width, 0)
			done += copy(dst[done:], b[skip:width])
		}
		if i++; done == len(dst) {
			return errEnough
		}
		return nil
	})
	switch {
	case err == errEnough:
		err = nil
	case err == nil && done < len(dst):
		err = io.EOF
	}
	return done, err
}
