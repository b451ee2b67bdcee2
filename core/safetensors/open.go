package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// maxHeader is the longest header that is read, as in the format's own library.
const maxHeader = 100_000_000

// Sniff reports whether a file that begins with head is a safetensors file,
// whole or damaged: a length, which has more zeros in it than text or the fields
// of a protobuf message, and an object.
func Sniff(head []byte) bool {
	return len(head) > 8 && head[8] == '{' && bytes.Count(head[:8], []byte{0}) >= 4
}

// A File is an opened safetensors file.
type File struct {
	Tensors  []*model.Tensor  // in the order of their data
	Metadata []model.Property // by key
	Warnings []string
}

// Open reads the header of the file in the size bytes of r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func open(r io.ReaderAt, size int64) (*File, error) {
	var length [8]byte
	if size < 8 {
		return nil, fmt.Errorf("the file has %d bytes, too few for a header", size)
	}
	if _, err := r.ReadAt(length[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(size-8) {
		return nil, fmt.Errorf("the header's length %d exceeds the file of %d bytes", n, size)
	}
	if n > maxHeader {
		return nil, fmt.Errorf("the header's length %d exceeds %d", n, maxHeader)
	}
	header := make([]byte, n)
	if got, err := r.ReadAt(header, 8); got < len(header) {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	f := &File{}
	places, err := f.parse(header)
	if err != nil {
		return nil, err
	}
	return f, f.place(places, io.NewSectionReader(r, 8+int64(n), size-8-int64(n)))
}

// entry is a tensor in the header.
type entry struct {
	DType   string       `json:"dtype"`
	Shape   tensor.Shape `json:"shape"`
	Offsets []int64      `json:"data_offsets"`
}

// A place says where the data of a tensor lie.
type place struct {
	tensor   *model.Tensor
	from, to int64
}

// parse reads the header, which is read piece by piece for the sake of names
// that are there twice.
func (f *File) parse(header []byte) ([]place, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	bad := func(err error) error { return fmt.Errorf("the header is not valid JSON: %w", noEOF(err)) }
	if t, err := d.Token(); err != nil {
		return nil, bad(err)
	} else if t != json.Delim('{') {
		return nil, errors.New("the header is no JSON object")
	}
	var places []place
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, bad(err)
		}
		name := t.(string) // keys are
		if seen[name] {
			return nil, fmt.Errorf("there are two tensors %q", name)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, bad(err)
		}
		if name == "__metadata__" {
			if err := f.metadata(raw); err != nil {
				return nil, err
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		p, err := e.place(name)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		places = append(places, p)
	}
	if _, err := d.Token(); err != nil {
		return nil, bad(err)
	}
	if len(bytes.TrimSpace(header[d.InputOffset():])) > 0 {
		return nil, errors.New("there is more in the header than a JSON object")
	}
	return places, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (f *File) metadata(raw json.RawMessage) error {
	var values map[string]string
	if err := json.Unmarshal(raw, &values); err != nil {
		return fmt.Errorf("__metadata__: %w", err)
	}
	for k, v := range values {
		f.Metadata = append(f.Metadata, model.Property{Key: k, Value: v})
	}
	slices.SortFunc(f.Metadata, func(a, b model.Property) int { return compare(a.Key, b.Key) })
	return nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// place checks an entry by itself.
func (e *entry) place(name string) (place, error) {
	typ, ok := typeOf(e.DType)
	if !ok {
		return place{}, fmt.Errorf("its type %s is not known", strconv.Quote(e.DType))
	}
	if e.Shape == nil || len(e.Offsets) != 2 {
		return place{}, errors.New("it has no shape, or no two data_offsets")
	}
	size, err := checkpoint.Bytes(typ, e.Shape)
	if err != nil {
		return place{}, err
	}
	from, to := e.Offsets[0], e.Offsets[1]
	if from < 0 || to < from {
		return place{}, fmt.Errorf("its data lie from %d to %d", from, to)
	}
	if to-from != size {
		return place{}, fmt.Errorf("shape %v of %s needs %d bytes, the file has %d", e.Shape, e.DType, size, to-from)
	}
	t := &model.Tensor{Name: name, Type: typ, Shape: e.Shape}
	if typ == tensor.Float8 {
		t.Encoding = e.DType
	}
	return place{t, from, to}, nil
}

// place sorts the tensors by where they lie in data and checks that none
// overlap.
func (f *File) place(places []place, data *io.SectionReader) error {
	if len(places) == 0 {
		return errors.New("the file has no tensors, there is nothing to quantize")
	}
	slices.SortStableFunc(places, func(a, b place) int {
		if a.from != b.from {
			return int(min(max(a.from-b.from, -1), 1))
		}
		return int(min(max(a.to-b.to, -1), 1))
	})
	end := int64(0)
	for i, p := range places {
		if p.from < end {
			return fmt.Errorf("tensors %q and %q overlap: data from %d to %d and from %d to %d", places[i-1].tensor.Name, p.tensor.Name,
				places[i-1].from, places[i-1].to, p.from, p.to)
		}
		if p.to > data.Size() {
			return fmt.Errorf("the file is truncated: tensor %q ends at byte %d of its data, which has %d", p.tensor.Name, p.to, data.Size())
		}
		if p.from > end && len(f.Warnings) == 0 {
			f.Warnings = append(f.Warnings, fmt.Sprintf("there is a gap before tensor %q", p.tensor.Name))
		}
		end = p.to
		p.tensor.Data = io.NewSectionReader(data, p.from, p.to-p.from)
		f.Tensors = append(f.Tensors, p.tensor)
	}
	if end < data.Size() {
		f.Warnings = append(f.Warnings, fmt.Sprintf("%d bytes behind the last tensor belong to none", data.Size()-end))
	}
	return nil
}
