package report

import (
	"encoding/json"
	"fmt"
)

// A Snippet is a few lines of code that load a result.
type Snippet struct{ Language, Code string }

// Snippets show how to load the result, an ONNX model in a file of the given
// name: in Python and in JavaScript. There are none for other formats.
func (r *Report) Snippets(file string) []Snippet {
	if r.Opset == 0 {
		return nil
	}
	name, err := json.Marshal(file) // quotes as both languages do
	if err != nil {
		return nil
	}
	version := ""
	if r.Runtime != "" {
		version = r.Runtime + " or newer"
	}
	comment := func(mark string) string {
		if version == "" {
			return ""
		}
		return "  " + mark + " " + version
	}
	return []Snippet{
		{"Python", fmt.Sprintf("import onnxruntime%s\nsession = onnxruntime.InferenceSession(%s)\nprint([i.name for i in session.get_inputs()], [o.name for o in session.get_outputs()])\n", comment("#"), name)},
		{"JavaScript", fmt.Sprintf("import * as ort from \"onnxruntime-web\";%s\nconst session = await ort.InferenceSession.create(%s);\nconsole.log(session.inputNames, session.outputNames);\n", comment("//"), name)},
	}
}
