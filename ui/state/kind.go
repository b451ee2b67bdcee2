package state

import (
	"slices"

	"splitquant/core/checkpoint"
	weights "splitquant/core/model"
	"splitquant/core/recipe"
)

// What a file without a graph does not say about its layers, a person can.

// The kinds that a person can give a layer.
const (
	AsNamed     = "" // as its name says
	AsLinear    = "linear"
	AsEmbedding = "embedding"
)

// Kind returns the kind that was given to a layer.
func (s *State) Kind(layer int) string {
	name := s.Model.Layers[layer].Name
	named := func(glob string) bool { return recipe.Match(glob, name) }
	switch {
	case slices.ContainsFunc(s.Options.AsLinear, named): // as the engine has it, these prevail
		return AsLinear
	case slices.ContainsFunc(s.Options.AsEmbedding, named):
		return AsEmbedding
	}
	return AsNamed
}

// Named is what the name of a layer says that it is.
func (s *State) Named(layer int) string { return s.named[layer].Op }

// SetKind gives a layer a kind.
func (s *State) SetKind(layer int, kind string) {
	name := s.Model.Layers[layer].Name
	o := s.clone()
	o.AsLinear, o.AsEmbedding = s.but(name, o.AsLinear), s.but(name, o.AsEmbedding)
	switch kind {
	case AsLinear:
		o.AsLinear = append(o.AsLinear, recipe.Literal(name))
	case AsEmbedding:
		o.AsEmbedding = append(o.AsEmbedding, recipe.Literal(name))
	}
	s.Choose(o)
}

// but returns globs of the layers that the given ones match, but for one layer:
// a wildcard that matches it is spelled out.
func (s *State) but(name string, globs []string) (rest []string) {
	for _, g := range globs {
		if !recipe.Match(g, name) {
			rest = append(rest, g)
			continue
		}
		for _, other := range s.Names() {
			if other != name && recipe.Match(g, other) {
				rest = append(rest, recipe.Literal(other))
			}
		}
	}
	return rest
}

// correct makes the layers of the model what the recipe says that they are.
func (s *State) correct() {
	if !s.Model.Guessed {
		return
	}
	s.Model.Layers = slices.Clone(s.named)
	for i := range s.Model.Layers {
		l := &s.Model.Layers[i]
		as := weights.Layer{Shape: l.Shape}
		switch s.Kind(i) {
		case AsLinear:
			checkpoint.SetLinear(&as)
		case AsEmbedding:
			checkpoint.SetEmbedding(&as)
		default:
			continue
		}
		l.Kind, l.Op, l.Skipped = string(as.Kind), as.Op, as.Skipped
	}
}
