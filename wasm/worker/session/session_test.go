package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/safetensors"
	"splitquant/core/tensor"
	"splitquant/wasm/message"
)

// memory is a Store.
type memory struct {
	bytes.Buffer
	plan.Memory
}

// talk is a session, and all that it has said.
type talk struct {
	*Session
	said   []message.Reply
	result []byte
	yield  func() // called when the session yields
}

func newTalk() *talk {
	t := &talk{yield: func() {}}
	t.Session = New(Host{
		Reply: func(r message.Reply, result Store) {
			t.said = append(t.said, r)
			if result != nil {
				t.result = result.(*memory).Bytes()
			}
		},
		NewStore: func() Store { return new(memory) },
		Yield:    func() { t.yield() },
	})
	return t
}

// ask works on the requests and on whatever is added meanwhile, and returns
// what was said.
func (t *talk) ask(requests ...message.Request) []message.Reply {
	t.said = nil
	for _, r := range requests {
		t.Add(Job{Request: r})
	}
	for len(t.queue.jobs) > 0 {
		t.work(t.queue.next())
	}
	return t.said
}

func sample(t *testing.T) File {
	t.Helper()
	b, err := os.ReadFile("../../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	return File{"digits.onnx", int64(len(b)), bytes.NewReader(b)}
}

// opened is a session with the sample, whose four layers are conv1, conv2,
// fc1 and fc2.
func opened(t *testing.T) *talk {
	t.Helper()
	k := newTalk()
	k.Add(Job{message.Request{ID: 1, Do: message.Open, Name: "digits.onnx"}, []File{sample(t)}})
	said := k.ask()
	if len(said) != 1 || !said[0].Final || said[0].Model == nil {
		t.Fatalf("opening: %+v", said)
	}
	return k
}

func TestOpen(t *testing.T) {
	m := opened(t).said[0].Model
	if m.Name != "digits.onnx" || m.Format != "onnx" || m.Bytes != sample(t).Size {
		t.Errorf("got %+v", m.Model)
	}
	var names []string
	var parameters int64
	for _, l := range m.Layers {
		names = append(names, l.Name)
		parameters += l.Parameters
		if l.Op == "" || l.Type != "float32" || l.Skipped != "" {
			t.Errorf("got %+v", l)
		}
	}
	if want := []string{"conv1", "conv2", "fc1", "fc2"}; !slices.Equal(names, want) {
		t.Errorf("layers %v, want %v", names, want)
	}
	if parameters >= m.Parameters {
		t.Errorf("%d parameters in weights, %d in all", parameters, m.Parameters)
	}
}

// A run makes the bytes that package plan makes.
func TestRun(t *testing.T) {
	k := opened(t)
	o := recipe.Defaults()
	o.Bits = 4
	said := k.ask(message.Request{ID: 7, Do: message.Run, Options: &o})
	last := said[len(said)-1]
	if !last.Final || last.Report == nil || last.FileName != plan.FileName("digits.onnx", o) {
		t.Fatalf("got %+v", last)
	}
	f, err := plan.Open(sample(t), sample(t).Size, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if _, err := plan.Quantize(context.Background(), &want, f, o, plan.Memory{}, 3, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.result, want.Bytes()) {
		t.Errorf("%d bytes differ from the %d that plan makes", len(k.result), want.Len())
	}
	if last.Report.BytesAfter != int64(want.Len()) || last.Report.Model.Name != "digits.onnx" {
		t.Errorf("the report says %d bytes of %q", last.Report.BytesAfter, last.Report.Model.Name)
	}
	before := 0.0
	for _, r := range said[:len(said)-1] {
		if r.ID != 7 || r.Final || r.Progress == nil || r.Progress.Done < before {
			t.Fatalf("progress %+v after %v", r.Progress, before)
		}
		before = r.Progress.Done
	}
	if p := said[len(said)-2].Progress; p.Stage != message.StageWrite || p.Done != 1 || p.Units != 4 {
		t.Errorf("progress ends with %+v", p)
	}
}

// A model that is too large for one file is downloaded as an archive, which
// holds the same numbers: the session opens it again, and finds nothing else.
func TestRunOfTwoFiles(t *testing.T) {
	k := opened(t)
	k.host.Most = 50_000
	o := recipe.Defaults()
	o.Bits = 8
	said := k.ask(message.Request{ID: 7, Do: message.Run, Options: &o})
	last := said[len(said)-1]
	if last.Report == nil || last.FileName != "digits-int8-kmeans.zip" || last.Report.BytesBeside == 0 {
		t.Fatalf("got %+v", last)
	}
	k.Add(Job{message.Request{Do: message.Open, Name: last.FileName}, []File{{last.FileName, int64(len(k.result)), bytes.NewReader(k.result)}}})
	m := k.ask()[0].Model
	if m == nil || m.Name != "digits-int8-kmeans.onnx" || len(m.Layers) == 0 {
		t.Errorf("opened again: %+v", k.said[0])
	}
}

// The parts of a checkpoint are one model without an index, too.
func TestOpenParts(t *testing.T) {
	var files []File
	for i, name := range []string{"a.weight", "b.weight"} {
		var b bytes.Buffer
		w := model.Tensor{Name: name, Type: tensor.Float32, Shape: tensor.Shape{2, 2}, Data: bytes.NewReader(make([]byte, 16))}
		if _, err := safetensors.Write(&b, []*model.Tensor{&w}, nil); err != nil {
			t.Fatal(err)
		}
		files = append(files, File{fmt.Sprintf("m-0000%d-of-00002.safetensors", i+1), int64(b.Len()), bytes.NewReader(b.Bytes())})
	}
	k := newTalk()
	k.Add(Job{message.Request{Do: message.Open, Name: files[1].Name}, files})
	m := k.ask()[0].Model
	if m == nil || m.Name != "m.safetensors" || len(m.Layers) != 2 || m.Bytes != files[0].Size+files[1].Size || !m.Guessed {
		t.Fatalf("got %+v", k.said[0])
	}
	said := k.ask(message.Request{Do: message.Run})
	if last := said[len(said)-1]; last.FileName != "m-int2-kmeans.safetensors" || last.Report.BytesBefore != m.Bytes {
		t.Errorf("got %+v", last)
	}
}

func TestEstimate(t *testing.T) {
	said := opened(t).ask(message.Request{ID: 2, Do: message.Estimate})
	e := said[0].Estimate
	if len(said) != 1 || e == nil || e.Layers != 4 {
		t.Fatalf("got %+v", said)
	}
	if e.FileName != "digits-int2-kmeans.onnx" {
		t.Errorf("the result is to be called %q", e.FileName)
	}
	// Three parts of 2 bits, and a scale and a zero point for each.
	if e.BitsPerWeight < 6 || e.BitsPerWeight > 6.1 {
		t.Errorf("%v bits per weight, want 6 and a little", e.BitsPerWeight)
	}
}

func TestLookAndFigure(t *testing.T) {
	k := opened(t)
	parameters := k.said[0].Model.Layers[2].Parameters
	look := k.ask(message.Request{ID: 3, Do: message.Look, Layers: []int{2}})[0]
	figure := k.ask(message.Request{ID: 4, Do: message.Figure, Layers: []int{2}})[0]
	if !look.Final || look.Look == nil || !figure.Final || figure.Figure == nil {
		t.Fatalf("got %+v and %+v", look, figure)
	}
	l, f := look.Look, figure.Figure
	if sum(l.Bars) != parameters || sum(f.Counts) != parameters || sum(f.Sizes) != parameters {
		t.Errorf("%d, %d and %d weights counted of %d", sum(l.Bars), sum(f.Counts), sum(f.Sizes), parameters)
	}
	if l.Layer != 2 || f.Layer != 2 || l.Min != f.Min || l.Max != f.Max || l.Min >= l.Max {
		t.Errorf("layer %d from %v to %v, layer %d from %v to %v", l.Layer, l.Min, l.Max, f.Layer, f.Min, f.Max)
	}
	if len(f.Bounds) != 2 || len(f.Centers) != 3 || len(f.Levels) != 3 || len(f.Levels[0]) != 4 || len(f.Plain) != 4 {
		t.Errorf("got %+v", f)
	}
}

func sum(v []int64) (s int64) {
	for _, x := range v {
		s += x
	}
	return s
}

// A Run that arrives during a Look goes first; the Look goes on afterwards.
func TestRunGoesBeforeLook(t *testing.T) {
	k := opened(t)
	yields := 0
	k.yield = func() {
		if yields++; yields == 3 { // two layers have been looked at
			k.Add(Job{Request: message.Request{ID: 9, Do: message.Run}})
		}
	}
	var order []int // 0 to 3 for a layer, 9 for the end of the run
	for _, r := range k.ask(message.Request{ID: 8, Do: message.Look, Layers: []int{0, 1, 2, 3}}) {
		switch {
		case r.Look != nil:
			order = append(order, r.Look.Layer)
			if r.Final != (r.Look.Layer == 3) {
				t.Errorf("layer %d: final is %t", r.Look.Layer, r.Final)
			}
		case r.Final:
			order = append(order, r.ID)
		}
	}
	if want := []int{0, 1, 9, 2, 3}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

// Looks at a model that another takes the place of are answered, not worked on.
func TestOpenDropsLooks(t *testing.T) {
	k := opened(t)
	k.Add(Job{Request: message.Request{ID: 2, Do: message.Look, Layers: []int{0}}})
	k.Add(Job{Request: message.Request{ID: 3, Do: message.Estimate}})
	k.Add(Job{message.Request{ID: 4, Do: message.Open, Name: "digits.onnx"}, []File{sample(t)}})
	k.Add(Job{Request: message.Request{ID: 5, Do: message.Look, Layers: []int{0}}})
	dropped := k.said[len(k.said)-1]
	if dropped.ID != 2 || !dropped.Final || dropped.Error == "" {
		t.Fatalf("got %+v", dropped)
	}
	var ids []int
	for _, r := range k.ask() {
		ids = append(ids, r.ID)
	}
	if want := []int{3, 4, 5}; !slices.Equal(ids, want) {
		t.Errorf("answered %v, want %v", ids, want)
	}
}

// Each of these gets one answer in words, and leaves the model loaded.
func TestErrors(t *testing.T) {
	k := opened(t)
	wrong := recipe.Defaults()
	wrong.Strategy = "resolute"
	for _, c := range []struct {
		name    string
		request message.Request
		files   []File
		want    string
	}{
		{"unknown request", message.Request{Do: "dance"}, nil, `the engine does not know how to "dance"`},
		{"unknown option", message.Request{Do: message.Run, Options: &wrong}, nil, `strategy "resolute" is unknown`},
		{"no layers to look at", message.Request{Do: message.Look}, nil, "no layers to look at"},
		{"figure of two layers", message.Request{Do: message.Figure, Layers: []int{0, 1}}, nil, "a figure shows one layer, not 2"},
		{"figure of no such layer", message.Request{Do: message.Figure, Layers: []int{4}}, nil, "there is no layer 4, the model has 4"},
		{"no file", message.Request{Do: message.Open, Name: "a.onnx"}, nil, `the file "a.onnx" is missing`},
		{"no model", message.Request{Do: message.Open, Name: "a.onnx"}, []File{{"a.onnx", 5, strings.NewReader("hello")}}, "not an ONNX model"},
		{"a fault of ours", message.Request{Do: message.Open, Name: "a.onnx"}, []File{{"a.onnx", 5, faulty{}}}, "the engine failed: runtime error: index out of range"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.request.ID = 5
			k.said = nil
			k.Add(Job{c.request, c.files})
			said := k.ask()
			if len(said) != 1 || said[0].ID != 5 || !said[0].Final || !strings.Contains(said[0].Error, c.want) {
				t.Errorf("got %+v, want the error %q", said, c.want)
			}
		})
	}
	if said := k.ask(message.Request{ID: 6, Do: message.Estimate}); said[0].Error != "" {
		t.Errorf("the model is gone: %s", said[0].Error)
	}
	if said := newTalk().ask(message.Request{ID: 1, Do: message.Run}); said[0].Error != "no model is open" {
		t.Errorf("without a model: %+v", said)
	}
	if said := k.ask(message.Request{ID: 6, Do: message.Look, Layers: []int{-1}}); said[0].Look == nil || said[0].Look.Error == "" || !said[0].Final {
		t.Errorf("look at no such layer: %+v", said)
	}
}

// A model names its data files with folders, of which a browser tells nothing.
func TestFind(t *testing.T) {
	files := []File{{Name: "model.onnx", Size: 1}, {Name: "weights.bin", Size: 2}}
	for _, name := range []string{"weights.bin", "./weights.bin", "data/weights.bin"} {
		if f, err := find(files, ".", name); err != nil || f.Size != 2 {
			t.Errorf("%s: got %+v, error %v", name, f, err)
		}
	}
	files = []File{{Name: "m/a/w.bin", Size: 1}, {Name: "m/b/w.bin", Size: 2}}
	if f, err := find(files, "m", "b/w.bin"); err != nil || f.Size != 2 {
		t.Errorf("in a folder: got %+v, error %v", f, err)
	}
	if _, err := find(files, ".", "data"); err == nil {
		t.Error("found a file that was not sent")
	}
}

// Two data files of one name, in two folders, look the same to a browser.
func TestFilesOfOneName(t *testing.T) {
	field := func(num byte, body string) string { return string([]byte{num<<3 | 2, byte(len(body))}) + body }
	init := func(name, location string) string {
		return field(5, "\x08\x01\x10\x01"+field(8, name)+"\x70\x01"+field(13, field(1, "location")+field(2, location)))
	}
	for location, want := range map[string]string{"a/w.bin": "", "b/w.bin": `the files "a/w.bin" and "b/w.bin", which cannot be told apart here`} {
		model := "\x08\x08" + field(7, init("v", "a/w.bin")+init("w", location)) + field(8, "\x10\x11")
		files := []File{{"m.onnx", int64(len(model)), strings.NewReader(model)}, {"w.bin", 4, strings.NewReader("1234")}}
		k := newTalk()
		k.Add(Job{message.Request{ID: 1, Do: message.Open, Name: "m.onnx"}, files})
		if said := k.ask(); len(said) != 1 || (want == "") != (said[0].Error == "") || !strings.Contains(said[0].Error, want) {
			t.Errorf("%s: %+v, expected the error %q", location, said, want)
		}
	}
}

// faulty is a reader with a fault in it.
type faulty struct{}

func (faulty) ReadAt(p []byte, _ int64) (int, error) {
	var none []int
	return none[len(p)], io.EOF
}

// sharing is a store that notes which readers it could have shared with.
type sharing struct {
	memory
	from []io.ReaderAt
}

func (s *sharing) ReadFrom(r io.Reader) (int64, error) {
	if section, ok := r.(*io.SectionReader); ok {
		under, _, _ := section.Outer()
		for {
			inner, ok := under.(*io.SectionReader)
			if !ok {
				break
			}
			under, _, _ = inner.Outer()
		}
		s.from = append(s.from, under)
	}
	return s.memory.ReadFrom(r)
}

// What a result takes over unchanged comes from the file itself, so that a store
// which knows it need not copy.
func TestShares(t *testing.T) {
	file := sample(t)
	var result *sharing
	k := newTalk()
	k.host.NewStore = func() Store { result = new(sharing); return result }
	k.host.Reply = func(r message.Reply, s Store) {
		k.said = append(k.said, r)
		if s != nil {
			result = s.(*sharing)
		}
	}
	k.Add(Job{message.Request{ID: 1, Do: message.Open, Name: file.Name}, []File{file}})
	o := recipe.Defaults()
	o.Exclude = []string{"fc1"}
	k.ask(message.Request{ID: 2, Do: message.Run, Options: &o})
	if !slices.Contains(result.from, file.ReaderAt) {
		t.Errorf("the result was read from %d readers, none of them the file", len(result.from))
	}
}
