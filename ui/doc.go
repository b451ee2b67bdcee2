// Package ui holds the page: one folder per area of the screen, each a vugu
// component whose markup is in .vugu files, whose Go is beside it and whose
// words, constants of type words.Text, are in texts.go; package words has them
// in the other languages.
//
//	page       the root: what a person can do, and what follows from it
//	header     name, screens, language and theme
//	modelstep  step 1, the file
//	layers     step 2, the table of layers
//	options    beside it, the choices
//	result     step 3, the figures and the table per layer
//	figure     in it, the picture of a layer
//	bar        Run, Cancel, progress, Download
//	learn      the classroom, one file for each lesson
//	about      what the page is
//
// Beneath them lie state (all that the page knows, plain data), route (its
// address), engine (the
// worker, asked one thing at a time), format (numbers for people), words (the
// terms, explained) and browser (the only package here that touches
// JavaScript). Nothing in ui computes with weights.
//
// # What vugu 0.4 asks for
//
// It compares nothing and writes the whole page for each render. So package
// page gives it only what has changed, and of that no more at a time than a
// short task may write: the next render goes on where one stopped, and until the
// last one the document's root says data-drawing. A table has at most 30 rows,
// and what comes in the background (ranges, sparklines, progress) changes the
// document without a render.
//
// It knows elements by their position only. So one that may hold the focus has
// no sibling before it that comes and goes: it would be made anew.
//
// It leaves an element's children in the document when the element has none
// any more. So each has one that stays; the blank between two tags will do.
//
// Its attributes must be shorter than 16 kB, or it never writes again. So
// names, which come from files, are cut to what there is room for.
package ui

//go:generate ../build.sh generate
