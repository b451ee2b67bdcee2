package result

import (
	"strings"

	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

// What to do with the file: what it needs, and code that loads it; and what
// plain quantization of its size would have kept.

const (
	textLoad        words.Text = "Load it in"
	textCopy        words.Text = "Copy"
	textAnywhere    words.Text = "Make one that runs anywhere"
	textAnywhereTip words.Text = "Runs again for target any: standard operators of opset 13 unpack the weights, for runtimes that do not know their type. The size stays the same."
)

// UseID names what tells how to use the file.
const UseID = "use"

func (c *View) snippets() []report.Snippet { return c.report().Snippets(c.model()) }

// model is the name of the file that is loaded: the download, or what is in it.
func (c *View) model() string {
	if stem, ok := strings.CutSuffix(c.S.Result.Name, ".zip"); ok {
		return stem + ".onnx"
	}
	return c.S.Result.Name
}

// snippet is which of them is shown.
func (c *View) snippet() int { return min(c.S.Snippet, len(c.snippets())-1) }

// code is empty for files that nothing loads as they are.
func (c *View) code() string {
	if len(c.snippets()) == 0 {
		return ""
	}
	return strings.TrimSpace(c.snippets()[c.snippet()].Code)
}

// choosy reports whether there is a target that asks for less.
func (c *View) choosy() bool {
	return c.report().Needs != "" && c.S.Result.Asked.Target != "any" && c.report().Opset > 0
}

// rival says what plain quantization of the same size would have kept.
func (c *View) rival() string {
	k := c.S.Result.Rival
	switch {
	case !c.split() || c.S.Result.Asked.Form == "float":
		return ""
	case k == nil:
		return words.T("Measuring plain quantization of the same size …")
	case k.Plain.Bits == 0:
		return words.T("No plain quantization is as small.")
	}
	db := format.Decibel(k.Plain.SQNR, k.Plain.SQNR == nil)
	s := words.F("Plain quantization in no more room, INT%d with %s per weight, keeps %s", k.Plain.Bits, format.Bits(k.Plain.BitsPerWeight), db)
	if k.Weights < k.All {
		s += words.F(" where this keeps %s (measured on %s of the weights)", format.Decibel(k.Own.SQNR, k.Own.SQNR == nil), format.Percent(float64(k.Weights), float64(k.All)))
	}
	if state.Beaten(k) {
		return s + words.T(": more than this split.")
	}
	return s + words.T(": less than this split.")
}
