// Package options is where a person chooses how to quantize. The words and
// their explanations are those of package recipe, which the command line uses
// too.
package options

import (
	"strconv"

	"splitquant/core/recipe"
	"splitquant/ui/state"

	"github.com/vugu/vugu"
)

// View is the panel of options.
type View struct {
	S     *state.State
	Set   func(option, word string)
	Reset func()
	More  func(more bool) // shows the rarer options too
}

// A choice is one select.
type choice struct {
	option, name, word, means, tip string
	words                          []word
	disabled                       bool
}

type word struct {
	word, name         string
	selected, disabled bool
}

// The options that take one of a few words: first those that matter most.
var (
	main = []string{"bits", "strategy", "form", "granularity"}
	more = []string{"cluster", "clip", "target"}
)

func (c *View) choices(options []string) []choice {
	choices := make([]choice, len(options))
	for i, option := range options {
		choices[i] = c.choice(option)
	}
	return choices
}

func (c *View) choice(option string) choice {
	now := c.S.Option(option)
	ch := choice{option: option, name: names[option].Name, tip: names[option].Means, word: now}
	for _, known := range recipe.Choices(option) {
		w := word{known.Word, textWord(option, known), known.Word == now, !known.Built}
		if w.selected {
			ch.means = known.Means
		}
		ch.words = append(ch.words, w)
	}
	ch.disabled = option == "cluster" && !c.S.Options.Splits()
	return ch
}

// set takes the word that a select has now.
func (c *View) set(option string, event vugu.DOMEvent) {
	c.Set(option, event.PropString("target", "value"))
}

func (c *View) symmetric(event vugu.DOMEvent) {
	word := "false"
	if event.PropBool("target", "checked") {
		word = "true"
	}
	c.Set("symmetric", word)
}

func (c *View) weighing() string {
	if c.S.Weighing {
		return "waits"
	}
	return ""
}

// changed reports whether any option is not the default.
func (c *View) changed() bool {
	d := state.New()
	for _, option := range append(append([]string{"symmetric"}, main...), more...) {
		if c.S.Option(option) != d.Option(option) {
			return true
		}
	}
	return false
}

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
