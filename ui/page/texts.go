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
	textMethod    = "The method is"
	textPaper     = "SplitQuant (Song and Lin, 2025)"
	textFooter    = ". This page works without a server: models are read, quantized and written in your browser."
)

func textOpening(name string) string { return "Opening " + name + "." }

// textOpened also says what came of the other models that were picked, and of
// the run that went on.
func textOpened(m *message.ModelInfo, others []string, stopped bool) string {
	s := m.Name + " is open: " + format.Plural(int64(len(m.Layers)), "layer", "layers") + "."
	if len(others) > 0 {
		s += " One model at a time: " + strings.Join(others, ", ") + " was left out."
	}
	if stopped {
		s += " The run of the model before was stopped."
	}
	return s
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
