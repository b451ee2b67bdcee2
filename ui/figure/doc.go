// Package figure draws a layer: the histogram of its weights twice, over the
// levels of plain quantization and over those of the split, on the same axes,
// since a scale of its own for each would hide what there is to see.
//
// The drawing is one string of SVG. Behind it is a table with the same
// numbers.
package figure

import (
	"strconv"

	"splitquant/ui/format"
	"splitquant/ui/state"

	"github.com/vugu/vugu"
)

// View is the picture of the chosen layer.
type View struct {
	S       *state.State
	Show    func(layer int)    // draws another layer
	Linear  func(linear bool)  // sets the axis of the counts
	Numbers func(numbers bool) // shows the table
}

func (c *View) visible() bool {
	return c.S.Model != nil && c.S.Chosen >= 0 && c.S.Chosen < len(c.S.Model.Layers)
}

func (c *View) title() string { return format.Name(c.S.Model.Layers[c.S.Chosen].Name) }

func (c *View) shown() vugu.HTML { return vugu.HTML(format.Breakable(c.title())) }

func (c *View) kind() string {
	l := &c.S.Model.Layers[c.S.Chosen]
	return l.Op + ", " + format.Shape(l.Shape)
}

func (c *View) class() string {
	if c.S.Drawing {
		return "plot waits"
	}
	return "plot"
}

func (c *View) drawing() vugu.HTML {
	if c.S.Figure == nil {
		return ""
	}
	width := wide
	if c.S.Narrow {
		width = narrow
	}
	return vugu.HTML(Draw(c.S.Figure, [2]string{textPlain(c.S.Options), textSplit(c.S.Options)}, width, c.S.Linear))
}

// A part is one line of the legend.
type part struct {
	letter, class, name, text string
}

func (c *View) parts() []part {
	f := c.S.Figure
	if f == nil || len(f.Bounds) != 2 || len(f.Sizes) != 3 {
		return nil
	}
	all := f.Sizes[0] + f.Sizes[1] + f.Sizes[2]
	var parts []part
	for i := range f.Sizes {
		parts = append(parts, part{
			letters[i], "swatch " + classes[i], partNames[i],
			textPart(f.Bounds, i) + ", " + format.Percent(float64(f.Sizes[i]), float64(all)),
		})
	}
	return parts
}

// The parts in order, told apart by letter as well as by colour.
var (
	letters = [...]string{"L", "M", "U"}
	classes = [...]string{"part-l", "part-m", "part-u"}
)

func (c *View) table() vugu.HTML { return vugu.HTML(Table(c.S.Figure)) }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
