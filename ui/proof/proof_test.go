package proof

import (
	"testing"

	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

// proved shows a proof on labelled data, with activations in codes.
func proved() *Lines {
	s := state.New()
	s.SetModel(&message.ModelInfo{Layers: []message.LayerInfo{{Name: "fc"}}})
	line := func(name string, activations int) message.ProofLine {
		l := message.ProofLine{Activations: activations}
		l.Model, l.Agreement, l.Score = name, new(evaluate.Agreement), &evaluate.Score{Rows: 2, Confusion: [][]int{{1, 0}, {0, 1}}}
		return l
	}
	s.Proof.Asked = s.Asked()
	s.Proof.Info = &message.ProofInfo{
		Rows: 2, Classes: []string{"no", "yes"}, Ranges: model.Ranges{"x": {Min: -1, Max: 1}}, RangeRows: 2,
		Lines:  []message.ProofLine{line(message.Original, 0), line(message.Result, 0), line(message.Static, 8)},
		Differ: []evaluate.Row{{Predicted: []int{0, 0, 1}}},
	}
	return &Lines{&View{S: &s}}
}

// The button that chooses activations keeps its place, and with it the focus,
// when it makes the proof outdated.
func TestRoundKeepsItsPlace(t *testing.T) {
	c := proved()
	place := func() (path []int) {
		found := uitest.Find(uitest.Render(c), "data-testid", "round")
		if len(found) != 1 {
			t.Fatalf("%d buttons", len(found))
		}
		for n := found[0]; n != nil; n = n.Parent {
			i := 0
			for before := n.PrevSibling; before != nil; before = before.PrevSibling {
				i++
			}
			path = append(path, i)
		}
		return path
	}
	hidden := func() bool { return uitest.Has(uitest.Find(uitest.Render(c), "class", "outdated")[0], "hidden") }
	before := place()
	if !hidden() {
		t.Error("a new proof is outdated")
	}
	c.S.ChooseStatic(c.lines()[2])
	if hidden() {
		t.Error("nobody says that the proof is outdated")
	}
	for i, at := range place() {
		if at != before[i] {
			t.Fatalf("the button was at %v and is at %v", before, place())
		}
	}
}

// What is unfolded stays so when something else is drawn: the page remembers it.
func TestUnfolded(t *testing.T) {
	c := proved()
	open := func() (open []bool) {
		for _, d := range uitest.Tags(uitest.Render(c), "details") {
			open = append(open, uitest.Has(d, "open"))
		}
		return open
	}
	check := func(matrix, rows bool) {
		t.Helper()
		if got := open(); len(got) != 2 || got[0] != matrix || got[1] != rows {
			t.Errorf("unfolded are %v, want %v and %v", got, matrix, rows)
		}
	}
	check(false, false)
	c.p().Matrix = true
	check(true, false)
	c.p().Matrix, c.p().Rows = false, true
	check(false, true)
}
