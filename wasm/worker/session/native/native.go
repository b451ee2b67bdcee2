// Package native lets tests run a session outside of a browser: models run in
// ONNX Runtime's shared library, see package ort, and results stay in memory.
package native

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/wasm/message"
	"splitquant/wasm/worker/session"
)

// store is a result in memory.
type store struct {
	bytes.Buffer
	plan.Memory
}

// Host returns a host that gives replies to reply, without their results.
func Host(reply func(message.Reply)) session.Host {
	return session.Host{
		Reply:    func(r message.Reply, _ session.Store) { reply(r) },
		NewStore: func() session.Store { return new(store) },
		Yield:    func() {},
		Open:     open,
	}
}

// Available reports whether models can be run.
func Available() bool {
	path, err := ort.Find()
	return err == nil && ort.Load(path) == nil
}

// open opens a model that has all of its tensors in one file.
func open(name string, model any, _ []session.Beside) (session.Runner, error) {
	var raw []byte
	switch m := model.(type) {
	case *store:
		raw = m.Bytes()
	case io.ReaderAt:
		var err error
		if raw, err = io.ReadAll(io.NewSectionReader(m, 0, 1<<40)); err != nil {
			return session.Runner{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	s, err := ort.OpenBytes(name, raw, ort.Options{})
	if err != nil {
		return session.Runner{}, err
	}
	m := &evaluate.Model{Name: name, Inputs: s.Inputs, Outputs: s.Outputs,
		Run: func(_ context.Context, in map[string]ort.Value) (map[string]ort.Value, error) { return s.Run(in) }}
	return session.Runner{Model: m, Close: func() { s.Close() }}, nil
}
