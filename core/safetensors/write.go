package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
)

// Write writes tensors and metadata, and returns the size of the file. It reads
// the data of each tensor once, from its start to its end.
func Write(w io.Writer, tensors []*model.Tensor, metadata []model.Property) (int64, error) {
	head, tensors, size, err := layout(tensors, metadata)
	if err != nil {
		return 0, fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return 0, err
	}
	for _, t := range tensors {
		if err := checkpoint.Copy(w, t); err != nil {
			return 0, fmt.Errorf("safetensors: %w", err)
		}
	}
	return size, nil
}

// Size returns the size of the file that Write would write. It reads no data.
func Size(tensors []*model.Tensor, metadata []model.Property) (int64, error) {
	_, _, size, err := layout(tensors, metadata)
	if err != nil {
		return 0, fmt.Errorf("safetensors: %w", err)
	}
	return size, nil
}

// layout returns what the file begins with, and the tensors in the order in
// which they follow.
func layout(tensors []*model.Tensor, metadata []model.Property) (head []byte, sorted []*model.Tensor, size int64, err error) {
	sorted = slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b *model.Tensor) int { return b.Type.Bits() - a.Type.Bits() })
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	field := func(key string, value any) error {
		if b.Len() > 8 {
			b.WriteByte(',')
		} else {
			b.WriteByte('{')
		}
		if err := e.Encode(key); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // the line feed
		b.WriteByte(':')
		err := e.Encode(value)
		b.Truncate(b.Len() - 1)
		return err
	}
	if len(metadata) > 0 {
		about := make(map[string]string, len(metadata))
		for _, p := range metadata {
			about[p.Key] = p.Value
		}
		if err := field("__metadata__", about); err != nil {
			return nil, nil, 0, err
		}
	}
	at := int64(0)
	for _, t := range sorted {
		name, ok := nameOf(t.Type, t.Encoding)
		if !ok {
			return nil, nil, 0, fmt.Errorf("tensor %q: the format has no type %v", t.Name, t.Type)
		}
		n, err := checkpoint.Bytes(t.Type, t.Shape)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if err := field(t.Name, entry{name, append([]int64{}, t.Shape...), []int64{at, at + n}}); err != nil {
			return nil, nil, 0, err
		}
		at += n
	}
	if b.Len() == 8 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	head = b.Bytes()
	if len(head)-8 > maxHeader {
		return nil, nil, 0, fmt.Errorf("the header would have %d bytes, %d are allowed", len(head)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(head, uint64(len(head)-8))
	return head, sorted, int64(len(head)) + at, nil
}
