package message

import (
	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/report"
)

// What a request about proofs asks for.
const (
	// Verify runs the model, its result and rivals of that on the same inputs.
	// Proof replies tell how far it is and hold the models that are done; with
	// the last comes a report, a Blob.
	Verify = "verify"
	// Sensitivity quantizes one layer at a time, and all but one, and runs that.
	// Hurt replies.
	Sensitivity = "sensitivity"
)

// VerifyRequest says what to run, and on what. The Options of the request say
// how the result is made.
type VerifyRequest struct {
	// Result: the result is there already, as the Blob without a name among the
	// files sent.
	Result bool `json:"result,omitempty"`
	// Report is what the run said that made it, for the proof's report.
	Report *report.Report `json:"report,omitempty"`
	// Rivals are the names of those of [recipe.Options.Rivals] to run too.
	Rivals []string `json:"rivals,omitempty"`

	Data      []string `json:"data,omitempty"`      // the files with labelled data, among those sent; none: generated inputs
	Tokenizer string   `json:"tokenizer,omitempty"` // the file with the tokenizer or vocabulary
	Scale     string   `json:"scale,omitempty"`     // how pixels become numbers
	Rows      int      `json:"rows,omitempty"`      // at most so many, evenly spread; 0 for all

	// Sizes of dimensions that the model leaves open, of generated inputs; see
	// [evaluate.Generate].
	Sizes map[string]int64 `json:"sizes,omitempty"`

	// Static, unless it is nil, asks for the result with static quantization of
	// activations too, whole and in three chunks.
	Static *StaticRequest `json:"static,omitempty"`
}

// StaticRequest says how activations are quantized.
type StaticRequest struct {
	Bits   int    `json:"bits"`   // of a code, 8 or 4
	Method string `json:"method"` // how a range is found: a word of [splitquant/core/calibrate.ParseMethod]
}

// CalibrationRows is how many rows of labelled data ranges are found on, evenly
// spread over them.
const CalibrationRows = 512

// How pixels become numbers: the words of Scale.
const (
	ScaleUnit     = "0..1"
	ScaleSigned   = "-1..1"
	ScaleImageNet = "imagenet" // mean 0, spread 1
	ScaleRaw      = "0..255"
)

// ProofInfo tells what has been found out so far.
type ProofInfo struct {
	Stage string      `json:"stage"`           // what is being done, one of the stages below
	Of    string      `json:"of"`              // to which model: the name of its line
	Done  float64     `json:"done"`            // share of all the work, 0 to 1
	Lines []ProofLine `json:"lines,omitempty"` // the models that are done, the original first

	Data     string   `json:"data,omitempty"`    // the name of the labelled data
	Rows     int      `json:"rows,omitempty"`    // of them
	Samples  int      `json:"samples,omitempty"` // generated inputs, where there are none
	Classes  []string `json:"classes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`

	// Differ are rows to which not all models answer alike, at most [MaxDiffer];
	// Differs counts them all.
	Differ  []evaluate.Row `json:"differ,omitempty"`
	Differs int            `json:"differs,omitempty"`

	// Ranges of activations that were found for a Static request, on
	// RangeRows rows or generated inputs.
	Ranges    model.Ranges `json:"ranges,omitempty"`
	RangeRows int          `json:"range_rows,omitempty"`
}

// MaxDiffer is how many rows are sent to the page.
const MaxDiffer = 300

// The stages of a proof.
const (
	StageMake  = "make"  // quantize
	StageLoad  = "load"  // start ONNX Runtime, open the model
	StageTry   = "try"   // run the model
	StageWatch = "watch" // run it and watch its activations
)

// The names of lines that are no rivals. The first two are the first of all.
const (
	Original    = "original"
	Result      = "result"
	Static      = "activations"           // the result, activations too
	StaticSplit = "activations in chunks" // likewise, and they in three chunks
)

// ProofLine is a model in the table of a proof.
type ProofLine struct {
	evaluate.Result
	Bits          int     `json:"bits,omitempty"`        // of a code; 0 for the original
	Activations   int     `json:"activations,omitempty"` // bits of theirs; 0 where they are in float
	BitsPerWeight float64 `json:"bits_per_weight"`
	Seconds       float64 `json:"seconds"`         // that running took
	Error         string  `json:"error,omitempty"` // why it could not be run
}

// HurtInfo tells how far it is, and at last what quantizing single layers does.
type HurtInfo struct {
	Done     float64           `json:"done"`
	Ranking  *evaluate.Ranking `json:"ranking,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
}

// SensitivityRows is how many rows of labelled data sensitivity is measured on:
// enough to rank layers by, and each takes two runs.
const SensitivityRows = 500
