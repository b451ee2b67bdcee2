package learn

import (
	"slices"
	"strconv"

	"splitquant/core/dataset/digits"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// drawDigit is the lesson in which a pupil draws, and the models answer.
var drawDigit = Lesson{
	Title: "Draw a digit",
	Says: []words.Text{
		"A small network that we trained reads digits. Draw one: the network answers as it is, and as it is after quantization, plain, clipped and split in three ways.",
		"Which one breaks first? Look for a digit on which they disagree, or measure all of them on 2,000 digits that a program has drawn.",
	},
	Controls: []Control{
		{Name: "bits", Label: "Bits", Words: []Word{{"2", "2 bits"}, {"3", "3 bits"}, {"4", "4 bits"}, {"5", "5 bits"}, {"6", "6 bits"}, {"8", "8 bits"}}, Start: "2"},
		{Name: "n", Label: "Digit that a program has drawn, by number", Min: 0, Max: digits.TestCount - 1, Step: 1, Start: "3"},
	},
	Buttons: []Button{
		{"Clear", func(c *View) { c.Draw(make([]byte, digits.Size*digits.Size)); c.Room.Paint(c.ink) }},
		{"Next digit", func(c *View) { c.goTo((c.set.Int("n") + 1) % digits.TestCount) }},
		{"One on which they disagree", func(c *View) { c.seek() }},
		{"Measure all on 2,000 digits", (*View).startMeasuring},
	},
	Question: "At which number of bits does plain quantization stop being good enough, and which split still works at 2 bits?",
	Hint:     "Measure at 2, 3 and 4 bits, and read bits per weight beside every accuracy.",
	Answer:   "With 4 bits, plain quantization is nearly as good as float; with 3 it loses two points; with 2 it breaks: a third of the digits is read wrong. Clipped, it gets a good part back. The splits read nearly all digits at 2 bits, but they store 6 bits for each weight: plain INT4 has as many right with fewer.",
	Canvas:   true,
	Samples:  []string{digitSample},
	Ask: func(s Settings) *ask {
		return &ask{Digit: &message.DigitAsk{Ways: digitWays(s.Int("bits")), Index: s.Int("n")}}
	},
	Show: func(s Settings, a *info, width int) Figure {
		c := contest{ways: digitWays(s.Int("bits")), models: a.Digit.Models, label: a.Digit.Label, name: strconv.Itoa,
			of: digits.TestCount, head: "Right of 2,000", measured: a.measured}
		return c.figure(width, []Fact{{"label", "It shows", labelOf(a.Digit.Label), true}})
	},
	Measure: func(w message.Way) *ask {
		return &ask{Digit: &message.DigitAsk{Ways: []message.Way{w}, Measure: true}}
	},
	Measuring: "Measuring on 2,000 digits: %d models are done.",
}

const digitSample = "samples/digits.onnx"

func labelOf(label int) string {
	if label < 0 {
		return words.T("what you drew")
	}
	return words.F("a %d", label)
}

// Draw takes what was drawn on the canvas.
func (c *View) Draw(image []byte) {
	if l := c.lesson(); l == nil || !l.Canvas {
		return
	}
	c.ink = image
	c.compute()
}

// goTo shows a digit that a program has drawn.
func (c *View) goTo(n int) {
	c.ink = nil
	c.set.Put("n", float64(n))
	c.changed()
}

// seek goes to the next test digit on which the models disagree.
func (c *View) seek() {
	c.seeking = false
	ways := digitWays(c.set.Int("bits"))
	var all [][]byte
	for _, w := range ways {
		m, ok := c.known[w]
		if !ok {
			c.measuring, c.seeking = true, true
			c.measure()
			return
		}
		all = append(all, m.Says)
	}
	n := c.set.Int("n")
	for i := 1; i <= digits.TestCount; i++ {
		at := (n + i) % digits.TestCount
		if slices.ContainsFunc(all, func(says []byte) bool { return says[at] != all[0][at] }) {
			c.goTo(at)
			return
		}
	}
	c.Room.Say(words.T("At these bits, no model disagrees with another on any of the 2,000 digits."))
}
