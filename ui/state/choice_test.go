package state

import (
	"fmt"
	"slices"
	"testing"

	"splitquant/core/recipe"
)

// blocks is a state with a model of blocks of two layers.
func blocks(n int) *State {
	s := New()
	m := model(0)
	for i := range n {
		for _, part := range []string{"query", "key"} {
			l := model(1).Layers[0]
			l.Name = fmt.Sprintf("enc.%d.%s", i, part)
			m.Layers = append(m.Layers, l)
		}
	}
	s.SetModel(m)
	return &s
}

// A choice for one layer prevails over one for those like it, in whatever
// order they are made.
func TestChoicesForSomeLayers(t *testing.T) {
	s := blocks(3)
	s.AimAt(2)
	s.SetOption("bits", "8")
	s.Aim("enc.*.query")
	s.SetOption("bits", "4")
	s.SetOption("granularity", "channel")
	var bits []int
	for _, name := range s.Names() {
		bits = append(bits, s.Asked().For(name).Bits)
	}
	if !slices.Equal(bits, []int{4, 2, 8, 2, 4, 2}) {
		t.Errorf("bits %v", bits)
	}
	if got := s.Own(2); got.Bits != 8 || got.Granularity != "channel" {
		t.Errorf("layer 2: %v", got)
	}
	if s.Option("bits") != "4" || s.Option("strategy") != "" || s.General("bits") != "2" {
		t.Errorf("%q, %q, %q", s.Option("bits"), s.Option("strategy"), s.General("bits"))
	}
	s.SetOption("bits", "")
	s.SetOption("granularity", "")
	if s.Rule("enc.*.query") >= 0 {
		t.Error("a rule that says nothing stays")
	}
	if s.SetOption("target", "any") || s.SetOption("bits", "many") {
		t.Error("a rule takes what it has no word for")
	}
}

func TestScopes(t *testing.T) {
	s := blocks(3)
	if n := len(s.Scopes()); n != 0 {
		t.Errorf("%d scopes with nothing pointed at", n)
	}
	s.AimAt(2)
	want := []Scope{{"enc.1.query", 1}, {"enc.*.query", 3}, {"enc.1.*", 2}}
	if got := s.Scopes(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestUndo(t *testing.T) {
	s := blocks(2)
	before := s.Asked()
	steps := []func(){
		func() { s.Take(1) },
		func() { s.SetOption("form", "summed") },
		func() { s.AimAt(0); s.SetOption("bits", "8"); s.Aim("") },
		func() { s.TakeAll(false) },
		func() { s.Start(recipe.Presets()[2].Options) },
	}
	var after []recipe.Options
	for _, step := range steps {
		step()
		after = append(after, s.Asked())
	}
	for range steps {
		s.Undo()
	}
	if !same(s.Options, before) || s.CanUndo() || len(s.Left) != 0 {
		t.Errorf("undone to %v", s.Options)
	}
	s.Undo()
	for i := range steps {
		if s.Redo(); !same(s.Options, after[i]) {
			t.Errorf("choice %d is not made again", i)
		}
	}
	s.Undo()
	if s.SetOption("bits", "3"); s.CanRedo() {
		t.Error("what was undone before another choice can be made again")
	}
	if s.SetOption("bits", "3"); len(s.past) != 5 {
		t.Error("the same choice twice counts twice")
	}
}

// A layer that a wildcard leaves out can be taken in alone.
func TestTakeInOneOfMany(t *testing.T) {
	s := blocks(2)
	o := s.Asked()
	o.Exclude = []string{"enc.0.*"}
	o.Layers = []recipe.Rule{{Layer: "enc.1.*", Bits: 4, Exclude: true}}
	s.Choose(o)
	if len(s.Left) != 4 {
		t.Fatalf("left out: %v", s.Left)
	}
	s.Take(2)
	if len(s.Left) != 3 || s.Left[2] || s.Own(2).Bits != 4 {
		t.Errorf("left out: %v", s.Left)
	}
}

// Another model takes over what is chosen for all layers, the same one
// whatever still has a layer.
func TestChoicesOfAnotherModel(t *testing.T) {
	s := blocks(2)
	s.SetOption("bits", "4")
	s.Take(3)
	s.AimAt(0)
	s.SetOption("bits", "8")
	again := *s.Model
	s.SetModel(&again)
	if s.Scope != "" || !s.Left[3] || s.Own(0).Bits != 8 {
		t.Errorf("after the same model: %v", s.Options)
	}
	other := again
	other.Name = "other.onnx"
	s.SetModel(&other)
	if len(s.Left) != 0 || len(s.Options.Layers) != 0 || s.Options.Bits != 4 {
		t.Errorf("after another model: %v", s.Options)
	}
}
