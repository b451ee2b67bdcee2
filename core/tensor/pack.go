package tensor

// Pack writes the low bits of each code into dst, low bits of a byte first, as
// ONNX packs INT2, INT4 and INT8 tensors, and returns the number of bytes
// written, (len(codes)*bits+7)/8. Bits left over in the last byte are zero.
// bits is 2, 4 or 8; any other width is a programmer's error and panics.
func Pack(dst []byte, codes []uint8, bits int) int { panic("coming") }

// Unpack is the inverse of [Pack]: it reads len(codes) codes of 2, 4 or 8 bits
// from src. The codes come as the raw bits, without sign extension.
func Unpack(codes []uint8, src []byte, bits int) { panic("coming") }
