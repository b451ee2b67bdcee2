package tensor

import (
	"encoding/binary"
	"fmt"
)

// Pack writes the low bits of each code into dst, low bits of a byte first, as
// ONNX packs INT2, INT4 and INT8 tensors, and returns the number of bytes
// written, (len(codes)*bits+7)/8. Bits left over in the last byte are zero.
// bits is 2, 4 or 8; any other width is a programmer's error and panics.
func Pack(dst []byte, codes []uint8, bits int) int {
	n := (len(codes)*bits + 7) / 8
	dst = dst[:n]
	switch bits {
	case 2:
		for len(codes) >= 16 {
			c := (*[16]uint8)(codes)
			binary.LittleEndian.PutUint32(dst, pack2(binary.LittleEndian.Uint64(c[:]))|pack2(binary.LittleEndian.Uint64(c[8:]))<<16)
			codes, dst = codes[16:], dst[4:]
		}
	case 4:
		for len(codes) >= 16 {
			c := (*[16]uint8)(codes)
			binary.LittleEndian.PutUint64(dst, pack4(binary.LittleEndian.Uint64(c[:]))|pack4(binary.LittleEndian.Uint64(c[8:]))<<32)
			codes, dst = codes[16:], dst[8:]
		}
	case 8:
		return copy(dst, codes)
	default:
		panic(badBits(bits))
	}
	clear(dst)
	mask := uint8(1)<<bits - 1
	for i, c := range codes {
		at := i * bits
		dst[at/8] |= c & mask << (at % 8)
	}
	return n
}

// Unpack is the inverse of [Pack]: it reads len(codes) codes of 2, 4 or 8 bits
// from src. The codes come as the raw bits, without sign extension.
func Unpack(codes []uint8, src []byte, bits int) {
	switch bits {
	case 2:
		for len(codes) >= 16 {
			s, c := binary.LittleEndian.Uint32(src), (*[16]uint8)(codes)
			binary.LittleEndian.PutUint64(c[:], unpack2(s&0xffff))
			binary.LittleEndian.PutUint64(c[8:], unpack2(s>>16))
			codes, src = codes[16:], src[4:]
		}
	case 4:
		for len(codes) >= 16 {
			s, c := binary.LittleEndian.Uint64(src), (*[16]uint8)(codes)
			binary.LittleEndian.PutUint64(c[:], unpack4(s&0xffffffff))
			binary.LittleEndian.PutUint64(c[8:], unpack4(s>>32))
			codes, src = codes[16:], src[8:]
		}
	case 8:
		copy(codes, src[:len(codes)])
		return
	default:
		panic(badBits(bits))
	}
	mask := uint8(1)<<bits - 1
	for i := range codes {
		at := i * bits
		codes[i] = src[at/8] >> (at % 8) & mask
	}
}

func badBits(bits int) string {
	return fmt.Sprintf("tensor: codes of %d bits cannot be packed, only of 2, 4 and 8", bits)
}

// The functions below move the low bits of eight bytes next to each other, and
// back, in steps that each join pairs of neighbours.

func pack2(x uint64) uint32 {
	x &= 0x0303030303030303
	x = (x | x>>6) & 0x000f000f000f000f
	x = (x | x>>12) & 0x000000ff000000ff
	return uint32(x|x>>24) & 0xffff
}

func unpack2(s uint32) uint64 {
	x := uint64(s)
	x = (x | x<<24) & 0x000000ff000000ff
	x = (x | x<<12) & 0x000f000f000f000f
	return (x | x<<6) & 0x0303030303030303
}

func pack4(x uint64) uint64 {
	x &= 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return (x | x>>16) & 0xffffffff
}

func unpack4(x uint64) uint64 {
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	return (x | x<<4) & 0x0f0f0f0f0f0f0f0f
}
