package learn

import (
	"fmt"
	"slices"
	"strconv"

	"splitquant/core/dataset/digits"
	"splitquant/ui/format"
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
		{"Measure all on 2,000 digits", func(c *View) { c.measuring = true; c.measure() }},
	},
	Question: "At which number of bits does plain quantization stop being good enough, and which split still works at 2 bits?",
	Hint:     "Measure at 2, 3 and 4 bits, and read bits per weight beside every accuracy.",
	Answer:   "With 4 bits, plain quantization is nearly as good as float; with 3 it loses two points; with 2 it breaks: a third of the digits is read wrong. Clipped, it gets a good part back. The splits read nearly all digits at 2 bits, but they store 6 bits for each weight: plain INT4 has as many right with fewer.",
	Canvas:   true,
	Sample:   "samples/digits.onnx",
	Ask: func(s Settings) *ask {
		return &ask{Digit: &message.DigitAsk{Ways: digitWays(s.Int("bits")), Index: s.Int("n")}}
	},
	Show: showDigit,
}

// digitNames are what the ways of digitWays are called.
var digitNames = []words.Text{"Float", "Plain", "Clipped to 99 %", "Split, k-means", "Split, least error", "Split, digits"}

var digitIDs = []string{"float", "plain", "clipped", "kmeans", "resolution", "residual"}

func digitWays(bits int) []message.DigitWay {
	return []message.DigitWay{{},
		{Bits: bits, Strategy: "none"}, {Bits: bits, Strategy: "none", Clip: "percentile:99"},
		{Bits: bits, Strategy: "kmeans"}, {Bits: bits, Strategy: "resolution"}, {Bits: bits, Strategy: "residual"}}
}

func showDigit(s Settings, a *info, width int) Figure {
	p := newPlot(width, 0, 1)
	p.left = 150
	p.right = 120
	if width < 500 {
		p.left, p.right = 118, 84
	}
	ways := digitWays(s.Int("bits"))
	t := Table{Heads: []words.Text{"Model", "Bits", "Answer", "Confidence", "Stored for each weight", "Right of 2,000"}}
	var facts []Fact
	y := 10.0
	for i, m := range a.Digit.Models {
		answer := 0
		for d, x := range m.Probabilities {
			if x > m.Probabilities[answer] {
				answer = d
			}
		}
		sure := m.Probabilities[answer]
		class := "good"
		wrong := a.Digit.Label >= 0 && answer != a.Digit.Label
		if wrong {
			class = "wrong"
		}
		p.text(0, y+26, "title", "start", words.T(digitNames[i]))
		fmt.Fprintf(p, `<rect class="track" x="%d" y="%.1f" width="%d" height="22" rx="4"/>`, p.left, y+11, width-p.left-p.right)
		fmt.Fprintf(p, `<rect class="sure %s" x="%d" y="%.1f" width="%.1f" height="22" rx="4"/>`, class, p.left, y+11, max(2, sure*float64(width-p.left-p.right)))
		text := strconv.Itoa(answer)
		if wrong {
			text += " ✗"
		}
		p.text(float64(width-p.right)+10, y+29, "big", "start", text)
		p.text(float64(width), y+28, "axis", "end", format.Percent(sure, 1))
		y += 44
		right := format.None
		if r, ok := a.measured[ways[i]]; ok {
			right = words.F("%s (%s)", format.Count(int64(r.Correct)), fixed(100*float64(r.Correct)/digits.TestCount, 1)+"\u00a0%")
			facts = append(facts, Fact{"right-" + digitIDs[i], digitNames[i], fixed(100*float64(r.Correct)/digits.TestCount, 2) + "\u00a0%", i == 4})
		}
		bits := strconv.Itoa(ways[i].Bits)
		if ways[i].Bits == 0 {
			bits = format.None
		}
		t.Rows = append(t.Rows, []string{words.T(digitNames[i]), bits, strconv.Itoa(answer), format.Percent(sure, 1), format.Bits(m.BitsPerWeight), right})
	}
	p.height = int(y) + 6
	for _, other := range []int{2, 3, 4} { // what else was measured
		for i, w := range digitWays(other) {
			if r, ok := a.measured[w]; ok && other != s.Int("bits") && w.Bits != 0 {
				t.Rows = append(t.Rows, []string{words.T(digitNames[i]), strconv.Itoa(other), format.None, format.None, format.Bits(r.BitsPerWeight),
					words.F("%s (%s)", format.Count(int64(r.Correct)), fixed(100*float64(r.Correct)/digits.TestCount, 1)+"\u00a0%")})
			}
		}
	}
	if len(facts) == 0 {
		facts = []Fact{{"label", "It shows", labelOf(a.Digit.Label), true}}
	}
	return Figure{
		SVG:   p.svg(),
		Alt:   words.T("For each model its answer and how sure it is; the numbers are in the table below."),
		Facts: facts,
		Table: t,
	}
}

func labelOf(label int) string {
	if label < 0 {
		return words.T("what you drew")
	}
	return words.F("a %d", label)
}

// measured are the answers of models to all test digits.
type measured map[message.DigitWay]message.DigitAnswer

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

// measure asks one model after another about all test digits, at the bits that
// are set and then at 2, 3 and 4, so that what a pupil does meanwhile is not
// kept waiting.
func (c *View) measure() {
	if !c.measuring || c.lesson() == nil || !c.lesson().Canvas {
		return
	}
	for _, bits := range []int{c.set.Int("bits"), 2, 3, 4} {
		for _, w := range digitWays(bits) {
			if _, known := c.known[w]; known {
				continue
			}
			c.Room.Compute(&ask{Digit: &message.DigitAsk{Ways: []message.DigitWay{w}, Measure: true}}, func(r message.Reply) {
				if r.Lesson == nil || r.Lesson.Digit == nil {
					c.measuring, c.why = false, r.Error
					return
				}
				c.known[w] = r.Lesson.Digit.Models[0]
				c.drawn = drawn{}
				c.measure()
			})
			return
		}
	}
	c.measuring = false
	if c.seeking {
		c.seek()
	}
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
