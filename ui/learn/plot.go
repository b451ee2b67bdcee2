package learn

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"splitquant/ui/format"
)

// A plot is a drawing on its way: values to the right, one thing below the
// other. It starts with what every drawing may need.
type plot struct {
	strings.Builder
	width, height int
	lo, hi        float64 // what the axis spans
	left, right   int     // free to both sides
}

// newPlot starts a drawing of the values from lo to hi.
func newPlot(width int, lo, hi float64) *plot {
	return &plot{width: width, lo: lo, hi: hi, left: 30, right: 20}
}

// svg ends the drawing.
func (p *plot) svg() string {
	return fmt.Sprintf(`<svg viewBox="0 0 %d %d" class="drawn" aria-hidden="true">%s%s</svg>`, p.width, p.height, patterns, p.String())
}

// patterns tell the parts apart without colour: lines one way, none, lines the
// other way.
const patterns = `<defs>` +
	`<pattern id="stripes-0" width="6" height="6" patternUnits="userSpaceOnUse"><path class="stripe" d="M-1 1L1 -1M0 6L6 0M5 7L7 5"/></pattern>` +
	`<pattern id="stripes-2" width="6" height="6" patternUnits="userSpaceOnUse"><path class="stripe" d="M-1 5L1 7M0 0L6 6M5 -1L7 1"/></pattern>` +
	`</defs>`

// x scales a value to pixels.
func (p *plot) x(v float64) float64 {
	return float64(p.left) + (v-p.lo)/(p.hi-p.lo)*float64(p.width-p.left-p.right)
}

// inside reports whether a value is on the axis.
func (p *plot) inside(v float64) bool { return v >= p.lo-1e-9 && v <= p.hi+1e-9 }

func (p *plot) text(x, y float64, class, anchor, s string) {
	fmt.Fprintf(p, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(s))
}

func (p *plot) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(p, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

// axis draws the axis of the values at height y.
func (p *plot) axis(y float64) {
	p.line("base", float64(p.left), y, float64(p.width-p.right), y)
	n := 10
	if p.width < 500 {
		n = 5
	}
	for _, v := range ticks(p.lo, p.hi, n) {
		p.line("base", p.x(v), y, p.x(v), y+4)
		p.text(p.x(v), y+17, "axis", "middle", short(v))
	}
}

// maxLines is the most levels that are drawn through a picture; more would
// hide it.
const maxLines = 64

// levels draws the levels of a grid as lines, and as dots at y2.
func (p *plot) levels(levels []float32, class string, y1, y2 float64) {
	for _, l := range levels {
		if v := float64(l); p.inside(v) {
			if len(levels) <= maxLines {
				p.line("level", p.x(v), y1, p.x(v), y2)
				fmt.Fprintf(p, `<circle class="%s" cx="%.1f" cy="%.1f" r="4.5"/>`, class, p.x(v), y2)
			} else {
				p.line("level", p.x(v), y2-4, p.x(v), y2+4)
			}
		}
	}
}

// mark draws one weight: parts have shapes as well as colours, a triangle
// pointing down, a circle, a square.
func (p *plot) mark(part int, x, y, r float64) {
	switch part {
	case 0:
		fmt.Fprintf(p, `<path class="part-l" d="M%.1f %.1fh%.1fl%.1f %.1fz"/>`, x-r, y-0.8*r, 2*r, -r, 1.7*r)
	case 1:
		fmt.Fprintf(p, `<circle class="part-m" cx="%.1f" cy="%.1f" r="%.1f"/>`, x, y, r)
	case 2:
		fmt.Fprintf(p, `<rect class="part-u" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x-0.85*r, y-0.85*r, 1.7*r, 1.7*r)
	default:
		fmt.Fprintf(p, `<circle class="whole" cx="%.1f" cy="%.1f" r="%.1f"/>`, x, y, r)
	}
}

// noPart is the part of a weight that was not split.
const noPart = -1

// dots stacks the values on y, each a mark, those that would cover each other
// on top of one another. of gives the part of each, or nil. Stacks higher than
// most are drawn closer.
func (p *plot) dots(values []float32, of []int, y, most float64) {
	const r = 3.4
	columns := map[int][]int{}
	highest := 1
	for i, v := range values {
		if p.inside(float64(v)) {
			c := int(math.Round(p.x(float64(v)) / (2 * r)))
			columns[c] = append(columns[c], i)
			highest = max(highest, len(columns[c]))
		}
	}
	step := min(2*r, most/float64(highest))
	for c := 0; c <= p.width; c++ {
		for n, i := range columns[c] {
			part := noPart
			if of != nil {
				part = of[i]
			}
			p.mark(part, float64(c)*2*r, y-r-1-float64(n)*step, r)
		}
	}
}

// handle draws what can be dragged to change a setting; package browser
// follows the pointer. A slider does the same for the keyboard.
func (p *plot) handle(setting string, v, y float64) {
	fmt.Fprintf(p, `<g class="handle" data-drag="%s" data-lo="%g" data-hi="%g" data-from="%d" data-to="%d"><circle class="reach" cx="%.1f" cy="%.1f" r="20"/><circle cx="%.1f" cy="%.1f" r="9"/></g>`,
		setting, p.lo, p.hi, p.left, p.width-p.right, p.x(v), y, p.x(v), y)
}

// ticks returns round numbers from lo to hi, about n of them.
func ticks(lo, hi float64, n int) []float64 {
	power := math.Pow(10, math.Floor(math.Log10((hi-lo)/float64(n))))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if (hi-lo)/(m*power) <= float64(n) {
			step = m * power
			break
		}
	}
	var all []float64
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+1e-9*step; k++ {
		all = append(all, round(k*step))
	}
	return all
}

// short writes a round number.
func short(v float64) string {
	if v == 0 {
		return "0"
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", "\u2212", 1)
}

// real32 writes a weight.
func real32(v float32) string { return format.Real(float64(v)) }

// fixed writes a number with so many decimals.
func fixed(v float64, decimals int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', decimals, 64), "-", "\u2212", 1)
}
