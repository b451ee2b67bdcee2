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
	"splitquant/ui/words"

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
	switch {
	case c.S.Figure == nil:
		return "plot none"
	case c.S.Drawing:
		return "plot waits"
	}
	return "plot"
}

// turn draws another layer, if there is one.
func (c *View) turn(layer int) {
	if layer >= 0 && layer < len(c.S.Model.Layers) {
		c.Show(layer)
	}
}

// ahead reports whether the picture shows other options than the result.
func (c *View) ahead() bool { return c.S.Outdated() && c.S.Figure != nil && !c.S.Running }

func (c *View) drawing() vugu.HTML {
	if c.S.Figure == nil {
		return ""
	}
	return vugu.HTML(Draw(c.S.Figure, labels(c.S.For(c.S.Chosen)), widths[c.S.Room], c.S.Linear))
}

// A part is one line of the legend.
type part struct {
	letter, class, name, text string
}

// most is how many parts the legend lists; more are in the table only.
const most = 4

func (c *View) parts() []part {
	f := c.S.Figure
	if f == nil || len(f.Bounds) == 0 || len(f.Sizes) != len(f.Bounds)+1 || len(f.Sizes) > most {
		return nil
	}
	var all int64
	for _, n := range f.Sizes {
		all += n
	}
	var parts []part
	for i, n := range f.Sizes {
		parts = append(parts, part{
			letterOf(i, len(f.Sizes)), "swatch " + classOf(i, len(f.Sizes)), nameOf(i, len(f.Sizes)),
			textPart(f.Bounds, i) + ", " + format.Percent(float64(n), float64(all)),
		})
	}
	return parts
}

// Parts are told apart by letter as well as by colour: lower, middle, upper.
// Where there are more than three, those between are numbered.
var (
	letters = [...]string{"L", "M", "U"}
	classes = [...]string{"part-l", "part-m", "part-u"}
)

// kindOf is 0 for the lowest of n parts, 2 for the highest, 1 for those between.
func kindOf(i, n int) int {
	switch i {
	case 0:
		return 0
	case n - 1:
		return 2
	}
	return 1
}

func classOf(i, n int) string { return classes[kindOf(i, n)] }

func letterOf(i, n int) string {
	if k := kindOf(i, n); k != 1 || n <= len(letters) {
		return letters[k]
	}
	return letters[1] + strconv.Itoa(i)
}

func nameOf(i, n int) string { return words.T(partNames[kindOf(i, n)]) }

// railOf is how the levels of part i are drawn, with so many bounds between
// parts and so many rails below each other: those of the digits of a
// residual code and of a table belong to no range of weights.
func railOf(bounds, rails, i int) (class, letter string) {
	switch {
	case bounds > 0:
		return classOf(i, bounds+1), letterOf(i, bounds+1)
	case rails > 1:
		return "ink", strconv.Itoa(i + 1)
	}
	return "ink", ""
}

func (c *View) table() vugu.HTML { return vugu.HTML(Table(c.S.Figure)) }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
