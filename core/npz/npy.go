package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// magic begins every array.
const magic = "\x93NUMPY"

// Sniff reports whether a file that begins with head is a single array.
func Sniff(head []byte) bool { return strings.HasPrefix(string(head), magic) }

// OpenArray reads the header of the array in the size bytes of r, and calls it
// name.
func OpenArray(r io.ReaderAt, size int64, name string) (*model.Tensor, error) {
	t, err := openArray(r, size)
	if err != nil {
		return nil, fmt.Errorf("npz: array %q: %w", name, err)
	}
	t.Name = name
	return t, nil
}

func openArray(r io.ReaderAt, size int64) (*model.Tensor, error) {
	head, start, err := header(r, size)
	if err != nil {
		return nil, err
	}
	descr, fortran, shape, err := parse(head)
	if err != nil {
		return nil, err
	}
	typ, swap, err := typeOf(descr)
	if err != nil {
		return nil, err
	}
	bytes, err := checkpoint.Bytes(typ, shape)
	if err != nil {
		return nil, err
	}
	if bytes > size-start {
		return nil, fmt.Errorf("shape %v of %s needs %d bytes, the file has %d: it is truncated", shape, descr, bytes, size-start)
	}
	t := &model.Tensor{Type: typ, Shape: shape, Data: io.NewSectionReader(r, start, bytes)}
	if swap {
		t.Data = swapped{t.Data, typ.Bits() / 8}
	}
	if fortran {
		strides, step := make([]int64, len(shape)), int64(1)
		for i, d := range shape {
			strides[i] = step
			step *= max(d, 1)
		}
		n, _ := shape.Elems() // checked by Bytes
		t.Data, err = tensor.Strided(t.Data, int64(typ.Bits()/8), n, 0, shape, strides)
	}
	return t, err
}

// mostHeader is the longest header that is read; NumPy's own limit is 10,000.
const mostHeader = 1 << 16

// header returns the literal, and where the elements begin.
func header(r io.ReaderAt, size int64) (string, int64, error) {
	fixed := make([]byte, min(size, 12))
	if n, err := r.ReadAt(fixed, 0); n < len(fixed) {
		return "", 0, err
	}
	if !Sniff(fixed) || len(fixed) < 10 {
		return "", 0, errors.New("it is no NumPy array")
	}
	var start, n int64
	switch major := fixed[6]; {
	case major == 1:
		start, n = 10, int64(binary.LittleEndian.Uint16(fixed[8:]))
	case (major == 2 || major == 3) && len(fixed) == 12:
		start, n = 12, int64(binary.LittleEndian.Uint32(fixed[8:]))
	default:
		return "", 0, fmt.Errorf("version %d of the format is not supported", major)
	}
	if n > size-start || n > mostHeader {
		return "", 0, fmt.Errorf("the header's length %d exceeds the file of %d bytes, or %d", n, size, mostHeader)
	}
	b := make([]byte, n)
	if got, err := r.ReadAt(b, start); int64(got) < n {
		return "", 0, err
	}
	return string(b), start + n, nil
}

// parse reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
func parse(s string) (descr string, fortran bool, shape tensor.Shape, err error) {
	value := func(key string) string {
		_, rest, ok := strings.Cut(s, "'"+key+"':")
		if !ok {
			_, rest, _ = strings.Cut(s, `"`+key+`":`)
		}
		return strings.TrimLeft(rest, " ")
	}
	d := value("descr")
	switch {
	case strings.HasPrefix(d, "["):
		return "", false, nil, errors.New("arrays of records are not supported")
	case d == "" || d[0] != '\'' && d[0] != '"':
		return "", false, nil, fmt.Errorf("the header %.60q has no descr", s)
	}
	end := strings.IndexByte(d[1:], d[0])
	if end < 0 {
		return "", false, nil, fmt.Errorf("the header %.60q has no descr", s)
	}
	descr = d[1 : 1+end]
	fortran = strings.HasPrefix(value("fortran_order"), "True")
	list, _, ok := strings.Cut(strings.TrimPrefix(value("shape"), "("), ")")
	if !ok || !strings.HasPrefix(value("shape"), "(") {
		return "", false, nil, fmt.Errorf("the header %.60q has no shape", s)
	}
	shape = tensor.Shape{}
	for _, word := range strings.Split(list, ",") {
		word = strings.TrimSuffix(strings.TrimSpace(word), "L")
		if word == "" {
			continue
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n < 0 || len(shape) == 64 { // NumPy's own limit of axes
			return "", false, nil, fmt.Errorf("the shape (%.60s) is none", list)
		}
		shape = append(shape, n)
	}
	return descr, fortran, shape, nil
}

var types = map[string]tensor.Type{
	"f8": tensor.Float64, "f4": tensor.Float32, "f2": tensor.Float16,
	"i8": tensor.Int64, "i4": tensor.Int32, "i2": tensor.Int16, "i1": tensor.Int8,
	"u8": tensor.Uint64, "u4": tensor.Uint32, "u2": tensor.Uint16, "u1": tensor.Uint8,
	"b1": tensor.Bool,
}

// errText says that an array is fine and holds no numbers.
var errText = errors.New("it holds text or dates, no numbers")

// typeOf reads a type such as <f4, and says whether its bytes are to be swapped.
func typeOf(descr string) (typ tensor.Type, swap bool, err error) {
	if descr == "" {
		return 0, false, errors.New("it has no type")
	}
	name := strings.TrimLeft(descr, "<>=|")
	typ, ok := types[name]
	switch {
	case strings.HasPrefix(name, "O"):
		return 0, false, errors.New("arrays of Python objects are not supported; nothing was executed")
	case strings.HasPrefix(name, "U"), strings.HasPrefix(name, "S"), strings.HasPrefix(name, "M"), strings.HasPrefix(name, "m"):
		return 0, false, errText
	case !ok:
		return 0, false, fmt.Errorf("type %q is not supported", descr)
	}
	return typ, descr[0] == '>' && typ.Bits() > 8, nil
}

// swapped reads elements of the given size with their bytes in reverse order.
type swapped struct {
	r    io.ReaderAt
	size int
}

func (s swapped) ReadAt(p []byte, at int64) (int, error) {
	before := int(at % int64(s.size))
	whole := make([]byte, (before+len(p)+s.size-1)/s.size*s.size)
	n, err := s.r.ReadAt(whole, at-int64(before))
	for i := 0; i+s.size <= n; i += s.size {
		for a, b := i, i+s.size-1; a < b; a, b = a+1, b-1 {
			whole[a], whole[b] = whole[b], whole[a]
		}
	}
	n = copy(p, whole[min(before, n):n])
	if n == len(p) {
		err = nil
	}
	return n, err
}
