package page

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/engine"
	"splitquant/ui/modelstep"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"

	"github.com/vugu/html"
	"github.com/vugu/vugu"
	"github.com/vugu/vugu/staticrender"
)

// A desk is a page with a browser that only notes what it is told, and
// workers that the test plays.
type desk struct {
	*testing.T
	*View
	handlers    engine.Handlers // of the newest worker
	asked       []message.Request
	workers     int
	stopped     int
	cells       map[string]string
	moves       []string // of the progress bar
	theme       string
	revoked     []string
	urls        int
	picked      func(name string, file any)
	saved       any
	keeps       string // the model that is kept
	keepsRecipe string
	content     string // of the last small file that was saved
	fetched     string
	answer      func(Picked, error) // to the fetch
	clock       time.Time
	focused     string
	sent        engine.Files
	renewed     bool
	address     string
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, cells: map[string]string{}, clock: time.Unix(1000, 0)}
	d.View = New(d, new(staticrender.RWMutexEventEnv), func() time.Time { return d.clock })
	return d
}

// The desk is the page's host, and each of its workers.

func (d *desk) StartWorker(h engine.Handlers) engine.Worker {
	d.handlers = h
	d.workers++
	return &worker{d}
}
func (d *desk) Fetch(path, name string, done func(Picked, error)) {
	d.fetched, d.answer = path+" as "+name, done
}
func (d *desk) ObjectURL(b engine.Blob) string { d.urls++; return fmt.Sprintf("blob:%v:%d", b, d.urls) }
func (d *desk) RevokeURL(url string)           { d.revoked = append(d.revoked, url) }
func (d *desk) CanPick() bool                  { return true }
func (d *desk) Pick(suggested string, done func(string, any)) {
	d.saved, d.picked = suggested, done
}
func (d *desk) Write(file any, b engine.Blob, done func(error)) {
	d.saved = fmt.Sprintf("%v to %v", b, file)
	go done(nil)
}
func (d *desk) Save(name, kind string, content []byte)         { d.saved, d.content = name, string(content) }
func (d *desk) Read(file any, _ int, done func([]byte, error)) { done([]byte(file.(string)), nil) }
func (d *desk) Copy(text string, done func(error))             { d.content = text }
func (d *desk) Renew()                                         { d.renewed = true }
func (d *desk) Keep(p Picked)                                  { d.keeps = p.main() }
func (d *desk) KeepRecipe(recipe string)                       { d.keepsRecipe = recipe }
func (d *desk) Kept(done func(Picked, string)) {
	done(Picked{[]string{"old.onnx"}, engine.Files{"old"}}, d.keepsRecipe)
}
func (d *desk) Forget()       { d.keeps, d.keepsRecipe = "", "" }
func (d *desk) Keeps() bool   { return true }
func (d *desk) SetKeeps(bool) {}
func (d *desk) FetchBeside(address string, done func(Picked, error)) {
	d.fetched, d.answer = address, done
}
func (d *desk) SetTheme(theme string)                { d.theme = theme }
func (d *desk) SetCell(id string, content vugu.HTML) { d.cells[id] = string(content) }
func (d *desk) SetProgress(percent int, text string) {
	d.moves = append(d.moves, fmt.Sprintf("%d %s", percent, text))
}
func (d *desk) SetLanguage(string, bool)         {}
func (d *desk) Print()                           {}
func (d *desk) Paint([]byte)                     {}
func (d *desk) SetAddress(hash string)           { d.address = hash }
func (d *desk) CopyAddress(done func(error))     { go done(nil) }
func (d *desk) SaveFigure(id, name, kind string) { d.saved = id + " as " + name }
func (d *desk) ScrollTo(string)                  {}
func (d *desk) Focus(id string)                  { d.focused = id }

type worker struct{ *desk }

func (w *worker) Send(r message.Request, f engine.Files) { w.asked, w.sent = append(w.asked, r), f }
func (w *worker) Stop()                                  { w.stopped++ }

// last is what the worker was asked last.
func (d *desk) last() message.Request { return d.asked[len(d.asked)-1] }

// reply answers it.
func (d *desk) reply(r message.Reply, b engine.Blob) {
	r.ID = d.last().ID
	d.handlers.Reply(r, b)
}

// serve answers what is asked until something of that kind is asked.
func (d *desk) serve(until string) {
	d.Helper()
	for range 100 {
		r := message.Reply{Final: true}
		switch d.last().Do {
		case until:
			return
		case message.Look:
			r.Look = &message.LookInfo{Layer: d.last().Layers[0], Min: -1, Max: 1, Bars: []int64{1}}
		case message.Estimate:
			r.Estimate = &message.EstimateInfo{BytesAfter: 10, BitsPerWeight: 6, FileName: "net-int2.onnx"}
		case message.Compare:
			r.Comparison = &message.ComparisonInfo{Weights: 10, All: 20, Own: report.Point{Bits: 2, SQNR: db(9)}, Plain: report.Point{Bits: 4, SQNR: db(18)}}
		case message.Figure:
			r.Figure = &message.FigureInfo{Layer: d.last().Layers[0], Min: -1, Max: 1, Counts: []int64{1}}
		default:
			d.Fatalf("asked to %s", d.last().Do)
		}
		before := len(d.asked)
		d.reply(r, nil)
		if len(d.asked) == before {
			if until != "" {
				d.Fatalf("never asked to %s", until)
			}
			return
		}
	}
}

func model(layers int) *message.ModelInfo {
	m := &message.ModelInfo{Model: report.Model{Format: "onnx", Parameters: 100}, Bytes: 1000}
	for i := range layers {
		m.Layers = append(m.Layers, message.LayerInfo{Name: fmt.Sprintf("conv%d", i), Op: "Conv", Parameters: 10})
	}
	return m
}

func (d *desk) open(m *message.ModelInfo) {
	d.Helper()
	d.Open(Picked{Names: []string{"weights.bin", "net.onnx"}, Files: engine.Files{"weights", "net"}})
	if d.last().Name != "net.onnx" {
		d.Fatalf("%q is opened", d.last().Name)
	}
	d.reply(message.Reply{Final: true, Model: m}, nil)
}

func db(x float64) *float64 { return &x }

func someReport() *report.Report {
	return &report.Report{
		SQNR: db(9), Plain: db(1), BytesBefore: 1000, BytesAfter: 200,
		Layers: []report.Layer{{Name: "conv0", SQNR: db(12)}, {Name: "conv1", SQNR: db(6)}},
	}
}

func (d *desk) root() *html.Node { return uitest.Render(d.fresh()) }

// fresh is the page without the memory of what it has written.
func (d *desk) fresh() *View {
	v := *d.View
	for _, areas := range v.areas() {
		for _, s := range areas {
			s.shown, s.pen = nil, &pen{written: math.MinInt}
		}
	}
	return &v
}

func (d *desk) says(id, want string) {
	d.Helper()
	if got, ok := uitest.ByTestID(d.root(), id); !ok || !strings.Contains(got, want) {
		d.Errorf("%s says %q, want %q", id, got, want)
	}
}

func (d *desk) lacks(id string) {
	d.Helper()
	if n := len(uitest.Find(d.root(), "data-testid", id)); n > 0 {
		d.Errorf("%s is there", id)
	}
}

func TestTheWholeJob(t *testing.T) {
	d := newDesk(t)
	d.lacks("layer-row")
	d.open(model(2))
	d.says("model-name", "net.onnx")
	d.says("status", "net.onnx is open: 2 layers.")
	d.serve("")
	if d.cells["span-1"] == "" || d.cells["spark-0"] == "" {
		t.Errorf("ranges and sparklines are not filled in: %v", d.cells)
	}

	d.Update(d.run)
	if o := d.last().Options; d.last().Do != message.Run || o == nil || o.String() != recipe.Defaults().String() {
		t.Fatalf("asked to %s with %v", d.last().Do, o)
	}
	d.says("cancel", "Cancel")
	d.lacks("run")
	for i := range 10 { // 50 ms apart
		d.clock = d.clock.Add(50 * time.Millisecond)
		d.reply(message.Reply{Progress: &message.ProgressInfo{Stage: message.StageLearn, Unit: i, Units: 10, Layer: "conv0", Done: float64(i) / 10}}, nil)
	}
	if len(d.moves) != 5 {
		t.Errorf("the progress bar moved %d times in half a second, want 5: %q", len(d.moves), d.moves)
	}
	d.says("progress", "layer 10 of 10, conv0")

	d.reply(message.Reply{Final: true, Report: someReport(), FileName: "net-int2.onnx"}, "result")
	d.serve("")
	d.says("result-sqnr", "9.00 dB")
	d.says("result-size", "1.00 kB → 200 bytes")
	d.says("status", "Done: 1.00 kB became 200 bytes, SQNR 9.00 dB.")
	a := uitest.Find(d.root(), "data-testid", "download")[0]
	if uitest.Attr(a, "download") != "net-int2.onnx" || uitest.Attr(a, "href") != "blob:result:1" {
		t.Errorf("Download is %v", a.Attr)
	}
	if d.S.Chosen != 1 || d.S.Figure == nil {
		t.Errorf("layer %d is drawn, want the most damaged, 1", d.S.Chosen)
	}

	d.Update(d.run)
	d.lacks("download")
	d.reply(message.Reply{Final: true, Report: someReport()}, "second")
	if len(d.revoked) != 1 || d.revoked[0] != "blob:result:1" {
		t.Errorf("let go of %q", d.revoked)
	}
}

func TestCancelKeepsTheModelAndTheResultBefore(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.serve("")
	d.Update(d.run)
	d.reply(message.Reply{Final: true, Report: someReport()}, "b")
	d.serve("")
	d.Update(d.run)
	d.Update(d.cancel)
	if d.stopped != 1 || d.workers != 1 {
		t.Errorf("%d workers stopped of %d", d.stopped, d.workers)
	}
	d.says("status", "Cancelled")
	d.says("model-name", "net.onnx")
	d.says("run", "Run")
	d.says("result-sqnr", "9.00 dB")

	d.Update(d.run)
	if d.workers != 2 || d.last().Do != message.Open {
		t.Fatalf("%d workers, asked to %s: want a second one that opens the model again", d.workers, d.last().Do)
	}
	d.reply(message.Reply{Final: true, Model: model(2)}, nil)
	if d.last().Do != message.Run {
		t.Errorf("asked to %s", d.last().Do)
	}
}

func TestWhatGoesWrong(t *testing.T) {
	d := newDesk(t)
	d.Open(Picked{})
	if d.workers != 0 {
		t.Error("nothing was picked and yet opened")
	}
	d.open(model(2))
	d.serve("")

	d.Update(func() { d.show(1) })
	first := d.handlers
	d.Open(Picked{Names: []string{"bad.txt"}})
	d.reply(message.Reply{Final: true, Error: "onnx: not an ONNX model"}, nil)
	d.says("error", "bad.txt could not be opened: not an ONNX model.")
	d.says("model-name", "net.onnx")
	d.handlers = first // of the model, which is still being drawn
	d.asked = d.asked[:len(d.asked)-1]
	d.serve("")
	if d.S.Drawing || d.S.Figure == nil {
		t.Error("the figure that was asked for before never comes")
	}

	d.Update(d.run)
	d.lacks("error")
	d.reply(message.Reply{Final: true, Error: "layer conv0: no"}, nil)
	d.says("error", "The model could not be quantized: layer conv0: no.")
	d.says("status", "The model is still open")
	d.says("run", "Run")

	d.Update(d.run)
	d.handlers.Died("out of memory")
	d.says("error", "the engine stopped: out of memory")
	d.says("model-name", "net.onnx")
	if n := len(uitest.Find(d.root(), "data-testid", "layer-row")); n != 2 {
		t.Errorf("%d layers shown", n)
	}
	d.Update(func() { panic("oops") })
	d.says("error", "oops")
}

// A file that is no model leaves a run alone; another model ends it, and it is
// said so, as it is which of two models was opened.
func TestOpeningDuringARun(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.serve("")
	run := d.handlers
	d.Update(d.run)
	asked := d.last()
	d.Open(Picked{Names: []string{"bad.txt"}})
	d.reply(message.Reply{Final: true, Error: "onnx: not an ONNX model"}, nil)
	d.says("error", "bad.txt could not be opened")
	d.says("progress", "")
	run.Reply(message.Reply{ID: asked.ID, Final: true, Report: someReport()}, "b")
	d.says("result-sqnr", "9.00 dB")

	d.Update(d.run)
	d.Open(Picked{Names: []string{"a.onnx", "b.onnx"}})
	d.reply(message.Reply{Final: true, Model: model(3)}, nil)
	d.lacks("progress")
	d.says("status", "a.onnx is open: 3 layers. One model at a time: b.onnx was left out. The run of the model before was stopped.")
}

// A data file that comes later is taken together with the model that needs it.
func TestDataFileAfterItsModel(t *testing.T) {
	d := newDesk(t)
	d.Open(Picked{[]string{"net.onnx"}, engine.Files{"net"}})
	d.reply(message.Reply{Final: true, Error: "it is missing", Missing: "w.bin"}, nil)
	d.Open(Picked{[]string{"w.bin"}, engine.Files{"weights"}})
	if d.last().Name != "net.onnx" || len(d.sent) != 2 {
		t.Errorf("opens %q with %v", d.last().Name, d.sent)
	}
	d.reply(message.Reply{Final: true, Model: model(1)}, nil)
	d.Open(Picked{[]string{"w.bin"}, engine.Files{"weights"}})
	if d.last().Name != "w.bin" {
		t.Errorf("with nothing missing, opens %q", d.last().Name)
	}
}

// Escape takes an error away, then cancels, if the focus is in the bar.
func TestEscape(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.Update(func() { d.run(); d.S.Error = "no" })
	d.Escape(true)
	if d.S.Error != "" || !d.S.Running || d.focused != "bar" {
		t.Errorf("error %q, running %v, focus on %q", d.S.Error, d.S.Running, d.focused)
	}
	d.Escape(false)
	if !d.S.Running {
		t.Error("cancelled from elsewhere")
	}
	if d.Escape(true); d.S.Running {
		t.Error("not cancelled")
	}
}

func TestSample(t *testing.T) {
	d := newDesk(t)
	d.Update(d.sample)
	if d.fetched != modelstep.SampleFile+" as digits.onnx" {
		t.Errorf("fetched %s", d.fetched)
	}
	d.answer(Picked{}, errors.New("404 Not Found"))
	d.says("error", "The sample could not be loaded: 404 Not Found.")
	d.Update(d.sample)
	d.answer(Picked{Names: []string{"digits.onnx"}}, nil)
	d.lacks("error")
	if d.last().Name != "digits.onnx" {
		t.Errorf("opened %q", d.last().Name)
	}
}

// What is chosen is asked for at once, and of the layers on the next page
// the engine hears when they are shown.
func TestChoices(t *testing.T) {
	d := newDesk(t)
	d.open(model(40))
	d.serve("")
	if d.cells["span-29"] == "" || d.cells["span-30"] != "" {
		t.Error("not the first 30 layers are looked at")
	}
	d.Update(func() { d.S.Page = 1; d.look() })
	d.serve("")
	if d.cells["span-39"] == "" {
		t.Error("the second page is not looked at")
	}

	before := len(d.asked)
	d.Update(func() { d.show(3) })
	d.serve("")
	d.Update(func() { d.S.SetOption("bits", "4"); d.chosenAnew() })
	d.serve("")
	d.Update(func() { d.take(3) })
	d.serve("")
	kinds := ""
	for _, r := range d.asked[before:] {
		if r.Do == message.Compare {
			continue
		}
		kinds += fmt.Sprintf("%s %d bits without %q; ", r.Do, r.Options.Bits, r.Options.Exclude)
	}
	want := `figure 2 bits without []; estimate 4 bits without []; figure 4 bits without []; ` +
		`estimate 4 bits without ["conv3"]; figure 4 bits without ["conv3"]; `
	if kinds != want {
		t.Errorf("asked for\n%s\nwant\n%s", kinds, want)
	}
	d.Update(func() { d.show(99) })
	if d.S.Chosen != 3 {
		t.Errorf("layer %d is chosen", d.S.Chosen)
	}
}

// An answer to what was chosen before is not shown for what is chosen now.
func TestAnswersThatCameTooLate(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.serve("")
	d.Update(func() { d.show(0) })
	d.Update(func() { d.show(1) })
	d.reply(message.Reply{Final: true, Figure: &message.FigureInfo{Layer: 0}}, nil)
	if d.S.Figure != nil || !d.S.Drawing {
		t.Errorf("the figure of layer %d is shown as that of layer 1", d.S.Figure.Layer)
	}
	d.reply(message.Reply{Final: true, Figure: &message.FigureInfo{Layer: 1}}, nil)
	if d.S.Figure == nil || d.S.Drawing {
		t.Error("the figure of layer 1 is not shown")
	}

	d.Update(func() { d.S.SetOption("bits", "4"); d.estimate() })
	d.Update(func() { d.S.SetOption("bits", "8"); d.estimate() })
	d.reply(message.Reply{Final: true, Estimate: &message.EstimateInfo{BytesAfter: 4}}, nil)
	if d.S.Estimate.BytesAfter == 4 || !d.S.Weighing {
		t.Error("the estimate for 4 bits is shown for 8")
	}
	d.reply(message.Reply{Final: true, Estimate: &message.EstimateInfo{BytesAfter: 8}}, nil)
	if d.S.Estimate.BytesAfter != 8 || d.S.Weighing {
		t.Error("the estimate for 8 bits is not shown")
	}
}

func TestSaveToAFile(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.serve("")
	d.Update(d.pick)
	if d.saved != "net-int2.onnx" {
		t.Errorf("suggested %v", d.saved)
	}
	d.picked("mine.onnx", "handle")
	d.Update(d.run)
	d.reply(message.Reply{Final: true, Report: someReport()}, "blob")
	if d.saved != "blob to handle" {
		t.Errorf("saved %v", d.saved)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		d.env.RLock()
		status := d.S.Status
		d.env.RUnlock()
		if status == "Saved to mine.onnx." {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("status is %q", status)
		}
	}
	d.lacks("error")
	if d.S.SaveName != "" {
		t.Error("the next run would save to the same file")
	}
}

func TestTheme(t *testing.T) {
	d := newDesk(t)
	d.Update(func() { d.View.setTheme(state.ThemeDark) })
	if d.theme != state.ThemeDark || d.S.Theme != state.ThemeDark {
		t.Errorf("theme is %s, shown %s", d.S.Theme, d.theme)
	}
}

// A page with everything on it has no attribute that vugu cannot write, no
// style attribute, which the Content-Security-Policy forbids, and no id twice.
func TestMarkup(t *testing.T) {
	d := newDesk(t)
	m := model(40)
	for i := range m.Layers {
		m.Layers[i].Name = fmt.Sprintf("%d%s", i, strings.Repeat("long/", 5000))
	}
	d.open(m)
	d.serve("")
	d.Update(func() { d.show(3) })
	d.serve("")
	d.S.Figure.Counts = make([]int64, 10000)
	for i := range d.S.Figure.Counts {
		d.S.Figure.Counts[i] = int64(i)
	}
	d.S.Result = &state.Result{Report: someReport(), Asked: d.S.Asked()}
	d.S.Numbers, d.S.More, d.S.Error = true, true, "no"
	seen := map[string]bool{}
	uitest.Walk(d.root(), func(e *html.Node) {
		if id := uitest.Attr(e, "id"); id != "" {
			if seen[id] {
				t.Errorf("two elements are called %s", id)
			}
			seen[id] = true
		}
		for _, a := range e.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has the attribute %s", e.Data, a.Key)
			}
			// The picture is written as text of its element, in pieces.
			if len(a.Val) > 8000 && e.Data != "path" {
				t.Errorf("<%s %s> has %d bytes", e.Data, a.Key, len(a.Val))
			}
			if (strings.HasPrefix(a.Key, "aria-expanded") || a.Key == "aria-pressed") && a.Val != "true" && a.Val != "false" {
				t.Errorf("<%s %s=%q>", e.Data, a.Key, a.Val)
			}
		}
		if e.Data == "span" && uitest.Attr(e, "class") == "term" && uitest.Attr(e, "data-tip") == "" {
			t.Errorf("%q is not explained", uitest.Text(e))
		}
	})
}
