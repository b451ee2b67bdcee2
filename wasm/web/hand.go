//go:build js && wasm

package web

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
	"syscall/js"

	"splitquant/wasm/message"
)

// A Hand is another engine in a worker that this worker has started. It ends
// with this one.
type Hand struct {
	mu      sync.Mutex
	worker  *Worker // nil until its script is at hand
	ready   bool
	early   []func() // send what was asked before it was ready
	lastID  int
	waiting map[int]chan answer
	gone    error
}

type answer struct {
	reply message.Reply
	Beside
}

// Beside is what came beside a reply.
type Beside struct {
	Parts [][]byte
	Kept  []*File
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
	h := &Hand{waiting: map[int]chan answer{}}
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
// and what comes beside it. Requests are answered in the order in which they were
// made. The error is that of a hand that is no more.
func (h *Hand) Ask(r message.Request, files []*File) (message.Reply, Beside, error) {
	done, err := h.send(r, files)
	if err != nil {
		return message.Reply{}, Beside{}, err
	}
	a, ok := <-done
	if !ok {
		return message.Reply{}, Beside{}, h.gone
	}
	return a.reply, a.Beside, nil
}

func (h *Hand) send(r message.Request, files []*File) (<-chan answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone != nil {
		return nil, h.gone
	}
	h.lastID++
	r.ID = h.lastID
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	done := make(chan answer, 1)
	h.waiting[r.ID] = done
	list := js.Global().Get("Array").New()
	for _, f := range files {
		list.Call("push", f.blob)
	}
	post := func() { h.worker.Post(string(text), list) }
	if h.ready {
		post()
	} else {
		h.early = append(h.early, post)
	}
	return done, nil
}

// Stop ends the hand.
func (h *Hand) Stop() { h.end("it was stopped") }

func (h *Hand) receive(data js.Value) {
	switch {
	case data.Get("ready").Truthy():
		h.begin()
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
				a.Parts = append(a.Parts, p)
			}
		}
		if kept := data.Get("kept"); kept.Truthy() {
			for i := range kept.Length() {
				a.Kept = append(a.Kept, NewFile(kept.Index(i)))
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

// begin sends what was asked so far.
func (h *Hand) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = true
	for _, post := range h.early {
		post()
	}
	h.early = nil
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

// ReplyKept sends a reply with a Blob of each of those that Stores have Put.
func ReplyKept(r message.Reply, kept []io.ReaderAt) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	list := js.Global().Get("Array").New()
	for _, k := range kept {
		blobs, ok := slicesOf(k, 0, k.(*io.SectionReader).Size())
		if !ok {
			return errors.New("what was made cannot be read again")
		}
		if len(blobs) > 1 {
			blobs[0] = joinBlobs(blobs)
		}
		list.Call("push", blobs[0])
	}
	js.Global().Call("postMessage", map[string]any{"text": string(text), "kept": list})
	return nil
}
