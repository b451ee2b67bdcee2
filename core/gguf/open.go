package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

const magic = "GGUF"

// Sniff reports whether a file that begins with head is a GGUF file.
func Sniff(head []byte) bool { return strings.HasPrefix(string(head), magic) }

// A File is an opened GGUF file.
type File struct {
	Version      uint32
	Architecture string // as general.architecture has it, may be empty
	Tensors      []*model.Tensor
}

// Open reads what the file in the size bytes of r says about its tensors.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	return f, nil
}

// Limits of what a file may claim, beyond those that its size sets.
const (
	mostTensors = 1 << 20
	mostName    = 1 << 16
	mostAxes    = 8 // GGML_MAX_DIMS is 4
	mostDeep    = 4 // arrays in arrays
)

func open(r io.ReaderAt, size int64) (*File, error) {
	s := &source{r: r, size: size}
	if head, err := s.bytes(4); err != nil || string(head) != magic {
		return nil, errors.New("it does not begin as a GGUF file does")
	}
	version, err := s.u32()
	if err != nil {
		return nil, err
	}
	if version&0xffff == 0 {
		return nil, errors.New("its numbers are big endian, which is not supported")
	}
	if version != 2 && version != 3 {
		return nil, fmt.Errorf("GGUF version %d is not supported, 2 and 3 are", version)
	}
	tensors, err := s.u64()
	if err != nil {
		return nil, err
	}
	values, err := s.u64()
	if err != nil {
		return nil, err
	}
	// The shortest entry is a name of no bytes and a type, for a value with one byte more.
	if tensors > uint64(size/24) || tensors > mostTensors {
		return nil, fmt.Errorf("tensor count %d exceeds what a file of %d bytes holds", tensors, size)
	}
	if values > uint64(size/13) {
		return nil, fmt.Errorf("metadata count %d exceeds what a file of %d bytes holds", values, size)
	}
	f := &File{Version: version}
	alignment := uint64(32)
	for range values {
		if err := f.value(s, &alignment); err != nil {
			return nil, err
		}
	}
	return f, f.readTensors(s, tensors, int64(alignment))
}

// value reads one of the metadata, and keeps those that matter.
func (f *File) value(s *source, alignment *uint64) error {
	name, err := s.text(mostName)
	if err != nil {
		return err
	}
	typ, err := s.u32()
	if err != nil {
		return err
	}
	switch {
	case name == "general.alignment":
		n, err := s.u32()
		if err == nil && (typ != typeUint32 || n == 0 || n&(n-1) != 0 || n > 1<<24) {
			err = fmt.Errorf("bad alignment: general.alignment is %d of type %d", n, typ)
		}
		*alignment = uint64(n)
		return err
	case name == "general.architecture" && typ == typeString:
		f.Architecture, err = s.text(mostName)
		return err
	}
	if err := s.skip(typ, 0); err != nil {
		return fmt.Errorf("metadata %q: %w", name, err)
	}
	return nil
}

// info is what the file says about a tensor.
type info struct {
	name   string
	shape  tensor.Shape
	typ    block
	offset uint64
}

func (f *File) readTensors(s *source, n uint64, alignment int64) error {
	var infos []info
	names := make(map[string]bool)
	for range n {
		i, err := readInfo(s)
		if err != nil {
			return err
		}
		if names[i.name] {
			return fmt.Errorf("there are two tensors %q", i.name)
		}
		names[i.name] = true
		infos = append(infos, i)
	}
	start := (s.at + alignment - 1) / alignment * alignment
	for _, i := range infos {
		t, err := i.open(s.r, start, s.size)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", i.name, err)
		}
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

func readInfo(s *source) (info, error) {
	var i info
	var err error
	if i.name, err = s.text(mostName); err != nil {
		return i, err
	}
	axes, err := s.u32()
	if err == nil && axes > mostAxes {
		err = fmt.Errorf("it has %d dimensions", axes)
	}
	if err != nil {
		return i, fmt.Errorf("tensor %q: %w", i.name, err)
	}
	i.shape = make(tensor.Shape, axes)
	for a := range i.shape { // the fastest first: the reverse of ours
		d, err := s.u64()
		if err != nil {
			return i, err
		}
		i.shape[len(i.shape)-1-a] = int64(d)
	}
	typ, err := s.u32()
	if err != nil {
		return i, err
	}
	if i.offset, err = s.u64(); err != nil {
		return i, err
	}
	var known bool
	if i.typ, known = blocks[typ]; !known {
		return i, fmt.Errorf("tensor %q: its type %d is not known", i.name, typ)
	}
	return i, nil
}

// open finds the data of a tensor, behind start.
func (i *info) open(r io.ReaderAt, start, size int64) (*model.Tensor, error) {
	n, err := i.shape.Elems()
	if err != nil {
		return nil, err
	}
	row := int64(1) // a scalar is one
	if last := len(i.shape) - 1; last >= 0 {
		row = i.shape[last]
	}
	if row%i.typ.elems != 0 {
		return nil, fmt.Errorf("rows of %d elements are not made of blocks of %d, as %s has them", row, i.typ.elems, i.typ.name)
	}
	bytes := n / i.typ.elems
	if bytes > (1<<62)/i.typ.bytes {
		return nil, fmt.Errorf("shape %v is larger than any file", i.shape)
	}
	bytes *= i.typ.bytes
	if start > size || i.offset > uint64(size-start) || bytes > size-start-int64(i.offset) {
		return nil, fmt.Errorf("its %d bytes from %d on lie beyond the file of %d bytes: it is truncated", bytes, i.offset, size)
	}
	t := &model.Tensor{Name: i.name, Type: i.typ.typ, Shape: i.shape, Data: io.NewSectionReader(r, start+int64(i.offset), bytes)}
	if i.typ.elems > 1 {
		if i.typ.decode == nil {
			return nil, fmt.Errorf("weights of type %s cannot be read", i.typ.name)
		}
		t.Encoding = i.typ.name
		t.Data = &decoder{t.Data, i.typ, n}
	}
	return t, nil
}

// Types of metadata (gguf.md, gguf_metadata_value_type).
const (
	typeUint32 = 4
	typeString = 8
	typeArray  = 9
)

// sizes are those of the types of fixed size.
var sizes = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// skip reads past a value.
func (s *source) skip(typ uint32, depth int) error {
	if n, ok := sizes[typ]; ok {
		return s.pass(n)
	}
	switch {
	case typ == typeString:
		n, err := s.u64()
		if err != nil {
			return err
		}
		return s.pass(n)
	case typ != typeArray:
		return fmt.Errorf("its type %d is not known", typ)
	case depth == mostDeep:
		return fmt.Errorf("more than %d arrays within each other", mostDeep)
	}
	of, err := s.u32()
	if err != nil {
		return err
	}
	n, err := s.u64()
	if err != nil {
		return err
	}
	if size, ok := sizes[of]; ok {
		if n > uint64(s.size)/size {
			return fmt.Errorf("an array of %d elements exceeds the file", n)
		}
		return s.pass(n * size)
	}
	if n > uint64(s.size-s.at)/8 { // each has a length
		return fmt.Errorf("an array of %d elements exceeds the file", n)
	}
	for range n {
		if err := s.skip(of, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// A source reads from the front of a file, a window at a time.
type source struct {
	r        io.ReaderAt
	at, size int64
	buf      []byte // read ahead from at on
}

const window = 64 << 10

// bytes returns the next n bytes, which stay as they are until the next call.
func (s *source) bytes(n int) ([]byte, error) {
	if int64(n) > s.size-s.at {
		return nil, fmt.Errorf("the file is truncated: it ends within its header, at byte %d", s.size)
	}
	if len(s.buf) < n {
		s.buf = make([]byte, min(int64(max(n, window)), s.size-s.at))
		if got, err := s.r.ReadAt(s.buf, s.at); got < len(s.buf) {
			s.buf = nil
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	b := s.buf[:n]
	s.buf, s.at = s.buf[n:], s.at+int64(n)
	return b, nil
}

// pass moves on by n bytes.
func (s *source) pass(n uint64) error {
	if n > uint64(s.size-s.at) {
		return fmt.Errorf("%d bytes of it lie beyond the file", n)
	}
	s.buf = s.buf[min(n, uint64(len(s.buf))):]
	s.at += int64(n)
	return nil
}

func (s *source) u32() (uint32, error) {
	b, err := s.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (s *source) u64() (uint64, error) {
	b, err := s.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (s *source) text(most uint64) (string, error) {
	n, err := s.u64()
	if err != nil {
		return "", err
	}
	if n > most || n > uint64(s.size-s.at) {
		return "", fmt.Errorf("a name or value of %d bytes exceeds the file, or %d", n, most)
	}
	b, err := s.bytes(int(n))
	return string(b), err
}
