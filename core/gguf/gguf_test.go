package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// An encoder of its own for tests, after gguf.md.

func text(s string) string { return le64(uint64(len(s))) + s }

func le32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }

func le64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

func value(name string, typ uint32, v string) string { return text(name) + le32(typ) + v }

func anInfo(name string, typ uint32, offset uint64, dims ...uint64) string {
	s := text(name) + le32(uint32(len(dims)))
	for _, d := range dims {
		s += le64(d)
	}
	return s + le32(typ) + le64(offset)
}

// aFile is a file of version 3 with the alignment that the values say.
func aFile(alignment int, values, infos []string, data string) []byte {
	s := magic + le32(3) + le64(uint64(len(infos))) + le64(uint64(len(values))) + strings.Join(values, "") + strings.Join(infos, "")
	return []byte(s + strings.Repeat("\x00", (alignment-len(s)%alignment)%alignment) + data)
}

func openBytes(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b))) }

func TestOpen(t *testing.T) {
	values := []string{
		value("general.architecture", typeString, text("tiny")), value("general.alignment", typeUint32, le32(64)),
		value("tokens", typeArray, le32(typeString)+le64(2)+text("a")+text("bc")),
		value("nested", typeArray, le32(typeArray)+le64(1)+le32(0)+le64(3)+"xyz"),
		value("flag", 7, "\x01"), value("big", 12, le64(0)),
	}
	infos := []string{anInfo("w", 0, 64, 3, 2), anInfo("b", 30, 0, 2)}
	f, err := openBytes(aFile(64, values, infos, "bias"+strings.Repeat("\x00", 60)+"000111222333444555666777"))
	if err != nil {
		t.Fatal(err)
	}
	w, b := f.Tensors[0], f.Tensors[1]
	got := make([]byte, 24)
	w.Data.ReadAt(got, 0)
	if f.Architecture != "tiny" || w.Name != "w" || w.Type != tensor.Float32 || !slices.Equal(w.Shape, tensor.Shape{2, 3}) || string(got) != "000111222333444555666777" {
		t.Errorf("%+v %+v %q", f, w, got)
	}
	b.Data.ReadAt(got[:4], 0)
	if b.Type != tensor.BFloat16 || !slices.Equal(b.Shape, tensor.Shape{2}) || string(got[:4]) != "bias" {
		t.Errorf("%+v %q", b, got[:4])
	}
}

func TestMalformed(t *testing.T) {
	w := anInfo("w", 0, 0, 2)
	head := func(tensors, values uint64, rest string) []byte {
		return []byte(magic + le32(3) + le64(tensors) + le64(values) + rest)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"another magic", []byte("GGML\x03\x00\x00\x00"), "does not begin"},
		{"cut", []byte(magic + "\x03\x00\x00\x00\x01"), "truncated"},
		{"version 1", []byte(magic + le32(1) + le64(0)), "version 1 "},
		{"big endian", []byte(magic + "\x00\x00\x00\x03" + le64(0)), "big endian"},
		{"tensor count", head(1<<62, 0, ""), "tensor count"},
		{"metadata count", head(0, 1<<62, ""), "metadata count"},
		{"name of 2^60 bytes", head(1, 0, le64(1<<60)+strings.Repeat("x", 40)), "exceeds the file"},
		{"array of 2^50 bytes", aFile(32, []string{value("a", typeArray, le32(0)+le64(1<<50))}, nil, ""), "exceeds the file"},
		{"array of 2^50 words", aFile(32, []string{value("a", typeArray, le32(typeString)+le64(1<<50))}, nil, ""), "exceeds the file"},
		{"arrays within arrays", aFile(32, []string{value("a", typeArray, strings.Repeat(le32(typeArray)+le64(1), 20))}, nil, ""), "within each other"},
		{"type of metadata", aFile(32, []string{value("a", 77, "")}, nil, ""), "type 77"},
		{"alignment 0", aFile(32, []string{value("general.alignment", typeUint32, le32(0))}, nil, ""), "bad alignment"},
		{"alignment 48", aFile(32, []string{value("general.alignment", typeUint32, le32(48))}, nil, ""), "bad alignment"},
		{"alignment that is text", aFile(32, []string{value("general.alignment", typeString, text("12345678"))}, nil, ""), "bad alignment"},
		{"type of a tensor", aFile(32, nil, []string{anInfo("w", 99, 0, 2)}, "12345678"), `"w": its type 99`},
		{"type that cannot be read", aFile(32, nil, []string{anInfo("w", 19, 0, 256)}, strings.Repeat("x", 50)), "IQ1_S"},
		{"half a block", aFile(32, nil, []string{anInfo("w", 2, 0, 16)}, strings.Repeat("x", 18)), "blocks of 32"},
		{"a scalar in blocks", aFile(32, nil, []string{anInfo("w", 8, 0)}, strings.Repeat("x", 34)), "rows of 1 elements"},
		{"many dimensions", aFile(32, nil, []string{anInfo("w", 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1)}, "1234"), "9 dimensions"},
		{"overflow", aFile(32, nil, []string{anInfo("w", 0, 0, 1<<32, 1<<32)}, ""), "64 bits"},
		{"overflow of bytes", aFile(32, nil, []string{anInfo("w", 0, 0, 1<<62)}, ""), "larger than any file"},
		{"negative", aFile(32, nil, []string{anInfo("w", 0, 0, 1<<63)}, ""), "negative"},
		{"beyond the file", aFile(32, nil, []string{w}, "1234567"), "truncated"},
		{"offset beyond the file", aFile(32, nil, []string{anInfo("w", 0, 1<<63, 2)}, "12345678"), "truncated"},
		{"the same name twice", aFile(32, nil, []string{w, w}, "12345678"), `two tensors "w"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := openBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// f16 is a float16 of ggml, read by its definition (IEEE 754, 3.4).
func f16(b []byte) float32 {
	h := binary.LittleEndian.Uint16(b)
	v := math.Ldexp(float64(h&1023), -24)
	if e := int(h >> 10 & 31); e > 0 {
		v = math.Ldexp(float64(h&1023|1024), e-25)
	}
	if h>>15 == 1 {
		v = -v
	}
	return float32(v)
}

// loops are the K-quants as ggml-quants.c has them, with one running pointer for
// each array: another way to walk through a block than ours.
var loops = map[uint32]func(b []byte) []float32{
	10: func(b []byte) (y []float32) { // dequantize_row_q2_K
		d, m, q, is := f16(b[80:]), f16(b[82:]), b[16:], 0
		for n := 0; n < 256; n += 128 {
			for shift := 0; shift < 8; shift += 2 {
				for _, half := range []int{0, 16} {
					sc := b[is]
					is++
					dl, ml := d*float32(sc&15), m*float32(sc>>4)
					for l := range 16 {
						y = append(y, float32(dl*float32(q[l+half]>>shift&3))-ml)
					}
				}
			}
			q = q[32:]
		}
		return y
	},
	11: func(b []byte) (y []float32) { // dequantize_row_q3_K
		const mask1, mask2 = 0x03030303, 0x0f0f0f0f
		d, hm, q, m, is := f16(b[108:]), b[:32], b[32:96], 1, 0
		var a [4]uint32
		for i := range 3 {
			a[i] = binary.LittleEndian.Uint32(b[96+4*i:])
		}
		tmp := a[2]
		a[2], a[3] = a[0]>>4&mask2|tmp>>4&mask1<<4, a[1]>>4&mask2|tmp>>6&mask1<<4
		a[0], a[1] = a[0]&mask2|tmp&mask1<<4, a[1]&mask2|tmp>>2&mask1<<4
		var scales []byte
		for _, v := range a {
			scales = binary.LittleEndian.AppendUint32(scales, v)
		}
		for n := 0; n < 256; n += 128 {
			for shift := 0; shift < 8; shift += 2 {
				for _, half := range []int{0, 16} {
					dl := d * float32(int(int8(scales[is]))-32)
					is++
					for l := range 16 {
						v := int(q[l+half] >> shift & 3)
						if int(hm[l+half])&m == 0 {
							v -= 4
						}
						y = append(y, dl*float32(v))
					}
				}
				m <<= 1
			}
			q = q[32:]
		}
		return y
	},
	12: func(b []byte) []float32 { return k45(b, nil, b[16:]) }, // dequantize_row_q4_K
	13: func(b []byte) []float32 { return k45(b, b[16:48], b[48:]) },
	14: func(b []byte) []float32 { // dequantize_row_q6_K
		ql, qh, sc, d := b[:128], b[128:192], b[192:208], f16(b[208:])
		y := make([]float32, 256)
		for n := 0; n < 256; n += 128 {
			for l := range 32 {
				is := l / 16
				for k, q := range []byte{ql[l]&15 | qh[l]&3<<4, ql[l+32]&15 | qh[l]>>2&3<<4, ql[l]>>4 | qh[l]>>4&3<<4, ql[l+32]>>4 | qh[l]>>6&3<<4} {
					y[n+l+32*k] = float32(d*float32(int8(sc[is+2*k]))) * float32(int(q)-32)
				}
			}
			ql, qh, sc = ql[64:], qh[32:], sc[8:]
		}
		return y
	},
}

// k45 is dequantize_row_q4_K, and with high bits q5_K.
func k45(b, high, q []byte) (y []float32) {
	d, m, s := f16(b), f16(b[2:]), b[4:16]
	for is := 0; is < 8; is += 2 {
		for k := range 2 {
			j := is + k
			sc, mn := s[j%12]&63, byte(0)
			if j < 4 {
				mn = s[j+4] & 63
			} else {
				sc, mn = s[j+4]&15|s[j-4]>>6<<4, s[j+4]>>4|s[j]>>6<<4
			}
			d1, m1 := d*float32(sc), m*float32(mn)
			for l := range 32 {
				v := int(q[l] >> (4 * k) & 15)
				if high != nil && high[l]&(1<<j) != 0 {
					v += 16
				}
				y = append(y, float32(d1*float32(v))-m1)
			}
		}
		q = q[32:]
	}
	return y
}

// TestBlocks reads random blocks: K-quants against ggml's own loops, the others
// against the definition of each element.
func TestBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := map[uint32]func(b []byte, i int) float32{
		2: func(b []byte, i int) float32 { return f16(b) * float32(int(b[2+i%16]>>(i/16*4)&15)-8) },
		3: func(b []byte, i int) float32 { return float32(f16(b)*float32(b[4+i%16]>>(i/16*4)&15)) + f16(b[2:]) },
		6: func(b []byte, i int) float32 {
			return f16(b) * float32(int(b[6+i%16]>>(i/16*4)&15)+16*int(b[2+i/8]>>(i%8)&1)-16)
		},
		7: func(b []byte, i int) float32 {
			return float32(f16(b)*float32(int(b[8+i%16]>>(i/16*4)&15)+16*int(b[4+i/8]>>(i%8)&1))) + f16(b[2:])
		},
		8: func(b []byte, i int) float32 { return f16(b) * float32(int8(b[2+i])) },
	}
	for typ, block := range blocks {
		if block.decode == nil {
			continue
		}
		const n = 3
		raw := make([]byte, n*block.bytes)
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		var want []float32
		for b := range slices.Chunk(raw, int(block.bytes)) {
			for at := 0; at < len(b); at += 2 { // no infinities wherever scales lie
				b[at+1] &^= 0x40
			}
			if loop := loops[typ]; loop != nil {
				want = append(want, loop(b)...)
				continue
			}
			for i := range int(block.elems) {
				want = append(want, plain[typ](b, i))
			}
		}
		f, err := openBytes(aFile(32, nil, []string{anInfo("w", typ, 0, uint64(block.elems), n)}, string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		w := f.Tensors[0]
		b, err := io.ReadAll(io.NewSectionReader(w.Data, 0, 1<<20))
		got := make([]float32, len(want))
		if err == nil {
			err = tensor.Float32s(got, b, tensor.Float32)
		}
		if err != nil || w.Encoding != block.name || !slices.Equal(got, want) {
			t.Errorf("%s: %v\nwant %v, %v", block.name, got, want, err)
			continue
		}
		from := r.IntN(len(b) - 70)
		piece := make([]byte, 70)
		if _, err := w.Data.ReadAt(piece, int64(from)); err != nil || !bytes.Equal(piece, b[from:from+70]) {
			t.Errorf("%s: bytes from %d are others when read alone, %v", block.name, from, err)
		}
	}
}

func ExampleOpen() {
	file := aFile(32, nil, []string{anInfo("blk.0.weight", 8, 0, 32, 2)}, string(make([]byte, 68)))
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range f.Tensors {
		fmt.Println(t.Name, t.Type, t.Shape, t.Encoding)
	}
	// Output: blk.0.weight float32 [2 32] Q8_0
}

// FuzzOpen opens damaged files, and reads what opens.
func FuzzOpen(f *testing.F) {
	paths, _ := filepath.Glob("../../../shared/models/*/*.gguf")
	for _, path := range append(paths, "../../../shared/models/linear-f32.gguf") {
		if b, err := os.ReadFile(path); err == nil && len(b) < 1<<16 {
			f.Add(b)
		}
	}
	f.Add(aFile(64, []string{value("general.alignment", typeUint32, le32(64)), value("t", typeArray, le32(typeString)+le64(1)+text("a"))}, []string{anInfo("w", 2, 0, 32)}, string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := openBytes(b)
		if err != nil {
			return
		}
		for _, x := range file.Tensors {
			read(t, x)
		}
	})
}

// read reads up to 1 MB of a tensor, which must be there.
func read(t *testing.T, x *model.Tensor) {
	n, err := x.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	size, err := x.Type.Bytes(n)
	if err != nil {
		return
	}
	size = min(size, 1<<20)
	if got, err := io.Copy(io.Discard, io.NewSectionReader(x.Data, 0, size)); err != nil || got < size {
		t.Fatalf("tensor %q has %d bytes, want %d: %v", x.Name, got, size, err)
	}
}
