package page

import (
	"strings"
	"testing"

	"splitquant/core/recipe"
	"splitquant/ui/engine"
	"splitquant/ui/uitest"
)

// A recipe that was saved and loaded again is the same, and both can be undone.
func TestRecipeOutAndIn(t *testing.T) {
	d := newDesk(t)
	d.open(model(3))
	d.serve("")
	d.Update(func() {
		d.S.AimAt(1)
		d.choose(func() { d.S.SetOption("bits", "8") })
		d.choose(func() { d.S.Take(0) })
		d.saveRecipe()
	})
	if d.saved != "net-recipe.json" {
		t.Errorf("saved as %v", d.saved)
	}
	o, err := recipe.Read(strings.NewReader(d.content))
	if err != nil || o.For("conv1").Bits != 8 || o.For("conv2").Bits != 2 || len(o.Exclude) != 1 {
		t.Fatalf("%v, error %v", o, err)
	}
	saved := d.content
	d.Update(func() { d.choose(d.S.Undo); d.choose(d.S.Undo) })
	if len(d.S.Options.Layers) != 0 || d.S.Left[0] {
		t.Error("not undone")
	}
	d.Open(Picked{[]string{"mine.json"}, engine.Files{saved}})
	d.says("status", "The recipe mine.json holds now.")
	if d.S.Own(1).Bits != 8 || !d.S.Left[0] {
		t.Errorf("not taken over: %v", d.S.Options)
	}
	if n := len(uitest.Find(d.root(), "data-testid", "aim")); n != 3 {
		t.Errorf("%d layers can have choices", n)
	}

	d.OpenRecipe(Picked{[]string{"no.json"}, engine.Files{`{"bits": 7}`}})
	d.says("error", "no.json could not be used as a recipe: recipe: bits")
	d.OpenRecipe(Picked{[]string{"other.json"}, engine.Files{`{"layers": [{"layer": "gone*", "bits": 4}]}`}})
	d.says("status", "No layer of this model is called gone*.")
	d.lacks("error")
}
