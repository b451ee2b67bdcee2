package learn

import (
	"fmt"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// scales is lesson 6: three scales in place of one.
var scales = Lesson{
	Title: "Three scales",
	Says: []words.Text{
		"Each of the three parts gets levels of its own. The middle one, where nearly all weights are, no longer has to reach for the outliers.",
		"The paper divides by k-means. One can also look for the thresholds with the least rounding error, or write one fine code in three digits: compare them.",
	},
	Controls: []Control{
		{Name: "strategy", Label: "Split by", Words: []Word{{"kmeans", "k-means, as in the paper"}, {"resolution", "least rounding error"}, {"residual", "three digits of one code"}}, Start: "kmeans"},
		bits,
	},
	Question: "Which split has the least error at 2 bits, and which of them still puts every weight into one part only?",
	Hint:     "Choose each of the three and read the SQNR: 6 dB more is half the error.",
	Answer:   "The digits have the least error: three digits of 2 bits are one code of 6 bits, 64 levels over the whole range. But each weight then stands in all three parts. Of the two that divide, the thresholds with the least error are never worse than k-means, which makes the clusters tight and knows nothing of levels.",
	Ask: func(s Settings) *ask {
		var ways []lesson.Way
		for _, strategy := range scaleWays {
			ways = append(ways, lesson.Way{Bits: s.Int("bits"), Strategy: strategy, Brief: strategy != "none" && strategy != s["strategy"]})
		}
		return quantizeAsk(lesson.QuantizeAsk{Data: []lesson.Data{scaleData}, Ways: ways})
	},
	Show: showScales,
}

var (
	scaleWays  = []string{"none", "kmeans", "resolution", "residual"}
	scaleNames = map[string]words.Text{"none": "Plain", "kmeans": "k-means", "resolution": "Least error", "residual": "Digits"}
	scaleData  = lesson.Data{Bell: 300, Spread: 0.35, Outliers: []float64{-2.9, -2.4, 2.2, 2.7, 3.1, 3.2}}
)

func showScales(s Settings, a *info, width int) Figure {
	chosen := 1
	for i, w := range scaleWays {
		if w == s["strategy"] {
			chosen = i
		}
	}
	plain, q := a.Quantize[0], a.Quantize[chosen]
	p := newPlot(width, -3.8, 3.8)
	p.left = 36
	const first = 150.0
	p.text(float64(p.left), 18, "title", "start", words.F("One scale, %s", format.Plural(int64(len(plain.Parts[0].Levels)), "level", "levels")))
	p.dots(a.Values, nil, first-18, 95)
	p.levels(plain.Parts[0].Levels, "ink", 30, first-8)
	p.axis(first)

	y := first + 60
	p.text(float64(p.left), y-18, "title", "start", words.F("Three scales: %s", words.T(scaleNames[s["strategy"]])))
	base := y + 130
	divided := s["strategy"] != "residual"
	var of []int
	if divided {
		of = q.Of
	}
	p.dots(a.Values, of, base-12, 95)
	for _, b := range q.Bounds {
		p.line("bound", p.x(float64(b)), y-6, p.x(float64(b)), base-2)
	}
	for i, part := range q.Parts {
		rail := base + 10 + float64(i)*18
		class, letter := "ink", fmt.Sprint(i+1)
		if divided {
			class, letter = [...]string{"part-l", "part-m", "part-u"}[i], letters[i]
		}
		p.text(float64(p.left-14), rail+4, "letter", "middle", letter)
		p.line("rail", float64(p.left), rail, float64(width-p.right), rail)
		for _, l := range part.Levels {
			if v := float64(l); p.inside(v) && len(part.Levels) <= maxLines {
				if divided {
					p.mark(i, p.x(v), rail, 5)
				} else {
					fmt.Fprintf(p, `<circle class="%s" cx="%.1f" cy="%.1f" r="4.5"/>`, class, p.x(v), rail)
				}
			} else if p.inside(v) {
				p.line("level", p.x(v), rail-4, p.x(v), rail+4)
			}
		}
	}
	p.axis(base + 10 + 3*18)
	p.height = int(base) + 10 + 3*18 + 24

	t := Table{Heads: []words.Text{"Way", "SQNR", "Largest error", "Stored for each weight"}}
	var facts []Fact
	for i, w := range scaleWays {
		r := a.Quantize[i]
		t.Rows = append(t.Rows, []string{words.T(scaleNames[w]), format.Decibel(r.SQNR, true), format.Real(r.Largest), format.Bits(r.Bits)})
		facts = append(facts, Fact{w, scaleNames[w], format.Decibel(r.SQNR, true), i == chosen})
	}
	return Figure{
		SVG:   p.svg(),
		Alt:   words.F("The same weights twice: over the levels of one scale, and over those of three. The signal-to-noise ratio is %s with one scale and %s with three.", format.Decibel(plain.SQNR, true), format.Decibel(q.SQNR, true)),
		Facts: facts,
		Table: t,
	}
}
