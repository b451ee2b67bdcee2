package safetensors

import "splitquant/core/tensor"

// A dtype is a name of the format for a type; several are types of 8 bits that
// are one to us.
type dtype struct {
	name string
	typ  tensor.Type
}

var dtypes = []dtype{
	{"F64", tensor.Float64}, {"F32", tensor.Float32}, {"F16", tensor.Float16}, {"BF16", tensor.BFloat16},
	{"I64", tensor.Int64}, {"I32", tensor.Int32}, {"I16", tensor.Int16}, {"I8", tensor.Int8},
	{"U64", tensor.Uint64}, {"U32", tensor.Uint32}, {"U16", tensor.Uint16}, {"U8", tensor.Uint8},
	{"BOOL", tensor.Bool}, {"C64", tensor.Complex64},
	{"F8_E4M3", tensor.Float8}, {"F8_E5M2", tensor.Float8}, {"F8_E8M0", tensor.Float8},
	{"F4", tensor.Float4},
}

// typeOf returns the type of a name, and whether there is one.
func typeOf(name string) (tensor.Type, bool) {
	for _, d := range dtypes {
		if d.name == name {
			return d.typ, true
		}
	}
	return tensor.Invalid, false
}

// nameOf returns the name of a type. encoding chooses among several.
func nameOf(typ tensor.Type, encoding string) (string, bool) {
	for _, d := range dtypes {
		if d.typ == typ && (encoding == d.name || typ != tensor.Float8) {
			return d.name, true
		}
	}
	return "", false
}
