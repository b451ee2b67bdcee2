package learn

import (
	"fmt"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// chunks is lesson 8: activations in three chunks.
var chunks = Lesson{
	Title: "Splitting activations",
	Says: []words.Text{
		"Activations, the numbers between the layers, can be quantized too. They are not known beforehand and cannot be clustered, but their channels often differ: some are quiet, some loud.",
		"So the channels are cut into three chunks by their place, and each chunk gets levels of its own. The function in between works number by number, so it does not notice.",
	},
	Controls: []Control{
		{Name: "loud", Label: "How loud the last channels are", Min: 0.2, Max: 8, Step: 0.1, Start: "4"},
		{Name: "bits", Label: "Bits", Min: 2, Max: 8, Step: 1, Start: "4"},
	},
	Question: "Make the last channels as quiet as the first. What do the three chunks gain then?",
	Hint:     "Move the slider to 0.2 and compare the SQNR of the quiet channels on one scale and in chunks.",
	Answer:   "Next to nothing: where all channels have the same range, three scales are equal to one. What a cut gains depends on the channels, and on luck: loud channels that lie in every chunk spoil all three. That is why this program measures it before it promises anything.",
	Ask: func(s Settings) *ask {
		return quantizeAsk(lesson.QuantizeAsk{
			Data: []lesson.Data{{Bell: chunkSize, Spread: 0.2}, {Bell: chunkSize, Spread: 0.2}, {Bell: chunkSize, Spread: s.Number("loud")}},
			Ways: []lesson.Way{{Bits: s.Int("bits"), Strategy: "none"}, {Bits: s.Int("bits"), Strategy: "chunks"}},
		})
	},
	Show: showChunks,
}

const chunkSize = 48

func showChunks(s Settings, a *info, width int) Figure {
	whole, cut := a.Quantize[0], a.Quantize[1]
	p := newPlot(width, -24, 24)
	p.left = 40
	if s.Number("loud") <= 2 {
		p.lo, p.hi = -6, 6
	}
	y := 20.0
	strip := func(title string, part int, grid lesson.Part, values []float32) {
		p.text(float64(p.left), y, "title", "start", title)
		p.text(float64(width-p.right), y, "axis", "end", words.F("scale %s", real32(grid.Scale)))
		base := y + 44
		p.line("rail", float64(p.left), base, float64(width-p.right), base)
		for _, l := range grid.Levels {
			if v := float64(l); p.inside(v) {
				p.line("level", p.x(v), base-22, p.x(v), base+6)
			}
		}
		for _, v := range values {
			if p.inside(float64(v)) {
				p.mark(part, p.x(float64(v)), base-9, 4)
			}
		}
		if part != noPart {
			p.text(float64(p.left-14), base, "letter", "middle", fmt.Sprint(part+1))
		}
		y += 82
	}
	strip(words.T("All channels on one scale"), noPart, whole.Parts[0], a.Values)
	for i, name := range []words.Text{"First chunk", "Second chunk", "Third chunk"} {
		strip(words.T(name), i, cut.Parts[i], a.Values[i*chunkSize:(i+1)*chunkSize])
	}
	p.axis(y - 20)
	p.height = int(y) + 4
	t := Table{Heads: []words.Text{"Channels", "Scale", "Levels used", "SQNR"}}
	t.Rows = append(t.Rows, []string{words.T("all"), real32(whole.Parts[0].Scale), fmt.Sprint(whole.Parts[0].Used), format.Decibel(whole.SQNR, true)})
	for i, part := range cut.Parts {
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), real32(part.Scale), fmt.Sprint(part.Used), format.Decibel(cut.Thirds[i].SQNR, true)})
	}
	return Figure{
		SVG: p.svg(),
		Alt: words.T("Activations of three groups of channels: on one scale together, and each group on a scale of its own."),
		Facts: []Fact{
			{"whole", "Quiet channels on one scale", format.Decibel(whole.Thirds[0].SQNR, true), false},
			{"cut", "Quiet channels in three chunks", format.Decibel(cut.Thirds[0].SQNR, true), true},
			{"loud", "Loud channels", format.Decibel(cut.Thirds[2].SQNR, true), false},
		},
		Table: t,
	}
}
