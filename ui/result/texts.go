package result

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

const (
	textTitle    = "Result"
	textSize     = "Size"
	textEmpty    = "Press Run to quantize the model."
	textNoModel  = "Open a model, then run."
	textRunning  = "The run goes on."
	textTable    = "What became of each layer"
	textLayer    = "Layer"
	textInclude  = "Work on, in the next run"
	textNote     = "Note"
	textBefore   = "Before"
	textAfter    = "After"
	textKept     = "Largest kept"
	textBits     = "Stored"
	textPlain    = "SQNR plain"
	textSQNR     = "SQNR"
	textPrevious = "Previous"
	textNext     = "Next"
	textByOrder  = "order in the model"
	textBySize   = "size"
)

// What the columns are sorted by.
const (
	orderAs = state.ByOrder
	damage  = state.ByDamage
	byPlain = state.ByPlain
	byBits  = state.ByBits
	bySize  = state.BySize
)

var (
	sqnr       = words.SQNR
	plain      = words.Plain
	outlier    = words.Outlier
	bitsWeight = words.BitsWeight
)

func (c *View) textWait() string {
	switch {
	case c.S.Running:
		return textRunning
	case c.S.Model == nil:
		return textNoModel
	}
	return textEmpty
}

func (c *View) summary() string {
	o := c.S.Result.Asked
	return describe(o) + "; " + format.Seconds(c.report().Seconds)
}

func describe(o recipe.Options) string {
	s := "split in float, " + o.Strategy
	switch {
	case o.Palette != 0:
		s = fmt.Sprintf("palette of %d values, one scale per %s", o.Palette, o.Granularity)
	case !o.Splits():
		s = fmt.Sprintf("%d bits, plain, one scale per %s", o.Bits, o.Granularity)
	case o.Form != "float":
		s = fmt.Sprintf("%d bits, %s, %s, one scale per %s", o.Bits, o.Strategy, o.Form, o.Granularity)
	}
	if n := len(o.Exclude); n > 0 {
		s += ", " + format.Plural(int64(n), "layer", "layers") + " left out"
	}
	return s
}

func (c *View) textOutdated() string {
	return "Figures, table and file are of the last run (" + describe(c.S.Result.Asked) + "). Press Run for what is chosen now."
}

// alone says how much of the model was left alone, and why: what a size that
// hardly changes comes of. It is empty where that is next to nothing.
func (c *View) alone() string {
	r := c.report()
	var worked, left int64
	why := map[string]int64{}
	seen := map[string]bool{} // layers whose weight was counted with another's
	for i := range r.Layers {
		l := &r.Layers[i]
		if seen[l.Name] {
			continue
		}
		for _, other := range l.SharedWith {
			seen[other] = true
		}
		if l.Skipped == "" {
			worked += l.Parameters
			continue
		}
		left += l.Parameters
		why[l.Skipped] += l.Parameters
	}
	all := max(r.Model.Parameters, worked+left)
	if 20*(all-worked) < all {
		return ""
	}
	s := fmt.Sprintf("%s of %s weights were left alone", format.Percent(float64(all-worked), float64(all)), format.Count(all))
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		reasons = append(reasons, format.Count(why[reason])+": "+reason)
	}
	const few = 3
	if len(reasons) > few {
		reasons = append(reasons[:few], "and other reasons, see the table")
	}
	if rest := all - worked - left; rest > 0 {
		reasons = append(reasons, format.Count(rest)+" in no layer (normalisations, biases, tables and constants)")
	}
	return s + ": " + strings.Join(reasons, "; ") + "."
}

func (c *View) size() string {
	r := c.report()
	return format.Bytes(r.BytesBefore) + " → " + format.Bytes(r.BytesAfter)
}

func (c *View) sizeNote() string {
	r := c.report()
	s := format.Percent(float64(r.BytesAfter), float64(r.BytesBefore)) + " of before"
	if r.BitsPerWeight > 0 {
		s += ", " + format.Bits(r.BitsPerWeight) + " per weight"
	}
	return s
}

func (c *View) noise() string { return format.Decibel(c.report().SQNR, c.report().Exact) }

func (c *View) noiseNote() string {
	r := c.report()
	switch {
	case r.SQNR == nil && !r.Exact:
		return "nothing was quantized"
	case !c.split():
		return "plain quantization"
	case r.Plain == nil:
		return "split"
	}
	return "split; plain " + format.Decibel(r.Plain, false)
}

func (c *View) kept() string {
	l := state.Largest(c.report().Layers)
	switch {
	case l == nil:
		return format.None
	case c.report().Exact:
		return "kept exactly"
	}
	return format.Real(l.MaxAbs) + " → " + format.Real(l.MaxAbsKept)
}

func (c *View) keptNote() string {
	l := state.Largest(c.report().Layers)
	if l == nil || c.report().Exact {
		return ""
	}
	if !c.split() {
		return "in " + format.Name(l.Name)
	}
	return "plain " + format.Real(l.PlainKept) + "; in " + format.Name(l.Name)
}

func (c *View) needs() string {
	r := c.report()
	var s []string
	if r.Needs != "" {
		s = append(s, "Runs on "+r.Needs)
	}
	if r.Opset > 0 {
		s = append(s, fmt.Sprintf("opset %d", r.Opset))
	}
	return strings.Join(s, ", ")
}

// note is what there is to say about a layer beside its figures.
func note(l *report.Layer) string {
	var s []string
	for _, t := range []string{l.Skipped, l.Note} {
		if t != "" {
			s = append(s, t)
		}
	}
	if len(l.SharedWith) > 0 {
		s = append(s, "same weight as "+strings.Join(l.SharedWith, ", "))
	}
	return strings.Join(s, "; ")
}

func textSort(name string) string { return "Sort by " + name }

func textTake(name string) string { return "Work on " + name }

func textShow(name string) string { return "Draw " + name }

func (c *View) textPage() string {
	n := len(c.report().Layers)
	from, to := state.Rows(n, c.S.RowPage)
	return fmt.Sprintf("%s to %s of %s", format.Count(int64(from)+1), format.Count(int64(to)), format.Count(int64(n)))
}
