// Package report is what a run says about itself: one entry per layer, and
// figures pooled over all of them, as HTML, Markdown, CSV and JSON; and what
// models answer ([Proof]) and which layers hurt ([Ranking]).
package report

import "splitquant/core/recipe"

// A Report describes one run. Everything but Seconds is the same for the
// same file and options.
type Report struct {
	Version string         `json:"version"`
	Model   Model          `json:"model"`
	Options recipe.Options `json:"options"`
	Layers  []Layer        `json:"layers"`
	// Activations are listed where the options ask for cutting them.
	Activations []Activation `json:"activations,omitempty"`
	// Rounded is how many activations are rounded to codes of
	// Options.ActivationBits and back, chunks counted by themselves.
	Rounded int `json:"rounded_activations,omitempty"`

	// SQNR is pooled over the quantized weights, in dB; nil with Exact where
	// there is no noise, and nil without Exact where nothing was quantized.
	// Plain is the SQNR of plain quantization of the same weights to the same
	// bits, for comparison; nil under the same conditions.
	SQNR          *float64 `json:"sqnr_db"`
	Exact         bool     `json:"exact,omitempty"`
	Plain         *float64 `json:"plain_sqnr_db,omitempty"`
	BitsPerWeight float64  `json:"bits_per_weight"` // of the weights that were worked on: codes, scales, zero points
	BytesBefore   int64    `json:"bytes_before"`    // of the whole file
	BytesAfter    int64    `json:"bytes_after"`
	BytesBeside   int64    `json:"bytes_beside,omitempty"` // of these, in a file beside the model
	Opset         int      `json:"opset,omitempty"`        // of the result
	Needs         string   `json:"needs,omitempty"`        // what runs the result, in words
	Runtime       string   `json:"runtime,omitempty"`      // the oldest ONNX Runtime that does, such as "1.24"; empty where any does
	Seconds       float64  `json:"seconds"`
	Warnings      []string `json:"warnings,omitempty"`
}

// Model names the file that was worked on.
type Model struct {
	Name       string `json:"name,omitempty"`
	Format     string `json:"format"`
	Version    string `json:"version,omitempty"`
	Producer   string `json:"producer,omitempty"`
	Parameters int64  `json:"parameters"`
}

// A Layer is one node of the graph that uses a weight.
type Layer struct {
	Name       string  `json:"name"`
	Op         string  `json:"op"`
	Kind       string  `json:"kind"`
	Shape      []int64 `json:"shape"`
	Parameters int64   `json:"parameters"` // elements of the weight

	Bits     int    `json:"bits,omitempty"`
	Strategy string `json:"strategy,omitempty"`
	// Skipped says why the layer was left alone; empty where it was not.
	Skipped string `json:"skipped,omitempty"`
	// Note says what else there is to know, such as why a layer was not split.
	Note       string   `json:"note,omitempty"`
	SharedWith []string `json:"shared_with,omitempty"` // names of the layers with the same weight

	SQNR          *float64 `json:"sqnr_db"` // nil where exact or skipped
	Exact         bool     `json:"exact,omitempty"`
	Plain         *float64 `json:"plain_sqnr_db,omitempty"`
	MaxAbsError   float64  `json:"max_abs_error"`
	MaxAbs        float64  `json:"max_abs"`         // largest absolute weight
	MaxAbsKept    float64  `json:"max_abs_kept"`    // what that weight became
	PlainKept     float64  `json:"plain_kept"`      // what plain quantization would have made of it
	BitsPerWeight float64  `json:"bits_per_weight"` // stored
	BytesBefore   int64    `json:"bytes_before"`    // of the weight
	BytesAfter    int64    `json:"bytes_after"`     // of what takes its place
}

// An Activation is an element-wise function that is computed on three chunks
// of its channels, each of which a quantizer of activations can give a range of
// its own.
type Activation struct {
	Name     string `json:"name"`
	Op       string `json:"op"`
	Axis     int    `json:"axis"`
	Channels int64  `json:"channels,omitempty"`
	Skipped  string `json:"skipped,omitempty"` // why it is not cut
}
