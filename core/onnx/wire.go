package onnx

import (
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// window is how many bytes are fetched at a time while a file is indexed.
const window = 64 << 10

// maxDepth bounds how deep graphs nest inside each other, and groups inside
// unknown fields. The deepest published model known to us has 4.
const maxDepth = 64

// A span is a range of bytes of the file.
type span struct{ from, to int64 }

func (s span) size() int64 { return s.to - s.from }

// A source reads the wire format from a file through a window. It is used by
// one goroutine; the file below it may be shared.
type source struct {
	r    io.ReaderAt
	size int64
	buf  []byte // bytes of the file from at on
	at   int64
}

func newSource(r io.ReaderAt, size int64) *source { return &source{r: r, size: size} }

// peek returns the bytes from at on: at least n of them, or all that are left
// before end. They are valid until the next call.
func (s *source) peek(at, end int64, n int) ([]byte, error) {
	n = int(min(int64(n), end-at))
	if at < s.at || at+int64(n) > s.at+int64(len(s.buf)) {
		want := min(int64(max(n, window)), s.size)
		if int64(cap(s.buf)) < want {
			s.buf = make([]byte, want)
		}
		s.buf = s.buf[:min(want, s.size-at)]
		s.at = at
		if got, err := s.r.ReadAt(s.buf, at); got < len(s.buf) {
			s.buf = s.buf[:0]
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("reading the file at byte %d: %w", at, err)
		}
	}
	b := s.buf[at-s.at:]
	return b[:min(int64(len(b)), end-at)], nil
}

// text returns the bytes of a short field as a string.
func (s *source) text(at span) (string, error) {
	b, err := s.peek(at.from, at.to, int(at.size()))
	if err != nil {
		return "", err
	}
	return string(b[:at.size()]), nil
}

// A field is one field of a message. body is its value: without tag, and for
// bytes without length. val is the value of a varint or a fixed-width number.
type field struct {
	num  protowire.Number
	typ  protowire.Type
	span // with tag and length
	body span
	val  uint64
}

// errTruncated marks a field that goes on behind the end of the file.
var errTruncated = errors.New("the file is truncated")

func corrupt(at int64, format string, args ...any) error {
	return fmt.Errorf("corrupt protobuf at byte %d: %s", at, fmt.Sprintf(format, args...))
}

// next reads the field that starts at at, in a message that ends at end.
func (s *source) next(at, end int64) (field, error) {
	return s.nextIn(at, end, 0)
}

func (s *source) nextIn(at, end int64, depth int) (field, error) {
	b, err := s.peek(at, end, 20) // a tag and a varint take 10 bytes each at most
	if err != nil {
		return field{}, err
	}
	v, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return field{}, s.cut(at, end, "tag")
	}
	if v>>3 > math.MaxInt32 {
		return field{}, corrupt(at, "field number %d", v>>3)
	}
	f := field{num: protowire.Number(v >> 3), typ: protowire.Type(v & 7), span: span{at, end}}
	if !f.num.IsValid() {
		return field{}, corrupt(at, "field number %d", f.num)
	}
	f.body.from = at + int64(n)
	b = b[n:]
	switch f.typ {
	case protowire.VarintType:
		f.val, n = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(b)
		f.val = uint64(v)
	case protowire.Fixed64Type:
		f.val, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		var size uint64
		size, n = protowire.ConsumeVarint(b)
		if n < 0 {
			break
		}
		f.body.from += int64(n)
		if left := end - f.body.from; size > uint64(left) {
			if end == s.size && size <= math.MaxInt32 {
				return field{}, fmt.Errorf("%w: field %d at byte %d needs %d bytes, %d are left", errTruncated, f.num, at, size, left)
			}
			return field{}, corrupt(at, "field %d claims %d bytes, %d are left", f.num, size, left)
		}
		n = int(size)
	case protowire.StartGroupType:
		return s.group(f, end, depth)
	default:
		return field{}, corrupt(at, "field %d has wire type %d", f.num, f.typ)
	}
	if n < 0 {
		return field{}, s.cut(f.body.from, end, fmt.Sprintf("value of field %d", f.num))
	}
	f.body.to = f.body.from + int64(n)
	f.to = f.body.to
	return f, nil
}

// cut says that something at at does not end before end.
func (s *source) cut(at, end int64, what string) error {
	if end == s.size && end-at < 10 {
		return fmt.Errorf("%w: it ends in the middle of a %s at byte %d", errTruncated, what, at)
	}
	return corrupt(at, "bad %s", what)
}

// group reads past a group, a form of message that ONNX does not use.
func (s *source) group(f field, end int64, depth int) (field, error) {
	if depth == maxDepth {
		return field{}, corrupt(f.from, "groups nest deeper than %d", maxDepth)
	}
	for at := f.body.from; at < end; {
		b, err := s.peek(at, end, 10)
		if err != nil {
			return field{}, err
		}
		if num, typ, n := protowire.ConsumeTag(b); n > 0 && typ == protowire.EndGroupType {
			if num != f.num {
				return field{}, corrupt(at, "group %d ends as group %d", f.num, num)
			}
			f.body.to, f.to = at, at+int64(n)
			return f, nil
		}
		inner, err := s.nextIn(at, end, depth+1)
		if err != nil {
			return field{}, err
		}
		at = inner.to
	}
	return field{}, s.cut(end, end, fmt.Sprintf("group %d", f.num))
}

// each calls do for every field of the message in body.
func (s *source) each(body span, do func(field) error) error {
	for at := body.from; at < body.to; {
		f, err := s.next(at, body.to)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
		at = f.to
	}
	return nil
}

// numbers calls do for every number in a repeated field, packed or not. elem is
// the type of one number.
func (s *source) numbers(f field, elem protowire.Type, do func(uint64) error) error {
	if f.typ == elem {
		return do(f.val)
	}
	if f.typ != protowire.BytesType {
		return f.want(elem)
	}
	for at := f.body.from; at < f.body.to; {
		v, n, err := s.number(at, f.body.to, elem)
		if err != nil {
			return err
		}
		if err := do(v); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// number reads one bare number.
func (s *source) number(at, end int64, typ protowire.Type) (v uint64, n int, err error) {
	b, err := s.peek(at, end, 10)
	if err != nil {
		return 0, 0, err
	}
	switch typ {
	case protowire.Fixed32Type:
		var x uint32
		x, n = protowire.ConsumeFixed32(b)
		v = uint64(x)
	case protowire.Fixed64Type:
		v, n = protowire.ConsumeFixed64(b)
	default:
		v, n = protowire.ConsumeVarint(b)
	}
	if n < 0 {
		return 0, 0, corrupt(at, "a packed number does not end")
	}
	return v, n, nil
}

// want reports a field whose wire type is not the one its definition has.
func (f *field) want(typ protowire.Type) error {
	if f.typ == typ {
		return nil
	}
	return corrupt(f.from, "field %d has wire type %d, expected %d", f.num, f.typ, typ)
}
