package plan

import (
	"slices"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/recipe"
)

// corrected is the model with the kinds of layers that the options name. Those of
// a graph are known, and stay.
func corrected(m *model.Model, o recipe.Options) *model.Model {
	if !m.Guessed || len(o.AsLinear)+len(o.AsEmbedding) == 0 {
		return m
	}
	c := *m
	c.Layers = slices.Clone(m.Layers)
	for i := range c.Layers {
		l := &c.Layers[i]
		named := func(glob string) bool { return recipe.Match(glob, l.Name) }
		switch {
		case slices.ContainsFunc(o.AsLinear, named):
			checkpoint.SetLinear(l)
		case slices.ContainsFunc(o.AsEmbedding, named):
			checkpoint.SetEmbedding(l)
		}
	}
	return &c
}
