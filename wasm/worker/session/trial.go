package session

import (
	"context"
	"errors"
	"fmt"
	"io"

	"splitquant/core/dataset"
	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/rows"
	"splitquant/core/tokenize"
	"splitquant/wasm/message"
)

// A Beside is a file that a model keeps tensors in, by the name that the model
// gives it.
type Beside struct {
	Path string
	io.ReaderAt
}

// A Runner is a model that runs, and what lets go of it.
type Runner struct {
	*evaluate.Model
	Close func()
}

// An Opener opens a model in a runtime. The name is for errors, model is the
// ReaderAt of a [File], or a [Store].
type Opener func(name string, model any, beside []Beside) (Runner, error)

// A trial is the inputs that models are run on, and the original, which runs
// on them once.
type trial struct {
	set      rows.Set               // labelled data, or nil
	samples  []map[string]ort.Value // generated inputs where there are none
	inputs   string                 // how these are made up
	warnings []string               // about the data
	original *evaluate.Memory
	close    func() // lets go of the original
}

// newTrial reads the data and opens the original.
func (s *Session) newTrial(v *message.VerifyRequest, files []File) (*trial, error) {
	if v == nil {
		return nil, errors.New("nothing is said about what to run on")
	}
	if format := s.file.Model().Format; format != "onnx" {
		return nil, fmt.Errorf("ONNX Runtime runs ONNX models, and this is a %s file", format)
	}
	set, tokenizer, err := readData(v, files)
	if err != nil {
		return nil, err
	}
	m, err := s.host.Open(s.name, s.source, s.beside)
	if err != nil {
		return nil, err
	}
	m.Know(s.file.Model().Inputs)
	t := &trial{set: set, original: evaluate.Remember(m.Model), close: m.Close}
	switch texts := set.(type) {
	case nil:
		g := evaluate.Generate{Sizes: v.Sizes}
		t.inputs = g.Describe(m.Inputs)
		t.samples, err = evaluate.Inputs(m.Model, g)
	case *dataset.Texts:
		if tokenizer != nil {
			t.warnings = texts.Doubts(tokenizer, m.Vocabulary())
		}
	}
	if set != nil {
		t.set = rows.Thin(set, v.Rows)
	}
	if err != nil {
		m.Close()
	}
	return t, err
}

// readData reads the labelled data of a request, nil where it names none.
func readData(v *message.VerifyRequest, files []File) (rows.Set, *tokenize.Tokenizer, error) {
	if len(v.Data) == 0 {
		return nil, nil, nil
	}
	var data []dataset.File
	for _, name := range v.Data {
		f, err := find(files, ".", name)
		if err != nil {
			return nil, nil, err
		}
		data = append(data, dataset.File{Name: f.Name, Data: f.ReaderAt, Size: f.Size})
	}
	o := dataset.Options{Pixels: pixels(v.Scale)}
	if v.Tokenizer != "" {
		f, err := find(files, ".", v.Tokenizer)
		if err != nil {
			return nil, nil, err
		}
		o.Text.Tokenizer, err = tokenize.Read(io.NewSectionReader(f, 0, f.Size))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	set, err := dataset.Open(data, o)
	return set, o.Text.Tokenizer, err
}

// pixels says how pixels become numbers.
func pixels(scale string) dataset.Pixels {
	switch scale {
	case message.ScaleSigned:
		return dataset.Pixels{Mean: []float32{0.5}, Std: []float32{0.5}}
	case message.ScaleImageNet: // the mean and spread of its training pictures, as torchvision has them
		return dataset.Pixels{Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}}
	case message.ScaleRaw:
		return dataset.Pixels{Raw: true}
	}
	return dataset.Pixels{}
}

// against runs a model, nil for the original alone, and compares it with what
// the original makes of the same inputs.
func (t *trial) against(m *evaluate.Model, progress func(done, of int)) (*evaluate.Table, error) {
	models := []*evaluate.Model{t.original.Rewind()}
	if m != nil {
		models = append(models, m)
	}
	if t.set == nil {
		return evaluate.Compare(context.Background(), models, t.samples, progress)
	}
	return evaluate.Accuracy(context.Background(), models, t.set, evaluate.AccuracyOptions{Progress: progress})
}
