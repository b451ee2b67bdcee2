package layers

import (
	"fmt"

	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

const (
	textTitle    = "Layers"
	textEmpty    = "Open a model to see its layers."
	textNone     = "This model has no layer with weights. Running it copies the file unchanged."
	textTable    = "The layers of the model"
	textInclude  = "Work on"
	textAll      = "Work on all layers"
	textName     = "Layer"
	textNote     = "Note"
	textPrevious = "Previous"
	textNext     = "Next"
)

var (
	operator   = words.Operator
	shape      = words.Shape
	parameters = words.Parameters
	span       = words.Range
	values     = words.Values
)

func (c *View) textFold() string {
	if c.S.Folded {
		return "Show layers"
	}
	return "Hide"
}

func (c *View) summary() string {
	n, all := int64(c.S.InUse()), int64(len(c.S.Model.Layers))
	if n == all {
		return format.Plural(n, "layer", "layers") + ", all of them worked on"
	}
	return fmt.Sprintf("%s of %s worked on", format.Count(n), format.Plural(all, "layer", "layers"))
}

func textTake(name string) string { return "Work on " + name }

func textShow(name string) string { return "Draw " + name }

func (c *View) textPage() string {
	n := len(c.S.Model.Layers)
	from, to := state.Rows(n, c.S.Page)
	return fmt.Sprintf("%s to %s of %s", format.Count(int64(from)+1), format.Count(int64(to)), format.Count(int64(n)))
}
