// Package recipe holds the choices a user makes before a run, in the words
// that the command line, the page and the report all use.
//
// A recipe is plain data: it knows which words exist and which go together,
// and nothing about weights.
package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"splitquant/core/model"
)

// Options are the choices for one run. The zero value is not valid; start
// from [Defaults].
type Options struct {
	Bits        int      `json:"bits"`
	Strategy    string   `json:"strategy"`
	Form        string   `json:"form"`
	Granularity string   `json:"granularity"`
	Cluster     string   `json:"cluster"`
	Symmetric   bool     `json:"symmetric"`
	Clip        string   `json:"clip"`
	Parts       int      `json:"parts"`
	Palette     int      `json:"palette,omitempty"` // so many free values instead of grids; 0 for none
	Activations string   `json:"activations"`
	Bias        string   `json:"bias"`
	Target      string   `json:"target"`
	Embeddings  bool     `json:"embeddings,omitempty"` // quantize embeddings too, plain
	NoFold      bool     `json:"no_fold,omitempty"`    // normalisations stay where they are
	Include     []string `json:"include,omitempty"`    // globs of layer names; none means all
	Exclude     []string `json:"exclude,omitempty"`    // globs of layer names
	AsLinear    []string `json:"as_linear,omitempty"`  // globs of layers that are Linear or Conv, where a file has no graph to say so
	AsEmbedding []string `json:"as_embedding,omitempty"`
	Layers      []Rule   `json:"layers,omitempty"` // what is different for single layers

	// ActivationBits is the width of the codes that the inputs of layers and the
	// outputs of activations are rounded to, 4 or 8; 0 leaves them in float.
	// Ranges are what they lie in, by the names of the values.
	ActivationBits int          `json:"activation_bits,omitempty"`
	Ranges         model.Ranges `json:"ranges,omitempty"`
}

// Defaults returns the options that the command line and the page start with.
func Defaults() Options {
	return Options{
		Bits: 2, Strategy: "kmeans", Form: "layers", Granularity: "tensor", Cluster: "auto", Clip: "minmax",
		Parts: 3, Activations: "keep", Bias: "float", Target: "auto",
	}
}

// A Choice is one word that an option takes.
type Choice struct {
	Word  string
	Means string // one sentence for people
	Built bool   // false: known, and refused by name
}

// Choices returns the words that the option of the given JSON name takes, in
// the order in which to show them; nil for options that take no words.
func Choices(option string) []Choice { return choices[option] }

var choices = map[string][]Choice{
	"bits": {
		{"2", "4 levels for each part", true},
		{"3", "8 levels, stored in 4 bits", true},
		{"4", "16 levels for each part", true},
		{"5", "32 levels, stored in 8 bits", true},
		{"6", "64 levels, stored in 8 bits", true},
		{"8", "256 levels for each part", true},
	},
	"strategy": {
		{"none", "no split: plain quantization", true},
		{"kmeans", "the paper's split: three clusters of weights, found exactly", true},
		{"resolution", "thresholds with the least quantization error, which is what a split is for", true},
		{"residual", "the digits of a code three times as wide, one part for each", true},
	},
	"form": {
		{"layers", "three quantized layers whose outputs add up, as in the paper", true},
		{"summed", "three quantized weights, added and used by one layer", true},
		{"plain", "one quantized weight, without splitting, for comparison", true},
		{"float", "three layers in the model's own float type, for any other quantizer", true},
		{"codebook", "one index for each weight into a table of values, a third of the bits of layers", true},
		{"matmulnbits", "ONNX Runtime's own operator for matrices with a scale for each group of inputs", true},
	},
	"granularity": {
		{"tensor", "one scale for each part of a weight", true},
		{"channel", "one scale for each output channel of each part", true},
	},
	"cluster": {
		{"auto", "one clustering per kernel for convolutions with channel scales, otherwise per tensor", true},
		{"kernel", "one clustering per output kernel of a convolution", true},
		{"tensor", "one clustering for the whole weight", true},
	},
	"clip": {
		{"minmax", "the range spans all values, the outlier is kept", true},
		{"mse", "the range with the least squared error; the outlier may be lost", true},
	},
	"activation_bits": {
		{"0", "activations stay in float", true},
		{"8", "256 levels, with ranges that are known", true},
		{"4", "16 levels, likewise", true},
	},
	"activations": {
		{"keep", "activation layers stay as they are", true},
		{"split", "activation layers work on three chunks of channels", true},
	},
	"bias": {
		{"float", "biases are split and stay in float", true},
		{"8", "biases are split and quantized to 8 bits", true},
		{"same", "biases are split and quantized to the layer's bits", true},
	},
	"target": {
		{"auto", "the newest types where the model can be lifted to them", true},
		{"web", "ONNX Runtime 1.30 and ONNX Runtime Web", true},
		{"ort1.20", "ONNX Runtime 1.20 or newer", true},
		{"any", "any runtime that knows opset 13", true},
	},
}

// Validate reports the first option that is not a known word, or that this
// version does not have yet.
func (o Options) Validate() error {
	for _, c := range [...]struct{ option, word string }{
		{"bits", strconv.Itoa(o.Bits)}, {"strategy", o.Strategy}, {"form", o.Form}, {"granularity", o.Granularity},
		{"cluster", o.Cluster}, {"clip", o.Clip}, {"activations", o.Activations}, {"bias", o.Bias}, {"target", o.Target},
	} {
		if err := check(c.option, c.word); err != nil {
			return err
		}
	}
	if err := o.activationsFit(); err != nil {
		return err
	}
	if err := o.fits(); err != nil {
		return err
	}
	for _, r := range o.Layers {
		if err := r.validate(); err != nil {
			return err
		}
	}
	return nil
}

// activationsFit reports what is wrong with the bits and ranges of activations.
func (o Options) activationsFit() error {
	switch b := o.ActivationBits; {
	case b != 0 && b != 4 && b != 8:
		return fmt.Errorf("activation_bits %d: want 8 or 4, or 0 to leave activations in float", b)
	case b == 4 && o.Target == "any":
		return errors.New("activation_bits 4: target any has no codes of 4 bits for activations; choose activation_bits 8, or target web or ort1.20")
	case b != 0 && o.Form == "float" && o.Splits():
		return errors.New("activation_bits: form float quantizes nothing; choose another form")
	}
	if err := o.Ranges.Validate(); err != nil {
		return fmt.Errorf("ranges: %w", err)
	}
	return nil
}

// fits reports options that are known and do not go together.
func (o Options) fits() error {
	most := 4
	if o.Form == "codebook" {
		most = 16
	}
	switch {
	case o.Parts < 2 || o.Parts > most:
		return fmt.Errorf("parts %d: form %s takes 2 to %d", o.Parts, o.Form, most)
	case o.Palette != 0 && (o.Palette < 2 || o.Palette > 256):
		return fmt.Errorf("palette %d: want 2 to 256 values", o.Palette)
	case o.Palette != 0 && o.Form == "float":
		return errors.New("a palette is a quantized form, form float is not")
	case o.Codebook() && o.Group() != 0:
		return errors.New("a codebook has one table for all groups: choose granularity tensor or channel")
	case o.Form == "float" && o.Group() != 0 && o.Splits():
		return errors.New("the float form has no scales, so no groups")
	case !o.Splits():
		return nil
	case o.Strategy == "residual" && o.Form == "codebook":
		return errors.New("strategy residual in a codebook would be plain quantization to three times the bits; choose another strategy or form")
	case o.Strategy == "residual" && o.Parts != 3:
		return fmt.Errorf("strategy residual has 3 parts, not %d", o.Parts)
	case o.Form == "codebook" && o.Symmetric:
		return errors.New("a codebook has no zero points: symmetric means nothing in it")
	case o.Form == "codebook" && strings.HasPrefix(o.Clip, "percentile:"):
		return errors.New("a codebook takes clip minmax or mse")
	}
	return nil
}

func check(option, word string) error {
	known := choices[option]
	i := slices.IndexFunc(known, func(c Choice) bool { return c.Word == word })
	switch {
	case i >= 0 && known[i].Built:
		return nil
	case option == "clip" && strings.HasPrefix(word, "percentile:"):
		if p, err := strconv.ParseFloat(word[len("percentile:"):], 64); err != nil || !(p > 0 && p <= 100) {
			return fmt.Errorf("clip %s: want a number of percent above 0 and up to 100", word)
		}
		return nil
	case option == "granularity" && strings.HasPrefix(word, "group:"):
		if n, err := strconv.Atoi(word[len("group:"):]); err != nil || n < 2 || n > 1<<16 {
			return fmt.Errorf("granularity %s: want a number of inputs from 2 to %d", word, 1<<16)
		}
		return nil
	case i >= 0:
		return fmt.Errorf("%s %s is not built yet", option, word)
	}
	words := make([]string, len(known))
	for j, c := range known {
		words[j] = c.Word
	}
	return fmt.Errorf("%s %q is unknown; it is one of %s", option, word, strings.Join(words, ", "))
}

// Splits reports whether the options ask for more than one part.
func (o Options) Splits() bool {
	return o.Strategy != "none" && o.Form != "plain" && o.Palette == 0
}

// Group is how many inputs of an output channel share a scale, 0 where all do.
func (o Options) Group() int {
	word, ok := strings.CutPrefix(o.Granularity, "group:")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(word) // checked by Validate
	return n
}

// Codebook reports whether the options ask for a table of values.
func (o Options) Codebook() bool { return o.Palette != 0 || o.Splits() && o.Form == "codebook" }

// String returns the options that change bytes, as the result's metadata
// records them.
func (o Options) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "bits=%d strategy=%s form=%s granularity=%s cluster=%s clip=%s bias=%s activations=%s target=%s",
		o.Bits, o.Strategy, o.Form, o.Granularity, o.Cluster, o.Clip, o.Bias, o.Activations, o.Target)
	if o.ActivationBits != 0 {
		fmt.Fprintf(&b, " activation-bits=%d", o.ActivationBits)
	}
	if o.Splits() && o.Parts != 3 {
		fmt.Fprintf(&b, " parts=%d", o.Parts)
	}
	if o.Palette != 0 {
		fmt.Fprintf(&b, " palette=%d", o.Palette)
	}
	if o.Symmetric {
		b.WriteString(" symmetric")
	}
	if o.Embeddings {
		b.WriteString(" embeddings")
	}
	if o.NoFold {
		b.WriteString(" no-fold")
	}
	for _, g := range o.Include {
		fmt.Fprintf(&b, " include=%q", g)
	}
	for _, g := range o.Exclude {
		fmt.Fprintf(&b, " exclude=%q", g)
	}
	for _, g := range o.AsLinear {
		fmt.Fprintf(&b, " as-linear=%q", g)
	}
	for _, g := range o.AsEmbedding {
		fmt.Fprintf(&b, " as-embedding=%q", g)
	}
	for _, r := range o.Layers {
		rule, _ := json.Marshal(r) // of strings and numbers, which cannot fail
		fmt.Fprintf(&b, " layer=%s", rule)
	}
	return b.String()
}
