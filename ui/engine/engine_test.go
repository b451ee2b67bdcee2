package engine

import (
	"fmt"
	"slices"
	"testing"

	"splitquant/wasm/message"
)

// A bench is a client with workers that only note what they are told; the
// test plays their part.
type bench struct {
	Client
	workers []*worker
	answers []string
}

type worker struct {
	Handlers
	posted []message.Request
	files  []Files
	ended  bool
}

func (w *worker) Send(r message.Request, files Files) {
	w.posted, w.files = append(w.posted, r), append(w.files, files)
}

func (w *worker) Stop() { w.ended = true }

const oom = stopped + "oom"

func newBench() *bench {
	b := &bench{}
	b.Start = func(h Handlers) Worker {
		w := &worker{Handlers: h}
		b.workers = append(b.workers, w)
		return w
	}
	return b
}

// note returns an answer function that writes down what came.
func (b *bench) note(what string) func(message.Reply, Blob) {
	return func(r message.Reply, blob Blob) {
		s := what
		if r.Error != "" {
			s += ": " + r.Error
		}
		if !r.Final {
			s += " ..."
		}
		if blob != nil {
			s += fmt.Sprint(" with ", blob)
		}
		b.answers = append(b.answers, s)
	}
}

func (b *bench) open(name string) {
	b.Open(name, []string{name}, Files{name + " bytes"}, b.note("opened "+name))
}
func (b *bench) ask(do string, layers ...int) {
	b.Ask(message.Request{Do: do, Layers: layers}, b.note(do))
}

func (b *bench) last() *worker { return b.workers[len(b.workers)-1] }

// reply answers the newest request of the newest worker.
func (b *bench) reply(r message.Reply, blob Blob) {
	w := b.last()
	r.ID = w.posted[len(w.posted)-1].ID
	w.Reply(r, blob)
}

func (b *bench) done() { b.reply(message.Reply{Final: true}, nil) }

// asked is what the newest worker was told, in short.
func (b *bench) asked() []string {
	var s []string
	for _, r := range b.last().posted {
		s = append(s, r.Do+r.Name+fmt.Sprint(r.Layers))
	}
	return s
}

func want(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNothingRunsBeforeItIsNeeded(t *testing.T) {
	b := newBench()
	if len(b.workers) != 0 {
		t.Fatal("a worker was started before there was a request")
	}
	b.open("a.onnx")
	want(t, b.asked(), []string{"opena.onnx[]"})
	if b.last().files[0][0] != "a.onnx bytes" {
		t.Errorf("files %v", b.last().files)
	}
	b.done()
	want(t, b.answers, []string{"opened a.onnx"})
}

func opened() *bench {
	b := newBench()
	b.open("a.onnx")
	b.done()
	b.answers = nil
	return b
}

func TestRunGoesBeforeWhatWaits(t *testing.T) {
	b := opened()
	b.ask(message.Look, 0, 1, 2)
	b.ask(message.Figure, 7)
	b.ask(message.Estimate)
	b.ask(message.Run)
	b.done()
	b.reply(message.Reply{Progress: &message.ProgressInfo{}}, nil)
	b.reply(message.Reply{Final: true}, "blob")
	b.done()
	b.done()
	b.done()
	b.done()
	want(t, b.asked(), []string{"opena.onnx[]", "look[0]", "run[]", "estimate[]", "figure[7]", "look[1]", "look[2]"})
	want(t, b.answers, []string{"look", "run ...", "run with blob", "estimate", "figure", "look", "look"})
}

func TestTheNewestOfAKindCounts(t *testing.T) {
	b := opened()
	b.ask(message.Run)
	b.ask(message.Figure, 1)
	b.ask(message.Figure, 2)
	b.ask(message.Look, 1, 2)
	b.ask(message.Look, 8, 9)
	for range 4 {
		b.done()
	}
	want(t, b.asked(), []string{"opena.onnx[]", "run[]", "figure[2]", "look[8]", "look[9]"})
}

func TestCancelEndsTheWorkerAndOpensAgain(t *testing.T) {
	b := opened()
	b.ask(message.Run)
	first := b.last()
	b.Cancel(message.Run)
	if !first.ended || len(b.workers) != 1 {
		t.Fatalf("ended %v, %d workers: want the worker ended and no other started", first.ended, len(b.workers))
	}
	b.ask(message.Estimate)
	first.Reply(message.Reply{ID: b.last().posted[0].ID, Final: true}, nil)
	first.Died("late")
	want(t, b.answers, nil)
	want(t, b.asked(), []string{"opena.onnx[]"})
	if b.last().files[0][0] != "a.onnx bytes" {
		t.Errorf("opened again with %v", b.last().files)
	}
	b.done()
	want(t, b.asked(), []string{"opena.onnx[]", "estimate[]"})
	b.done()
	want(t, b.answers, []string{"estimate"})
}

func TestCancelBeforeItsTurn(t *testing.T) {
	b := opened()
	b.ask(message.Estimate)
	b.ask(message.Run)
	b.Cancel(message.Run)
	b.done()
	want(t, b.asked(), []string{"opena.onnx[]", "estimate[]"})
	if b.last().ended {
		t.Error("the worker was ended though it was not running")
	}
}

// A file that is no model stops nothing: the run goes on in its worker.
func TestAFileThatDoesNotOpenStopsNothing(t *testing.T) {
	for _, fail := range []func(w *worker){
		func(w *worker) { w.Reply(message.Reply{ID: w.posted[0].ID, Error: "onnx: no", Final: true}, nil) },
		func(w *worker) { w.Died("onnx: no") },
	} {
		b := opened()
		b.ask(message.Run)
		b.ask(message.Look, 4)
		b.open("bad.txt")
		if len(b.workers) != 2 || b.workers[0].ended {
			t.Fatalf("%d workers, the first ended %v", len(b.workers), b.workers[0].ended)
		}
		fail(b.workers[1])
		if !b.workers[1].ended {
			t.Error("the worker of the bad file lives on")
		}
		b.workers = b.workers[:1]
		b.reply(message.Reply{Final: true}, "blob")
		b.done()
		want(t, b.asked(), []string{"opena.onnx[]", "run[]", "look[4]"})
		want(t, b.answers[1:], []string{"run with blob", "look"})
	}
}

// Another model takes over when it is open, and what was asked of the one
// before it is dropped.
func TestAnotherModelTakesOver(t *testing.T) {
	b := opened()
	b.ask(message.Run)
	b.ask(message.Look, 4)
	b.open("b.onnx")
	b.workers[0].Reply(message.Reply{ID: b.workers[0].posted[1].ID, Progress: &message.ProgressInfo{}}, nil)
	b.done()
	if !b.workers[0].ended {
		t.Error("the run of the model before goes on")
	}
	want(t, b.answers, []string{"run ...", "opened b.onnx"})
	b.ask(message.Estimate)
	b.done()
	want(t, b.asked(), []string{"openb.onnx[]", "estimate[]"})
	b.ask(message.Run)
	b.Cancel(message.Run)
	b.ask(message.Run)
	want(t, b.asked(), []string{"openb.onnx[]"})
}

func TestOnlyTheNewestModelIsOpened(t *testing.T) {
	b := newBench()
	b.open("a.onnx")
	b.open("b.onnx")
	if !b.workers[0].ended || len(b.workers) != 2 {
		t.Fatal("the file that nobody waits for is still being opened")
	}
	b.workers[0].Reply(message.Reply{ID: 1, Final: true}, nil)
	b.done()
	want(t, b.answers, []string{"opened b.onnx"})
}

func TestADeadWorkerIsReplaced(t *testing.T) {
	b := opened()
	b.ask(message.Look, 0, 1)
	b.last().Died("oom")
	want(t, b.answers, []string{"look: " + oom})
	if len(b.workers) != 2 {
		t.Fatalf("%d workers, want a second one for what still waits", len(b.workers))
	}
	b.done()
	b.done()
	want(t, b.asked(), []string{"opena.onnx[]", "look[1]"})
}

// A model that kills each worker must not start workers for ever.
func TestDyingWhileOpeningStops(t *testing.T) {
	b := opened()
	b.ask(message.Run)
	b.ask(message.Figure, 0)
	b.last().Died("oom") // of the run; the figure still waits
	b.last().Died("oom") // of opening again
	want(t, b.answers, []string{"run: " + oom, "figure: " + oom})
	if len(b.workers) != 2 {
		t.Errorf("%d workers, want 2", len(b.workers))
	}
}

func TestAnEngineThatDoesNotStart(t *testing.T) {
	b := newBench()
	b.open("a.onnx")
	b.last().Died("oom")
	want(t, b.answers, []string{"opened a.onnx: " + oom})
	if len(b.workers) != 1 {
		t.Errorf("%d workers, want 1 until the next request", len(b.workers))
	}
}

// A death is told, whether or not somebody waits for an answer.
func TestDyingIsTold(t *testing.T) {
	for _, busy := range []bool{false, true} {
		b := opened()
		var told []string
		b.Died = func(reason string) { told = append(told, reason) }
		if busy {
			b.ask(message.Estimate)
		}
		b.last().Died("oom")
		want(t, told, []string{oom})
	}
}

func TestDyingIdleStartsNothing(t *testing.T) {
	b := opened()
	b.last().Died("oom")
	if len(b.workers) != 1 {
		t.Errorf("%d workers, want 1 until the next request", len(b.workers))
	}
	b.ask(message.Run)
	want(t, b.asked(), []string{"opena.onnx[]"})
}

func TestOpeningAgainFails(t *testing.T) {
	b := opened()
	b.ask(message.Run)
	b.Cancel(message.Run)
	b.ask(message.Run)
	b.ask(message.Look, 3)
	b.reply(message.Reply{Error: "the file has changed", Final: true}, nil)
	want(t, b.answers, []string{"run: the file has changed", "look: the file has changed"})
}

func TestStrayReplies(t *testing.T) {
	b := opened()
	b.last().Reply(message.Reply{ID: 1, Final: true}, nil)
	want(t, b.answers, nil)
}

// A worker that was started ahead is the one that opens the first model; one
// that dies before is not missed.
func TestWarm(t *testing.T) {
	b := newBench()
	b.Warm()
	b.Warm()
	b.open("a.onnx")
	want(t, b.asked(), []string{"opena.onnx[]"})
	b.done()
	b.Warm()
	if len(b.workers) != 1 {
		t.Errorf("%d workers were started", len(b.workers))
	}
	b = newBench()
	b.Warm()
	b.last().Died("oom")
	b.open("a.onnx")
	b.done()
	want(t, b.answers, []string{"opened a.onnx"})
	if len(b.workers) != 2 {
		t.Errorf("%d workers were started", len(b.workers))
	}
}
