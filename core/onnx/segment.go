package onnx

import (
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// A segment is a run of bytes of the output: bytes we made, or a range of
// something that is read when the output is written.
type segment struct {
	lit  []byte
	r    io.ReaderAt // nil for bytes we made
	at   int64
	n    int64
	what string // whose data, for errors
}

type segments []segment

func (s segments) size() int64 {
	n := int64(0)
	for i := range s {
		n += s[i].n
	}
	return n
}

func literal(b []byte) segments { return segments{{lit: b, n: int64(len(b))}} }

// text is a string field.
func text(num protowire.Number, s string) segments {
	return literal(protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), s))
}

// integer is a varint field.
func integer(num protowire.Number, v uint64) segments {
	return literal(protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v))
}

// nested is a message field, or a bytes field, that holds body. Bytes that lie
// side by side become one segment.
func nested(num protowire.Number, body segments) segments {
	head := protowire.AppendTag(nil, num, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(body.size()))
	out := literal(head)
	for _, s := range body {
		last := &out[len(out)-1]
		if s.lit != nil && last.lit != nil {
			last.lit = append(last.lit, s.lit...)
			last.n += s.n
			continue
		}
		s.lit = slices.Clone(s.lit) // so that what follows is not appended to somebody else's
		out = append(out, s)
	}
	return out
}

// data is the first n bytes of r.
func data(r io.ReaderAt, n int64, what string) segments {
	return segments{{r: r, n: n, what: what}}
}

// writeTo writes the segments, through a buffer of fixed size, or as w likes to
// read them.
func (s segments) writeTo(w io.Writer) error {
	buf := make([]byte, 256<<10)
	for _, seg := range s {
		if seg.r == nil {
			if int64(len(seg.lit)) != seg.n {
				return fmt.Errorf("%s has no data", seg.what)
			}
			if _, err := w.Write(seg.lit); err != nil {
				return err
			}
			continue
		}
		got, err := io.CopyBuffer(w, io.NewSectionReader(seg.r, seg.at, seg.n), buf)
		if err == nil && got < seg.n {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%s: reading byte %d of %d: %w", seg.what, got, seg.n, err)
		}
	}
	return nil
}

// An edit puts something in place of a range of a message, which is a whole
// field, or empty for an insertion.
type edit struct {
	span
	with func() (segments, error)
}

// edits are all changes to a file. Messages around an edit get new lengths,
// everything else keeps its bytes.
type edits struct {
	file io.ReaderAt
	in   map[*message][]edit     // edits right inside of a message
	subs map[*message][]*message // messages right inside that have edits inside
}

func newEdits(file io.ReaderAt) *edits {
	return &edits{file, make(map[*message][]edit), make(map[*message][]*message)}
}

// replace puts s in place of at, a range inside of m.
func (e *edits) replace(m *message, at span, s segments) {
	e.replaceLater(m, at, func() (segments, error) { return s, nil })
}

// replaceLater is replace with bytes that are made when all edits are known.
func (e *edits) replaceLater(m *message, at span, with func() (segments, error)) {
	e.touch(m)
	e.in[m] = append(e.in[m], edit{at, with})
}

// touch enters m with the messages around it, as far as they are not entered yet.
func (e *edits) touch(m *message) {
	for entered := e.has(m); m.parent != nil && !entered; m = m.parent {
		entered = e.has(m.parent)
		e.subs[m.parent] = append(e.subs[m.parent], m)
	}
}

// has reports whether there is an edit inside of m.
func (e *edits) has(m *message) bool { return len(e.in[m]) > 0 || len(e.subs[m]) > 0 }

// source is a range of the file as it is.
func (e *edits) source(s span) segments {
	if s.size() == 0 {
		return nil
	}
	return segments{{r: e.file, at: s.from, n: s.size(), what: "the model"}}
}

// field returns the field that holds m, edits applied.
func (e *edits) field(m *message) (segments, error) {
	if !e.has(m) {
		return e.source(m.field), nil
	}
	body, err := e.body(m)
	return nested(m.num, body), err
}

// body returns what is inside of m, edits applied. An edit of a field comes
// before, and so instead of, edits inside of that field.
func (e *edits) body(m *message) (segments, error) {
	all := slices.Clone(e.in[m])
	for _, sub := range e.subs[m] {
		all = append(all, edit{sub.field, func() (segments, error) { return e.field(sub) }})
	}
	slices.SortStableFunc(all, func(a, b edit) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(a.to - b.to)
	})
	var out segments
	at := m.body.from
	for _, ed := range all {
		if ed.from < at {
			continue
		}
		with, err := ed.with()
		if err != nil {
			return nil, err
		}
		out = append(append(out, e.source(span{at, ed.from})...), with...)
		at = ed.to
	}
	return append(out, e.source(span{at, m.body.to})...), nil
}
