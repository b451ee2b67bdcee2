package tensor

// Float32s decodes the elements of type t in src into dst. Floats are rounded
// to the nearest float32, half to even; only Float64 and integers of more than
// 24 bits can lose anything. src must hold t.Bytes(len(dst)) bytes.
func Float32s(dst []float32, src []byte, t Type) error { panic("coming") }

// PutFloat encodes values as elements of the float type t into dst, rounded to
// nearest, half to even; what is too large for t becomes an infinity. dst must
// hold t.Bytes(len(values)) bytes.
func PutFloat(dst []byte, values []float32, t Type) error { panic("coming") }
