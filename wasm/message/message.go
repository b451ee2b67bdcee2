// Package message is what the page and its worker say to each other.
//
// The page sends a [Request], the worker answers with any number of [Reply]s
// that carry the same ID, the last of them Final. Both travel as JSON text;
// bytes travel beside them: the files of an Open as File objects, the result
// of a Run as a Blob. Requests are worked on one after another. The page
// cancels by ending the worker, and opens the file again in a new one.
package message

import (
	"encoding/json"

	"splitquant/core/evaluate"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// What a request asks for.
const (
	Open     = "open"     // index the files sent along; answers with Model
	Look     = "look"     // range and sparkline of some layers; one Look reply each
	Estimate = "estimate" // what the result would weigh; answers with Estimate
	Run      = "run"      // split, quantize, write; Progress replies, then Report and a Blob
	Figure   = "figure"   // histogram, clusters and levels of one layer
	Prepare  = "prepare"  // make the plan of a run; from one engine to another
	Task     = "task"     // do a task of that plan; answers with Done and bytes
	Settle   = "settle"   // give out what was kept of those tasks; answers with a Blob
	Compare  = "compare"  // what the options keep, and plain quantization in no more room; answers with Comparison
	Suggest  = "suggest"  // the recipe that meets a goal; Progress replies, then Suggestion
	Frontier = "frontier" // what every setting stores and keeps; Progress replies, then Frontier
)

// A Request is what the page asks.
type Request struct {
	ID      int             `json:"id"`
	Do      string          `json:"do"`
	Name    string          `json:"name,omitempty"`    // Open: the file that is the model, among those sent
	Names   []string        `json:"names,omitempty"`   // Open: of all files sent, with their folders
	Hand    bool            `json:"hand,omitempty"`    // Open: the engine is to work for another one
	Layers  []int           `json:"layers,omitempty"`  // Look, Figure: indices into Model.Layers
	Options *recipe.Options `json:"options,omitempty"` // all but Open and Look
	Task    json.RawMessage `json:"task,omitempty"`    // Task: a plan.Task
	Limit   int64           `json:"limit,omitempty"`   // Compare: measure about so many weights
	Goal    *Goal           `json:"goal,omitempty"`    // Suggest
	Lesson  *LessonAsk      `json:"lesson,omitempty"`  // Lesson
	Verify  *VerifyRequest  `json:"verify,omitempty"`  // Verify, Sensitivity
}

// A Reply is what the worker answers. One of the pointers is set, or Error.
type Reply struct {
	ID       int            `json:"id"`
	Final    bool           `json:"final"`
	Error    string         `json:"error,omitempty"`
	Missing  string         `json:"missing,omitempty"` // Open: a file that the model keeps data in, and that was not sent
	Model    *ModelInfo     `json:"model,omitempty"`
	Look     *LookInfo      `json:"look,omitempty"`
	Estimate *EstimateInfo  `json:"estimate,omitempty"`
	Progress *ProgressInfo  `json:"progress,omitempty"`
	Figure   *FigureInfo    `json:"figure,omitempty"`
	Proof    *ProofInfo     `json:"proof,omitempty"`
	Hurt     *HurtInfo      `json:"hurt,omitempty"`
	Report   *report.Report `json:"report,omitempty"` // Run: comes with the result's Blob

	Done json.RawMessage `json:"done,omitempty"` // Task: a plan.Done
	Kept []int           `json:"kept,omitempty"` // Task: the numbers, from 1 on, of parts that are kept until Settle; 0 for others

	Comparison *ComparisonInfo  `json:"comparison,omitempty"`
	Suggestion *SuggestionInfo  `json:"suggestion,omitempty"`
	Frontier   *report.Frontier `json:"frontier,omitempty"`
	FileName   string           `json:"file_name,omitempty"`
	Lesson     *LessonInfo      `json:"lesson,omitempty"`
}

// ModelInfo describes an opened model.
type ModelInfo struct {
	report.Model
	Bytes    int64       `json:"bytes"`
	Guessed  bool        `json:"guessed,omitempty"` // there is no graph: the kinds of layers are told by their names
	Layers   []LayerInfo `json:"layers"`
	Warnings []string    `json:"warnings,omitempty"`
	// Open are the dimensions that its inputs leave open.
	Open []evaluate.Dimension `json:"open,omitempty"`
}

// LayerInfo is one line of the layer table.
type LayerInfo struct {
	Name       string  `json:"name"`
	Op         string  `json:"op"`
	Kind       string  `json:"kind"`
	Shape      []int64 `json:"shape"`
	Parameters int64   `json:"parameters"`
	Type       string  `json:"type"`
	Skipped    string  `json:"skipped,omitempty"`
}

// LookInfo is what a glance at a layer's weights shows.
type LookInfo struct {
	Layer int     `json:"layer"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	Bars  []int64 `json:"bars,omitempty"` // counts in equal bins from Min to Max
	Error string  `json:"error,omitempty"`
}

// EstimateInfo is what a run would make, known before a weight is read.
type EstimateInfo struct {
	BytesAfter    int64    `json:"bytes_after"`
	BitsPerWeight float64  `json:"bits_per_weight"`
	Layers        int      `json:"layers"`             // that would be worked on
	Weights       int64    `json:"weights"`            // in them
	FileName      string   `json:"file_name"`          // of the result
	Warnings      []string `json:"warnings,omitempty"` // what the result will cost that people may not expect
}

// ComparisonInfo holds the options against plain quantization in no more room,
// measured on Weights of the All weights that are worked on.
type ComparisonInfo struct {
	Weights int64        `json:"weights"`
	All     int64        `json:"all"`
	Own     report.Point `json:"own"`
	Plain   report.Point `json:"plain"` // of 0 bits where there is none
}

// A Goal is what a suggested recipe has to meet: one of the two is set.
type Goal struct {
	Budget  float64 `json:"budget,omitempty"`   // at most so many bits per weight
	MinSQNR float64 `json:"min_sqnr,omitempty"` // at least so many dB
}

// SuggestionInfo is a recipe that meets a goal, and what it promises.
type SuggestionInfo struct {
	Recipe        recipe.Options `json:"recipe"`
	BitsPerWeight float64        `json:"bits_per_weight"`
	SQNR          *float64       `json:"sqnr_db"` // nil where nothing is lost
}

// Stages of a unit of work, in order.
const (
	StageLearn  = "learn"  // read the weights, find ranges and clusters
	StageEncode = "encode" // turn weights into codes and check them
	StageWrite  = "write"  // frame the file
)

// ProgressInfo tells how far a run is.
type ProgressInfo struct {
	Stage string  `json:"stage"`
	Unit  int     `json:"unit"` // counted from 0
	Units int     `json:"units"`
	Layer string  `json:"layer"` // its name
	Done  float64 `json:"done"`  // share of the weights, 0 to 1
}

// FigureInfo is what the histogram of a layer shows.
type FigureInfo struct {
	Layer  int     `json:"layer"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Counts []int64 `json:"counts"` // in equal bins from Min to Max
	// Of names the channel that is shown, as "channel 3 of 16", where each has
	// clusters or scales of its own; empty where the whole weight is.
	Of string `json:"of,omitempty"`
	// Bounds are the thresholds between the parts; empty without a split.
	Bounds   []float64   `json:"bounds,omitempty"`
	Centers  []float64   `json:"centers,omitempty"`
	Sizes    []int64     `json:"sizes,omitempty"` // weights in each part
	Levels   [][]float64 `json:"levels"`          // for each part, or of the table, every value it can stand for; null for a part without weights
	Plain    []float64   `json:"plain"`           // levels of plain quantization to the same bits
	Mean     float64     `json:"mean"`
	Std      float64     `json:"std"`
	Kurtosis float64     `json:"kurtosis"` // excess: 0 for a normal distribution, more with outliers
	Note     string      `json:"note,omitempty"`
}
