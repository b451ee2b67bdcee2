package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// aFile is a file with the given header and data: an encoder of its own, of which
// the test writes every byte.
func aFile(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(b, header+data...)
}

func openBytes(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b))) }

func TestOpen(t *testing.T) {
	f, err := openBytes(aFile(`{"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},`+
		`"__metadata__":{"format":"pt","a":"b"},"e":{"dtype":"BOOL","shape":[0,3],"data_offsets":[8,8]}}   `, "abcdefgh12345678"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range f.Tensors {
		size, _ := checkpoint.Bytes(x.Type, x.Shape)
		b := make([]byte, size)
		if n, err := x.Data.ReadAt(b, 0); int64(n) < size {
			t.Error(err)
		}
		got = append(got, fmt.Sprint(x.Name, " ", x.Type, x.Shape, string(b)))
	}
	if want := []string{"a float16 [2 2]abcdefgh", "e bool [0 3]", "b int64 []12345678"}; !slices.Equal(got, want) {
		t.Errorf("tensors are %q, want %q", got, want)
	}
	if want := []model.Property{{Key: "a", Value: "b"}, {Key: "format", Value: "pt"}}; !slices.Equal(f.Metadata, want) || len(f.Warnings) > 0 {
		t.Errorf("metadata %v, warnings %q", f.Metadata, f.Warnings)
	}
}

func TestMalformed(t *testing.T) {
	one := func(fields string) []byte { return aFile(`{"w":{`+fields+`}}`, "12345678") }
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"no header", []byte("1234567"), "too few"},
		{"empty header", aFile("", ""), "not valid JSON"},
		{"header longer than the file", []byte("\xff\x00\x00\x00\x00\x00\x00\x00{}"), "exceeds the file of 10"},
		{"header of 2^63", []byte("\x00\x00\x00\x00\x00\x00\x00\x80{}"), "exceeds the file"},
		{"cut JSON", aFile(`{"w":{"dtype"`, ""), "not valid JSON"},
		{"an array", aFile(`[]`, ""), "no JSON object"},
		{"more after the object", aFile(`{"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} x`, "12345678"), "more in the header"},
		{"nesting", aFile(`{"w":`+strings.Repeat("[", 100000), ""), "JSON"},
		{"no tensors", aFile(`{}`, ""), "no tensors"},
		{"the same name twice", aFile(`{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, "12345678"), `two tensors "w"`},
		{"unknown type", one(`"dtype":"F7","shape":[8],"data_offsets":[0,8]`), `"F7"`},
		{"no shape", one(`"dtype":"U8","data_offsets":[0,8]`), "no shape"},
		{"fractions", one(`"dtype":"U8","shape":[1.5],"data_offsets":[0,8]`), `"w"`},
		{"negative dimension", one(`"dtype":"U8","shape":[-8],"data_offsets":[0,8]`), "negative"},
		{"overflow", one(`"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]`), "64 bits"},
		{"overflow of bytes", one(`"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]`), "more than a file"},
		{"offsets reversed", one(`"dtype":"U8","shape":[8],"data_offsets":[8,0]`), "from 8 to 0"},
		{"three offsets", one(`"dtype":"U8","shape":[8],"data_offsets":[0,4,8]`), "data_offsets"},
		{"wrong size", one(`"dtype":"F32","shape":[3],"data_offsets":[0,8]`), "needs 12 bytes, the file has 8"},
		{"beyond the data", one(`"dtype":"U8","shape":[9],"data_offsets":[0,9]`), "truncated"},
		{"overlap", aFile(`{"v":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, "12345678"), `"v" and "w" overlap`},
		{"metadata of numbers", aFile(`{"__metadata__":{"a":1}}`, ""), "__metadata__"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := openBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// What is written has the bytes that the format says, wide elements first.
func TestWrite(t *testing.T) {
	tensors := []*model.Tensor{
		{Name: "codes", Type: tensor.Uint8, Shape: tensor.Shape{3}, Data: strings.NewReader("abc")},
		{Name: `w"<`, Type: tensor.Float32, Shape: tensor.Shape{1}, Data: strings.NewReader("1234")},
		{Name: "f8", Type: tensor.Float8, Encoding: "F8_E5M2", Shape: tensor.Shape{}, Data: strings.NewReader("x")},
	}
	metadata := []model.Property{{Key: "k", Value: "v"}, {Key: "a", Value: "b"}}
	var b bytes.Buffer
	n, err := Write(&b, tensors, metadata)
	want := aFile(`{"__metadata__":{"a":"b","k":"v"},"w\"<":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
		`"codes":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},"f8":{"dtype":"F8_E5M2","shape":[],"data_offsets":[7,8]}}`+"     ", "1234abcx")
	if err != nil || n != int64(b.Len()) || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%d bytes, %v:\n%q, want\n%q", n, err, b.Bytes(), want)
	}
	if size, err := Size(tensors, metadata); size != n || err != nil {
		t.Errorf("the size was to be %d, %v", size, err)
	}
	if _, err := Write(io.Discard, []*model.Tensor{{Name: "w", Type: tensor.Float32, Shape: tensor.Shape{2}, Data: strings.NewReader("1234")}}, nil); err == nil || !strings.Contains(err.Error(), `"w"`) {
		t.Errorf("a tensor without enough data: %v", err)
	}
	if _, err := Size([]*model.Tensor{{Name: "w", Type: tensor.Int4, Shape: tensor.Shape{2}}}, nil); err == nil || !strings.Contains(err.Error(), "no type int4") {
		t.Errorf("a type that the format does not have: %v", err)
	}
}

func ExampleOpen() {
	var b bytes.Buffer
	weight := &model.Tensor{Name: "fc.weight", Type: tensor.Float32, Shape: tensor.Shape{1, 2}, Data: bytes.NewReader(make([]byte, 8))}
	Write(&b, []*model.Tensor{weight}, nil)

	f, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range f.Tensors {
		fmt.Println(t.Name, t.Type, t.Shape)
	}
	// Output: fc.weight float32 [1 2]
}

// FuzzOpen opens damaged files. What opens comes back from a file of ours.
func FuzzOpen(f *testing.F) {
	paths, _ := filepath.Glob("../../../shared/models/*.safetensors")
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil && len(b) < 1<<16 {
			f.Add(b)
		}
	}
	f.Add(aFile(`{"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}} `, "abcdefgh12345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := openBytes(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if _, err := Write(&out, file.Tensors, file.Metadata); err != nil {
			t.Fatal(err)
		}
		again, err := openBytes(out.Bytes())
		if err != nil || len(again.Tensors) != len(file.Tensors) || !slices.Equal(again.Metadata, file.Metadata) {
			t.Fatalf("%d tensors, what was written does not open as it was: %v", len(file.Tensors), err)
		}
	})
}
