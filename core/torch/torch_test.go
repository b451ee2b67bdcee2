package torch

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"splitquant/core/archive"
	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/tensor"
)

// open opens a checkpoint of either kind.
func openBytes(b []byte) (*File, error) {
	if !bytes.HasPrefix(b, []byte(archive.Magic)) {
		return OpenLegacy(bytes.NewReader(b), int64(len(b)))
	}
	a, err := archive.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	return OpenArchive(a)
}

// values reads all of a tensor.
func values(t testing.TB, x *model.Tensor) []float64 {
	t.Helper()
	n, err := x.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	size, _ := x.Type.Bytes(n)
	raw, floats := make([]byte, size), make([]float32, n)
	if got, err := x.Data.ReadAt(raw, 0); int64(got) < size {
		t.Fatalf("tensor %q: %v", x.Name, err)
	}
	typ := x.Type
	if typ == tensor.Bool {
		typ = tensor.Uint8
	}
	if err := tensor.Float32s(floats, raw, typ); err != nil {
		t.Fatal(err)
	}
	wide := make([]float64, n)
	for i, v := range floats {
		wide[i] = float64(v)
	}
	return wide
}

// TestOpen reads files that PyTorch 1.13 wrote (testdata/*.pt) and compares the
// tensors with what PyTorch says is in them: state dicts, views of one storage,
// whole modules, a checkpoint with an optimizer, and TorchScript, deflated.
func TestOpen(t *testing.T) {
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]struct {
		Tensors []struct {
			Name, DType string
			Shape       tensor.Shape
			Values      []float64
		}
		State []string
	}
	if err := json.Unmarshal(text, &files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			f, err := openBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range want.Tensors {
				i := slices.IndexFunc(f.Tensors, func(x *model.Tensor) bool { return x.Name == w.Name })
				if i < 0 {
					t.Errorf("there is no tensor %q", w.Name)
					continue
				}
				x := f.Tensors[i]
				got := values(t, x)
				for j := range w.Values { // as float32
					w.Values[j] = float64(float32(w.Values[j]))
				}
				if x.Type.String() != w.DType || !slices.Equal(x.Shape, w.Shape) || !slices.Equal(got, w.Values) {
					t.Errorf("tensor %q is %v %v %v, want %s %v %v", w.Name, x.Type, x.Shape, got, w.DType, w.Shape, w.Values)
				}
			}
			var state []string
			for _, s := range f.State {
				state = append(state, s.Name)
			}
			if !slices.Equal(state, want.State) {
				t.Errorf("the state is %q, want %q", state, want.State)
			}
		})
	}
}

// A checkpoint that is written and read again has the same tensors, whatever
// their type; what is tied stays tied; and the size is known before.
func TestWrite(t *testing.T) {
	shared := bytes.NewReader([]byte("12345678"))
	tensors := []*model.Tensor{
		{Name: "a", Type: tensor.Float32, Shape: tensor.Shape{2}, Data: shared},
		{Name: "b", Type: tensor.Float32, Shape: tensor.Shape{1, 2}, Data: shared},
		{Name: "empty", Type: tensor.Float16, Shape: tensor.Shape{0, 3}},
		{Name: "scalar", Type: tensor.Int64, Shape: tensor.Shape{}, Data: bytes.NewReader([]byte("abcdefgh"))},
		{Name: "new", Type: tensor.Uint16, Shape: tensor.Shape{2}, Data: bytes.NewReader([]byte("wxyz"))},
		{Name: "f8", Type: tensor.Float8, Encoding: "float8_e5m2", Shape: tensor.Shape{3}, Data: bytes.NewReader([]byte("123"))},
	}
	var b bytes.Buffer
	n, err := Write(&b, tensors, `{"made": "by us"}`)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	if size, err := Size(tensors, `{"made": "by us"}`); err != nil || size != n {
		t.Errorf("the size was to be %d and is %d, %v", size, n, err)
	}
	f, err := openBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range tensors {
		got := f.Tensors[i]
		size, _ := checkpoint.Bytes(want.Type, want.Shape)
		x, y := make([]byte, size), make([]byte, size)
		if size > 0 {
			got.Data.ReadAt(x, 0)
			want.Data.ReadAt(y, 0)
		}
		if got.Name != want.Name || got.Type != want.Type || got.Encoding != want.Encoding || !slices.Equal(got.Shape, want.Shape) || !bytes.Equal(x, y) {
			t.Errorf("%+v %q came back as %+v %q", want, y, got, x)
		}
	}
	// The standard library checks the sums; PyTorch wants aligned data.
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), n)
	if err != nil {
		t.Fatal(err)
	}
	storages := 0
	for _, e := range z.File {
		r, err := e.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		at, _ := e.DataOffset()
		if err != nil || at%alignment != 0 {
			t.Errorf("entry %q at byte %d: %v", e.Name, at, err)
		}
		if strings.HasPrefix(e.Name, "archive/data/") {
			storages++
		}
	}
	if storages != 5 {
		t.Errorf("%d storages, want 5: a and b share one", storages)
	}
}

func ExampleWrite() {
	var b bytes.Buffer
	weight := &model.Tensor{Name: "fc.weight", Type: tensor.Float32, Shape: tensor.Shape{1, 2}, Data: bytes.NewReader(make([]byte, 8))}
	if _, err := Write(&b, []*model.Tensor{weight}, ""); err != nil {
		fmt.Println(err)
		return
	}
	a, _ := archive.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	f, _ := OpenArchive(a)
	for _, t := range f.Tensors {
		fmt.Println(t.Name, t.Type, t.Shape)
	}
	// Output: fc.weight float32 [1 2]
}

// aLegacy is a checkpoint of the older kind around a pickle, with storages "0".
func aLegacy(pickle string, storage string) []byte {
	return []byte("\x80\x02\x8a\x0a" + string(magic) + "." + "\x80\x02M\xe9\x03." + "\x80\x02}." + pickle + "\x80\x02]X\x01\x00\x00\x000a." + storage)
}

// aTensor is a pickle of {"w": tensor}.
func aTensor(class, elems, rest string) string {
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\n" + class + "\nU\x010U\x03cpu" + elems + "tQ" + rest + "tRs."
}

const twoByThree = "K\x00K\x02K\x03\x86K\x03K\x01\x86\x89}"

func TestMalformed(t *testing.T) {
	six := "\x06\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 24)
	if _, err := openBytes(aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), six)); err != nil {
		t.Fatal("what is malformed below was not well formed before:", err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"truncated storage", aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), six[:20]), "truncated"},
		{"huge storage", aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), "\xff\xff\xff\xff\xff\xff\xff\x7f"), "truncated"},
		{"missing storage", aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), ""), "truncated"},
		{"small storage", aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), "\x05\x00\x00\x00\x00\x00\x00\x00"+strings.Repeat("\x00", 20)), `"w"`},
		{"negative stride", aLegacy(aTensor("FloatStorage", "K\x06", "K\x00K\x02\x85J\xff\xff\xff\xff\x85\x89}"), six), "negative"},
		{"expanded", aLegacy(aTensor("FloatStorage", "K\x06", "K\x00\x8a\x06\x00\x00\x00\x00\x00\x01\x85K\x00\x85\x89}"), six), "its storage 6"},
		{"offset of text", aLegacy(aTensor("FloatStorage", "K\x06", "U\x01aK\x02\x85K\x01\x85\x89}"), six), "arguments"},
		{"no arguments", aLegacy("\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", ""), "0 arguments"},
		{"os.system", aLegacy("\x80\x02cos\nsystem\nU\x02ls\x85R.", ""), "os.system is not allowed"},
		{"eval", aLegacy("\x80\x02c__builtin__\neval\nU\x011\x85R.", ""), "__builtin__.eval is not allowed"},
		{"getattr", aLegacy("\x80\x02cbuiltins\ngetattr\nU\x011\x85R.", ""), "builtins.getattr is not allowed"},
		{"subprocess", aLegacy("\x80\x02csubprocess\nPopen\nU\x02ls\x85R.", ""), "subprocess.Popen is not allowed"},
		{"instance of a function", aLegacy("\x80\x02cposix\nsystem\nU\x02ls\x85\x81.", ""), "posix.system is not allowed"},
		{"another persistent id", aLegacy("\x80\x02U\x01xQ.", ""), "persistent id"},
		{"nested beyond reason", aLegacy(strings.TrimSuffix(aTensor("FloatStorage", "K\x06", twoByThree), ".")+
			"U\x04deep"+strings.Repeat("]", 200)+strings.Repeat("a", 199)+"s.", six), "within each other"},
		{"another protocol", []byte("\x80\x02\x8a\x0a" + string(magic) + ".\x80\x02M\xea\x03."), "protocol version 1002"},
		{"big endian", bytes.Replace(aLegacy("\x80\x02N.", ""), []byte("\x80\x02}."), []byte("\x80\x02}U\x0dlittle_endian\x89s."), 1), "big endian"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := openBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// What refers to itself ends, and settings of any class are passed over.
func TestOdd(t *testing.T) {
	six := "\x06\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 24)
	w := strings.TrimSuffix(aTensor("FloatStorage", "K\x06", twoByThree), ".")
	for name, extra := range map[string]string{
		"a cycle":     "U\x04self]q\x00h\x00as",
		"a Namespace": "U\x04argscargparse\nNamespace\n)\x81}U\x02lrG\x3f\x50\x62\x4d\xd2\xf1\xa9\xfcsbs",
		"an enum":     "U\x04modecmy.project\nMode\nK\x01\x85Rs",
	} {
		f, err := openBytes(aLegacy(w+extra+".", six))
		if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "w" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// FuzzOpen opens damaged checkpoints. Whatever opens reads to the end of its
// tensors or says why not, and comes back from a file of ours.
func FuzzOpen(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.pt")
	shared, _ := filepath.Glob("../../../shared/models/*.p*t*")
	for _, path := range append(paths, shared...) {
		if b, err := os.ReadFile(path); err == nil && len(b) < 1<<16 {
			f.Add(b)
		}
	}
	f.Add(aLegacy(aTensor("FloatStorage", "K\x06", twoByThree), "\x06\x00\x00\x00\x00\x00\x00\x00"+strings.Repeat("\x00", 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := openBytes(b)
		if err != nil {
			return
		}
		for _, x := range file.Tensors {
			io.CopyN(io.Discard, io.NewSectionReader(x.Data, 0, 1<<20), 1<<20)
		}
		checkpoint.Layers(file.State)
		tensors, _, err := checkpoint.Expand(file.State, &model.Model{}, nil)
		if err != nil {
			return
		}
		size, err := Size(tensors, "")
		if err != nil || size > 1<<22 {
			return
		}
		var out bytes.Buffer
		if n, err := Write(&out, tensors, ""); err != nil || n != size {
			return // data that do not inflate
		}
		again, err := openBytes(out.Bytes())
		if err != nil || len(again.Tensors) != len(tensors) {
			t.Fatalf("%d tensors, what was written does not open: %v", len(tensors), err)
		}
	})
}
