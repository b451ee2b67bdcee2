package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// Float32s decodes the elements of type t in src into dst. Elements of type
// Float64 and integers are rounded to the nearest float32, half to even; the
// other types fit in one, and keep the payload of a NaN. src must hold
// t.Bytes(len(dst)) bytes. Types that are no numbers give an error.
func Float32s(dst []float32, src []byte, t Type) error {
	if err := checkBytes(len(src), len(dst), t); err != nil {
		return err
	}
	switch t {
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case Float32:
		fromFloat32(dst, src)
	case Float16:
		fromFloat16(dst, src)
	case BFloat16:
		fromBFloat16(dst, src)
	case Int64, Int32, Int16, Int8, Int4, Int2, Uint64, Uint32, Uint16, Uint8, Uint4, Uint2:
		fromInteger(dst, src, t.Bits(), t <= Int2)
	default:
		return fmt.Errorf("elements of type %v cannot be read as numbers", t)
	}
	return nil
}

// PutFloat encodes values as elements of the float type t into dst, rounded to
// nearest, half to even; what is too large for t becomes an infinity. dst must
// hold t.Bytes(len(values)) bytes.
func PutFloat(dst []byte, values []float32, t Type) error {
	if err := checkBytes(len(dst), len(values), t); err != nil {
		return err
	}
	switch t {
	case Float64:
		for i, v := range values {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(float64(v)))
		}
	case Float32:
		toFloat32(dst, values)
	case Float16:
		for i, v := range values {
			binary.LittleEndian.PutUint16(dst[2*i:], float16(v))
		}
	case BFloat16:
		toBFloat16(dst, values)
	default:
		return fmt.Errorf("floats cannot be written as type %v", t)
	}
	return nil
}

// checkBytes makes sure that have bytes are what n elements of type t take.
func checkBytes(have, n int, t Type) error {
	want, err := t.Bytes(int64(n))
	if err == nil && int64(have) != want {
		err = fmt.Errorf("%d bytes for %d elements of type %v, which take %d", have, n, t, want)
	}
	return err
}

// The loops below run over every weight of a model. Go compiles each turn of a
// loop to a costly dispatch in WebAssembly, so they take eight elements a turn,
// through pointers to arrays, which need one bounds check instead of eight.

func fromFloat32(dst []float32, src []byte) {
	for len(dst) >= 8 {
		d, s := (*[8]float32)(dst), (*[32]byte)(src)
		d[0] = math.Float32frombits(binary.LittleEndian.Uint32(s[0:]))
		d[1] = math.Float32frombits(binary.LittleEndian.Uint32(s[4:]))
		d[2] = math.Float32frombits(binary.LittleEndian.Uint32(s[8:]))
		d[3] = math.Float32frombits(binary.LittleEndian.Uint32(s[12:]))
		d[4] = math.Float32frombits(binary.LittleEndian.Uint32(s[16:]))
		d[5] = math.Float32frombits(binary.LittleEndian.Uint32(s[20:]))
		d[6] = math.Float32frombits(binary.LittleEndian.Uint32(s[24:]))
		d[7] = math.Float32frombits(binary.LittleEndian.Uint32(s[28:]))
		dst, src = dst[8:], src[32:]
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func fromBFloat16(dst []float32, src []byte) {
	for len(dst) >= 8 {
		d, s := (*[8]float32)(dst), (*[16]byte)(src)
		a, b := binary.LittleEndian.Uint64(s[0:]), binary.LittleEndian.Uint64(s[8:])
		d[0] = math.Float32frombits(uint32(a << 16))
		d[1] = math.Float32frombits(uint32(a) & 0xffff0000)
		d[2] = math.Float32frombits(uint32(a >> 16 & 0xffff0000))
		d[3] = math.Float32frombits(uint32(a >> 32 & 0xffff0000))
		d[4] = math.Float32frombits(uint32(b << 16))
		d[5] = math.Float32frombits(uint32(b) & 0xffff0000)
		d[6] = math.Float32frombits(uint32(b >> 16 & 0xffff0000))
		d[7] = math.Float32frombits(uint32(b >> 32 & 0xffff0000))
		dst, src = dst[8:], src[16:]
	}
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func fromFloat16(dst []float32, src []byte) {
	table := halves()
	for len(dst) >= 8 {
		d, s := (*[8]float32)(dst), (*[16]byte)(src)
		a, b := binary.LittleEndian.Uint64(s[0:]), binary.LittleEndian.Uint64(s[8:])
		d[0], d[1] = table[uint16(a)], table[uint16(a>>16)]
		d[2], d[3] = table[uint16(a>>32)], table[uint16(a>>48)]
		d[4], d[5] = table[uint16(b)], table[uint16(b>>16)]
		d[6], d[7] = table[uint16(b>>32)], table[uint16(b>>48)]
		dst, src = dst[8:], src[16:]
	}
	for i := range dst {
		dst[i] = table[binary.LittleEndian.Uint16(src[2*i:])]
	}
}

func toFloat32(dst []byte, src []float32) {
	for len(src) >= 8 {
		d, s := (*[32]byte)(dst), (*[8]float32)(src)
		binary.LittleEndian.PutUint32(d[0:], math.Float32bits(s[0]))
		binary.LittleEndian.PutUint32(d[4:], math.Float32bits(s[1]))
		binary.LittleEndian.PutUint32(d[8:], math.Float32bits(s[2]))
		binary.LittleEndian.PutUint32(d[12:], math.Float32bits(s[3]))
		binary.LittleEndian.PutUint32(d[16:], math.Float32bits(s[4]))
		binary.LittleEndian.PutUint32(d[20:], math.Float32bits(s[5]))
		binary.LittleEndian.PutUint32(d[24:], math.Float32bits(s[6]))
		binary.LittleEndian.PutUint32(d[28:], math.Float32bits(s[7]))
		dst, src = dst[32:], src[8:]
	}
	for i, v := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

func toBFloat16(dst []byte, src []float32) {
	for len(src) >= 4 {
		d, s := (*[8]byte)(dst), (*[4]float32)(src)
		binary.LittleEndian.PutUint16(d[0:], bfloat16(s[0]))
		binary.LittleEndian.PutUint16(d[2:], bfloat16(s[1]))
		binary.LittleEndian.PutUint16(d[4:], bfloat16(s[2]))
		binary.LittleEndian.PutUint16(d[6:], bfloat16(s[3]))
		dst, src = dst[8:], src[4:]
	}
	for i, v := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], bfloat16(v))
	}
}

// halves is every float16 as a float32. The 256 kB are filled when the first
// float16 tensor comes along; looking up is five times as fast as computing.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	table := new([1 << 16]float32)
	for h := range table {
		sign, exponent, fraction := uint32(h>>15), uint32(h>>10&31), uint32(h&0x3ff)
		var bits uint32
		switch exponent {
		case 0: // subnormal: fraction * 2^-24, which float32 holds as a normal number
			bits = math.Float32bits(float32(fraction) * 0x1p-24)
		case 31: // infinity or NaN
			bits = 255<<23 | fraction<<13
		default:
			bits = (exponent-15+127)<<23 | fraction<<13
		}
		table[h] = math.Float32frombits(sign<<31 | bits)
	}
	return table
})

// fromInteger decodes integers of 2 to 64 bits, those below 8 low bits first.
func fromInteger(dst []float32, src []byte, bits int, signed bool) {
	for i := range dst {
		at := i * bits
		u := uint64(src[at/8] >> (at % 8))
		for k := 8; k < bits; k += 8 {
			u |= uint64(src[(at+k)/8]) << k
		}
		u <<= 64 - bits // drop what belongs to the neighbours
		if signed {
			dst[i] = float32(int64(u) >> (64 - bits))
		} else {
			dst[i] = float32(u >> (64 - bits))
		}
	}
}

// float16 rounds f to IEEE 754 binary16, half to even.
func float16(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7fffffff
	switch {
	case bits > 0x7f800000:
		return sign | nan16(uint16(bits>>13)&0x3ff, 0x7c00, 0x200)
	case bits >= 0x477ff000: // 65520, half way between the largest float16 and what would follow
		return sign | 0x7c00
	case bits < 0x38800000: // below 2^-14 the steps are 2^-24 wide
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(bits))*0x1p24))
	}
	bits += 0xfff + bits>>13&1
	return sign | uint16((bits-(127-15)<<23)>>13)
}

// bfloat16 rounds f to the upper half of a float32, half to even.
func bfloat16(f float32) uint16 {
	bits := math.Float32bits(f)
	if bits&0x7fffffff > 0x7f800000 {
		return uint16(bits>>16&0x8000) | nan16(uint16(bits>>16)&0x7f, 0x7f80, 0x40)
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// nan16 keeps what fits of a NaN's payload, and something where nothing does:
// without a payload it would read as an infinity.
func nan16(payload, exponent, quiet uint16) uint16 {
	if payload == 0 {
		payload = quiet
	}
	return exponent | payload
}

// Count16 adds to counts how often each element of a 16-bit type occurs in src.
func Count16(counts *[1 << 16]uint32, src []byte) {
	for len(src) >= 8 {
		a := binary.LittleEndian.Uint64(src)
		counts[uint16(a)]++
		counts[uint16(a>>16)]++
		counts[uint16(a>>32)]++
		counts[uint16(a>>48)]++
		src = src[8:]
	}
	for ; len(src) >= 2; src = src[2:] {
		counts[binary.LittleEndian.Uint16(src)]++
	}
}
