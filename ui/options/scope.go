package options

import (
	"splitquant/core/recipe"
	"splitquant/ui/format"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

// Which layers the choices are for, and what is different for some of them.

var scope = words.Term{Name: "For", Means: "The layers that the choices below are for. Choices for single layers prevail over those for all."}

const (
	textUndo    words.Text = "Undo"
	textRedo    words.Text = "Redo"
	textSave    words.Text = "Save recipe"
	textSaveTip words.Text = "Saves all choices as a JSON file, for another day or for the command line's --recipe."
	textLoad    words.Text = "Load recipe"
	textRules   words.Text = "Different for some layers"
	textChange  words.Text = "Change"
	textDrop    words.Text = "Remove"
)

// RecipeInput names the file input for recipes.
const RecipeInput = "recipe-input"

// scopes lists what choices can be made for.
func (c *View) scopes() []word {
	list := []word{{"", words.T("all layers"), c.S.Scope == "", false}}
	for _, s := range c.S.Scopes() {
		name := format.Name(s.Glob)
		if !recipe.Single(s.Glob) {
			name += words.F(" (%d layers)", s.Layers)
		}
		list = append(list, word{s.Glob, name, s.Glob == c.S.Scope, false})
	}
	return list
}

func (c *View) aim(event vugu.DOMEvent) { c.Aim(event.PropString("target", "value")) }

func (c *View) scopeMeans() string {
	switch {
	case c.S.Scope != "":
		return words.T("What is chosen below is for these layers alone.")
	case len(c.S.Scopes()) > 0:
		return words.T("Choose some of them to give them choices of their own.")
	}
	return words.T("For choices of its own, press a layer's choice in the table.")
}

// textAsAll is the first word of an option of some layers.
func (c *View) textAsAll(option string) string {
	w := c.S.General(option)
	if option == "palette" && w == "0" {
		w = words.T("none")
	}
	return words.F("as for all layers (%s)", w)
}

// rarer lists the rarer options that there are for the layers in the scope.
func (c *View) rarer() []choice {
	if c.S.Scope != "" {
		return c.choices(ofRules)
	}
	return c.choices(more)
}

// wide lists the rules with a wildcard, up to a few.
func (c *View) wide() []recipe.Rule {
	const few = 12
	wide, _ := c.S.Rules()
	return wide[:min(len(wide), few)]
}

func (c *View) single() int { _, n := c.S.Rules(); return n }

func (c *View) textSingle() string {
	if c.single() == 1 {
		return words.T("1 layer has a choice of its own, shown in the table.")
	}
	return words.F("%d layers have choices of their own, shown in the table.", c.single())
}

// The list of rules says what each one is for and what it changes.
var (
	shortName = format.Name
	rule      = words.Rule
)
