package learn

import (
	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// outlier is lesson 2: one weight far out widens the scale for all.
var outlier = Lesson{
	Title: "An outlier arrives",
	Says: []words.Text{
		"Here are 120 weights, as they lie in a layer: most of them close to zero. The levels must span all of them, so the smallest and the largest weight decide the scale.",
		"Drag the one large weight away and watch what becomes of the levels under the many small ones.",
	},
	Controls: []Control{
		{Name: "w", Label: "The large weight", Min: 0, Max: 6, Step: 0.05, Start: "1"},
		bits,
	},
	Question: "With 2 bits, drag the large weight from 1 to 6. How many different numbers are left for the 120 small ones?",
	Hint:     "Look at the figure “numbers the small ones become” while you drag.",
	Answer:   "In the end one: zero. The scale grows with the outlier, and once it is more than twice as large as the small weights, all of them round to the same level. The layer has forgotten everything but its outlier.",
	Ask: func(s Settings) *ask {
		way := lesson.Way{Bits: s.Int("bits"), Strategy: "none"}
		alone := way
		alone.First, alone.Brief = outlierBell.Bell, true
		return quantizeAsk(lesson.QuantizeAsk{
			Data: []lesson.Data{outlierBell, {Outliers: []float64{s.Number("w")}}},
			Ways: []lesson.Way{way, alone},
		})
	},
	Show: func(s Settings, a *info, width int) Figure {
		q, alone := a.Quantize[0], a.Quantize[1]
		grid := q.Parts[0]
		p := newPlot(width, -1.6, 6.4)
		const base = 210.0
		p.dots(a.Values[:len(a.Values)-1], nil, base-20, 130)
		p.levels(grid.Levels, "ink", 40, base-8)
		v := float64(a.Values[len(a.Values)-1])
		p.handle("w", v, base-30)
		side, anchor := 15.0, "start"
		if v > 4 { // there is no room to its right
			side, anchor = -15, "end"
		}
		p.text(p.x(v)+side, base-26, "title over", anchor, words.T("outlier"))
		p.axis(base)
		p.height = int(base) + 24
		return Figure{
			SVG: p.svg(),
			Alt: words.F("A heap of small weights around zero, one weight at %s, and %d levels over all of them, %s apart.", real32(a.Values[len(a.Values)-1]), len(grid.Levels), real32(grid.Scale)),
			Facts: []Fact{
				{"scale", "Scale", real32(grid.Scale), false},
				{"alone", "Scale without the outlier", real32(alone.Parts[0].Scale), false},
				{"used", "Numbers the small ones become", format.Count(int64(q.SmallUsed)), true},
				{"small", "SQNR of the small ones", format.Decibel(q.Small.SQNR, true), false},
			},
			Table: becomes(a, q),
		}
	},
}

// outlierBell are the small weights of lessons 2 and 3.
var outlierBell = lesson.Data{Bell: 120, Spread: 0.3}

// becomes lists what becomes of every value.
func becomes(a *info, q lesson.Quantized) Table {
	t := Table{Heads: []words.Text{"Weight", "Becomes", "Error"}}
	for i := range q.Become {
		t.Rows = append(t.Rows, []string{real32(a.Values[i]), real32(q.Become[i]), format.Real(float64(q.Become[i]) - float64(a.Values[i]))})
	}
	return t
}
