// Package frontier shows all settings side by side: bits per weight against
// SQNR, for plain quantization, palettes, and every strategy, form and width,
// so that nobody is misled about what a split costs.
package frontier

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

// View is the area.
type View struct {
	S       *state.State
	Measure func()
	Save    func(ending string) // saves it, as .svg or .csv
	Points  func(points bool)   // shows the numbers
}

const (
	textTitle   words.Text = "All settings side by side"
	textWhat    words.Text = "Measures every strategy, form and width on this model, with plain quantization and palettes beside them: what each stores, and what it keeps."
	textMeasure words.Text = "Measure all settings"
	textAgain   words.Text = "Measure again"
	textSVG     words.Text = "Save figure (SVG)"
	textCSV     words.Text = "Save numbers (CSV)"
	textNumbers words.Text = "Numbers behind the figure"
	textAlt     words.Text = "Bits per weight to the right, SQNR upwards, a line for each way to quantize. The numbers are in the table below."
	textHow     words.Text = "Setting"
	textWidth   words.Text = "Bits of a code"
	textStored  words.Text = "Bits per weight"
	textSQNR    words.Text = "SQNR"
	textBest    words.Text = "best of its size"
)

// mostBits is what the page's figure goes up to: what lies beyond, hardly
// anybody wants, and it would leave little room for the rest.
const mostBits = 12.5

func textBeyond() string {
	return words.F("Settings of more than %g bits per weight are in the table and the files.", mostBits)
}

func (c *View) visible() bool { return c.S.Model != nil && len(c.S.Model.Layers) > 0 }

func (c *View) measured() bool { return c.S.Aid.Frontier != nil }

func (c *View) textMeasure() words.Text {
	if c.measured() {
		return textAgain
	}
	return textMeasure
}

// figure is the drawing of package report, which style.css gives the colours
// of the page.
func (c *View) figure() vugu.HTML {
	if !c.measured() {
		return ""
	}
	var b bytes.Buffer
	f := *c.S.Side()
	f.Points = slices.DeleteFunc(slices.Clone(f.Points), func(p report.Point) bool { return p.BitsPerWeight > mostBits })
	if err := report.FrontierSVG(&b, &f); err != nil {
		return vugu.HTML(html.EscapeString(err.Error()))
	}
	return vugu.HTML(b.String())
}

func (c *View) class() string {
	if c.measured() {
		return "scroll plot"
	}
	return "plot none"
}

// best names what keeps most at some sizes, so that the figure can be read at
// a glance.
func (c *View) best() string {
	if !c.measured() {
		return ""
	}
	var s []string
	for _, limit := range []float64{2.5, 3.5, 4.5, 6.5, 8.5} {
		var best *report.Point
		points := c.S.Side().Points
		for i := range points {
			if p := &points[i]; p.Best && p.BitsPerWeight <= limit {
				best = p
			}
		}
		if best != nil {
			line := words.F("%s at %s: %s", named(*best), format.Bits(best.BitsPerWeight), format.Decibel(best.SQNR, best.SQNR == nil))
			if len(s) == 0 || s[len(s)-1] != line {
				s = append(s, line)
			}
		}
	}
	return words.F("Most faithful: %s.", strings.Join(s, "; "))
}

// named is a setting with its width.
func named(p report.Point) string {
	if strings.HasPrefix(p.Series, "palette") {
		return p.Series
	}
	return words.F("%s, %d bits", p.Series, p.Bits)
}

func (c *View) table() vugu.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<table><thead><tr><th scope="col">%s</th><th scope="col" class="n">%s</th><th scope="col" class="n">%s</th><th scope="col" class="n">%s</th><td></td></tr></thead><tbody>`,
		words.T(textHow), words.T(textWidth), words.T(textStored), words.T(textSQNR))
	for _, p := range c.S.Side().Points {
		best := ""
		if p.Best {
			best = words.T(textBest)
		}
		fmt.Fprintf(&b, `<tr><th scope="row">%s</th><td class="n">%d</td><td class="n">%s</td><td class="n">%s</td><td class="note">%s</td></tr>`,
			html.EscapeString(p.Series), p.Bits, format.Bits(p.BitsPerWeight), format.Decibel(p.SQNR, p.SQNR == nil), best)
	}
	b.WriteString(`</tbody></table>`)
	return vugu.HTML(b.String())
}

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
