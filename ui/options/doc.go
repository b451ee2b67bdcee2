// Package options is where a person chooses how to quantize. The words and
// their explanations are those of package recipe, which the command line uses
// too.
package options

import (
	"slices"
	"strconv"

	"splitquant/core/recipe"
	"splitquant/ui/state"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

// View is the panel of options.
type View struct {
	S     *state.State
	Set   func(option, word string)
	Start func(from recipe.Options) // takes all options from a preset
	Reset func()
	More  func(more bool)   // shows the rarer options too
	Aim   func(glob string) // says which layers choices are made for; empty: all
	Drop  func(glob string) // forgets the rule for a glob; empty: those of single layers
	Undo  func()
	Redo  func()
	Save  func() // saves the recipe as a file
	Ask   func() // asks for a recipe that meets the goal
}

// A choice is one select or box.
type choice struct {
	option, name, word, means, tip string
	words                          []word
}

type word struct {
	word, name         string
	selected, disabled bool
}

// The options: first those that matter most.
var (
	main  = []string{"bits", "strategy", "form", "granularity"}
	more  = []string{"cluster", "clip", "parts", "palette", "target", "bias", "activations"}
	boxes = []string{"symmetric", "embeddings", "no_fold"}
	// ofRules are those of more that can be another for some layers.
	ofRules = []string{"clip", "parts", "palette"}
)

// offered are words of options that take any number. They are selects all the
// same: a field to type in would make some browsers ask their maker about it.
var offered = map[string][]recipe.Choice{
	"granularity": {{Word: "group:32", Means: "one scale for each 32 inputs of an output channel, in matrices", Built: true},
		{Word: "group:128", Means: "one scale for each 128 inputs of an output channel, in matrices", Built: true}},
	"parts":   numbers(2, 3, 4, 6, 8, 12, 16),
	"palette": numbers(0, 4, 8, 16, 32, 64, 128, 256),
	"clip":    {{Word: "percentile:99.9", Means: "the range leaves out the farthest 0.1 % of the values; the outlier is lost", Built: true}},
}

func numbers(of ...int) []recipe.Choice {
	choices := make([]recipe.Choice, len(of))
	for i, n := range of {
		choices[i] = recipe.Choice{Word: strconv.Itoa(n), Built: true}
	}
	return choices
}

func (c *View) choices(options []string) []choice {
	choices := make([]choice, len(options))
	for i, option := range options {
		choices[i] = c.choice(option)
	}
	return choices
}

func (c *View) choice(option string) choice {
	ch := choice{option: option, name: words.T(names[option].Name), tip: words.T(names[option].Means), word: c.S.Option(option)}
	if c.S.Scope != "" {
		ch.words = append(ch.words, word{"", c.textAsAll(option), ch.word == "", false})
	}
	for _, known := range slices.Concat(recipe.Choices(option), offered[option]) {
		if c.S.Scope != "" && known.Word == "0" {
			continue // a rule has no word for none; a strategy says it
		}
		w := word{known.Word, textWord(option, known), known.Word == ch.word, !known.Built}
		if w.selected {
			ch.means = words.T(words.Text(known.Means))
		}
		ch.words = append(ch.words, w)
	}
	if ch.means == "" {
		ch.means = ch.tip
	}
	if idle := idle(c.S.Scoped(), option); idle != "" {
		ch.means = words.T(textIdle) + words.T(idle)
	}
	return ch
}

// presets lists the recipes to start from, and marks the one that the options
// are; own is the entry for all others.
func (c *View) presets() (presets []word, means string) {
	now := c.S.Options
	now.Include, now.Exclude, now.Layers, now.AsLinear, now.AsEmbedding = nil, nil, nil, nil, nil
	means = words.T(textOwnMeans)
	own := true
	for _, p := range recipe.Presets() {
		w := word{word: p.Name, name: words.T(words.Text(p.Name)), selected: p.Options.String() == now.String()}
		if w.selected {
			means, own = words.T(words.Text(p.Means)), false
		}
		presets = append(presets, w)
	}
	return append(presets, word{name: words.T(textOwn), selected: own, disabled: true}), means
}

func (c *View) presetWords() []word {
	w, _ := c.presets()
	return w
}

func (c *View) presetMeans() string {
	_, means := c.presets()
	return means
}

// start takes over the preset that the select has now.
func (c *View) start(event vugu.DOMEvent) {
	name := event.PropString("target", "value")
	for _, p := range recipe.Presets() {
		if p.Name == name {
			c.Start(p.Options)
		}
	}
}

// set takes the word that a select has now.
func (c *View) set(option string, event vugu.DOMEvent) {
	c.Set(option, event.PropString("target", "value"))
}

func (c *View) check(option string, event vugu.DOMEvent) {
	c.Set(option, truth(event.PropBool("target", "checked")))
}

func (c *View) weighing() string {
	if c.S.Weighing {
		return "waits"
	}
	return ""
}

// on reports whether a box is ticked.
func (c *View) on(option string) bool { return c.S.Option(option) == "true" }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
