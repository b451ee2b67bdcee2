package modelstep

import (
	"strings"

	"splitquant/ui/format"
	"splitquant/wasm/message"
)

const (
	textTitle   = "Model"
	textClaim   = "Quantize a neural network to 2 bits, and keep its outliers."
	textHow     = "SplitQuant divides the weights of each layer among three layers before it rounds them, so that one large weight no longer spoils the many small ones."
	textDrop    = "Drop an ONNX model here"
	textAlso    = "with its data files, if it has any, or"
	textPrivate = "Nothing leaves this machine: the work is done in this page."

	// SampleFile is the sample's address and SampleBytes its size.
	SampleFile  = "samples/digits.onnx"
	SampleBytes = 209_513
)

func (c *View) textChoose() string {
	if c.S.Model == nil {
		return "Choose a file"
	}
	return "Open another"
}

func (c *View) textSample() string {
	s := "Try the sample"
	if c.S.Model != nil {
		s = "Sample"
	}
	return s + " (digits, " + format.Bytes(SampleBytes) + ")"
}

func (c *View) textOpening() string { return "Opening " + c.S.Opening + " …" }

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

func formatName(f string) string {
	if f == "onnx" {
		return "ONNX"
	}
	return f
}
