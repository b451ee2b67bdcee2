package tensor

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// The bytes are those of the ONNX documentation (technical/int4.md and
// technical/int2.md: y<<4 | x&0x0F, and x0 | x1<<2 | x2<<4 | x3<<6), written out.
func TestPackBytes(t *testing.T) {
	for _, c := range []struct {
		bits  int
		codes []uint8
		want  []byte
	}{
		{2, nil, []byte{}},
		{2, []uint8{3}, []byte{0x03}},
		{2, []uint8{0, 1, 2, 3}, []byte{0xe4}},
		{2, []uint8{0, 1, 2, 3, 2}, []byte{0xe4, 0x02}},
		{2, []uint8{0xfe, 0xff, 0, 1}, []byte{0x4e}}, // -2, -1, 0, 1: only the low bits count
		{2, []uint8{3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 1}, []byte{0x03, 0x04, 0x20, 0xc0, 0x01}},
		{4, []uint8{1}, []byte{0x01}},
		{4, []uint8{1, 2}, []byte{0x21}},
		{4, []uint8{1, 2, 0xf8}, []byte{0x21, 0x08}},
		{4, []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 9},
			[]byte{0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0x09}},
		{8, []uint8{1, 0x80, 255}, []byte{1, 0x80, 255}},
	} {
		dst := bytes.Repeat([]byte{0xaa}, len(c.want)+1)
		n := Pack(dst, c.codes, c.bits)
		if n != len(c.want) || !bytes.Equal(dst[:n], c.want) {
			t.Errorf("%d bits, %v: %d bytes % x, want % x", c.bits, c.codes, n, dst[:n], c.want)
		}
		if dst[n] != 0xaa {
			t.Errorf("%d bits, %v: a byte too many was written", c.bits, c.codes)
		}
	}
}

func TestUnpackPack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, bits := range []int{2, 4, 8} {
		for n := range 100 {
			codes := make([]uint8, n)
			for i := range codes {
				codes[i] = uint8(r.UintN(256))
			}
			packed, back := make([]byte, (n*bits+7)/8), make([]uint8, n)
			Pack(packed, codes, bits)
			Unpack(back, packed, bits)
			for i := range codes {
				// Where the specification puts element i of the tensor.
				at := packed[i*bits/8] >> (i * bits % 8) & (1<<bits - 1)
				if want := codes[i] & (1<<bits - 1); back[i] != want || at != want {
					t.Fatalf("%d bits, element %d of %d: %d came back as %d, lies in the file as %d", bits, i, n, want, back[i], at)
				}
			}
			if free := n * bits % 8; free != 0 && packed[len(packed)-1]>>free != 0 {
				t.Fatalf("%d bits, %d codes: the bits left over are not zero", bits, n)
			}
		}
	}
}
