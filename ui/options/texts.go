package options

import (
	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

const (
	textTitle    words.Text = "Options"
	textReset    words.Text = "Reset"
	textOwn      words.Text = "your own choice"
	textOwnMeans words.Text = "as chosen below"
	textIdle     words.Text = "No effect here: "
	textEstimate words.Text = "What it would weigh"
)

var preset = words.Term{Name: "Start from", Means: "Sets all options at once; each can still be changed."}

// names are what the options are called, and what they decide.
var names = map[string]words.Term{
	"bits":        {Name: "Bits", Means: "How many bits each weight of each part takes. Fewer bits, fewer levels, more error."},
	"strategy":    {Name: "Strategy", Means: "How the weights of a layer are divided into parts before they are quantized."},
	"form":        {Name: "Form", Means: "How the result is written into the file, which decides what it weighs and where it runs."},
	"granularity": {Name: "Granularity", Means: "How many weights share one scale, the distance between two levels."},
	"cluster":     {Name: "Clustering", Means: "Which weights are divided into parts together."},
	"clip":        {Name: "Range", Means: "Which span the levels cover."},
	"target":      {Name: "Target", Means: "Where the file must run; this decides the version of ONNX and the types in it."},
	"bias":        {Name: "Biases", Means: "What becomes of the biases of layers that are split."},
	"activations": {Name: "Activations", Means: "What becomes of the layers between those with weights."},
	"parts":       {Name: "Parts", Means: "How many parts a weight is split into: 2 to 4, in a codebook up to 16; the paper has 3."},
	"palette":     {Name: "Palette", Means: "So many free values, 2 to 256, instead of evenly spaced levels; 0 for none."},
	"symmetric":   {Name: "Symmetric levels", Means: "Levels lie the same to both sides of zero; otherwise they span each part's own range."},
	"embeddings":  {Name: "Embeddings too", Means: "Tables that are looked up are quantized plainly; otherwise they are left alone."},
	"no_fold":     {Name: "Do not fold", Means: "Normalisations stay layers of their own; otherwise weights take them over."},
}

// plainly says in a few words what a select's word stands for.
var plainly = map[string]map[string]words.Text{
	"strategy": {"none": "no split", "kmeans": "paper's clusters", "resolution": "least error", "residual": "digits"},
	"form": {"layers": "as in the paper", "summed": "one layer, added", "plain": "no split",
		"float": "split, not quantized", "codebook": "a table", "matmulnbits": "for matrices"},
	"granularity": {"tensor": "one scale", "channel": "a scale per channel", "group:32": "a scale per 32 inputs", "group:128": "a scale per 128 inputs"},
	"cluster":     {"auto": "as fits the layer", "kernel": "each kernel alone", "tensor": "the whole weight"},
	"clip":        {"minmax": "all values", "mse": "least error", "percentile:99.9": "without the farthest 0.1 %"},
	"target":      {"auto": "newest types", "web": "browsers", "ort1.20": "older ONNX Runtime", "any": "every runtime"},
	"bias":        {"float": "as they are", "8": "8 bits", "same": "the layer's bits"},
	"activations": {"keep": "as they are", "split": "three chunks"},
}

// idle says why an option changes nothing beside the others; empty where it
// does. A split into floats has no levels, but where they decide the thresholds.
func idle(o recipe.Options, option string) words.Text {
	split, levels := o.Splits(), !o.Splits() || o.Form != "float" || o.Strategy != "kmeans"
	palette := o.Palette != 0
	switch {
	case palette && (option == "bits" || option == "symmetric"):
		return "a palette has values of its own, no levels."
	case palette && (option == "strategy" || option == "form" && o.Form != "float"):
		return "a palette is a table for the whole weight; set it to 0 to split."
	case option == "strategy" && o.Strategy != "none" && o.Form == "plain":
		return "form plain does not split."
	case option == "form" && o.Strategy == "none" && o.Form != "plain" && o.Form != "float" && o.Form != "matmulnbits":
		return "without a split every form is plain."
	case !split && (option == "parts" || option == "cluster"):
		return "nothing is split."
	case option == "cluster" && (o.Form == "codebook" || o.Strategy == "residual"):
		return "there are no clusters of kernels."
	case !levels && (option == "bits" || option == "clip" || option == "symmetric"):
		return "form float keeps the weights, nothing is rounded."
	case !levels && option == "granularity" && o.Cluster != "auto":
		return "form float has no scales."
	}
	return ""
}

var bitsWeight = words.BitsWeight

// textWord is how a select shows a word.
func textWord(option string, c recipe.Choice) string {
	name := c.Word
	if option == "palette" && name == "0" {
		return words.T("none")
	}
	if option == "bits" {
		name = words.F("%s bits", name)
	} else if plain := plainly[option][c.Word]; plain != "" {
		name += " – " + words.T(plain)
	}
	if !c.Built {
		name = words.F("%s (not built yet)", name)
	}
	return name
}

func (c *View) textMore() words.Text {
	if c.S.More {
		return "Fewer options"
	}
	return "More options"
}

// size and share say what the result would weigh, as the engine estimates it.
func (c *View) size() string { return format.Bytes(c.S.Estimate.BytesAfter) }

func (c *View) share() string {
	return words.F("%s of %s", format.Percent(float64(c.S.Estimate.BytesAfter), float64(c.S.Model.Bytes)), format.Bytes(c.S.Model.Bytes))
}

// worked says how much of the model is worked on, where much of it is not.
func (c *View) worked() string {
	n, all := c.S.Estimate.Weights, c.S.Model.Parameters
	if 20*n > 19*all || n > all {
		return ""
	}
	return words.F("%s of the weights are worked on; the rest stays as it is.", format.Percent(float64(n), float64(all)))
}

func (c *View) perWeight() string { return format.Bits(c.S.Estimate.BitsPerWeight) }
