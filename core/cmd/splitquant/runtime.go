package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
)

// running is a session as the evaluation wants it. The name is for tables.
func running(name string, s *ort.Session) *evaluate.Model {
	return &evaluate.Model{
		Name: name, Inputs: s.Inputs, Outputs: s.Outputs,
		Run: func(_ context.Context, inputs map[string]ort.Value) (map[string]ort.Value, error) {
			return s.Run(inputs)
		},
	}
}

// sessions are models that run; the first is the original.
type sessions struct {
	models []*evaluate.Model
	bytes  []int64
	close  []func()
}

func (s *sessions) Close() {
	for _, c := range s.close {
		c()
	}
}

// openSessions opens model files to run them.
func (fl *files) openSessions(names []string) (*sessions, error) {
	s := &sessions{}
	for i, name := range names {
		f, closeModel, err := fl.openModel(name)
		if err != nil {
			s.Close()
			return nil, err
		}
		if format := f.Model().Format; format != "onnx" {
			closeModel()
			s.Close()
			return nil, fmt.Errorf("%s: a file of format %s holds weights alone, nothing that runs: give an ONNX model", name, format)
		}
		session, err := ort.Open(name, ort.Options{})
		if err != nil {
			closeModel()
			s.Close()
			return nil, refused(name, err)
		}
		m := running(tableName(names, i), session)
		m.Know(f.Model().Inputs)
		s.models, s.bytes = append(s.models, m), append(s.bytes, f.Size())
		s.close = append(s.close, func() { session.Close() })
		closeModel()
	}
	return s, nil
}

// tableName is the base of a file's name, or all of it where another has the
// same base.
func tableName(names []string, i int) string {
	for j, other := range names {
		if j != i && filepath.Base(other) == filepath.Base(names[i]) {
			return names[i]
		}
	}
	return filepath.Base(names[i])
}

// refused says in one line that ONNX Runtime does not take a file.
func refused(name string, err error) error {
	why := strings.Join(strings.Fields(err.Error()), " ")
	why = strings.TrimPrefix(why, fmt.Sprintf("model %q: ", name))
	return fmt.Errorf("%s: ONNX Runtime %s does not take this model: %s", name, ort.Version(), why)
}
