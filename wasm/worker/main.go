//go:build js && wasm

// Command worker is the engine: it runs in a Web Worker, started by
// public/worker.js, and works on what the page asks for.
package main

import (
	"syscall/js"

	"splitquant/wasm/message"
	"splitquant/wasm/web"
	"splitquant/wasm/worker/session"
)

func main() {
	s := session.New(session.Host{
		Reply: func(r message.Reply, result session.Store) {
			blob := js.Undefined()
			if result != nil {
				var err error
				if blob, err = result.(*web.Store).Blob(); err != nil {
					r = message.Reply{ID: r.ID, Final: true, Error: err.Error()}
				}
			}
			web.Reply(r, blob)
		},
		ReplyParts: web.ReplyParts,
		ReplyKept:  web.ReplyKept,
		NewStore:   func() session.Store { return new(web.Store) },
		Hands:      web.Hands(),
		NewHand:    func() session.Hand { return hand{web.StartHand("worker.js")} },
		Yield:      web.Yield,
		Open:       opener(new(web.Runtime)),
	})
	web.Listen(func(r message.Request, files []*web.File) {
		j := session.Job{Request: r}
		for _, f := range files {
			j.Files = append(j.Files, session.File{Name: f.Name, Size: f.Size, ReaderAt: f})
		}
		s.Add(j)
	})
	s.Serve()
}

// A hand is given the files that the page sent.
type hand struct{ *web.Hand }

func (h hand) Ask(r message.Request, files []session.File) (session.Answer, error) {
	var of []*web.File
	for _, f := range files {
		of = append(of, f.ReaderAt.(*web.File))
	}
	reply, beside, err := h.Hand.Ask(r, of)
	a := session.Answer{Reply: reply, Parts: beside.Parts}
	for _, f := range beside.Kept {
		a.Kept = append(a.Kept, f)
	}
	return a, err
}

// opener opens models in ONNX Runtime Web.
func opener(r *web.Runtime) session.Opener {
	return func(name string, model any, beside []session.Beside) (session.Runner, error) {
		var data []web.Data
		for _, b := range beside {
			data = append(data, web.Data{Path: b.Path, Blob: b.ReaderAt.(web.Blob)})
		}
		m, close, err := r.Open(name, model.(web.Blob), data)
		return session.Runner{Model: m, Close: close}, err
	}
}
