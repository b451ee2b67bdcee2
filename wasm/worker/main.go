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
				blob = result.(*web.Store).Blob()
			}
			web.Reply(r, blob)
		},
		NewStore: func() session.Store { return new(web.Store) },
		Yield:    web.Yield,
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
