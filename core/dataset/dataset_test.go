package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/rows"
	"splitquant/core/tensor"
	"splitquant/core/tokenize"
)

func Example() {
	set, err := ReadTexts(strings.NewReader("1\t101 7592 102\n0\t101 102\n"), TextOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	open := tensor.Shape{-1, -1}
	wants := []ort.Info{{Name: "input_ids", Type: tensor.Int64, Shape: open}, {Name: "attention_mask", Type: tensor.Int64, Shape: open}}
	for _, rows := range rows.Batches(set, 2048) {
		in, err := set.Inputs(rows, wants)
		if err != nil {
			fmt.Println(err)
			return
		}
		ids, _ := in["input_ids"].Floats()
		mask, _ := in["attention_mask"].Floats()
		fmt.Println("rows", rows, "ids", ids, "mask", mask)
	}
	// Output:
	// rows [1 0] ids [101 102 0 101 7592 102] mask [1 1 0 1 1 1]
}

func tokenizer(t *testing.T) *tokenize.Tokenizer {
	t.Helper()
	tokenizer, err := tokenize.Read(strings.NewReader("[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\nfilm\n,"))
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func TestReadTexts(t *testing.T) {
	tok := tokenizer(t)
	for _, c := range []struct {
		name, table string
		o           TextOptions
		labels      []int
		ids         string // of the first row
		classes     string
	}{
		{"tabs, numbers", "1\tgood film\n0\tbad film\n", TextOptions{}, []int{1, 0}, "[2 4 6 3]", "[]"},
		{"tabs, names", "ham\tgood\nspam\tbad, \"bad\" film\n", TextOptions{}, []int{0, 1}, "[2 4 3]", "[ham spam]"},
		{"names in the user's order", "ham\tgood\nspam\tbad\n", TextOptions{Classes: []string{"spam", "ham"}}, []int{1, 0}, "[2 4 3]", "[spam ham]"},
		{"a header in another order", "id,Text,Label\n7,\"good, film\",2\n8,bad,0\n", TextOptions{}, []int{2, 0}, "[2 4 7 6 3]", "[]"},
		{"columns by name", "label,mine,stars\nx,good,4\nx,bad,1\n", TextOptions{Text: "mine", Label: "stars"}, []int{4, 1}, "[2 4 3]", "[]"},
		{"columns by number", "good film\tx\t3\nbad film here\tx\t1\n", TextOptions{Text: "1", Label: "3"}, []int{3, 1}, "[2 4 6 3]", "[]"},
		{"text first", "a good film, it is\t1\nbad\t1\n", TextOptions{}, []int{1, 1}, "[2 1 4 6 7 1 1 3]", "[]"},
		{"cut", "1\tgood good good good\n", TextOptions{Max: 4}, []int{1}, "[2 4 4 3]", "[]"},
		{"a mark and Windows lines", "\ufefflabel\ttext\r\n1\tgood\r\n", TextOptions{}, []int{1}, "[2 4 3]", "[]"},
		{"ids", "label,ids\n3,5 6 7\n", TextOptions{}, []int{3}, "[5 6 7]", "[]"},
		{"a tab in the text", "1\tgood\n0\tbad\tfilm, film\n", TextOptions{}, []int{1, 0}, "[2 4 3]", "[]"},
	} {
		c.o.Tokenizer = tok
		set, err := ReadTexts(strings.NewReader(c.table), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var labels []int
		for row := range set.Len() {
			labels = append(labels, set.Label(row))
		}
		if !slices.Equal(labels, c.labels) || fmt.Sprint(set.Rows[0].IDs) != c.ids || fmt.Sprint(set.Classes()) != c.classes {
			t.Errorf("%s: labels %v, ids %v, classes %v; want %v, %s, %s", c.name, labels, set.Rows[0].IDs, set.Classes(), c.labels, c.ids, c.classes)
		}
	}
}

func TestBadTables(t *testing.T) {
	numbered := strings.Builder{}
	for i := range 30 {
		fmt.Fprintf(&numbered, "%d\tthis is text number %d\n", i, i)
	}
	for _, c := range []struct {
		name, table string
		o           TextOptions
		want        string
	}{
		{"nothing", "", TextOptions{}, "there are no rows"},
		{"a header alone", "label\ttext\n", TextOptions{}, "there are no rows below"},
		{"one column", "good film\nbad film\n", TextOptions{}, "no label column: line 1 has one column"},
		{"no label column in the header", "id\ttext\n1\tgood\n", TextOptions{}, "no label column: the columns are id, text"},
		{"no text column in the header", "label\tid\n1\tgood\n", TextOptions{}, "no text column: the columns are label, id"},
		{"no such column", "label\ttext\n1\tgood\n", TextOptions{Label: "stars"}, `no label column: "stars" is none of the columns label, text`},
		{"numbers of rows", numbered.String(), TextOptions{}, "no label column: of 30 rows, column 1 has 30 different values"},
		{"a short row", "1\tgood\n0\n", TextOptions{}, "line 2 has 1 columns, expected at least 2"},
		{"an empty label", "1\tgood\n\t bad\n", TextOptions{}, "line 2 has no label"},
		{"no such class", "ham\tgood\nspam\tbad\n", TextOptions{Classes: []string{"ham", "eggs"}}, `line 2: label "spam" is none of the classes ham, eggs`},
		{"text without a tokenizer", "1\tgood film\n", TextOptions{}, "it needs the model's tokenizer"},
		{"Latin-1", "1\tgood\n0\tna\xefve\n", TextOptions{}, "line 2 is not UTF-8 text"},
	} {
		if _, err := ReadTexts(strings.NewReader(c.table), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestDoubts(t *testing.T) {
	tok := tokenizer(t)
	set, err := ReadTexts(strings.NewReader("1\tein guter Film\n0\tfilm\n"), TextOptions{Tokenizer: tok})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Doubts(tok, 30522); len(got) != 2 || !strings.Contains(got[0], "8 ids and the model's embedding 30522") || !strings.Contains(got[1], "50 % of the words") {
		t.Errorf("got %q", got)
	}
}

// A model of a fixed length gets texts cut or filled up to it, the last token
// kept.
func TestFixedLength(t *testing.T) {
	set := &Texts{Rows: []Text{{IDs: []int64{1, 2, 3, 4, 5}}, {IDs: []int64{7}}}, Pad: 9}
	in, err := set.Inputs([]int{0, 1}, []ort.Info{
		{Name: "ids", Type: tensor.Int32, Shape: tensor.Shape{-1, 3}}, {Name: "token_type_ids", Type: tensor.Int64, Shape: tensor.Shape{-1, 3}},
		{Name: "position_ids", Type: tensor.Int64, Shape: tensor.Shape{-1, 3}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"ids": {1, 2, 5, 7, 9, 9}, "token_type_ids": make([]float32, 6), "position_ids": {0, 1, 2, 0, 1, 2}} {
		if got, err := in[name].Floats(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	for _, wants := range [][]ort.Info{
		{{Name: "pixels", Type: tensor.Float32, Shape: tensor.Shape{-1, 3, 8, 8}}},
		{{Name: "x", Type: tensor.Float32, Shape: tensor.Shape{-1, 4}}},
		{{Name: "ids", Type: tensor.Int64, Shape: tensor.Shape{-1, -1}}, {Name: "more", Type: tensor.Int64, Shape: tensor.Shape{-1, -1}}},
	} {
		if _, err := set.Inputs([]int{0}, wants); err == nil || !strings.Contains(err.Error(), "does not take text") {
			t.Errorf("%v: got %v", wants, err)
		}
	}
}

func array(name string, shape tensor.Shape, values ...float32) *model.Tensor {
	v := ort.Float32(shape, values)
	return &model.Tensor{Name: name, Type: tensor.Float32, Shape: shape, Data: bytes.NewReader(v.Data)}
}

// The order of channels is by hand.
func TestArrays(t *testing.T) {
	gray := &model.Tensor{Name: "x", Type: tensor.Uint8, Shape: tensor.Shape{2, 1, 2}, Data: bytes.NewReader([]byte{0, 255, 51, 102})}
	colour := array("x", tensor.Shape{1, 2, 1, 3}, 1, 2, 3, 4, 5, 6) // two pixels below each other, red green blue
	for _, c := range []struct {
		name   string
		x      *model.Tensor
		p      Pixels
		want   tensor.Shape // of the model's input
		shape  string
		values []float32
	}{
		{"gray to NCHW", gray, Pixels{}, tensor.Shape{-1, 1, 1, 2}, "[2 1 1 2]", []float32{0, 1, 0.2, 0.4}},
		{"gray to NHWC", gray, Pixels{Layout: "nhwc"}, tensor.Shape{-1, -1, -1, 1}, "[2 1 2 1]", []float32{0, 1, 0.2, 0.4}},
		{"gray to a vector", gray, Pixels{Raw: true}, tensor.Shape{-1, 2}, "[2 2]", []float32{0, 255, 51, 102}},
		{"gray to open dimensions", gray, Pixels{}, tensor.Shape{-1, -1}, "[2 2]", []float32{0, 1, 0.2, 0.4}},
		{"normalised", gray, Pixels{Mean: []float32{0.5}, Std: []float32{0.5}}, tensor.Shape{-1, 2}, "[2 2]", []float32{-1, 1, -0.6, -0.2}},
		{"colours to NCHW", colour, Pixels{}, tensor.Shape{-1, 3, 2, 1}, "[1 3 2 1]", []float32{1, 4, 2, 5, 3, 6}},
		{"colours stay", colour, Pixels{}, tensor.Shape{-1, 2, 1, 3}, "[1 2 1 3]", []float32{1, 2, 3, 4, 5, 6}},
		{"colours by the user's word", colour, Pixels{Layout: "nchw"}, tensor.Shape{-1, -1, -1, -1}, "[1 3 2 1]", []float32{1, 4, 2, 5, 3, 6}},
		{"back to NHWC", array("x", tensor.Shape{1, 3, 2, 1}, 1, 4, 2, 5, 3, 6), Pixels{Mean: []float32{1, 2, 3}}, tensor.Shape{-1, 2, 1, 3}, "[1 2 1 3]", []float32{0, 0, 0, 3, 3, 3}},
	} {
		set, err := NewArrays(c.x, nil, c.p)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows := []int{0, 1}[:set.Len()]
		in, err := set.Inputs(rows, []ort.Info{{Name: "in", Type: tensor.Float32, Shape: c.want}})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, _ := in["in"].Floats()
		near := slices.EqualFunc(got, c.values, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 })
		if fmt.Sprint(in["in"].Shape) != c.shape || !near {
			t.Errorf("%s: %v %v, want %s %v", c.name, in["in"].Shape, got, c.shape, c.values)
		}
	}
}

func TestBadArrays(t *testing.T) {
	x := array("x", tensor.Shape{2, 2}, 1, 2, 3, float32(math.NaN()))
	for _, c := range []struct {
		name string
		y    *model.Tensor
		want string
	}{
		{"too few labels", array("y", tensor.Shape{3}, 0, 1, 0), "expected 2 of them"},
		{"no whole number", array("y", tensor.Shape{2}, 0, 0.5), "row 2 is 0.5"},
		{"not one-hot", array("y", tensor.Shape{2, 2}, 0, 1, 1, 1), "row 2 is no one-hot row"},
	} {
		if _, err := NewArrays(x, c.y, Pixels{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	set, err := NewArrays(x, array("y", tensor.Shape{2, 3}, 0, 0, 1, 1, 0, 0), Pixels{})
	if err != nil || set.Label(0) != 2 || set.Label(1) != 0 {
		t.Fatalf("one-hot labels: %v", err)
	}
	in := []ort.Info{{Name: "in", Type: tensor.Float32, Shape: tensor.Shape{-1, 2}}}
	if _, err := set.Inputs([]int{0, 1}, in); err == nil || err.Error() != "row 2 has NaN or infinite values" {
		t.Errorf("NaN: got %v", err)
	}
	in[0].Shape = tensor.Shape{-1, 3, 8, 8}
	if _, err := set.Inputs([]int{0}, in); err == nil || !strings.Contains(err.Error(), `rows of shape [2] do not fit the input "in" of shape [-1 3 8 8]`) {
		t.Errorf("another shape: got %v", err)
	}
}

func file(name string, data []byte) File { return File{name, bytes.NewReader(data), int64(len(data))} }

func TestIDX(t *testing.T) {
	images := append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}, 0, 255, 51, 102)
	labels := []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 3}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(images)
	z.Close()
	for name, files := range map[string][]File{
		"plain": {file("images", images), file("labels", labels)}, "packed, the labels first": {file("labels", labels), file("images.gz", packed.Bytes())},
	} {
		set, err := Open(files, Options{})
		if err != nil || set.Len() != 2 || set.Label(0) != 7 || set.Label(1) != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open([]File{file("cut", images[:18])}, Options{}); err == nil || !strings.Contains(err.Error(), "needs 20 bytes, the file has 18") {
		t.Errorf("cut: got %v", err)
	}
	if _, err := Open([]File{file("a.txt.bin", []byte("text"))}, Options{}); err == nil || !strings.Contains(err.Error(), "no kind of data") {
		t.Errorf("unknown: got %v", err)
	}
}

// npy is an array of float32 as numpy.save writes it.
func npy(shape string, values ...float32) []byte {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape)
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	return append([]byte("\x93NUMPY\x01\x00\x76\x00"+header), ort.Float32(nil, values).Data...)
}

func TestNumPy(t *testing.T) {
	x, y := npy("(2, 3)", 1, 2, 3, 4, 5, 6), npy("(2,)", 1, 0)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string][]byte{"labels.npy": y, "images.npy": x, "other.npy": npy("(9,)", make([]float32, 9)...)} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	z.Close()
	for name, files := range map[string][]File{
		"archive": {file("set.npz", b.Bytes())}, "two arrays": {file("b.npy", y), file("a.npy", x)},
	} {
		set, err := Open(files, Options{})
		if err != nil || set.Len() != 2 || set.Label(0) != 1 || set.Label(1) != 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		in, err := set.Inputs([]int{1, 0}, []ort.Info{{Name: "x", Type: tensor.Float64, Shape: tensor.Shape{-1, 3}}})
		if got, _ := in["x"].Floats(); err != nil || !slices.Equal(got, []float32{4, 5, 6, 1, 2, 3}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// picturesZip holds a red and a blue picture in a folder each.
func picturesZip(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, c := range map[string]color.Color{"set/red/1.png": color.RGBA{255, 0, 0, 255}, "set/blue/1.png": color.RGBA{0, 0, 255, 255}} {
		m := image.NewRGBA(image.Rect(0, 0, 6, 4))
		for i := range 24 {
			m.Set(i%6, i/6, c)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(w, m); err != nil {
			t.Fatal(err)
		}
	}
	w, _ := z.Create("__MACOSX/set/red/._1.png")
	w.Write([]byte("no picture"))
	z.Close()
	return b.Bytes()
}

func TestImages(t *testing.T) {
	set, err := Open([]File{file("set.zip", picturesZip(t))}, Options{Pixels: Pixels{Mean: []float32{0.5}}})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(set.Classes()) != "[blue red]" || set.Len() != 2 || set.Label(1) != 1 || set.Title(1) != "set/red/1.png" {
		t.Errorf("classes %v, %d rows", set.Classes(), set.Len())
	}
	for shape, want := range map[string][]float32{
		"[-1 3 2 2]": {0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5},
		"[-1 2 2 3]": {0.5, -0.5, -0.5, 0.5, -0.5, -0.5, 0.5, -0.5, -0.5, 0.5, -0.5, -0.5},
	} {
		var open tensor.Shape
		for _, word := range strings.Fields(strings.Trim(shape, "[]")) {
			var d int64
			fmt.Sscan(word, &d)
			open = append(open, d)
		}
		in, err := set.Inputs([]int{1}, []ort.Info{{Name: "x", Type: tensor.Float32, Shape: open}})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := in["x"].Floats(); !slices.Equal(got, want) {
			t.Errorf("shape %s: %v, want %v", shape, got, want)
		}
	}
	one, err := Open([]File{file("a/1.png", nil), file("a/2.png", []byte("text"))}, Options{})
	if err != nil || one.Label(0) != -1 {
		t.Errorf("pictures in one folder: %v", err)
	}
	if _, err := one.Inputs([]int{1}, []ort.Info{{Name: "x", Type: tensor.Float32, Shape: tensor.Shape{1, 3, 2, 2}}}); err == nil || !strings.Contains(err.Error(), "a/2.png: not a picture") {
		t.Errorf("no picture: got %v", err)
	}
	if _, err := Open([]File{file("set.zip", picturesZip(t))}, Options{Classes: []string{"red", "green"}}); err == nil || !strings.Contains(err.Error(), `folder "blue" is none of the classes`) {
		t.Errorf("other classes: got %v", err)
	}
}

// The rows of the shared data are those that its description promises.
func TestShared(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("takes long there")
	}
	dir := "../../../shared/paper"
	vocabulary, err := os.Open(filepath.Join(dir, "vocab.txt"))
	if err != nil {
		t.Skip(err)
	}
	defer vocabulary.Close()
	bert, err := tokenize.Read(vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		counts  []int
		classes string
	}{
		"emotion_test.tsv": {[]int{581, 695, 159, 275, 224, 66}, "[]"},
		"sms_spam.tsv":     {[]int{4827, 747}, "[ham spam]"},
	} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		set, err := ReadTexts(f, TextOptions{Tokenizer: bert})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, len(want.counts))
		for row := range set.Len() {
			counts[set.Label(row)]++
		}
		if !slices.Equal(counts, want.counts) || fmt.Sprint(set.Classes()) != want.classes {
			t.Errorf("%s: %v rows of classes %v, want %v of %s", name, counts, set.Classes(), want.counts, want.classes)
		}
		if doubts := set.Doubts(bert, 30522); len(doubts) > 0 {
			t.Errorf("%s: %q", name, doubts)
		}
	}
}

// Whatever the files hold, there is a set or an error.
func FuzzOpen(f *testing.F) {
	f.Add("a.tsv", []byte("1\tgood\n"))
	f.Add("a.csv", []byte("label,text\n1,\"good"))
	f.Add("a", []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 3})
	f.Add("a.gz", []byte{0x1f, 0x8b, 8, 0})
	f.Add("a.npy", npy("(2, 3)", 1, 2, 3, 4, 5, 6))
	tok, err := tokenize.Read(strings.NewReader("[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		set, err := Open([]File{file(name, data)}, Options{Text: TextOptions{Tokenizer: tok}})
		if err != nil || set.Len() == 0 {
			return
		}
		for _, shape := range []tensor.Shape{{-1, -1}, {-1, 3, 4, 4}} {
			set.Inputs([]int{0, set.Len() - 1}, []ort.Info{{Name: "x", Type: tensor.Int64, Shape: shape}}) // an error is fine
		}
	})
}
