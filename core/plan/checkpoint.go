package plan

import (
	"encoding/json"
	"fmt"
	"io"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/safetensors"
	"splitquant/core/torch"
)

// A checkpointFile is a file of named tensors without a graph, as a format.
type checkpointFile struct {
	model  *model.Model
	state  []checkpoint.Named // what a result has
	source io.ReaderAt        // the file, where a result without changes is the file itself; else nil
	size   int64
	keep   []model.Property // metadata that stay
	torch  bool             // what a result is: a checkpoint of PyTorch, or safetensors
}

// newCheckpoint describes a file that is called format.
func newCheckpoint(format, version string, tensors []*model.Tensor, state []checkpoint.Named, warnings []string) *checkpointFile {
	if state == nil {
		for _, t := range tensors {
			state = append(state, checkpoint.Named{Name: t.Name, Tensor: t})
		}
	}
	return &checkpointFile{
		model: &model.Model{
			Format: format, Version: version, Parameters: checkpoint.Parameters(tensors), Tensors: tensors,
			Layers: checkpoint.Layers(state), Warnings: warnings, Guessed: true,
		},
		state: state,
	}
}

func (f *checkpointFile) Model() *model.Model { return f.model }

// External implements format: a result has all of its data.
func (f *checkpointFile) External() []string { return nil }

func (f *checkpointFile) write(w io.Writer, m made) (written, error) {
	if len(m.changes) == 0 && f.source != nil {
		n, err := io.Copy(w, io.NewSectionReader(f.source, 0, f.size))
		return written{bytes: n}, err
	}
	tensors, about, err := f.expand(m)
	if err != nil {
		return written{}, err
	}
	if f.torch {
		n, err := torch.Write(w, tensors, aboutJSON(about))
		return f.describe(n, m), err
	}
	n, err := safetensors.Write(w, tensors, about)
	return f.describe(n, m), err
}

func (f *checkpointFile) result() (what string, endings []string) {
	if f.torch {
		return "a PyTorch checkpoint", []string{".pt", ".pth", ".bin", ".ckpt", ".tar"}
	}
	return "a safetensors file", []string{".safetensors"}
}

func (f *checkpointFile) lay(m made) (written, error) {
	if len(m.changes) == 0 && f.source != nil {
		return written{bytes: f.size}, nil
	}
	tensors, about, err := f.expand(m)
	if err != nil {
		return written{}, err
	}
	if f.torch {
		n, err := torch.Size(tensors, aboutJSON(about))
		return f.describe(n, m), err
	}
	n, err := safetensors.Size(tensors, about)
	return f.describe(n, m), err
}

// expand returns the tensors and the metadata of the result.
func (f *checkpointFile) expand(m made) ([]*model.Tensor, []model.Property, error) {
	tensors, description, err := checkpoint.Expand(f.state, f.model, m.changes)
	if err != nil {
		return nil, nil, err
	}
	about := append([]model.Property{}, f.keep...)
	for _, p := range m.properties {
		if p.Key == sqnrKey { // the header comes first: its length must not depend on figures
			p.Value = fmt.Sprintf("%7s", p.Value)
		}
		about = append(about, p)
	}
	if len(description) > 0 {
		about = append(about, model.Property{Key: checkpoint.Key, Value: description.String()})
	}
	return tensors, about, nil
}

// describe says what runs a result.
func (f *checkpointFile) describe(bytes int64, m made) written {
	w := written{bytes: bytes}
	for _, c := range m.changes {
		for i := range c.Parts {
			if c.Parts[i].Quantized() {
				w.needs = "a reader of packed codes, such as the one in README.md"
			}
		}
	}
	return w
}

// aboutJSON is what a result says about itself, as a JSON object of text.
func aboutJSON(properties []model.Property) string {
	if len(properties) == 0 {
		return ""
	}
	about := make(map[string]string, len(properties))
	for _, p := range properties {
		about[p.Key] = p.Value
	}
	b, err := json.Marshal(about)
	if err != nil { // of a map of text, which cannot fail
		panic(err)
	}
	return string(b) + "\n"
}
