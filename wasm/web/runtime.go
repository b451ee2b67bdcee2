//go:build js && wasm

package web

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// script is that of the runtime's worker, see public/assets.js.
const script = "runtime.js"

// A Runtime is ONNX Runtime Web in a Web Worker of its own, public/runtime.js,
// which is started when a model is first opened. A worker that ends takes its
// runtime with it. The zero value is ready.
type Runtime struct {
	worker  js.Value
	lastID  int
	waiting map[int]chan js.Value
}

// A Blob is what a model can be opened from: a [File] or a [Store].
type Blob interface{ Blob() (js.Value, error) }

var (
	_ Blob = (*File)(nil)
	_ Blob = (*Store)(nil)
)

// Data is a file that a model keeps tensors in, by the name that the model
// gives it.
type Data struct {
	Path string
	Blob
}

// Open opens a model, which takes neither its bytes nor those of its data
// through Go's memory. The name is for errors. close lets go of it.
func (r *Runtime) Open(name string, model Blob, data []Data) (m *evaluate.Model, close func(), err error) {
	beside := js.Global().Get("Array").New()
	for _, d := range data {
		blob, err := d.Blob.Blob()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", d.Path, err)
		}
		beside.Call("push", map[string]any{"path": d.Path, "data": blob})
	}
	blob, err := model.Blob()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	opened, err := r.ask(context.Background(), "open", map[string]any{"model": blob, "data": beside}, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ONNX Runtime cannot run %s: %w", name, err)
	}
	session := opened.Get("session").Int()
	m = &evaluate.Model{
		Name: name, Inputs: infos(opened.Get("inputs")), Outputs: infos(opened.Get("outputs")),
		Run: func(ctx context.Context, inputs map[string]ort.Value) (map[string]ort.Value, error) {
			return r.run(ctx, session, inputs)
		},
	}
	return m, func() { r.post(0, "release", session, nil) }, nil
}

func (r *Runtime) run(ctx context.Context, session int, inputs map[string]ort.Value) (map[string]ort.Value, error) {
	feeds, transfer := js.Global().Get("Array").New(), js.Global().Get("Array").New()
	for name, v := range inputs {
		data := elements(v)
		if v.Type != tensor.String {
			transfer.Call("push", data)
		}
		feeds.Call("push", map[string]any{"name": name, "type": v.Type.String(), "dims": numbers(v.Shape), "data": data})
	}
	answer, err := r.ask(ctx, "run", map[string]any{"session": session, "feeds": feeds}, transfer)
	if err != nil {
		return nil, err
	}
	list := answer.Get("outputs")
	outputs := make(map[string]ort.Value, list.Length())
	for i := range list.Length() {
		o := list.Index(i)
		v, err := value(o)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", o.Get("name").String(), err)
		}
		outputs[o.Get("name").String()] = v
	}
	return outputs, nil
}

// ask sends a message and waits for its answer.
func (r *Runtime) ask(ctx context.Context, do string, what any, transfer any) (js.Value, error) {
	if err := r.start(); err != nil {
		return js.Value{}, err
	}
	r.lastID++
	id := r.lastID
	done := make(chan js.Value, 1)
	r.waiting[id] = done
	r.post(id, do, what, transfer)
	select {
	case answer := <-done:
		if e := answer.Get("error"); e.Type() == js.TypeString {
			return js.Value{}, errors.New(e.String())
		}
		return answer, nil
	case <-ctx.Done():
		delete(r.waiting, id)
		return js.Value{}, ctx.Err()
	}
}

func (r *Runtime) post(id int, do string, what any, transfer any) {
	if transfer == nil {
		transfer = []any{}
	}
	r.worker.Call("postMessage", map[string]any{"id": id, do: what}, transfer)
}

func (r *Runtime) start() error {
	if r.worker.Truthy() {
		return nil
	}
	if _, err := await(js.Global().Call("asset", script)); err != nil { // so that startWorker finds it
		return err
	}
	r.waiting = map[int]chan js.Value{}
	r.worker = js.Global().Call("startWorker", script)
	r.worker.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		data := args[0].Get("data")
		id := data.Get("id").Int()
		if done := r.waiting[id]; done != nil {
			delete(r.waiting, id)
			done <- data
		}
		return nil
	}))
	r.worker.Set("onerror", js.FuncOf(func(_ js.Value, args []js.Value) any {
		why := "its worker could not be loaded"
		if m := args[0].Get("message"); m.Type() == js.TypeString && m.String() != "" {
			why = m.String()
		}
		r.end(why)
		return nil
	}))
	return nil
}

// end answers all that waits; the next model starts another worker.
func (r *Runtime) end(why string) {
	r.worker.Call("terminate")
	r.worker = js.Value{}
	for _, done := range r.waiting {
		done <- js.ValueOf(map[string]any{"error": why})
	}
	r.waiting = nil
}

// types are the element types that ONNX Runtime Web takes and gives; its names
// are ours.
var types = func() map[string]tensor.Type {
	m := map[string]tensor.Type{}
	for _, t := range []tensor.Type{
		tensor.Float64, tensor.Float32, tensor.Float16, tensor.Int64, tensor.Int32, tensor.Int16, tensor.Int8,
		tensor.Uint64, tensor.Uint32, tensor.Uint16, tensor.Uint8, tensor.Bool, tensor.String,
	} {
		m[t.String()] = t
	}
	return m
}()

func infos(list js.Value) []ort.Info {
	all := make([]ort.Info, list.Length())
	for i := range all {
		o := list.Index(i)
		dims := o.Get("dims")
		info := ort.Info{Name: o.Get("name").String(), Type: types[o.Get("type").String()]}
		for j := range dims.Length() {
			size, name := int64(-1), ""
			switch d := dims.Index(j); d.Type() {
			case js.TypeNumber:
				size = int64(d.Float())
			case js.TypeString:
				name = d.String()
			}
			info.Shape, info.Dims = append(info.Shape, size), append(info.Dims, name)
		}
		all[i] = info
	}
	return all
}

func shape(dims js.Value) tensor.Shape {
	s := make(tensor.Shape, dims.Length())
	for i := range s {
		s[i] = int64(dims.Index(i).Float())
	}
	return s
}

func numbers(s tensor.Shape) js.Value {
	a := js.Global().Get("Array").New()
	for _, d := range s {
		a.Call("push", d)
	}
	return a
}

// elements are those of a tensor for the runtime. Go keeps the buffer's
// JavaScript value until a garbage collection, but not its bytes, which go to
// the other worker.
func elements(v ort.Value) js.Value {
	if v.Type == tensor.String {
		a := js.Global().Get("Array").New()
		for _, s := range v.Strings {
			a.Call("push", s)
		}
		return a
	}
	a := js.Global().Get("Uint8Array").New(len(v.Data))
	js.CopyBytesToJS(a, v.Data)
	return a.Get("buffer")
}

func value(o js.Value) (ort.Value, error) {
	t, ok := types[o.Get("type").String()]
	if !ok {
		return ort.Value{}, fmt.Errorf("a tensor of %s cannot be read", o.Get("type").String())
	}
	v := ort.Value{Type: t, Shape: shape(o.Get("dims"))}
	data := o.Get("data")
	if t == tensor.String {
		v.Strings = make([]string, data.Length())
		for i := range v.Strings {
			v.Strings[i] = data.Index(i).String()
		}
		return v, nil
	}
	v.Data = make([]byte, data.Get("byteLength").Int())
	js.CopyBytesToGo(v.Data, js.Global().Get("Uint8Array").New(data))
	return v, nil
}
