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
}

// LessonInfo answers it, in the field that was set.
type LessonInfo struct {
	lesson.Answer
	Cost  *report.Frontier `json:"cost,omitempty"`
	Digit *DigitInfo       `json:"digit,omitempty"`
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
	Ways  []DigitWay `json:"ways"`
	Image []byte     `json:"image,omitempty"` // 28 x 28 pixels, 255 is ink; empty: test digit number Index
	Index int        `json:"index,omitempty"`
	// Measure asks for the answers to all test digits instead.
	Measure bool `json:"measure,omitempty"`
}

// A DigitWay is how the sample is quantized; Bits 0 leaves it in float.
type DigitWay struct {
	Bits     int    `json:"bits,omitempty"`
	Strategy string `json:"strategy,omitempty"`
	Clip     string `json:"clip,omitempty"`
}

// DigitInfo answers a DigitAsk.
type DigitInfo struct {
	Image  []byte        `json:"image,omitempty"`
	Label  int           `json:"label"` // of a test digit, -1 otherwise
	Models []DigitAnswer `json:"models"`
}

// A DigitAnswer is what one model says.
type DigitAnswer struct {
	Probabilities []float64 `json:"probabilities,omitempty"`
	// Says holds, where all test digits were asked for, the answer to each.
	Says          []byte  `json:"says,omitempty"`
	Correct       int     `json:"correct,omitempty"`
	BitsPerWeight float64 `json:"bits_per_weight,omitempty"`
}
