package options

import (
	"strconv"

	"splitquant/ui/format"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

// A goal instead of options: the page chooses for each layer what meets it.

const (
	textGoal     words.Text = "Choose for me"
	textGoalIs   words.Text = "Goal"
	textBySize   words.Text = "size"
	textByNoise  words.Text = "SQNR"
	textAsk      words.Text = "Suggest"
	textAskMeans words.Text = "Measures every setting on every layer, then gives each layer the cheapest one that meets the goal together with the others."
)

// goal is what a suggestion has to meet, in words.
func (c *View) goal() string {
	if c.S.Aid.ByNoise {
		return words.F("at least %s dB over all weights", strconv.FormatFloat(c.S.Aid.MinSQNR, 'f', 0, 64))
	}
	return words.F("at most %s per weight", format.Bits(c.S.Aid.Budget))
}

// The slider of the goal: its ends, its step and where it stands.
func (c *View) goalMin() string  { return c.ofGoal("2", "5") }
func (c *View) goalMax() string  { return c.ofGoal("10", "60") }
func (c *View) goalStep() string { return c.ofGoal("0.1", "1") }
func (c *View) goalNow() string {
	return c.ofGoal(strconv.FormatFloat(c.S.Aid.Budget, 'f', 1, 64), strconv.FormatFloat(c.S.Aid.MinSQNR, 'f', 0, 64))
}

func (c *View) ofGoal(size, noise string) string {
	if c.S.Aid.ByNoise {
		return noise
	}
	return size
}

func (c *View) slide(event vugu.DOMEvent) {
	if v, err := strconv.ParseFloat(event.PropString("target", "value"), 64); err == nil {
		c.S.Aid.SetGoal(v)
	}
}
