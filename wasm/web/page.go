//go:build js && wasm

package web

import "syscall/js"

// A Worker is the engine as the page holds it.
type Worker struct {
	worker  js.Value
	events  *queue[js.Value]
	release []js.Func
	ended   bool
}

// StartWorker starts the worker whose script the site has under that name: see
// public/assets.js. What it sends (see the package's documentation) goes to
// receive, one after another, from a goroutine of its own: receive may wait,
// and takes the page's locks itself.
func StartWorker(script string, receive func(data js.Value)) *Worker {
	w := &Worker{worker: js.Global().Call("startWorker", script), events: newQueue[js.Value]()}
	arrived := js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.events.put(args[0].Get("data"))
		return nil
	})
	failed := js.FuncOf(func(js.Value, []js.Value) any {
		w.events.put(js.ValueOf(map[string]any{"error": script + " could not be loaded"}))
		return nil
	})
	w.worker.Set("onmessage", arrived)
	w.worker.Set("onerror", failed)
	w.release = []js.Func{arrived, failed}
	go w.listen(receive)
	return w
}

func (w *Worker) listen(receive func(js.Value)) {
	for !w.ended {
		for _, data := range w.events.take() {
			if !w.ended {
				receive(data)
			}
		}
	}
}

// Post sends a request, as JSON text, with JavaScript's array of File objects
// beside it, which may be undefined.
func (w *Worker) Post(text string, files js.Value) {
	w.worker.Call("postMessage", map[string]any{"text": text, "files": files})
}

// Terminate ends the worker at once, whatever it does. What it sent and
// nobody has received yet is dropped.
func (w *Worker) Terminate() {
	if w.ended {
		return
	}
	w.ended = true
	w.worker.Call("terminate")
	w.worker.Set("onmessage", nil)
	w.worker.Set("onerror", nil)
	for _, f := range w.release {
		f.Release()
	}
	w.events.put(js.Undefined()) // wakes listen, which ends
}
