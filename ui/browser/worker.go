//go:build js && wasm

package browser

import (
	"encoding/json"
	"syscall/js"

	"splitquant/ui/engine"
	"splitquant/wasm/message"
	"splitquant/wasm/web"
)

// A worker keeps requests until the engine in it listens: what is posted
// before that is lost.
type worker struct {
	*web.Worker
	on      engine.Handlers
	ready   bool
	waiting []func()
}

// StartWorker starts the engine.
func (h *Host) StartWorker(on engine.Handlers) engine.Worker {
	w := &worker{on: on}
	w.Worker = web.StartWorker("worker.js", w.receive)
	return w
}

func (w *worker) Send(r message.Request, files engine.Files) {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Request holds nothing that JSON has no word for
	}
	list := js.Global().Get("Array").New()
	for _, f := range files {
		list.Call("push", f)
	}
	post := func() { w.Post(string(text), list) }
	if !w.ready {
		w.waiting = append(w.waiting, post)
		return
	}
	post()
}

func (w *worker) Stop() { w.Terminate() }

func (w *worker) receive(data js.Value) {
	switch {
	case data.Get("ready").Truthy():
		w.ready = true
		for _, post := range w.waiting {
			post()
		}
		w.waiting = nil
	case data.Get("text").Type() == js.TypeString:
		var r message.Reply
		if err := json.Unmarshal([]byte(data.Get("text").String()), &r); err != nil {
			w.on.Died("it does not speak the page's language")
			return
		}
		w.on.Reply(r, data.Get("blob"))
	default:
		w.on.Died(why(data))
	}
}

// why says in words why an engine is no more.
func why(data js.Value) string {
	for _, field := range []string{"error", "reason"} {
		if s := data.Get(field); s.Type() == js.TypeString && s.String() != "" {
			return s.String()
		}
	}
	return "its program ended"
}
