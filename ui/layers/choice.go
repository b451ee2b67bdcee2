package layers

import (
	"splitquant/ui/words"
)

var choice = words.Term{Name: "Choice", Means: "What is different for this layer. Press it to choose bits, strategy, form and granularity for this layer, or for those like it."}

const textAsAll words.Text = "as all"

// choice says what is different for a layer.
func (c *View) choice(layer int) string {
	if !c.S.Usable(layer) {
		return ""
	}
	if s := words.Rule(c.S.Own(layer)); s != "" {
		return s
	}
	return words.T(textAsAll)
}

func textAim(name string) string { return words.F("Choices for %s", name) }
