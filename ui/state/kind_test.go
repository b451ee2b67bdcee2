package state

import (
	"slices"
	"testing"

	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// guessed is the state with a checkpoint: a weight, one whose name says
// nothing, and an embedding.
func guessed() State {
	s := New()
	s.SetModel(&message.ModelInfo{Guessed: true, Layers: []message.LayerInfo{
		{Name: "fc", Kind: "linear", Op: "Linear", Shape: []int64{4, 4}},
		{Name: "what", Kind: "unknown", Op: "?", Shape: []int64{4, 4, 3, 3}, Skipped: "its name does not say"},
		{Name: "wte", Kind: "embedding", Op: "Embedding", Shape: []int64{9, 4}, Skipped: "looked up"},
	}})
	return s
}

// A kind goes to the recipe, changes what the layer is, and can be taken back.
func TestKind(t *testing.T) {
	s := guessed()
	s.SetKind(1, AsLinear)
	if l := s.Model.Layers[1]; l.Op != "Conv2d" || l.Kind != "conv" || !s.Usable(1) || s.InUse() != 2 || !slices.Equal(s.Options.AsLinear, []string{"what"}) {
		t.Errorf("as a layer: %+v, recipe %v", l, s.Options.AsLinear)
	}
	s.SetKind(1, AsEmbedding)
	if l := s.Model.Layers[1]; l.Op != "Embedding" || s.Usable(1) || len(s.Options.AsLinear) != 0 || s.Kind(1) != AsEmbedding {
		t.Errorf("as an embedding: %+v, recipe %v", l, s.Options)
	}
	s.Start(recipe.Defaults())
	if s.Kind(1) != AsEmbedding || s.Changed() {
		t.Error("a preset changes what layers are")
	}
	s.SetKind(1, AsNamed)
	if l := s.Model.Layers[1]; l.Op != "?" || l.Skipped != "its name does not say" || !same(s.Options, recipe.Defaults()) {
		t.Errorf("as named: %+v, recipe %v", l, s.Options)
	}
	s.Undo()
	if s.Kind(1) != AsEmbedding || s.Model.Layers[1].Op != "Embedding" {
		t.Error("a kind cannot be taken back")
	}
}

// A wildcard of a recipe stays for the other layers that it matches.
func TestKindOfWildcard(t *testing.T) {
	s := guessed()
	o := recipe.Defaults()
	o.AsEmbedding = []string{"w*"}
	s.Choose(o)
	s.SetKind(1, AsLinear)
	if !slices.Equal(s.Options.AsEmbedding, []string{"wte"}) || !slices.Equal(s.Options.AsLinear, []string{"what"}) {
		t.Errorf("recipe %v, %v", s.Options.AsEmbedding, s.Options.AsLinear)
	}
	s.SetModel(&message.ModelInfo{Guessed: true, Layers: []message.LayerInfo{{Name: "x", Op: "Linear"}}})
	if len(s.Options.AsEmbedding)+len(s.Options.AsLinear) != 0 {
		t.Errorf("the recipe speaks of layers of another model: %v", s.Options)
	}
}
