package layers

import (
	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

const (
	textTitle    words.Text = "Layers"
	textEmpty    words.Text = "Open a model to see its layers."
	textNone     words.Text = "This model has no layer with weights. Running it copies the file unchanged."
	textTable    words.Text = "The layers of the model"
	textInclude  words.Text = "Work on"
	textAll      words.Text = "Work on all layers"
	textName     words.Text = "Layer"
	textNote     words.Text = "Note"
	textPrevious words.Text = "Previous"
	textNext     words.Text = "Next"
)

var (
	operator   = words.Operator
	shape      = words.Shape
	parameters = words.Parameters
	span       = words.Range
	values     = words.Values
)

func (c *View) textFold() words.Text {
	if c.S.Folded {
		return "Show layers"
	}
	return "Hide"
}

func (c *View) summary() string {
	n, all := int64(c.S.InUse()), int64(len(c.S.Model.Layers))
	if n == all {
		return words.F("%s, all of them worked on", format.Plural(n, "layer", "layers"))
	}
	return words.F("%s of %s worked on", format.Count(n), format.Plural(all, "layer", "layers"))
}

func textTake(name string) string { return words.F("Work on %s", name) }

func textShow(name string) string { return words.F("Draw %s", name) }

func (c *View) textPage() string {
	n := len(c.S.Model.Layers)
	from, to := state.Rows(n, c.S.Page)
	return words.F("%s to %s of %s", format.Count(int64(from)+1), format.Count(int64(to)), format.Count(int64(n)))
}
