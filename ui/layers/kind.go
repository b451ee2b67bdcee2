package layers

import (
	"splitquant/ui/state"
	"splitquant/ui/words"
)

// A file without a graph does not say what its layers are. The names do, mostly,
// and a person can correct them.

const textKindTip words.Text = "This file does not say what its layers are; their names do, mostly. Correct it here."

func textKindOf(name string) string { return words.F("What %s is", name) }

// A kind is one that a layer can be given.
type kind struct {
	kind, shown string
	selected    bool
}

func (c *View) kinds(layer int) []kind {
	as := c.S.Kind(layer)
	return []kind{
		{state.AsNamed, c.S.Named(layer), as == state.AsNamed},
		{state.AsLinear, words.T("a Linear or Conv"), as == state.AsLinear},
		{state.AsEmbedding, words.T("an embedding"), as == state.AsEmbedding},
	}
}
