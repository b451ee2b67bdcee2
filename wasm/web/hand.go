//go:build js && wasm

package web

import (
	"encoding/json"
	"errors"
	"sync"
	"syscall/js"

	"splitquant/wasm/message"
)

// A Hand is another engine in a worker that this worker has started. It ends
// with this one.
type Hand struct {
	mu      sync.Mutex
	worker  *Worker // nil until its script is at hand
	ready   chan struct{}
	lastID  int
	waiting map[int]chan answer
	gone    error
}

type answer struct {
	reply message.Reply
	parts [][]byte
}

// Hands is how many hands make full use of the machine: one core is the page's,
// as long as two are left. There are none outside of a browser.
func Hands() int {
	if js.Global().Get("startWorker").IsUndefined() {
		return 0
	}
	return max(2, js.Global().Get("navigator").Get("hardwareConcurrency").Int()-1)
}

// StartHand starts the engine whose script the site has under that name.
func StartHand(script string) *Hand {
	h := &Hand{ready: make(chan struct{}), waiting: map[int]chan answer{}}
	go func() {
		if _, err := await(js.Global().Call("asset", script)); err != nil { // so that startWorker finds it
			h.end(err.Error())
			return
		}
		w := StartWorker(script, h.receive)
		h.mu.Lock()
		h.worker = w
		h.mu.Unlock()
	}()
	return h
}

// Ask sends a request with the files of an Open, and waits for the last reply
// and the bytes beside it. The error is that of a hand that is no more.
func (h *Hand) Ask(r message.Request, files []*File) (message.Reply, [][]byte, error) {
	<-h.ready
	h.mu.Lock()
	if h.gone != nil {
		h.mu.Unlock()
		return message.Reply{}, nil, h.gone
	}
	h.lastID++
	r.ID = h.lastID
	done := make(chan answer, 1)
	h.waiting[r.ID] = done
	h.mu.Unlock()
	text, err := json.Marshal(r)
	if err != nil {
		return message.Reply{}, nil, err
	}
	list := js.Global().Get("Array").New()
	for _, f := range files {
		list.Call("push", f.blob)
	}
	h.worker.Post(string(text), list)
	a, ok := <-done
	if !ok {
		return message.Reply{}, nil, h.gone
	}
	return a.reply, a.parts, nil
}

// Stop ends the hand.
func (h *Hand) Stop() { h.end("it was stopped") }

func (h *Hand) receive(data js.Value) {
	switch {
	case data.Get("ready").Truthy():
		close(h.ready)
	case data.Get("text").Type() == js.TypeString:
		var a answer
		if err := json.Unmarshal([]byte(data.Get("text").String()), &a.reply); err != nil {
			h.end(err.Error())
			return
		}
		if parts := data.Get("parts"); parts.Truthy() {
			for i := range parts.Length() {
				p := make([]byte, parts.Index(i).Get("length").Int())
				js.CopyBytesToGo(p, parts.Index(i))
				a.parts = append(a.parts, p)
			}
		}
		h.mu.Lock()
		done := h.waiting[a.reply.ID]
		if a.reply.Final {
			delete(h.waiting, a.reply.ID)
		}
		h.mu.Unlock()
		if done != nil && a.reply.Final {
			done <- a
		}
	default:
		h.end("its program ended")
	}
}

// end tells all who wait that the hand is no more.
func (h *Hand) end(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone != nil {
		return
	}
	h.gone = errors.New(why)
	if h.worker != nil {
		h.worker.Terminate()
	}
	select {
	case <-h.ready:
	default:
		close(h.ready)
	}
	for _, done := range h.waiting {
		close(done)
	}
	clear(h.waiting)
}

// ReplyParts sends a reply with bytes beside it.
func ReplyParts(r message.Reply, parts [][]byte) {
	text, err := json.Marshal(r)
	if err != nil {
		text, _ = json.Marshal(message.Reply{ID: r.ID, Final: true, Error: err.Error()})
	}
	list, transfer := js.Global().Get("Array").New(), js.Global().Get("Array").New()
	for _, p := range parts {
		a := js.Global().Get("Uint8Array").New(len(p))
		js.CopyBytesToJS(a, p)
		list.Call("push", a)
		transfer.Call("push", a.Get("buffer"))
	}
	js.Global().Call("postMessage", map[string]any{"text": string(text), "parts": list}, transfer)
}
