package page

import (
	"strings"

	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

const (
	textSample               = "digits.onnx"
	textRunning   words.Text = "Running."
	textCancelled words.Text = "Cancelled. The model is still open."
	textFailed    words.Text = "The run failed. The model is still open."
)

func textOpening(name string) string { return words.F("Opening %s.", name) }

// textOpened also says what came of the other models that were picked, and of
// the run that went on.
func textOpened(m *message.ModelInfo, others []string, stopped bool) string {
	s := words.F("%s is open: %s.", m.Name, format.Plural(int64(len(m.Layers)), "layer", "layers"))
	if len(others) > 0 {
		s += words.F(" One model at a time: %s was left out.", strings.Join(others, words.T(", ")))
	}
	if stopped {
		s += words.T(" The run of the model before was stopped.")
	}
	return s
}

func textNotFetched(err error) string { return words.F("The sample could not be loaded: %v.", err) }

func textNotSeen(why string) string { return words.F("The weights could not be looked at: %s.", why) }

func textNoResult(why string) string {
	if why == "" {
		why = words.T("the engine gave no result")
	}
	return words.F("The model could not be quantized: %s.", why)
}

// textDone is what is said once when a run is over.
func textDone(r *report.Report) string {
	before, after := format.Bytes(r.BytesBefore), format.Bytes(r.BytesAfter)
	if r.SQNR != nil || r.Exact {
		return words.F("Done: %s became %s, SQNR %s.", before, after, format.Decibel(r.SQNR, r.Exact))
	}
	return words.F("Done: %s became %s.", before, after)
}

func textSaved(name string) string { return words.F("Saved to %s.", name) }

func textNotSaved(name string, err error) string {
	return words.F("The result could not be saved to %s: %v. It can still be downloaded.", name, err)
}

func textPanic(why any) string {
	return words.F("Something in the page went wrong: %v. The model is still open.", why)
}
