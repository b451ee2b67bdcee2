// Package ui holds the page: one folder per area of the screen, each a vugu
// component whose markup is in .vugu files, whose Go is beside it and whose
// words are in texts.go.
//
//	page       the root: what a person can do, and what follows from it
//	header     name and theme
//	modelstep  step 1, the file
//	layers     step 2, the table of layers
//	options    beside it, the choices
//	result     step 3, the figures and the table per layer
//	figure     in it, the picture of a layer
//	bar        Run, Cancel, progress, Download
//
// Beneath them lie state (all that the page knows, plain data), engine (the
// worker, asked one thing at a time), format (numbers for people), words (the
// terms, explained) and browser (the only package here that touches
// JavaScript). Nothing in ui computes with weights.
//
// vugu writes the whole page anew for each render. So there are few elements,
// at most 30 rows of a table, and what comes in the background (ranges,
// sparklines, progress) changes the document without a render. An element that
// may hold the focus has no sibling before it that comes and goes: vugu tells
// elements apart by their position only, and would make it anew.
package ui

//go:generate go tool vugugen -skip-go-mod -skip-main header modelstep layers options result figure bar page
