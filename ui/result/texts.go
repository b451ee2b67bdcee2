package result

import (
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
	textTitle    words.Text = "Result"
	textSize     words.Text = "Size"
	textEmpty    words.Text = "Press Run to quantize the model."
	textNoModel  words.Text = "Open a model, then run."
	textRunning  words.Text = "The run goes on."
	textTable    words.Text = "What became of each layer"
	textLayer    words.Text = "Layer"
	textInclude  words.Text = "Work on, in the next run"
	textNote     words.Text = "Note"
	textBefore   words.Text = "Before"
	textAfter    words.Text = "After"
	textKept     words.Text = "Largest kept"
	textBits     words.Text = "Stored"
	textPlain    words.Text = "SQNR plain"
	textSQNR     words.Text = "SQNR"
	textPrevious words.Text = "Previous"
	textNext     words.Text = "Next"
	textByOrder  words.Text = "order in the model"
	textBySize   words.Text = "size"
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

func (c *View) textWait() words.Text {
	switch {
	case c.S.Running:
		return textRunning
	case c.S.Model == nil:
		return textNoModel
	}
	return textEmpty
}

func (c *View) summary() string {
	return c.describe() + "; " + format.Seconds(c.report().Seconds)
}

func (c *View) describe() string {
	o := c.S.Result.Asked
	s := words.F("split in float, %s", o.Strategy)
	switch {
	case o.Palette != 0:
		s = words.F("palette of %d values, one scale per %s", o.Palette, o.Granularity)
	case !o.Splits():
		s = words.F("%d bits, plain, one scale per %s", o.Bits, o.Granularity)
	case o.Form != "float":
		s = words.F("%d bits, %s, %s, one scale per %s", o.Bits, o.Strategy, o.Form, o.Granularity)
	}
	if own, all := c.own(); own > 0 && own == all {
		return words.F("%d layers, each with a choice of its own", all)
	} else if own > 0 {
		s += words.F(", %d of %d layers with choices of their own", own, all)
	}
	if n := len(o.Exclude); n > 0 {
		s += words.F(", %s left out", format.Plural(int64(n), "layer", "layers"))
	}
	return s
}

// own counts the layers that the run worked on, and those of them that a rule
// was for.
func (c *View) own() (own, all int) {
	o := c.S.Result.Asked
	for i := range c.report().Layers {
		l := &c.report().Layers[i]
		if l.Skipped != "" {
			continue
		}
		all++
		if slices.ContainsFunc(o.Layers, func(r recipe.Rule) bool { return recipe.Match(r.Layer, l.Name) }) {
			own++
		}
	}
	return own, all
}

func (c *View) textOutdated() string {
	return words.F("Figures, table and file are of the last run (%s). Press Run for what is chosen now.", c.describe())
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
	s := words.F("%s of %s weights were left alone", format.Percent(float64(all-worked), float64(all)), format.Count(all))
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		reasons = append(reasons, format.Count(why[reason])+": "+reason)
	}
	const few = 3
	if len(reasons) > few {
		reasons = append(reasons[:few], words.T("and other reasons, see the table"))
	}
	if rest := all - worked - left; rest > 0 {
		reasons = append(reasons, words.F("%s in no layer (normalisations, biases, tables and constants)", format.Count(rest)))
	}
	return s + ": " + strings.Join(reasons, words.T("; ")) + "."
}

func (c *View) size() string {
	r := c.report()
	return format.Bytes(r.BytesBefore) + " → " + format.Bytes(r.BytesAfter)
}

func (c *View) sizeNote() string {
	r := c.report()
	share := format.Percent(float64(r.BytesAfter), float64(r.BytesBefore))
	if r.BitsPerWeight > 0 {
		return words.F("%s of before, %s per weight", share, format.Bits(r.BitsPerWeight))
	}
	return words.F("%s of before", share)
}

func (c *View) noise() string { return format.Decibel(c.report().SQNR, c.report().Exact) }

func (c *View) noiseNote() string {
	r := c.report()
	switch {
	case r.SQNR == nil && !r.Exact:
		return words.T("nothing was quantized")
	case !c.split():
		return words.T("plain quantization")
	case r.Plain == nil:
		return words.T("split")
	}
	return words.F("split; plain %s", format.Decibel(r.Plain, false))
}

func (c *View) kept() string {
	l := state.Largest(c.report().Layers)
	switch {
	case l == nil:
		return format.None
	case c.report().Exact:
		return words.T("kept exactly")
	}
	return format.Real(l.MaxAbs) + " → " + format.Real(l.MaxAbsKept)
}

func (c *View) keptNote() string {
	l := state.Largest(c.report().Layers)
	if l == nil || c.report().Exact {
		return ""
	}
	if !c.split() {
		return words.F("in %s", format.Name(l.Name))
	}
	return words.F("plain %s; in %s", format.Real(l.PlainKept), format.Name(l.Name))
}

func (c *View) needs() string {
	r := c.report()
	var s []string
	if r.Needs != "" {
		s = append(s, words.F("Runs on %s", r.Needs))
	}
	if r.Opset > 0 {
		s = append(s, words.F("opset %d", r.Opset))
	}
	all := strings.Join(s, words.T(", "))
	if r.BytesBeside > 0 {
		all += words.F(". An ONNX file ends at 2 GiB, so the download is a ZIP archive of %s and its data: unpack both into one folder", c.model())
	}
	return all
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
		s = append(s, words.F("same weight as %s", strings.Join(l.SharedWith, words.T(", "))))
	}
	return strings.Join(s, words.T("; "))
}

func textSort(name words.Text) string { return words.F("Sort by %s", words.T(name)) }

func textTake(name string) string { return words.F("Work on %s", name) }

func textShow(name string) string { return words.F("Draw %s", name) }

func (c *View) textPage() string {
	n := len(c.report().Layers)
	from, to := state.Rows(n, c.S.RowPage)
	return words.F("%s to %s of %s", format.Count(int64(from)+1), format.Count(int64(to)), format.Count(int64(n)))
}
