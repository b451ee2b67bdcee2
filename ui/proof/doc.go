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
	Size   func(name string, size int64) // of a dimension of generated inputs; 0: as usual
	Static func(bits int)                // of activations in a further variant; 0: none
	Method func(word string)             // how their ranges are found
	Round  func(message.ProofLine)       // chooses the activations of a line, or takes that back
	Table  func(line int)                // shows the confusion matrix of another model
	Turn   func(page int)                // of the rows that differ
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

func (c *View) scales() []string  { return state.Scales }
func (c *View) methods() []string { return state.Methods }

// widths are the bits of activations that can be chosen.
func (c *View) widths() []int { return []int{0, 8, 4} }

func (c *View) pickWidth(event vugu.DOMEvent) {
	if bits, err := strconv.Atoi(event.PropString("target", "value")); err == nil {
		c.Static(bits)
	}
}

// open lists the dimensions that generated inputs need a size for.
func (c *View) open() []evaluate.Dimension {
	if len(c.p().Data) > 0 || c.S.Model == nil {
		return nil
	}
	return c.S.Model.Open[:min(len(c.S.Model.Open), mostOpen)]
}

// mostOpen is how many dimensions are asked for: models with more, such as
// those that keep keys and values of each layer, get what is usual for the rest.
const mostOpen = 8

func (c *View) pickSize(name string, event vugu.DOMEvent) {
	size, err := strconv.ParseInt(event.PropString("target", "value"), 10, 32)
	if err != nil || size < 1 {
		size = 0
	}
	c.Size(name, size)
}

// size is what was said of a dimension, empty for what is usual.
func (c *View) size(name string) string {
	if n, ok := c.p().Sizes[name]; ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// rounded lists the lines whose activations can be chosen.
func (c *View) rounded() (lines []message.ProofLine) {
	for _, l := range c.lines() {
		if static(l) && l.Error == "" && c.p().Info.Ranges != nil {
			lines = append(lines, l)
		}
	}
	return lines
}

// static reports whether a line is of the result with activations in codes.
func static(l message.ProofLine) bool {
	return l.Model == message.Static || l.Model == message.StaticSplit
}

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
