// Package rows is what a set of labelled data is to those who run models on
// it, whatever file it came from: package dataset reads the files. It stands
// alone, so that the page, which shows what came of a set, holds no reader.
package rows

import (
	"slices"

	"splitquant/core/ort"
)

// A Set is rows to try a model on, most often with the class of each.
type Set interface {
	Len() int
	// Label returns the class of a row, or -1 where the set has none.
	Label(row int) int
	// Classes returns the names of the classes; nil where labels are numbers.
	Classes() []string
	// Size returns how much a row is for a model, in tokens or so many.
	Size(row int) int
	// Title returns what a person knows the row by: its text, the name of a file.
	Title(row int) string
	// Inputs makes the inputs of a model of some rows, in one batch.
	Inputs(rows []int, wants []ort.Info) (map[string]ort.Value, error)
}

// Labelled reports whether all rows have labels.
func Labelled(s Set) bool {
	for row := range s.Len() {
		if s.Label(row) < 0 {
			return false
		}
	}
	return true
}

// mostRows of a batch: more are no faster.
const mostRows = 64

// Batches orders the rows by size, so that neighbours need little padding, and
// cuts them into batches of at most size, padding included, or one row.
func Batches(s Set, size int) (batches [][]int) {
	rows := make([]int, s.Len())
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int { return s.Size(a) - s.Size(b) })
	start := 0
	for i, row := range rows {
		// The last one is the largest so far: all are padded to it.
		if n := i - start; n == mostRows || n > 0 && (n+1)*s.Size(row) > size {
			batches = append(batches, rows[start:i])
			start = i
		}
	}
	if start < len(rows) {
		batches = append(batches, rows[start:])
	}
	return batches
}

// Thin returns a set of n rows of s, evenly spread, or s itself where n is 0 or
// not less than its rows.
func Thin(s Set, n int) Set {
	if n <= 0 || n >= s.Len() {
		return s
	}
	return thinned{s, n}
}

type thinned struct {
	Set
	n int
}

func (t thinned) of(row int) int       { return row * t.Set.Len() / t.n }
func (t thinned) Len() int             { return t.n }
func (t thinned) Label(row int) int    { return t.Set.Label(t.of(row)) }
func (t thinned) Size(row int) int     { return t.Set.Size(t.of(row)) }
func (t thinned) Title(row int) string { return t.Set.Title(t.of(row)) }
func (t thinned) Inputs(rows []int, wants []ort.Info) (map[string]ort.Value, error) {
	of := make([]int, len(rows))
	for i, row := range rows {
		of[i] = t.of(row)
	}
	return t.Set.Inputs(of, wants)
}
