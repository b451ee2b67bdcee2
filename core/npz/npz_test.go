package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"splitquant/core/archive"
	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// anArray is a file of version 1 as numpy.save writes it.
func anArray(descr, order, shape, data string) []byte {
	head := fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(magic+"\x01\x00"), uint16(len(head)))
	return append(b, head+data...)
}

func openBytes(b []byte) (*model.Tensor, error) {
	return OpenArray(bytes.NewReader(b), int64(len(b)), "w")
}

func TestOpenArray(t *testing.T) {
	for _, c := range []struct {
		file  []byte
		typ   tensor.Type
		shape tensor.Shape
		want  string
	}{
		{anArray("'<f4'", "False", "(2, 1)", "abcdefgh"), tensor.Float32, tensor.Shape{2, 1}, "abcdefgh"},
		{anArray(`"|u1"`, "False", "(6,)", "abcdef"), tensor.Uint8, tensor.Shape{6}, "abcdef"},
		{anArray("'|u1'", "True", "(2, 3)", "abcdef"), tensor.Uint8, tensor.Shape{2, 3}, "acebdf"},
		{anArray("'>i2'", "False", "(3,)", "abcdef"), tensor.Int16, tensor.Shape{3}, "badcfe"},
		{anArray("'>i2'", "True", "(1, 3L)", "abcdef"), tensor.Int16, tensor.Shape{1, 3}, "badcfe"},
		{anArray("'<f8'", "False", "()", "abcdefgh"), tensor.Float64, tensor.Shape{}, "abcdefgh"},
		{anArray("'<f2'", "False", "(0, 4)", ""), tensor.Float16, tensor.Shape{0, 4}, ""},
		{[]byte(magic + "\x02\x00\x40\x00\x00\x00" + fmt.Sprintf("%-64s", "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}") + "\x00\x01"), tensor.Bool, tensor.Shape{2}, "\x00\x01"},
	} {
		x, err := openBytes(c.file)
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := io.ReadAll(io.NewSectionReader(x.Data, 0, 100))
		if err != nil || x.Type != c.typ || !slices.Equal(x.Shape, c.shape) || string(got) != c.want {
			t.Errorf("%v %v %q, want %v %v %q, %v", x.Type, x.Shape, got, c.typ, c.shape, c.want, err)
		}
		if len(c.want) == 6 { // a piece from an odd byte on
			piece := make([]byte, 3)
			if _, err := x.Data.ReadAt(piece, 1); err != nil || string(piece) != c.want[1:4] {
				t.Errorf("%q, want %q, %v", piece, c.want[1:4], err)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"cut magic", []byte(magic[:5]), "no NumPy array"},
		{"cut header", anArray("'<f4'", "False", "(2,)", "")[:40], "exceeds the file"},
		{"version 9", []byte(magic + "\x09\x00\x00\x00\x00\x00"), "version 9"},
		{"header of 2^32", []byte(magic + "\x02\x00\xff\xff\xff\xff{}"), "exceeds the file"},
		{"no type", anArray("", "False", "(2,)", ""), "no descr"},
		{"cut type", []byte(magic + "\x01\x00\x0b\x00{'descr':'<"), "no descr"},
		{"objects", anArray("'|O'", "False", "(2,)", ""), "Python objects"},
		{"records", anArray("[('a', '<f4')]", "False", "(2,)", ""), "records"},
		{"text", anArray("'<U5'", "False", "(2,)", ""), "text"},
		{"void", anArray("'|V2'", "False", "(2,)", ""), `"|V2"`},
		{"no shape", anArray("'<f4'", "False", "3", ""), "no shape"},
		{"negative", anArray("'<f4'", "False", "(-3,)", ""), "shape (-3,)"},
		{"overflow", anArray("'<f4'", "False", "(4294967296, 4294967296)", ""), "64 bits"},
		{"overflow of fortran", anArray("'<f4'", "True", "(0, 4294967296, 4294967296, 4294967296)", ""), ""},
		{"truncated", anArray("'<f4'", "False", "(3,)", "12345678"), "truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openBytes(c.file)
			if c.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"w"`) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range []struct {
		name   string
		method uint16
		data   []byte
	}{
		{"a.npy", zip.Deflate, anArray("'<f4'", "False", "(1,)", "abcd")},
		{"words.npy", zip.Store, anArray("'<U5'", "False", "(0,)", "")},
		{"layer/b.npy", zip.Store, anArray("'|u1'", "False", "(1,)", "x")},
		{"readme", zip.Store, nil},
	} {
		w, _ := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method})
		w.Write(e.data)
	}
	z.Close()
	a, err := archive.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tensors) != 2 || f.Tensors[0].Name != "a" || f.Tensors[1].Name != "layer/b" {
		t.Errorf("tensors are %+v", f.Tensors)
	}
	if len(f.Warnings) != 2 || !strings.Contains(f.Warnings[0], `"words"`) || !strings.Contains(f.Warnings[1], `"readme"`) {
		t.Errorf("warnings are %q", f.Warnings)
	}
}

func ExampleOpenArray() {
	file := "\x93NUMPY\x01\x00\x3e\x00" + fmt.Sprintf("%-61s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }") + "\x00\x00\x80\x3f"
	t, err := OpenArray(strings.NewReader(file), int64(len(file)), "w")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Name, t.Type, t.Shape)
	// Output: w float32 [1]
}

// FuzzOpen opens damaged archives and arrays, and reads what opens.
func FuzzOpen(f *testing.F) {
	f.Add(anArray("'<f4'", "True", "(2, 1)", "abcdefgh"))
	f.Add(anArray("'>i2'", "True", "(1, 3L)", "abcdef"))
	for _, path := range []string{"../../../shared/models/conv1d.ref.npz", "../../../shared/models/bad/fortran.npz"} {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var tensors []*model.Tensor
		if a, err := archive.Open(bytes.NewReader(b), int64(len(b))); err == nil {
			if n, err := Open(a); err == nil {
				tensors = n.Tensors
			}
		} else if x, err := openBytes(b); err == nil {
			tensors = append(tensors, x)
		}
		for _, x := range tensors {
			size, err := checkpoint.Bytes(x.Type, x.Shape)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, io.NewSectionReader(x.Data, 0, min(size, 1<<20))); err == nil && n < min(size, 1<<20) {
				t.Fatalf("tensor %q has %d bytes, want %d", x.Name, n, size)
			}
		}
	})
}
