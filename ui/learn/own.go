package learn

import (
	"strconv"
	"strings"

	"splitquant/core/report"
	"splitquant/ui/figure"
	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// ownModel is the lesson about the model that is open in the tool.
var ownModel = Lesson{
	Title: "Your own model",
	Says: []words.Text{
		"The same pictures of a real model: the one that is open in the tool. Above are the weights of one layer with the levels of plain quantization, below with those of the split.",
		"Go through the layers: not every one has outliers, and a split pays only where one has.",
	},
	Controls: []Control{
		drawDigit.Controls[0],
		scales.Controls[0],
		{Name: "layer", Label: "Layer", Min: 0, Max: 9999, Step: 1, Start: "0", Unseen: true},
	},
	Buttons: []Button{
		{"Previous layer", func(c *View) { c.turnLayer(-1) }},
		{"Next layer", func(c *View) { c.turnLayer(1) }},
		{"Open a model in the tool", func(c *View) { c.sampled = false; c.Room.Go("#tool") }},
		{"Take the sample", func(c *View) { c.sampled = true; c.compute() }},
	},
	Question: "In which layer does the split gain most over plain quantization, and is it also better than plain quantization of its own size?",
	Hint:     "Read the three numbers above the picture layer by layer, with the bits that each stores.",
	Answer:   "It gains most where a few weights lie far from all others: there plain quantization leaves the others only one or two levels. At its own size the rival has many more levels; only the digits of one code keep up with it, since they are the same code.",
	Samples:  []string{digitSample},
	Own:      true,
	Ask: func(s Settings) *ask {
		return &ask{Own: &message.OwnAsk{Index: s.Int("layer"), Bits: s.Int("bits"), Strategy: s["strategy"]}}
	},
	Show: showOwn,
}

func showOwn(s Settings, a *info, width int) Figure {
	v := a.Own
	plain := words.F("Plain, %d bits", s.Int("bits"))
	split := words.F("Split by %s, %d bits", words.T(scaleNames[s["strategy"]]), s.Int("bits"))
	svg := figure.Draw(v.Figure, []string{plain, split}, width, false)
	svg = strings.Replace(svg, "<svg ", `<svg class="drawn" `, 1)
	t := Table{Heads: []words.Text{"Way", "Stored for each weight", "SQNR"}}
	facts := []Fact{
		{"layer", "Layer", words.F("%d of %d: %s", v.Index+1, v.Count, v.Layer.Name), false},
		{"plain", "Plain", kept(v.Plain), false},
		{"split", "Split", kept(v.Split), true},
	}
	t.Rows = append(t.Rows, costRow(plain, v.Plain), costRow(split, v.Split))
	if v.Rival.Bits > 0 {
		facts = append(facts, Fact{"rival", "Plain, in no more room", kept(v.Rival), false})
		t.Rows = append(t.Rows, costRow(words.F("Plain, %d bits", v.Rival.Bits), v.Rival))
	}
	for i, n := range v.Figure.Sizes {
		t.Rows = append(t.Rows, []string{words.F("Weights in part %s", partLetter(i, len(v.Figure.Sizes))), format.Count(n), format.None})
	}
	return Figure{
		SVG:   svg,
		Alt:   words.F("The histogram of %s twice: over the levels of plain quantization, and over those of the split.", v.Layer.Name),
		Facts: facts,
		Table: t,
	}
}

// kept says what a way keeps, and in how many bits.
func kept(p report.Point) string {
	return words.F("%s in %s", format.Decibel(p.SQNR, false), format.Bits(p.BitsPerWeight))
}

func costRow(name string, p report.Point) []string {
	return []string{name, format.Bits(p.BitsPerWeight), format.Decibel(p.SQNR, false)}
}

// partLetter names a part.
func partLetter(i, n int) string {
	if n == len(letters) {
		return letters[i]
	}
	return strconv.Itoa(i + 1)
}

// turnLayer goes so many layers on, around the end.
func (c *View) turnLayer(by int) {
	if c.answer == nil || c.answer.Own == nil {
		return
	}
	v := c.answer.Own
	c.set.Put("layer", float64((v.Index+by+v.Count)%v.Count))
	c.changed()
}
