// Package modelstep is the first step: a model is dropped, chosen or taken
// from the samples, and then folds to one line.
//
// The file input is always there, a real one: the drop zone is its label. What
// is chosen or dropped reaches the page through package browser, since vugu's
// events cannot carry files.
package modelstep

import (
	"strconv"

	"splitquant/ui/state"
)

// View is the step. Sample is called to open the sample.
type View struct {
	S      *state.State
	Sample func()
	GoOn   func()           // opens what was kept on the visit before
	Keep   func(keeps bool) // says whether a model is kept for the next one
}

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool

func (c *View) class() string {
	if c.S.Model == nil {
		return "step model empty"
	}
	return "step model"
}
