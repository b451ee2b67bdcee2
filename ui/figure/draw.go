package figure

import (
	"fmt"
	"html"
	"math"
	"sort"
	"strconv"
	"strings"

	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// The widths that a drawing is made for, in CSS pixels: a column beside the
// options, a narrower one, and a phone.
const (
	wide   = 860
	middle = 590
	narrow = 360
)

var widths = map[state.Room]int{state.Wide: wide, state.Middle: middle, state.Narrow: narrow}

// Lengths in CSS pixels.
const (
	left, right = 46, 14
	titleHeight = 26
	plotHeight  = 124
	railHeight  = 17
	axisHeight  = 30
)

// maxLines is the most levels that are drawn through the histogram; more
// would hide it, and are marked below it only.
const maxLines = 64

// A canvas is a drawing on its way.
type canvas struct {
	strings.Builder
	f            *message.FigureInfo
	width        int
	linear       bool
	lo, hi, most float64 // what the axes span
	y            int     // where the next panel starts
}

// Draw returns the figure as SVG: a panel for plain quantization with the first
// label, and one for the split or the table if there is a second. The axis
// spans the weights, and the levels that any of them is rounded to; levels that
// lie farther out are left away.
func Draw(f *message.FigureInfo, labels []string, width int, linear bool) string {
	c := &canvas{f: f, width: width, linear: linear}
	plain, levels := inReach(f, f.Plain), make([][]float64, len(f.Levels))
	for i := range levels {
		levels[i] = inReach(f, f.Levels[i])
	}
	c.lo, c.hi = f.Min, f.Max
	for _, l := range append([][]float64{plain}, levels...) {
		if n := len(l); n > 0 {
			c.lo, c.hi = min(c.lo, l[0]), max(c.hi, l[n-1])
		}
	}
	for _, n := range f.Counts {
		c.most = max(c.most, float64(n))
	}
	if !(c.lo < c.hi) || c.most == 0 {
		return ""
	}
	c.panel(labels[0], [][]float64{plain}, nil, countLevels([][]float64{f.Plain}))
	c.xAxis()
	if len(labels) > 1 {
		c.panel(labels[1], levels, f.Bounds, countLevels(f.Levels))
		c.xAxis()
	}
	return fmt.Sprintf(`<svg viewBox="0 0 %d %d" aria-hidden="true">%s</svg>`, width, c.y, c.String())
}

// inReach returns the levels that a weight between the smallest and the
// largest can be rounded to: the nearest ones of these two, and all between.
func inReach(f *message.FigureInfo, levels []float64) []float64 {
	first, last := 0, len(levels)
	for first+1 < last && (levels[first]+levels[first+1])/2 < f.Min {
		first++
	}
	for last-1 > first && (levels[last-2]+levels[last-1])/2 > f.Max {
		last--
	}
	return levels[first:last]
}

// panel draws a title, the histogram, the levels through it and on rails
// below, and the boundaries.
func (c *canvas) panel(title string, levels [][]float64, bounds []float64, count string) {
	c.text(left-6, c.y+15, "axis", "end", words.T(textCount))
	c.text(left, c.y+15, "title", "start", title)
	c.text(c.width-right, c.y+15, "axis", "end", count)
	top := c.y + titleHeight
	bottom := top + plotHeight
	c.counts(top, bottom)
	c.bars(bottom, bounds)
	lines := 0
	for _, l := range levels {
		lines += len(l)
	}
	for i, l := range levels {
		rail := bottom + railHeight*i + railHeight/2 + 3
		class, letter := railOf(len(bounds), len(levels), i)
		if lines <= maxLines {
			c.lines("level", l, top, rail)
		}
		c.rail(class, letter, l, rail)
	}
	for _, b := range bounds {
		x := c.x(b)
		fmt.Fprintf(c, `<line class="bound" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, top-8, bottom)
	}
	if len(bounds) > 0 {
		c.mark(bounds, top)
	}
	fmt.Fprintf(c, `<line class="base" x1="%d" x2="%d" y1="%d" y2="%d"/>`, left, c.width-right, bottom, bottom)
	c.y = bottom + railHeight*len(levels) + 4
}

// x scales a weight to pixels.
func (c *canvas) x(v float64) float64 {
	return left + (v-c.lo)/(c.hi-c.lo)*float64(c.width-left-right)
}

// height scales a count to pixels.
func (c *canvas) height(n float64) float64 {
	if c.linear {
		return plotHeight * n / c.most
	}
	return plotHeight * math.Log1p(n) / math.Log1p(c.most)
}

// bars draws the histogram, in the colours of the parts where there are
// boundaries.
func (c *canvas) bars(bottom int, bounds []float64) {
	paths := map[string]*strings.Builder{}
	bin := (c.f.Max - c.f.Min) / float64(len(c.f.Counts))
	for i, n := range c.f.Counts {
		if n == 0 {
			continue
		}
		from := c.f.Min + bin*float64(i)
		class := "whole"
		if len(bounds) > 0 {
			class = classOf(partOf(from+bin/2, bounds), len(bounds)+1)
		}
		if paths[class] == nil {
			paths[class] = &strings.Builder{}
		}
		x, h := c.x(from), max(1, c.height(float64(n)))
		fmt.Fprintf(paths[class], "M%.1f %dv%.1fH%.1fV%dz", x, bottom, -h, c.x(from+bin), bottom)
	}
	for _, class := range append([]string{"whole"}, classes[:]...) {
		if p := paths[class]; p != nil {
			fmt.Fprintf(c, `<path class="%s" d="%s"/>`, class, p)
		}
	}
}

// partOf returns the part that a weight belongs to.
func partOf(v float64, bounds []float64) int {
	i := sort.SearchFloat64s(bounds, v)
	if i < len(bounds) && i > 0 && bounds[i] == v { // only the lowest part has its upper bound
		i++
	}
	return i
}

// counts draws the axis of the counts.
func (c *canvas) counts(top, bottom int) {
	for _, n := range countTicks(c.most, c.linear) {
		y := float64(bottom) - c.height(n)
		if y < float64(top)-1 {
			continue
		}
		fmt.Fprintf(c, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, c.width-right, y, y)
		c.text(left-6, int(y)+4, "axis", "end", shortCount(n))
	}
}

// lines draws one path of vertical lines.
func (c *canvas) lines(class string, levels []float64, from, to int) {
	fmt.Fprintf(c, `<path class="%s" d="`, class)
	for _, l := range levels {
		fmt.Fprintf(c, "M%.1f %dV%d", c.x(l), from, to)
	}
	c.WriteString(`"/>`)
}

// rail draws the levels of one part below the histogram.
func (c *canvas) rail(class, letter string, levels []float64, y int) {
	if len(levels) == 0 {
		return
	}
	c.text(left-6, y+4, "letter", "end", letter)
	fmt.Fprintf(c, `<line class="rail" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, c.x(levels[0]), c.x(levels[len(levels)-1]), y, y)
	if len(levels) > maxLines/3 {
		c.lines("tick "+class, levels, y-4, y+4)
		return
	}
	for _, l := range levels {
		fmt.Fprintf(c, `<circle class="%s" cx="%.1f" cy="%d" r="4"/>`, class, c.x(l), y)
	}
}

// mark writes the letter of each part above it, moved apart where parts are
// too narrow.
func (c *canvas) mark(bounds []float64, top int) {
	apart := 20.0
	if len(bounds) >= len(letters) { // letters with numbers
		apart = 28
	}
	ends := append(append([]float64{c.lo}, bounds...), c.hi)
	at := make([]float64, len(bounds)+1)
	for i := range at {
		at[i] = (c.x(ends[i]) + c.x(ends[i+1])) / 2
		if i > 0 {
			at[i] = max(at[i], at[i-1]+apart)
		}
	}
	at[len(at)-1] = min(at[len(at)-1], float64(c.width-right))
	for i := len(at) - 2; i >= 0; i-- {
		at[i] = min(at[i], at[i+1]-apart)
	}
	for i, x := range at {
		letter := letterOf(i, len(at))
		chip := 9 + 8*len(letter)
		fmt.Fprintf(c, `<rect class="chip %s" x="%.1f" y="%d" width="%d" height="17" rx="4"/>`, classOf(i, len(at)), x-float64(chip)/2, top-3, chip)
		c.text(int(x+0.5), top+10, "letter", "middle", letter)
	}
}

// xAxis draws the axis of the weights below a panel: the same for all.
func (c *canvas) xAxis() {
	n := 8
	if c.width < wide {
		n = 4
	}
	step := niceStep(c.hi-c.lo, n)
	decimals := max(0, -int(math.Floor(math.Log10(step))))
	y := c.y + 4
	for v := math.Ceil(c.lo/step) * step; v <= c.hi; v += step {
		x := c.x(v)
		fmt.Fprintf(c, `<line class="base" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, y-4, y)
		c.text(int(x+0.5), y+14, "axis", "middle", tick(v, decimals))
	}
	fmt.Fprintf(c, `<line class="base" x1="%d" x2="%d" y1="%d" y2="%d"/>`, left, c.width-right, y-4, y-4)
	c.y += axisHeight
}

func (c *canvas) text(x, y int, class, anchor, s string) {
	if s != "" {
		fmt.Fprintf(c, `<text class="%s" x="%d" y="%d" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(s))
	}
}

func tick(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return "0"
	}
	return strings.Replace(s, "-", "\u2212", 1)
}

// niceStep divides a span in about n steps of 1, 2 or 5 times a power of ten.
func niceStep(span float64, n int) float64 {
	power := math.Pow(10, math.Floor(math.Log10(span/float64(n))))
	for _, m := range []float64{1, 2, 5} {
		if span/(m*power) <= float64(n) {
			return m * power
		}
	}
	return 10 * power
}

// countTicks returns the counts that the axis names.
func countTicks(most float64, linear bool) []float64 {
	var ticks []float64
	if !linear {
		for n := 1.0; n <= most; n *= 10 {
			ticks = append(ticks, n)
		}
		return ticks
	}
	step := max(1, niceStep(most, 4))
	for n := step; n <= most; n += step {
		ticks = append(ticks, n)
	}
	return ticks
}

// shortCount writes 20000 as 20k.
func shortCount(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if n >= unit.size {
			return strconv.FormatFloat(n/unit.size, 'g', 3, 64) + unit.name
		}
	}
	return strconv.FormatFloat(n, 'g', 3, 64)
}

// countLevels says how many levels there are, empty parts left out.
func countLevels(levels [][]float64) string {
	n, parts := 0, 0
	for _, l := range levels {
		if len(l) > 0 {
			n, parts = len(l), parts+1
		}
	}
	switch {
	case n == 0:
		return ""
	case parts == 1:
		return format.Plural(int64(n), "level", "levels")
	}
	return fmt.Sprintf("%d × %s", parts, format.Plural(int64(n), "level", "levels"))
}
