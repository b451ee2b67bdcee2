//go:build js && wasm

package web

import (
	"encoding/json"
	"fmt"
	"syscall/js"

	"splitquant/wasm/message"
)

// Listen calls receive for every request that the page sends, from the
// callback of an event, and tells the page that the worker is ready.
func Listen(receive func(r message.Request, files []*File)) {
	js.Global().Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		data := args[0].Get("data")
		var r message.Request
		if err := json.Unmarshal([]byte(data.Get("text").String()), &r); err != nil {
			Reply(message.Reply{Final: true, Error: fmt.Sprintf("the page sent no request: %v", err)}, js.Undefined())
			return nil
		}
		var files []*File
		if list := data.Get("files"); list.Truthy() {
			for i := range list.Length() {
				files = append(files, NewFile(list.Index(i)))
			}
		}
		receive(r, files)
		return nil
	}))
	js.Global().Call("postMessage", map[string]any{"ready": true})
}

// Reply sends a reply to the page, with a Blob beside it unless that is undefined.
func Reply(r message.Reply, blob js.Value) {
	text, err := json.Marshal(r)
	if err != nil { // a figure that is not finite, which JSON has no word for
		text, _ = json.Marshal(message.Reply{ID: r.ID, Final: true, Error: err.Error()})
	}
	js.Global().Call("postMessage", map[string]any{"text": string(text), "blob": blob})
}
