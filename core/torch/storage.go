package torch

import (
	"fmt"
	"io"

	"splitquant/core/tensor"
	"splitquant/core/torch/pickle"
)

// A dtype is an element type under PyTorch's names.
type dtype struct {
	storage string // the class of a storage that holds it, empty where only newer releases know the type
	name    string
	typ     tensor.Type
}

var dtypes = []dtype{
	{"DoubleStorage", "float64", tensor.Float64}, {"FloatStorage", "float32", tensor.Float32},
	{"HalfStorage", "float16", tensor.Float16}, {"BFloat16Storage", "bfloat16", tensor.BFloat16},
	{"LongStorage", "int64", tensor.Int64}, {"IntStorage", "int32", tensor.Int32}, {"ShortStorage", "int16", tensor.Int16},
	{"CharStorage", "int8", tensor.Int8}, {"ByteStorage", "uint8", tensor.Uint8}, {"BoolStorage", "bool", tensor.Bool},
	{"ComplexFloatStorage", "complex64", tensor.Complex64}, {"ComplexDoubleStorage", "complex128", tensor.Complex128},
	{"", "uint16", tensor.Uint16}, {"", "uint32", tensor.Uint32}, {"", "uint64", tensor.Uint64},
	{"", "float8_e4m3fn", tensor.Float8}, {"", "float8_e5m2", tensor.Float8},
	{"", "float8_e4m3fnuz", tensor.Float8}, {"", "float8_e5m2fnuz", tensor.Float8}, {"", "float8_e8m0fnu", tensor.Float8},
}

func dtypeOf(match func(dtype) bool) (dtype, bool) {
	for _, d := range dtypes {
		if match(d) {
			return d, true
		}
	}
	return dtype{}, false
}

// A storage is a flat array that tensors are views of.
type storage struct {
	key   string
	typ   dtype
	bytes int64       // as the pickle says
	data  io.ReaderAt // nil until the file around the pickle is known
	err   error       // why there are no data
}

// untyped is the type of a storage whose tensors say what is in it.
var untyped = dtype{storage: "UntypedStorage", typ: tensor.Uint8}

// storageOf reads a persistent id:
//
//	("storage", class, key, device, elements[, view of a storage])
func (h *host) storageOf(id []pickle.Value) (pickle.Value, error) {
	if len(id) < 5 {
		return nil, fmt.Errorf("a storage of %d fields", len(id))
	}
	class, ok1 := id[1].(pickle.Class)
	key, ok2 := id[2].(string)
	elems, ok3 := id[4].(int64)
	if n, ok := id[2].(int64); ok { // very old files count
		key, ok2 = fmt.Sprint(n), true
	}
	if !ok1 || !ok2 || !ok3 || elems < 0 {
		return nil, fmt.Errorf("a storage is %v", id)
	}
	typ, ok := dtypeOf(func(d dtype) bool { return d.storage == class.Name && d.storage != "" })
	if class.Name == untyped.storage {
		typ, ok = untyped, true
	}
	if !ok {
		return &pickle.Object{Class: class}, nil // of quantized tensors, and whatever is to come
	}
	size, err := typ.typ.Bytes(elems)
	if err != nil {
		return nil, err
	}
	offset := int64(0)
	if len(id) > 5 { // (key, offset, size) of the view that this storage is
		if view, ok := id[5].(*pickle.Tuple); ok && len(view.Items) == 3 {
			offset, _ = view.Items[1].(int64)
		}
	}
	s := h.storages[key]
	if s == nil {
		s = &storage{key: key, typ: typ, bytes: size}
		h.storages[key] = s
	}
	return &view{s, typ, offset}, nil
}

// A view is a storage as a tensor refers to it, from an element on.
type view struct {
	storage *storage
	typ     dtype
	offset  int64
}

// A rebuilt tensor, as the pickle describes it.
type rebuilt struct {
	view    *view
	typ     dtype
	offset  int64
	shape   tensor.Shape
	strides []int64
}

// data returns the elements of a tensor, row-major.
func (t *rebuilt) data() (io.ReaderAt, error) {
	s := t.view.storage
	if s.err != nil {
		return nil, s.err
	}
	size := int64(t.typ.typ.Bits() / 8)
	offset := t.view.offset + t.offset
	if offset < 0 {
		return nil, fmt.Errorf("it begins at element %d of its storage", offset)
	}
	return tensor.Strided(s.data, size, s.bytes/size, offset, t.shape, t.strides)
}

// String tells tensors apart that are not the same view of one storage.
func (t *rebuilt) String() string {
	return fmt.Sprint(t.view.storage.key, t.view.offset, t.typ.name, t.offset, t.shape, t.strides)
}
