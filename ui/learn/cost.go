package learn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"splitquant/core/lesson"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// whatItCosts is lesson 7: bits per weight against fidelity.
var whatItCosts = Lesson{
	Title: "What it costs",
	Says: []words.Text{
		"Three layers of 2 bits store 6 bits for each weight, not 2. So the honest question is not whether a split is better than plain INT2, but whether it is better than anything else of its size.",
		"Here are many ways to store one layer of 2,000 weights: to the right costs more, up is more faithful. Nothing beats a point on the dotted line.",
	},
	Controls: []Control{
		{Name: "outliers", Label: "Outliers among the 2,000 weights", Min: 0, Max: 20, Step: 1, Start: "8"},
		{Name: "a", Label: "Compare", Words: costWords, Start: "kmeans2"},
		{Name: "b", Label: "with", Words: costWords, Start: "plain4"},
	},
	Question: "Is split INT2, as in the paper, better than plain INT4? And than plain INT6, which has its size?",
	Hint:     "Compare it with both, without outliers and with many. Then try the split that stores a table.",
	Answer:   "Not by itself. Without outliers plain INT4 keeps more, and in 4 bits instead of 6; with many of them split INT2 is a little ahead, and still stores more. At its own size the rival is INT6: the three digits are just that, in 6 bits, and far ahead. What makes a split worth its bits is the table: an index of 4 bits for each weight, and it beats plain INT4 at nearly the same size as soon as there are outliers.",
	Ask: func(s Settings) *ask {
		var out []float64
		for i := range s.Int("outliers") {
			x := 0.5 + 0.03*float64(i) // farther and farther, to both sides
			if i%2 == 1 {
				x = -x
			}
			out = append(out, x)
		}
		c := &message.CostAsk{Data: lesson.Data{Bell: 2000 - len(out), Spread: 0.05, Outliers: out}, Rows: 40}
		for _, w := range costWays {
			c.Rules = append(c.Rules, w.rule)
		}
		return &ask{Cost: c}
	},
	Show: showCost,
}

// A costWay is one way to quantize, and how it is shown.
type costWay struct {
	word string
	name words.Text
	mark string // the letter on the picture
	rule recipe.Rule
}

var costWays = []costWay{
	{"plain2", "plain INT2", "P", recipe.Rule{Bits: 2, Strategy: "none", Form: "plain"}},
	{"plain3", "plain INT3", "P", recipe.Rule{Bits: 3, Strategy: "none", Form: "plain"}},
	{"plain4", "plain INT4", "P", recipe.Rule{Bits: 4, Strategy: "none", Form: "plain"}},
	{"plain6", "plain INT6", "P", recipe.Rule{Bits: 6, Strategy: "none", Form: "plain"}},
	{"plain8", "plain INT8", "P", recipe.Rule{Bits: 8, Strategy: "none", Form: "plain"}},
	{"kmeans2", "split INT2, as in the paper", "K", recipe.Rule{Bits: 2, Strategy: "kmeans", Form: "summed"}},
	{"kmeans4", "split INT4, as in the paper", "K", recipe.Rule{Bits: 4, Strategy: "kmeans", Form: "summed"}},
	{"resolution2", "split INT2, least error", "R", recipe.Rule{Bits: 2, Strategy: "resolution", Form: "summed"}},
	{"residual2", "three digits of 2 bits", "D", recipe.Rule{Bits: 2, Strategy: "residual", Form: "summed"}},
	{"table2", "split INT2 in a table", "T", recipe.Rule{Bits: 2, Strategy: "resolution", Form: "codebook"}},
	{"fitted2", "four parts in a table, fitted", "T", recipe.Rule{Bits: 2, Strategy: "resolution", Form: "codebook", Clip: "mse", Parts: 4}},
	{"palette16", "palette of 16 free values", "F", recipe.Rule{Bits: 4, Palette: 16}},
}

var costWords = func() []Word {
	var all []Word
	for _, w := range costWays {
		all = append(all, Word{w.word, w.name})
	}
	return all
}()

// costPoint finds the point of a way; the worker sorts them.
func costPoint(f *report.Frontier, w costWay) (report.Point, bool) {
	for _, p := range f.Points {
		if p.Bits == w.rule.Bits && strings.HasPrefix(p.Series, costSeries(w.rule)) && (w.rule.Parts != 0) == strings.Contains(p.Series, "parts") {
			return p, true
		}
	}
	return report.Point{}, false
}

// costSeries is what package plan calls a way.
func costSeries(r recipe.Rule) string {
	switch {
	case r.Palette != 0:
		return fmt.Sprintf("palette of %d", r.Palette)
	case r.Strategy == "none":
		return "plain"
	}
	return r.Strategy + " " + r.Form
}

func showCost(s Settings, a *info, width int) Figure {
	const most = 60.0 // dB
	p := newPlot(width, 1, 13)
	p.left = 40
	const top, base = 30.0, 340.0
	y := func(db float64) float64 { return base - (base-top)*min(max(db, 0), most)/most }
	for _, v := range ticks(0, most, 6) {
		p.line("grid", float64(p.left), y(v), float64(width-p.right), y(v))
		p.text(float64(p.left-6), y(v)+4, "axis", "end", short(v))
	}
	p.text(float64(p.left-6), 16, "axis", "start", words.T("SQNR in dB"))
	p.axis(base)
	p.text(float64(width-p.right), base+36, "axis", "end", words.T("stored bits per weight"))
	path := ""
	for _, q := range a.Cost.Points {
		if q.Best && q.SQNR != nil {
			command := "L"
			if path == "" {
				command = "M"
			}
			path += fmt.Sprintf("%s%.1f %.1f", command, p.x(q.BitsPerWeight), y(*q.SQNR))
		}
	}
	if path != "" {
		fmt.Fprintf(p, `<path class="frontier" d="%s"/>`, path)
	}
	t := Table{Heads: []words.Text{"Way", "Stored for each weight", "SQNR"}}
	value := map[string]string{}
	var taken [][2]float64
	for _, w := range costWays {
		q, ok := costPoint(a.Cost, w)
		if !ok || q.SQNR == nil {
			continue
		}
		value[w.word] = words.F("%s in %s", format.Decibel(q.SQNR, false), format.Bits(q.BitsPerWeight))
		t.Rows = append(t.Rows, []string{words.T(w.name), format.Bits(q.BitsPerWeight), format.Decibel(q.SQNR, false)})
		class := "dot"
		if w.word == s["a"] || w.word == s["b"] {
			class = "dot chosen-dot"
		}
		at := p.free(taken, p.x(q.BitsPerWeight), y(*q.SQNR))
		taken = append(taken, at)
		fmt.Fprintf(p, `<circle class="%s" cx="%.1f" cy="%.1f" r="10"/>`, class, at[0], at[1])
		p.text(at[0], at[1]+4, "letter", "middle", w.mark)
	}
	legend := words.T("P plain, K k-means, R least error, D digits, T table, F free palette")
	p.height = int(base) + 70
	if width < 500 { // in two lines
		half := strings.Index(legend, "D ")
		p.text(float64(p.left), base+76, "axis", "start", legend[half:])
		legend = legend[:half]
		p.height += 18
	}
	p.text(float64(p.left), base+58, "axis", "start", legend)
	return Figure{
		SVG: p.svg(),
		Alt: words.T("Ways to quantize as points: stored bits per weight to the right, signal-to-noise ratio upwards."),
		Facts: []Fact{
			{"a", costName(s["a"]), value[s["a"]], true},
			{"b", costName(s["b"]), value[s["b"]], true},
		},
		Table: t,
	}
}

// free returns where a disc with a letter goes: to the point, or, where others
// are in the way, beside it, with a line that leads there.
func (p *plot) free(taken [][2]float64, x, y float64) [2]float64 {
	const apart = 22
	at := [2]float64{x, y}
	for slices.ContainsFunc(taken, func(t [2]float64) bool { return math.Hypot(t[0]-at[0], t[1]-at[1]) < apart }) {
		at[0]++
	}
	if at[0] != x {
		p.line("leads", x, y, at[0], at[1])
		fmt.Fprintf(p, `<circle class="leads" cx="%.1f" cy="%.1f" r="2.5"/>`, x, y)
	}
	return at
}

func costName(word string) words.Text {
	for _, w := range costWays {
		if w.word == word {
			return w.name
		}
	}
	return ""
}
