package learn

import (
	"fmt"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// line is lesson 1: bits, levels, scale, zero point, rounding.
var line = Lesson{
	Title: "The number line",
	Says: []words.Text{
		"A weight is a number. To store it in b bits, it must become one of 2ᵇ levels, which lie evenly spaced: the distance between two of them is the scale.",
		"Each weight is rounded to the nearest level, and its number, the code, is what is stored. The zero point is the code of 0, so that 0 stays exactly 0.",
	},
	Controls: []Control{
		{Name: "w", Label: "The weight w", Min: -2, Max: 2, Step: 0.01, Start: "0.83"},
		bits,
		{Name: "levels", Label: "Levels", Words: []Word{{"range", "over the range of the weights"}, {"symmetric", "the same to both sides of zero"}}, Start: "range"},
	},
	Question: "Take 2 bits. Move w between two levels: how large can its error get?",
	Hint:     "Try the place exactly in the middle between two levels, then one close to a level.",
	Answer:   "Half the scale, and not more: levels are one scale apart, so the nearest is at most half a scale away. Every bit more has about twice as many levels in the same range, so the scale and the largest error are halved.",
	Ask: func(s Settings) *ask {
		return quantizeAsk(lesson.QuantizeAsk{
			Values: lineValues, Data: []lesson.Data{{Outliers: []float64{s.Number("w")}}},
			Ways: []lesson.Way{{Bits: s.Int("bits"), Strategy: "none", Symmetric: s["levels"] == "symmetric"}},
		})
	},
	Show: showLine,
}

// lineValues are the weights that stay where they are.
var lineValues = []float32{-0.92, -0.55, -0.31, -0.12, 0.04, 0.18, 0.43, 0.66}

func quantizeAsk(a lesson.QuantizeAsk) *ask { return &ask{Ask: lesson.Ask{Quantize: &a}} }

func showLine(s Settings, a *info, width int) Figure {
	q := a.Quantize[0]
	grid := q.Parts[0]
	last := len(a.Values) - 1
	w := a.Values[last]

	p := newPlot(width, -2.4, 2.4)
	const top, low, base = 70.0, 190.0, 225.0
	p.text(float64(p.left), 18, "title", "start", words.T("weights"))
	p.levels(grid.Levels, "ink", top-20, low)
	for i, v := range a.Values {
		p.line("arrow", p.x(float64(v)), top, p.x(float64(q.Become[i])), low)
		if i != last {
			p.mark(noPart, p.x(float64(v)), top, 6)
		}
	}
	p.handle("w", float64(w), top)
	p.text(p.x(float64(w)), top-15, "title", "middle", "w")
	if len(grid.Levels) <= 16 {
		for i, l := range grid.Levels {
			if p.inside(float64(l)) {
				p.text(p.x(float64(l)), low+20, "letter", "middle", fmt.Sprint(int(grid.Lo)+i))
			}
		}
	}
	p.text(float64(p.left), low-10, "title", "start", words.T("levels"))
	p.axis(base)
	p.height = int(base) + 24

	t := Table{Heads: []words.Text{"Weight", "Code", "Becomes", "Error"}}
	for i, v := range a.Values {
		t.Rows = append(t.Rows, []string{real32(v), fmt.Sprint(q.Codes[i]), real32(q.Become[i]), format.Real(float64(q.Become[i]) - float64(v))})
	}
	return Figure{
		SVG: p.svg(),
		Alt: words.F("A number line with %d weights, and arrows to the nearest of %d levels. The weight w, %s, becomes %s.", len(a.Values), len(grid.Levels), real32(w), real32(q.Become[last])),
		Facts: []Fact{
			{"scale", "Scale", real32(grid.Scale), false},
			{"zero", "Zero point", fmt.Sprint(grid.Zero), false},
			{"code", "Code of w", fmt.Sprint(q.Codes[last]), false},
			{"becomes", "w becomes", real32(q.Become[last]), false},
			{"error", "Error of w", format.Real(float64(q.Become[last]) - float64(w)), true},
		},
		Table: t,
	}
}
