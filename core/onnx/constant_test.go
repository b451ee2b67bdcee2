package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"splitquant/core/tensor"
)

// aTensor is a model whose only initializer, w, has the given fields.
func aTensor(fields ...[]byte) []byte {
	return aModel(8, 17, aGraph(pbMsg(5, append(fields, pbStr(8, "w"))...)))
}

// TestTensorForms reads each form in which a TensorProto may hold its elements.
// The expected bytes are the elements in little endian, by onnx.proto's
// comments on the fields.
func TestTensorForms(t *testing.T) {
	le := func(values any) []byte {
		b, err := binary.Append(nil, binary.LittleEndian, values)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	fixed32 := func(num int, bits ...uint32) []byte {
		var b []byte
		for _, v := range bits {
			b = append(append(b, byte(num<<3|5)), le(v)...)
		}
		return b
	}
	many := make([]int64, 3*markEvery+5) // varints of different lengths
	for i := range many {
		many[i] = int64(i) * int64(i) << (i % 30)
	}
	tests := []struct {
		name   string
		fields []byte
		typ    tensor.Type
		shape  string
		want   []byte
	}{
		{"raw_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 1), pbMsg(9, le32(1, -2))}, nil), tensor.Float32, "[2]", le32(1, -2)},
		{"scalar", bytes.Join([][]byte{pbInt(2, 1), pbMsg(9, le32(3))}, nil), tensor.Float32, "[]", le32(3)},
		{"no elements", bytes.Join([][]byte{pbInts(1, 3, 0), pbInt(2, 1)}, nil), tensor.Float32, "[3 0]", nil},
		{"packed dims", bytes.Join([][]byte{pbPacked(1, 1, 2), pbInt(2, 1), pbMsg(9, le32(1, -2))}, nil), tensor.Float32, "[1 2]", le32(1, -2)},
		{"float_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 1), pbMsg(4, le32(1, -2))}, nil), tensor.Float32, "[2]", le32(1, -2)},
		{"float_data unpacked", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 1), fixed32(4, 0x3f800000, 0xc0000000)}, nil), tensor.Float32, "[2]", le32(1, -2)},
		{"float_data in pieces", bytes.Join([][]byte{pbInts(1, 4), pbMsg(4, le32(1)), pbInt(2, 1), fixed32(4, 0xc0000000), pbMsg(4, le32(3, 4))}, nil), tensor.Float32, "[4]", le32(1, -2, 3, 4)},
		{"double_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 11), pbMsg(10, le([]float64{1, -2}))}, nil), tensor.Float64, "[2]", le([]float64{1, -2})},
		{"complex64", bytes.Join([][]byte{pbInts(1, 1), pbInt(2, 14), pbMsg(4, le32(1, -2))}, nil), tensor.Complex64, "[1]", le32(1, -2)},
		{"int64_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 7), pbPacked(7, 1, -2)}, nil), tensor.Int64, "[2]", le([]int64{1, -2})},
		{"int64_data unpacked", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 7), pbInts(7, 1, -2)}, nil), tensor.Int64, "[2]", le([]int64{1, -2})},
		{"int64_data, many", bytes.Join([][]byte{pbInts(1, int64(len(many))), pbInt(2, 7), pbPacked(7, many...)}, nil), tensor.Int64, fmt.Sprintf("[%d]", len(many)), le(many)},
		{"uint64_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 13), pbPacked(11, 1, -2)}, nil), tensor.Uint64, "[2]", le([]uint64{1, 1<<64 - 2})},
		{"uint32", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 12), pbPacked(11, 1, 1<<32-2)}, nil), tensor.Uint32, "[2]", le([]uint32{1, 1<<32 - 2})},
		{"int32_data", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 6), pbPacked(5, 1, -2)}, nil), tensor.Int32, "[2]", le([]int32{1, -2})},
		{"int16", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 5), pbPacked(5, 1, -2)}, nil), tensor.Int16, "[2]", le([]int16{1, -2})},
		{"int8", bytes.Join([][]byte{pbInts(1, 3), pbInt(2, 3), pbPacked(5, 1, -2, 127)}, nil), tensor.Int8, "[3]", le([]int8{1, -2, 127})},
		{"bool", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 9), pbPacked(5, 1, 0)}, nil), tensor.Bool, "[2]", []byte{1, 0}},
		{"float16", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 10), pbPacked(5, 0x3c00, 0xc000)}, nil), tensor.Float16, "[2]", []byte{0, 0x3c, 0, 0xc0}},
		{"bfloat16", bytes.Join([][]byte{pbInts(1, 2), pbInt(2, 16), pbPacked(5, 0x3f80, 0xc000)}, nil), tensor.BFloat16, "[2]", []byte{0x80, 0x3f, 0, 0xc0}},
		{"uint4", bytes.Join([][]byte{pbInts(1, 3), pbInt(2, 21), pbPacked(5, 0x21, 0x03)}, nil), tensor.Uint4, "[3]", []byte{0x21, 0x03}},
		{"int2", bytes.Join([][]byte{pbInts(1, 5), pbInt(2, 26), pbMsg(9, []byte{0xe4, 2})}, nil), tensor.Int2, "[5]", []byte{0xe4, 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := mustOpen(t, aTensor(test.fields)).Model().Tensors[0]
			if x.Name != "w" || x.Type != test.typ || fmt.Sprint(x.Shape) != test.shape {
				t.Errorf("%s: %v %v, expected w: %v %s", x.Name, x.Type, x.Shape, test.typ, test.shape)
			}
			if len(test.want) < 100 { // TestReader reads in pieces of all sizes, at all offsets
				if err := iotest.TestReader(io.NewSectionReader(x.Data, 0, int64(len(test.want))), test.want); err != nil {
					t.Error(err)
				}
			}
			for at := 0; at < len(test.want); at += 1 + len(test.want)/7 {
				if got := readBytes(t, io.NewSectionReader(x.Data, int64(at), 1<<20), int64(len(test.want)-at)); !bytes.Equal(got, test.want[at:]) {
					t.Errorf("other bytes from %d on", at)
				}
			}
			if n, err := x.Data.ReadAt(make([]byte, 1), int64(len(test.want))); n != 0 || err != io.EOF {
				t.Errorf("behind the end: %d, %v", n, err)
			}
		})
	}
}

// anExternal is a tensor of two floats in another file.
func anExternal(entries ...string) []byte {
	fields := [][]byte{pbInts(1, 2), pbInt(2, 1), pbInt(14, 1)}
	for i := 0; i < len(entries); i += 2 {
		fields = append(fields, pbMsg(13, pbStr(1, entries[i]), pbStr(2, entries[i+1])))
	}
	return aTensor(fields...)
}

func TestExternalData(t *testing.T) {
	content := append([]byte("head"), le32(1, -2, 5)...)
	opened := 0
	external := func(location string) (io.ReaderAt, int64, error) {
		opened++
		if location != "sub/w.bin" {
			t.Errorf("asked for %q", location)
		}
		return bytes.NewReader(content), int64(len(content)), nil
	}
	for _, entries := range [][]string{
		{"location", "sub/w.bin", "offset", "4", "length", "8"},
		{"location", "sub/w.bin", "offset", "4"},
		{"offset", "4", "checksum", "unused", "location", "sub/w.bin"},
	} {
		b := anExternal(entries...)
		f, err := Open(bytes.NewReader(b), int64(len(b)), external)
		if err != nil {
			t.Fatal(err)
		}
		if got := readBytes(t, f.Model().Tensors[0].Data, 8); !bytes.Equal(got, le32(1, -2)) {
			t.Errorf("%v: %x", entries, got)
		}
	}
	if opened != 3 {
		t.Errorf("opened %d times for 3 models", opened)
	}
}

func TestExternalDataErrors(t *testing.T) {
	external := func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(make([]byte, 8)), 8, nil }
	for want, entries := range map[string][]string{
		`unsafe external data path "../w.bin"`:     {"location", "../w.bin"},
		`unsafe external data path "a/../../w"`:    {"location", "a/../../w"},
		`unsafe external data path "/etc/passwd"`:  {"location", "/etc/passwd"},
		`unsafe external data path "C:\\w.bin"`:    {"location", `C:\w.bin`},
		`unsafe external data path "..\\w.bin"`:    {"location", `..\w.bin`},
		`unsafe external data path ""`:             {"offset", "0"},
		`end at byte 8, 8 bytes from byte 4 on`:    {"location", "w", "offset", "4"},
		`has 4 bytes, shape [2] of float32 needs`:  {"location", "w", "length", "4"},
		`length "many" is no size`:                 {"location", "w", "length", "many"},
		`offset "-1" is no size`:                   {"location", "w", "offset", "-1"},
		`end at byte 8, 9223372036854775807 bytes`: {"location", "w", "length", "9223372036854775807"},
	} {
		b := anExternal(entries...)
		_, err := Open(bytes.NewReader(b), int64(len(b)), external)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %s", err, want)
		}
	}
	if _, err := openBytes(anExternal("location", "w.bin")); err == nil || !strings.Contains(err.Error(), `"w.bin", which is needed too`) {
		t.Error(err)
	}
}

// huge is a file of a few headers around 2 GB of zeros that are not there.
type huge struct {
	head, tail []byte
	size       int64
	read       int64
}

func (h *huge) ReadAt(b []byte, off int64) (int, error) {
	h.read += int64(len(b))
	clear(b)
	if off < int64(len(h.head)) {
		copy(b, h.head[off:])
	}
	if tail := h.size - int64(len(h.tail)); off+int64(len(b)) > tail {
		if off >= tail {
			copy(b, h.tail[off-tail:])
		} else {
			copy(b[tail-off:], h.tail)
		}
	}
	if left := h.size - off; left < int64(len(b)) {
		return int(left), io.EOF
	}
	return len(b), nil
}

// TestOpenReadsHeaders counts what opening a model of 2 GB reads.
func TestOpenReadsHeaders(t *testing.T) {
	const raw = 2e9
	claim := func(num int, size int64) []byte { return append(pbVarint(uint64(num)<<3|2), pbVarint(uint64(size))...) }
	inside := bytes.Join([][]byte{pbInts(1, raw/4), pbInt(2, 1), pbStr(8, "w")}, nil)
	inside = append(inside, claim(9, raw)...)
	rest := aNode("n", "MatMul", list("x", "w"), list("y"))
	h := &huge{tail: append(rest, pbMsg(8, pbInt(2, 17))...)}
	init := append(claim(5, int64(len(inside))+raw), inside...)
	h.head = append(pbInt(1, 8), claim(7, int64(len(init)+len(rest))+raw)...)
	h.head = append(h.head, init...)
	h.size = int64(len(h.head)) + raw + int64(len(h.tail))
	f, err := Open(h, h.size, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Model().Parameters != raw/4 || len(f.Model().Layers) != 1 {
		t.Errorf("%d parameters, %d layers", f.Model().Parameters, len(f.Model().Layers))
	}
	if h.read > 4*window {
		t.Errorf("opening read %d bytes", h.read)
	}
}
