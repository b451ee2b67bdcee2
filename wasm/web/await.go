//go:build js && wasm

package web

import (
	"errors"
	"syscall/js"
)

// await waits for a promise and returns its value, or the message of its error.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	resolve := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: args[0]}
		return nil
	})
	defer resolve.Release()
	reject := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: errors.New(args[0].Get("message").String())}
		return nil
	})
	defer reject.Release()
	promise.Call("then", resolve, reject)
	o := <-done
	return o.value, o.err
}

// Yield lets the browser deliver the messages that have arrived meanwhile.
// No goroutine switch does that: Go's scheduler returns to the browser only
// when every goroutine waits.
func Yield() {
	channel := js.Global().Get("MessageChannel").New()
	done := make(chan struct{})
	arrived := js.FuncOf(func(js.Value, []js.Value) any {
		close(done)
		return nil
	})
	defer arrived.Release()
	receiver := channel.Get("port1")
	receiver.Set("onmessage", arrived)
	channel.Get("port2").Call("postMessage", nil)
	<-done
	receiver.Call("close")
}
