package modelstep

import (
	"strings"

	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

const (
	textTitle   words.Text = "Model"
	textClaim   words.Text = "Quantize a neural network to 2 bits, and keep its outliers."
	textHow     words.Text = "SplitQuant divides the weights of each layer among three layers before it rounds them, so that one large weight no longer spoils the many small ones."
	textDrop    words.Text = "Drop a model here"
	textAlso    words.Text = "a file, several, a folder or a ZIP: ONNX, safetensors, PyTorch, GGUF, NumPy"
	textPrivate words.Text = "Nothing leaves this machine: the work is done in this page."

	// SampleFile is the sample's address and SampleBytes its size.
	SampleFile  = "samples/digits.onnx"
	SampleBytes = 209_513
)

func (c *View) textChoose() words.Text {
	if c.S.Model == nil {
		return "Choose a file"
	}
	return "Open another"
}

func (c *View) textSample() string {
	if c.S.Model != nil {
		return words.F("Sample (digits, %s)", format.Bytes(SampleBytes))
	}
	return words.F("Try the sample (digits, %s)", format.Bytes(SampleBytes))
}

func (c *View) textOpening() string { return words.F("Opening %s …", c.S.Opening) }

// facts is the line that an opened model folds to, behind its name.
func facts(m *message.ModelInfo) string {
	parts := []string{formatName(m.Format)}
	if m.Version != "" {
		parts = append(parts, m.Version)
	}
	parts = append(parts,
		format.Plural(m.Parameters, "parameter", "parameters"),
		format.Bytes(m.Bytes))
	return strings.Join(parts, " · ")
}

// formatNames are those that people write otherwise than the model does.
var formatNames = map[string]string{"onnx": "ONNX", "pytorch": "PyTorch", "gguf": "GGUF", "npz": "NumPy", "npy": "NumPy"}

func formatName(f string) string {
	if name := formatNames[f]; name != "" {
		return name
	}
	return f
}
