// Package layers is the second step: the table of the model's layers, of which
// the person leaves out what is not to be worked on, or picks one to look at.
//
// Range and sparkline come later, one layer at a time. Package browser puts
// them into the cells that [SpanID], [SparkID] and [NoteID] name, without a
// render; the next render writes the same.
package layers

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/vugu/vugu"

	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/wasm/message"
)

// View is the step.
type View struct {
	S    *state.State
	Take func(layer int)   // takes a layer in, or leaves it out
	All  func(in bool)     // the same for all layers
	Show func(layer int)   // draws a layer
	Turn func(page int)    // shows another page of the table
	Fold func(folded bool) // shows the heading only, or all
	Aim  func(layer int)   // makes choices for a layer

	Kind func(layer int, kind string) // says what a layer is, where its file does not
}

// A row is a layer as the table shows it.
type row struct {
	layer              int
	name, op, shape    string
	parameters         string
	span, spark, note  vugu.HTML
	choice             string
	in, usable, chosen bool
}

func (c *View) rows() []row {
	from, to := state.Rows(len(c.S.Model.Layers), c.S.Page)
	rows := make([]row, 0, to-from)
	for i := from; i < to; i++ {
		l := &c.S.Model.Layers[i]
		r := row{
			layer: i, name: format.Name(l.Name), op: l.Op, shape: format.Shape(l.Shape), parameters: format.Count(l.Parameters),
			note: vugu.HTML(html.EscapeString(l.Skipped)), in: c.S.Usable(i) && !c.S.Left[i], usable: c.S.Usable(i), chosen: i == c.S.Chosen, choice: c.choice(i),
		}
		if look, seen := c.S.Looks[i]; seen {
			r.span, r.spark, r.note = Span(look), Spark(look), Note(l, look)
		}
		rows = append(rows, r)
	}
	return rows
}

// shown is the name, to be broken at its parts.
func (r row) shown() vugu.HTML { return vugu.HTML(format.Breakable(r.name)) }

func (r row) class() string {
	switch {
	case r.chosen:
		return "chosen"
	case !r.in:
		return "out"
	}
	return ""
}

// SpanID, SparkID and NoteID name the cells of a layer.
func SpanID(layer int) string  { return "span-" + strconv.Itoa(layer) }
func SparkID(layer int) string { return "spark-" + strconv.Itoa(layer) }
func NoteID(layer int) string  { return "note-" + strconv.Itoa(layer) }

// TableID names what scrolls the table.
const TableID = "layers-table"

// Note is the content of the cell for the note: why the layer is left alone,
// or cannot be looked at.
func Note(l *message.LayerInfo, look message.LookInfo) vugu.HTML {
	s := html.EscapeString(l.Skipped)
	if look.Error != "" && l.Skipped == "" {
		s = `<span class="bad">` + html.EscapeString(look.Error) + `</span>`
	}
	return vugu.HTML(s)
}

// Span is the content of the cell for the range.
func Span(l message.LookInfo) vugu.HTML {
	if l.Error != "" {
		return format.None
	}
	return vugu.HTML(html.EscapeString(format.Range(l.Min, l.Max)))
}

const sparkWidth, sparkHeight = 72, 22

// Spark draws the counts as one path, on a logarithmic scale so that a few
// outliers are still seen.
func Spark(l message.LookInfo) vugu.HTML {
	most := int64(0)
	for _, n := range l.Bars {
		most = max(most, n)
	}
	if most == 0 {
		return ""
	}
	var path strings.Builder
	width := float64(sparkWidth) / float64(len(l.Bars))
	for i, n := range l.Bars {
		if n > 0 {
			h := max(1.5, sparkHeight*math.Log1p(float64(n))/math.Log1p(float64(most)))
			fmt.Fprintf(&path, "M%.1f %dv%.1fh%.1fV%dz", float64(i)*width, sparkHeight, -h, width, sparkHeight)
		}
	}
	return vugu.HTML(fmt.Sprintf(`<svg class="spark" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true"><path d="%s"/></svg>`,
		sparkWidth, sparkHeight, sparkWidth, sparkHeight, path.String()))
}

// turn shows another page, if there is one: the buttons for it keep the focus
// at the ends, as disabled ones would not.
func (c *View) turn(page int) {
	if page >= 0 && page < c.pages() {
		c.Turn(page)
	}
}

func (c *View) pages() int { return state.Pages(len(c.S.Model.Layers)) }

// allIn and someIn are the full and the half state of the box for all.
func (c *View) allIn() bool  { return len(c.S.Left) == 0 && c.S.InUse() > 0 }
func (c *View) someIn() bool { return len(c.S.Left) > 0 && c.S.InUse() > 0 }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
