//go:build js && wasm

package web

import (
	"encoding/json"
	"fmt"
	"syscall/js"

	"splitquant/wasm/message"
)

// An Engine is the worker as the page sees it.
type Engine struct {
	worker  js.Value
	on      Handlers
	events  *queue[js.Value]
	waiting []js.Value // messages to send once the worker is ready
	ready   bool
	stopped bool
	release []js.Func
}

// Handlers are what an [Engine] calls, one at a time and in order, from a
// goroutine of its own: they may wait, and they take the page's locks
// themselves.
type Handlers struct {
	Reply func(r message.Reply, blob js.Value) // blob is undefined but with the last reply to a Run
	// Died is called once if the worker could not start or ended by itself.
	Died func(reason string)
}

// StartEngine starts the worker at the address of its script, relative to the
// page. [Engine.Send] may be called at once.
func StartEngine(script string, on Handlers) *Engine {
	e := &Engine{on: on, events: newQueue[js.Value](), worker: js.Global().Get("Worker").New(script)}
	message := js.FuncOf(func(_ js.Value, args []js.Value) any {
		e.events.put(args[0].Get("data"))
		return nil
	})
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any {
		e.events.put(js.ValueOf(map[string]any{"error": "its script could not be loaded or failed"}))
		return nil
	})
	e.worker.Set("onmessage", message)
	e.worker.Set("onerror", failed)
	e.release = []js.Func{message, failed}
	go e.listen()
	return e
}

func (e *Engine) listen() {
	for {
		for _, data := range e.events.take() {
			if e.stopped {
				return
			}
			e.handle(data)
		}
	}
}

func (e *Engine) handle(data js.Value) {
	switch text := data.Get("text"); {
	case text.Type() == js.TypeString:
		var r message.Reply
		if err := json.Unmarshal([]byte(text.String()), &r); err != nil {
			e.die(fmt.Sprintf("it sent no reply: %v", err))
			return
		}
		e.on.Reply(r, data.Get("blob"))
	case data.Get("ready").Truthy():
		e.ready = true
		for _, m := range e.waiting {
			e.worker.Call("postMessage", m)
		}
		e.waiting = nil
	case data.Get("error").Truthy():
		e.die(data.Get("error").String())
	default:
		reason := data.Get("reason").String()
		if reason == "" {
			reason = fmt.Sprintf("it ended with code %v", data.Get("exit"))
		}
		e.die(reason)
	}
}

func (e *Engine) die(reason string) {
	e.Stop()
	e.on.Died(reason)
}

// Send sends a request, with the files of an Open as JavaScript File objects.
func (e *Engine) Send(r message.Request, files ...js.Value) {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Request holds nothing that JSON cannot say
	}
	list := js.Global().Get("Array").New()
	for _, f := range files {
		list.Call("push", f)
	}
	m := js.ValueOf(map[string]any{"text": string(text), "files": list})
	if !e.ready {
		e.waiting = append(e.waiting, m)
		return
	}
	e.worker.Call("postMessage", m)
}

// Stop ends the worker at once, whatever it does. No handler is called for
// what it sent before and was not handled yet.
func (e *Engine) Stop() {
	if e.stopped {
		return
	}
	e.stopped = true
	e.worker.Call("terminate")
	e.worker.Set("onmessage", nil)
	e.worker.Set("onerror", nil)
	for _, f := range e.release {
		f.Release()
	}
	e.events.put(js.Undefined()) // wakes listen, which ends
}
