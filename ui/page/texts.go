package page

import (
	"fmt"
	"strings"

	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/wasm/message"
)

const (
	textSample    = "digits.onnx"
	textRunning   = "Running."
	textCancelled = "Cancelled. The model is still open."
	textFailed    = "The run failed. The model is still open."
	textFooter    = "The method is SplitQuant (Song and Lin, 2025). This page works without a server: models are read, quantized and written in your browser."
)

func textOpening(name string) string { return "Opening " + name + "." }

func textOpened(m *message.ModelInfo) string {
	return m.Name + " is open: " + format.Plural(int64(len(m.Layers)), "layer", "layers") + "."
}

func textNotOpened(name, why string) string {
	if why == "" {
		why = "the engine gave no answer"
	}
	return name + " could not be opened: " + why + "."
}

func textNotFetched(err error) string { return "The sample could not be loaded: " + err.Error() + "." }

func textNotSeen(why string) string { return "The weights could not be looked at: " + why + "." }

func textNoResult(why string) string {
	if why == "" {
		why = "the engine gave no result"
	}
	return "The model could not be quantized: " + why + "."
}

// textDone is what is said once when a run is over.
func textDone(r *report.Report) string {
	s := "Done: " + format.Bytes(r.BytesBefore) + " became " + format.Bytes(r.BytesAfter)
	if r.SQNR != nil || r.Exact {
		s += ", SQNR " + format.Decibel(r.SQNR, r.Exact)
	}
	return s + "."
}

func textSaved(name string) string { return "Saved to " + name + "." }

func textNotSaved(name string, err error) string {
	return "The result could not be saved to " + name + ": " + err.Error() + ". It can still be downloaded."
}

// textSaveName suggests a name for the result before there is one.
func textSaveName(model string, o recipe.Options) string {
	stem, _ := strings.CutSuffix(model, ".onnx")
	return fmt.Sprintf("%s-int%d.onnx", stem, o.Bits)
}

func textPanic(why any) string {
	return fmt.Sprintf("Something in the page went wrong: %v. The model is still open.", why)
}
