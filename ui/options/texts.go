package options

import (
	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

const (
	textTitle     = "Options"
	textReset     = "Reset"
	textSymmetric = "Symmetric levels"
	textMirrored  = "levels lie the same to both sides of zero; otherwise they span each part's own range"
	textEstimate  = "What it would weigh"
)

// names are what the options are called, and what they decide.
var names = map[string]words.Term{
	"bits":        {Name: "Bits", Means: "How many bits each weight of each part takes. Fewer bits, fewer levels, more error."},
	"strategy":    {Name: "Strategy", Means: "How the weights of a layer are divided into parts before they are quantized."},
	"form":        {Name: "Form", Means: "How the result is written into the file, which decides what it weighs and where it runs."},
	"granularity": {Name: "Granularity", Means: "How many weights share one scale, the distance between two levels."},
	"cluster":     {Name: "Clustering", Means: "Which weights are divided into parts together."},
	"clip":        {Name: "Range", Means: "Which span the levels cover."},
	"target":      {Name: "Target", Means: "Where the file must run; this decides the version of ONNX and the types in it."},
}

var bitsWeight = words.BitsWeight

// textWord is how a select shows a word.
func textWord(option string, c recipe.Choice) string {
	name := c.Word
	if option == "bits" {
		name += " bits"
	}
	if !c.Built {
		name += " (not built yet)"
	}
	return name
}

func (c *View) textMore() string {
	if c.S.More {
		return "Fewer options"
	}
	return "More options"
}

// size and share say what the result would weigh, as the engine estimates it.
func (c *View) size() string { return format.Bytes(c.S.Estimate.BytesAfter) }

func (c *View) share() string {
	return format.Percent(float64(c.S.Estimate.BytesAfter), float64(c.S.Model.Bytes)) + " of " + format.Bytes(c.S.Model.Bytes)
}

func (c *View) perWeight() string { return format.Bits(c.S.Estimate.BitsPerWeight) }
