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
	Cost *CostAsk `json:"cost,omitempty"`
}

// LessonInfo answers it, in the field that was set.
type LessonInfo struct {
	lesson.Answer
	Cost *report.Frontier `json:"cost,omitempty"`
}

// CostAsk asks what ways to quantize one layer of such weights would store and
// keep: as many rows as fit.
type CostAsk struct {
	Data  lesson.Data   `json:"data"`
	Rows  int           `json:"rows"`
	Rules []recipe.Rule `json:"rules"`
}
