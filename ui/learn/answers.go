package learn

import (
	"fmt"
	"slices"
	"strconv"

	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// A sample model answers in several ways of quantizing it, side by side.

// digitNames are what the ways of digitWays are called.
var digitNames = []words.Text{"Float", "Plain", "Clipped to 99 %", "Split, k-means", "Split, least error", "Split, digits"}

var digitIDs = []string{"float", "plain", "clipped", "kmeans", "resolution", "residual"}

func digitWays(bits int) []message.Way {
	return []message.Way{{},
		{Bits: bits, Strategy: "none"}, {Bits: bits, Strategy: "none", Clip: "percentile:99"},
		{Bits: bits, Strategy: "kmeans"}, {Bits: bits, Strategy: "resolution"}, {Bits: bits, Strategy: "residual"}}
}

// measured are the answers of models to all inputs of the test.
type measured map[message.Way]message.ModelAnswer

// A contest is what the models say of one input, and what was measured on all
// of the test.
type contest struct {
	ways     []message.Way
	models   []message.ModelAnswer
	label    int // the right answer, or -1
	name     func(class int) string
	of       int // inputs of the test
	head     words.Text
	measured measured
}

// figure draws it. The facts are what is shown until all was measured.
func (k contest) figure(width int, facts []Fact) Figure {
	p := newPlot(width, 0, 1)
	p.left = 150
	p.right = 136
	if width < 500 {
		p.left, p.right = 134, 118
	}
	t := Table{Heads: []words.Text{"Model", "Bits", "Answer", "Confidence", "Stored for each weight", k.head}}
	var scores []Fact
	y := 10.0
	for i, m := range k.models {
		answer := likeliest(m.Probabilities)
		sure := m.Probabilities[answer]
		class, text := "good", k.name(answer)
		if wrong := k.label >= 0 && answer != k.label; wrong {
			class, text = "wrong", text+" ✗"
		}
		p.text(0, y+26, "title", "start", words.T(digitNames[i]))
		fmt.Fprintf(p, `<rect class="track" x="%d" y="%.1f" width="%d" height="22" rx="4"/>`, p.left, y+11, width-p.left-p.right)
		fmt.Fprintf(p, `<rect class="sure %s" x="%d" y="%.1f" width="%.1f" height="22" rx="4"/>`, class, p.left, y+11, max(2, sure*float64(width-p.left-p.right)))
		p.text(float64(width-p.right)+10, y+29, "big", "start", text)
		p.text(float64(width), y+28, "axis", "end", format.Percent(sure, 1))
		y += 44
		right := format.None
		if r, ok := k.measured[k.ways[i]]; ok {
			right = k.right(r)
			scores = append(scores, Fact{"right-" + digitIDs[i], digitNames[i], fixed(100*float64(r.Correct)/float64(k.of), 2) + "\u00a0%", i == 4})
		}
		bits := strconv.Itoa(k.ways[i].Bits)
		if k.ways[i].Bits == 0 {
			bits = format.None
		}
		t.Rows = append(t.Rows, []string{words.T(digitNames[i]), bits, k.name(answer), format.Percent(sure, 1), format.Bits(m.BitsPerWeight), right})
	}
	p.height = int(y) + 6
	for _, other := range []int{2, 3, 4} { // what else was measured
		for i, w := range digitWays(other) {
			if r, ok := k.measured[w]; ok && other != k.ways[1].Bits && w.Bits != 0 {
				t.Rows = append(t.Rows, []string{words.T(digitNames[i]), strconv.Itoa(other), format.None, format.None, format.Bits(r.BitsPerWeight), k.right(r)})
			}
		}
	}
	if len(scores) > 0 {
		facts = scores
	}
	return Figure{
		SVG:   p.svg(),
		Alt:   words.T("For each model its answer and how sure it is; the numbers are in the table below."),
		Facts: facts,
		Table: t,
	}
}

// right says how many a model got right.
func (k contest) right(m message.ModelAnswer) string {
	return words.F("%s (%s)", format.Count(int64(m.Correct)), fixed(100*float64(m.Correct)/float64(k.of), 1)+"\u00a0%")
}

// likeliest is the class of the largest probability.
func likeliest(probabilities []float64) int {
	return slices.Index(probabilities, slices.Max(probabilities))
}

// startMeasuring begins to measure all models.
func (c *View) startMeasuring() {
	c.measuring = true
	c.measure()
}

// measure asks one model after another about all of the test, at the bits that
// are set and then at 2, 3 and 4, so that what a pupil does meanwhile is not
// kept waiting.
func (c *View) measure() {
	l := c.lesson()
	if !c.measuring || l == nil || l.Measure == nil {
		return
	}
	for _, bits := range []int{c.set.Int("bits"), 2, 3, 4} {
		for _, w := range digitWays(bits) {
			if _, known := c.known[w]; known {
				continue
			}
			c.Room.Compute(l.Measure(w), func(r message.Reply) {
				if r.Lesson == nil {
					c.measuring, c.why = false, r.Error
					return
				}
				switch a := r.Lesson; {
				case a.Digit != nil:
					c.known[w] = a.Digit.Models[0]
				case a.Text != nil:
					c.known[w] = a.Text.Models[0]
				}
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
