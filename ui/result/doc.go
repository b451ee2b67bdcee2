// Package result is the third step: what a run made of the model, in three
// figures, and for each layer in a table.
package result

import (
	"strconv"

	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/state"

	"github.com/vugu/vugu"
)

// View is the step; the picture of a layer stands between its two parts.
type View struct {
	S    *state.State
	Show func(layer int) // draws a layer
	Take func(layer int) // takes a layer in, or leaves it out, for the next run
	Sort func(by string)
	Turn func(page int)

	Anywhere func()            // runs again for target any
	Copy     func(text string) // to the clipboard
}

// Table is the second part.
type Table struct{ *View }

func (c *View) visible() bool { return c.S.Result != nil && !c.S.Running }

func (c *View) report() *report.Report { return c.S.Result.Report }

// split reports whether there is a split to compare with plain quantization.
func (c *View) split() bool { return c.S.Result.Asked.Splits() }

// A row is a layer as the table shows it.
type row struct {
	name, sqnr, plain, kept, bits, before, after, note string
	layer                                              int // in the model
	left, chosen, usable, in                           bool
}

func (c *View) rows() []row {
	layers := c.report().Layers
	order := c.S.Sort.Sorted(layers)
	from, to := state.Rows(len(order), c.S.RowPage)
	rows := make([]row, 0, to-from)
	for _, i := range order[from:to] {
		rows = append(rows, c.row(&layers[i]))
	}
	return rows
}

func (c *View) row(l *report.Layer) row {
	r := row{name: format.Name(l.Name), layer: c.S.Find(l.Name), note: note(l), before: bytes(l.BytesBefore), after: bytes(l.BytesAfter)}
	r.usable = r.layer >= 0 && c.S.Usable(r.layer)
	r.in = r.usable && !c.S.Left[r.layer]
	r.chosen = r.layer >= 0 && r.layer == c.S.Chosen
	if l.Skipped != "" {
		r.left = true
		r.sqnr, r.plain, r.kept, r.bits = format.None, format.None, format.None, format.None
		return r
	}
	r.sqnr, r.plain = format.Decibel(l.SQNR, l.Exact), format.Decibel(l.Plain, false)
	r.kept, r.bits = format.Percent(l.MaxAbsKept, l.MaxAbs), format.Bits(l.BitsPerWeight)
	if l.Exact {
		r.kept = "all"
	}
	return r
}

func bytes(n int64) string {
	if n == 0 {
		return format.None
	}
	return format.Bytes(n)
}

// shown is the name, to be broken at its parts.
func (r row) shown() vugu.HTML { return vugu.HTML(format.Breakable(r.name)) }

func (r row) class() string {
	switch {
	case r.chosen:
		return "chosen"
	case r.left:
		return "out"
	}
	return ""
}

// sorted is aria-sort of a column.
func (c *View) sorted(by string) string {
	switch s := c.S.Sort; {
	case s.By != by:
		return "none"
	case (by == state.ByBits || by == state.BySize) != s.Reversed:
		return "descending"
	}
	return "ascending"
}

// TableID names what is scrolled to.
const TableID = "result-table"

// turn shows another page, if there is one.
func (c *View) turn(page int) {
	if page >= 0 && page < c.pages() {
		c.Turn(page)
	}
}

func (c *View) pages() int { return state.Pages(len(c.report().Layers)) }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
