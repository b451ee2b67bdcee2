package message

import (
	"splitquant/core/lesson"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// Lesson asks for what a lesson shows; no model need be open.
const Lesson = "lesson"

// LessonAsk is what a lesson wants to know: what package lesson can compute,
// or one of the fields here.
type LessonAsk struct {
	lesson.Ask
	Cost  *CostAsk  `json:"cost,omitempty"`
	Digit *DigitAsk `json:"digit,omitempty"` // of the open model, the sample digits.onnx
	Text  *TextAsk  `json:"text,omitempty"`  // of the open model, the sample spam/model.onnx
	Own   *OwnAsk   `json:"own,omitempty"`   // of the open model, whichever that is
}

// LessonInfo answers it, in the field that was set.
type LessonInfo struct {
	lesson.Answer
	Cost  *report.Frontier `json:"cost,omitempty"`
	Digit *DigitInfo       `json:"digit,omitempty"`
	Text  *TextInfo        `json:"text,omitempty"`
	Own   *OwnInfo         `json:"own,omitempty"`
}

// CostAsk asks what ways to quantize one layer of such weights would store and
// keep: as many rows as fit.
type CostAsk struct {
	Data  lesson.Data   `json:"data"`
	Rows  int           `json:"rows"`
	Rules []recipe.Rule `json:"rules"`
}

// DigitAsk asks the open sample model, and what becomes of it in each way,
// about one image, or how many of the test digits they get right.
type DigitAsk struct {
	Ways  []Way  `json:"ways"`
	Image []byte `json:"image,omitempty"` // 28 x 28 pixels, 255 is ink; empty: test digit number Index
	Index int    `json:"index,omitempty"`
	// Measure asks for the answers to all test digits instead.
	Measure bool `json:"measure,omitempty"`
}

// A Way is how a sample is quantized; Bits 0 leaves it in float.
type Way struct {
	Bits     int    `json:"bits,omitempty"`
	Strategy string `json:"strategy,omitempty"`
	Clip     string `json:"clip,omitempty"`
}

// DigitInfo answers a DigitAsk.
type DigitInfo struct {
	Image  []byte        `json:"image,omitempty"`
	Label  int           `json:"label"` // of a test digit, -1 otherwise
	Models []ModelAnswer `json:"models"`
}

// A ModelAnswer is what one model says, or how often it is right.
type ModelAnswer struct {
	Probabilities []float64 `json:"probabilities,omitempty"`
	// Says holds, where all inputs of the test were asked for, the answer to each.
	Says          []byte  `json:"says,omitempty"`
	Correct       int     `json:"correct,omitempty"`
	BitsPerWeight float64 `json:"bits_per_weight,omitempty"`
}

// TextAsk asks the open sample, and what becomes of it in each way, about a
// text, or how many of the sample's own messages they get right. The files
// vocab.txt and messages.tsv must have been sent with the model.
type TextAsk struct {
	Ways    []Way  `json:"ways"`
	Text    string `json:"text"`
	Measure bool   `json:"measure,omitempty"` // ask about the messages instead
}

// TextInfo answers a TextAsk.
type TextInfo struct {
	Tokens int           `json:"tokens"` // of the text, as the model reads it
	Rows   int           `json:"rows"`   // messages that were measured
	Models []ModelAnswer `json:"models"`
}

// OwnAsk asks for a layer of the open model, by its place among those that
// can be quantized; counting goes round.
type OwnAsk struct {
	Index    int    `json:"index"`
	Bits     int    `json:"bits"`
	Strategy string `json:"strategy"`
}

// OwnInfo answers a OwnAsk.
type OwnInfo struct {
	Model  string      `json:"model"`
	Layer  LayerInfo   `json:"layer"`
	Index  int         `json:"index"`
	Count  int         `json:"count"` // layers that can be quantized
	Figure *FigureInfo `json:"figure"`

	// The layer stored plainly, split, and plainly as well as can be in no more
	// room than the split takes: of 0 bits where it cannot be.
	Plain report.Point `json:"plain"`
	Split report.Point `json:"split"`
	Rival report.Point `json:"rival"`
}
