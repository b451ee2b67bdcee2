// Package proof is the fourth step: the original, the result and its rivals
// run side by side, on generated inputs or on the user's data, and what that
// says about them. It also shows which layer hurts most.
//
// What is chosen or dropped reaches the page through package browser, as in
// package modelstep.
package proof

import (
	"strconv"

	"splitquant/core/evaluate"
	"splitquant/ui/state"
	"splitquant/wasm/message"

	"github.com/vugu/vugu"
)

// View is what to run, and on what; Lines and Hurt are what came of it.
type View struct {
	S      *state.State
	Run    func()
	Cancel func()
	Hurts  func() // finds out which layer hurts
	NoData func() // goes back to generated inputs
	Rival  func(name string)
	Scale  func(word string)
	Table  func(line int) // shows the confusion matrix of another model
	Turn   func(page int) // of the rows that differ
	Give   func(bits int, layers ...string)
	Leave  func(layers []string) // leaves layers out, or takes them in again
}

// Lines is the table of the models, and the rows on which they differ.
type Lines struct{ *View }

// Hurt is the chart of the layers.
type Hurt struct{ *View }

// The elements that other packages look for.
const (
	ID      = "proof"
	InputID = "proof-input"
	LinesID = "proof-lines"
	HurtID  = "proof-hurt"
)

func (c *View) p() *state.Proof { return &c.S.Proof }

func (c *View) ready() bool {
	return c.S.Model != nil && c.S.Opening == "" && !c.S.Running && c.p().Doing == "" && c.S.Blocked() == ""
}

func (c *View) busy() bool { return c.p().Doing != "" }

// click runs or cancels: one button, which keeps the focus.
func (c *View) click() {
	switch {
	case c.busy():
		c.Cancel()
	case c.ready():
		c.Run()
	}
}

func (c *View) clickHurts() {
	if c.ready() {
		c.Hurts()
	}
}

func (c *View) goClass() string {
	if c.busy() {
		return "go"
	}
	return "go primary"
}

func (c *View) goID() string {
	if c.busy() {
		return "proof-cancel"
	}
	return "proof-run"
}

// Percent is how far the proof is.
func Percent(s *state.State) int { return int(100 * min(max(s.Proof.Progress, 0), 1)) }

func (c *View) percent() int { return Percent(c.S) }

// labelled reports whether the proof that is shown is on labelled data.
func (c *View) labelled() bool { return c.p().Info != nil && c.p().Info.Rows > 0 }

func (c *View) lines() []message.ProofLine {
	if c.p().Info == nil {
		return nil
	}
	return c.p().Info.Lines
}

func (c *View) images() bool { return state.HasPixels(c.p().Data) }

// matrix returns the line whose confusion matrix is shown, nil without any.
func (c *View) matrix() *message.ProofLine {
	lines := c.lines()
	if i := c.p().Table; i >= 0 && i < len(lines) && lines[i].Score != nil && len(lines[i].Confusion) <= mostClasses {
		return &lines[i]
	}
	return nil
}

// mostClasses is how many fit into a matrix that people can read.
const mostClasses = 20

// A cell of the confusion matrix.
type cell struct{ count, class string }

func (c *View) cells(label int) []cell {
	row := c.matrix().Confusion[label]
	cells := make([]cell, len(row))
	for answer, n := range row {
		cells[answer] = cell{strconv.Itoa(n), "n"}
		switch {
		case answer == label:
			cells[answer].class = "n right"
		case n == 0:
			cells[answer].class = "n muted"
		}
	}
	return cells
}

// perPage is how many rows that differ are shown at once.
const perPage = 10

func (c *View) differ() []evaluate.Row {
	all := c.p().Info.Differ
	from := min(c.p().Page*perPage, len(all))
	return all[from:min(from+perPage, len(all))]
}

func (c *View) pages() int { return (len(c.p().Info.Differ) + perPage - 1) / perPage }

func (c *View) turn(page int) {
	if page >= 0 && page < c.pages() {
		c.Turn(page)
	}
}

// mostBars is how many layers the chart shows.
const mostBars = 20

func (c *View) bars() []evaluate.Sensitive {
	if c.p().Hurt == nil {
		return nil
	}
	all := c.p().Hurt.Layers
	return all[:min(len(all), mostBars)]
}

func (c *View) left(layer string) bool { return c.S.LayerBits(layer) == 0 }

func (c *View) eight(layer string) bool { return c.S.LayerBits(layer) == 8 }

// giveEight gives layers 8 bits, or takes that back.
func (c *View) giveEight(layers []string) {
	if c.eight(layers[0]) {
		c.Give(0, layers...)
		return
	}
	c.Give(8, layers...)
}

func (c *View) giveWorst() {
	if worst := c.S.WorstLayers(2); len(worst) > 0 {
		c.Give(8, worst...)
	}
}

// pickTable shows the confusion matrix of the model that was picked.
func (c *View) pickTable(event vugu.DOMEvent) {
	if i, err := strconv.Atoi(event.PropString("target", "value")); err == nil {
		c.Table(i)
	}
}

func (c *View) scales() []string { return state.Scales }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
