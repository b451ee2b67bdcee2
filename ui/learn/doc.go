// Package learn is the classroom: an hour of lessons about quantization, each
// one screen with something to move, and everything on it computed by package
// core in the worker.
//
// A [Lesson] is data: its texts, what can be set, what is asked of the worker
// for those settings, and how the answer is drawn. All of a lesson is in one
// file, such as outlier.go; the frame around it, which shows texts, controls,
// picture and table alike for all, is [View].
//
// To add a lesson, write such a file and put its variable into [Lessons]. What
// it needs computed goes to package core/lesson, and what its texts are in
// other languages to ui/words/zh_learn.go; tests say what is missing.
package learn

import "splitquant/wasm/message"

// Lessons are all there are, in the order in which they are taught.
var Lessons = []*Lesson{&line, &outlier, &clipping, &clusters, &oneLayer, &scales, &whatItCosts, &chunks, &drawDigit, &typeMessage, &ownModel}

// part names: letters go with colours and patterns wherever parts are shown.
var letters = [...]string{"L", "M", "U"}

// ask is what a lesson asks of the worker.
type ask = message.LessonAsk

// info is what the worker answers, and what was measured beside it.
type info struct {
	message.LessonInfo
	measured measured
}
