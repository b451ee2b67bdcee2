// Package web gives Go programs in a browser what they need from it: files as
// io.ReaderAt, a place to collect a result that may not fit into Go's memory,
// and the messages between a page and its worker.
//
// It is the only package that touches syscall/js on behalf of core, and it
// builds for GOOS=js GOARCH=wasm only. Its JavaScript half is public/go.js,
// which must have started the program.
//
// # Messages
//
// Page and worker send each other plain objects. A request is {text, files}:
// a [splitquant/wasm/message.Request] as JSON text and, with an Open, the File
// objects. A reply is {text, blob}: a [splitquant/wasm/message.Reply] as JSON
// text and, with the last reply to a Run, the result. Beside replies a worker
// sends {ready} once it listens, {error} if it could not start, and
// {exit: true, reason} if it ends.
//
// # Blocking
//
// Go has one thread here. Whatever waits for the browser ([File.ReadAt],
// [Store.ReadAt], [Yield]) must run in a goroutine, never in the callback of
// an event.
package web
