package report

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// A Snippet is code that loads a result: three lines to start from.
type Snippet struct {
	Language string // "Python" or "JavaScript"
	Code     string
}

// Snippets returns code that loads the result from a file of the given name.
func (r *Report) Snippets(name string) []Snippet {
	file := strconv.Quote(Printable(filepath.Base(name)))
	if !strings.HasSuffix(strings.ToLower(name), ".onnx") {
		return []Snippet{{"Python", fmt.Sprintf(`from safetensors.numpy import load_file
tensors = load_file(%s)
print({name: t.shape for name, t in tensors.items()})`, file)}}
	}
	needs := r.Needs
	if needs == "" {
		needs = "what ran it before"
	}
	return []Snippet{
		{"Python", fmt.Sprintf(`import onnxruntime as ort  # %s
session = ort.InferenceSession(%s)
outputs = session.run(None, inputs)  # {name: array} for each of session.get_inputs()`, needs, file)},
		{"JavaScript", fmt.Sprintf(`import * as ort from "onnxruntime-web"; // %s
const session = await ort.InferenceSession.create(%s);
const outputs = await session.run(inputs); // { name: ort.Tensor } for each of session.inputNames`, needs, file)},
	}
}
