package learn

import (
	"fmt"
	"strconv"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// clipping is lesson 3: a percentile against an outlier.
var clipping = Lesson{
	Title: "Clipping: the easy way out",
	Says: []words.Text{
		"The usual remedy is to let the levels span only part of the weights, such as 99 % of them. What lies outside is clipped: it becomes the outermost level.",
		"The small weights get their levels back. The outlier, which the network may need most, is gone.",
	},
	Controls: []Control{
		{Name: "p", Label: "Weights inside the range", Min: 90, Max: 100, Step: 0.5, Start: "100", Unit: "%s %%"},
		bits,
	},
	Question: "Find the percentage with the least error in all. What has become of the outlier there?",
	Hint:     "Go down from 100 % step by step, and read both errors.",
	Answer:   "There is no good place. As soon as the outlier is clipped, its own error is larger than the error of all small weights together; before that, the small ones have hardly a level of their own. Clipping trades one damage for the other; a split needs neither.",
	Ask: func(s Settings) *ask {
		ways := []lesson.Way{{Bits: s.Int("bits"), Strategy: "none", Clip: clipWord(s["p"])}}
		for _, p := range clipSteps() {
			ways = append(ways, lesson.Way{Bits: s.Int("bits"), Strategy: "none", Clip: clipWord(p), Brief: true})
		}
		return quantizeAsk(lesson.QuantizeAsk{
			Data: []lesson.Data{outlierBell, {Outliers: []float64{clipOutlier}}}, Ways: ways,
		})
	},
	Show: showClipping,
}

const clipOutlier = 4

func clipWord(percent string) string {
	if percent == "100" {
		return "minmax"
	}
	return "percentile:" + percent
}

// clipSteps are the percentages of the curve.
func clipSteps() []string {
	var all []string
	for p := 90.0; p <= 100; p += 0.5 {
		all = append(all, strconv.FormatFloat(p, 'f', -1, 64))
	}
	return all
}

func showClipping(s Settings, a *info, width int) Figure {
	q, curve, steps := a.Quantize[0], a.Quantize[1:], clipSteps()
	grid := q.Parts[0]
	p := newPlot(width, -1.6, 5)
	const base = 165.0
	last := len(a.Values) - 1
	p.dots(a.Values[:last], nil, base-20, 110)
	p.levels(grid.Levels, "ink", 20, base-8)
	p.mark(2, p.x(clipOutlier), base-26, 7)
	p.text(p.x(clipOutlier), base-40, "title", "middle", words.T("outlier"))
	p.axis(base)
	if w := q.Become[last]; w < clipOutlier-0.01 {
		p.line("arrow", p.x(clipOutlier), base-26, p.x(float64(w)), base-8)
	}

	// Below, the errors of all percentages.
	c := newPlot(width, 90, 100)
	c.left = 46
	const top, bottom = 225.0, 345.0
	most := 0.0
	for _, w := range curve {
		most = max(most, w.Squared)
	}
	y := func(v float64) float64 { return bottom - (bottom-top)*v/most }
	c.text(float64(c.left-6), top-10, "axis", "start", words.T("squared error"))
	for _, v := range ticks(0, most, 4) {
		c.line("grid", float64(c.left), y(v), float64(width-c.right), y(v))
		c.text(float64(c.left-6), y(v)+4, "axis", "end", short(v))
	}
	for i, kind := range []struct {
		class string
		name  words.Text
		of    func(lesson.Quantized) float64
	}{
		{"curve upper", "the outlier", func(w lesson.Quantized) float64 { return w.Lost }},
		{"curve middle", "the small weights", func(w lesson.Quantized) float64 { return w.Small.Squared }},
		{"curve all", "all together", func(w lesson.Quantized) float64 { return w.Squared }},
	} {
		path := ""
		for j, w := range curve {
			x, _ := strconv.ParseFloat(steps[j], 64)
			command := "L"
			if j == 0 {
				command = "M"
			}
			path += fmt.Sprintf("%s%.1f %.1f", command, c.x(x), y(kind.of(w)))
		}
		fmt.Fprintf(c, `<path class="%s" d="%s"/>`, kind.class, path)
		x := float64(c.left) + float64(i)*float64(width-c.left-c.right)/3
		row := bottom + 40
		if width < 500 {
			x, row = float64(c.left), row+float64(i)*18
		}
		c.line(kind.class, x, row, x+26, row)
		c.text(x+32, row+4, "axis", "start", words.T(kind.name))
	}
	here := s.Number("p")
	c.line("bound", c.x(here), top-6, c.x(here), bottom)
	c.axis(bottom)
	p.WriteString(c.String())
	p.height = int(bottom) + 56
	if width < 500 {
		p.height += 2 * 18
	}

	t := Table{Heads: []words.Text{"Percentage", "Error of the outlier", "Error of the small weights", "Error of all"}}
	for j, w := range curve {
		t.Rows = append(t.Rows, []string{steps[j] + "\u00a0%", format.Real(w.Lost), format.Real(w.Small.Squared), format.Real(w.Squared)})
	}
	return Figure{
		SVG: p.svg(),
		Alt: words.F("Small weights, an outlier, and levels over %s of them; below, the squared error of the outlier and of the small weights for every percentage.", s["p"]+"\u00a0%"),
		Facts: []Fact{
			{"small", "Error of the small weights", format.Real(q.Small.Squared), false},
			{"lost", "Error of the outlier", format.Real(q.Lost), false},
			{"all", "Error of all", format.Real(q.Squared), true},
			{"kept", "The outlier, 4, becomes", real32(q.Become[last]), false},
		},
		Table: t,
	}
}
