package layers

import (
	"fmt"
	"strings"
	"testing"

	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

func view(layers int) *View {
	s := state.New()
	m := &message.ModelInfo{}
	for i := range layers {
		m.Layers = append(m.Layers, message.LayerInfo{Name: fmt.Sprintf("conv%d", i), Op: "Conv", Shape: []int64{8, 3, 3, 3}, Parameters: 1216})
	}
	s.SetModel(m)
	return &View{S: &s}
}

func TestAtMostThirtyRows(t *testing.T) {
	c := view(70)
	for page, want := range []int{30, 30, 10} {
		c.S.Page = page
		root := uitest.Render(c)
		if got := len(uitest.Find(root, "data-testid", "layer-row")); got != want {
			t.Errorf("page %d has %d rows, want %d", page, got, want)
		}
	}
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "61 to 70 of 70") {
		t.Errorf("the pager is not in %q", text)
	}
	c.S.Folded = true
	if got := len(uitest.Find(uitest.Render(c), "data-testid", "layer-row")); got != 0 {
		t.Errorf("%d rows of a folded table", got)
	}
}

func TestRow(t *testing.T) {
	c := view(2)
	c.S.Looks[0] = message.LookInfo{Layer: 0, Min: -0.5, Max: 2, Bars: []int64{1, 0, 5}}
	c.S.Model.Layers[1].Skipped = "an embedding is looked up"
	rows := uitest.Find(uitest.Render(c), "data-testid", "layer-row")
	if got, want := uitest.Text(rows[0]), "conv0 Conv 8 × 3 × 3 × 3 1,216 −0.500 to 2.00 as all"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := uitest.Text(rows[1]), "conv1 Conv 8 × 3 × 3 × 3 1,216 an embedding is looked up"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	box := uitest.Tags(rows[1], "input")[0]
	if !uitest.Has(box, "disabled") {
		t.Error("a layer that cannot be worked on can be ticked")
	}
}

// The layers of a checkpoint can be corrected, those of a graph cannot.
func TestKinds(t *testing.T) {
	c := view(1)
	if n := len(uitest.Find(uitest.Render(c), "data-testid", "kind")); n != 0 {
		t.Errorf("%d kinds can be chosen where a graph tells", n)
	}
	c.S.SetModel(&message.ModelInfo{Guessed: true, Layers: []message.LayerInfo{{Name: "what", Op: "?", Shape: []int64{3, 4}, Skipped: "its name does not say"}}})
	kind, _ := uitest.ByTestID(uitest.Render(c), "kind")
	if want := "?a Linear or Convan embedding"; kind != want {
		t.Errorf("kinds are %q, want %q", kind, want)
	}
	c.S.SetKind(0, state.AsLinear)
	root := uitest.Render(c)
	if text := uitest.Text(uitest.Find(root, "data-testid", "layer-row")[0]); strings.Contains(text, "does not say") || !strings.Contains(text, "as all") {
		t.Errorf("a corrected layer: %q", text)
	}
	if k := c.kinds(0); k[0].selected || !k[1].selected {
		t.Errorf("the kind is not shown: %v", k)
	}
}

// Names come from the file. They are text, and short enough for vugu, which
// fails for good at an attribute of 16 kB.
func TestHostileNames(t *testing.T) {
	c := view(1)
	c.S.Model.Layers[0].Name = `<img src=x onerror=alert(1)>"'` + strings.Repeat("x", 20000)
	root := uitest.Render(c)
	if len(uitest.Tags(root, "img")) > 0 {
		t.Error("a name became markup")
	}
	row := uitest.Find(root, "data-testid", "layer-row")[0]
	for _, e := range append(uitest.Tags(row, "input"), uitest.Tags(row, "button")...) {
		for _, a := range e.Attr {
			if len(a.Val) > 1000 {
				t.Errorf("attribute %s has %d bytes", a.Key, len(a.Val))
			}
		}
	}
}

func TestSpark(t *testing.T) {
	svg := string(Spark(message.LookInfo{Bars: []int64{0, 1, 1000, 2}}))
	if n := strings.Count(svg, "z"); n != 3 {
		t.Errorf("%d bars, want the 3 that are not empty", n)
	}
	if !strings.Contains(svg, fmt.Sprintf("M36.0 %dv-%d.0h18.0", sparkHeight, sparkHeight)) {
		t.Errorf("the largest count is not as high as the picture: %s", svg)
	}
	if got := Spark(message.LookInfo{}); got != "" {
		t.Errorf("nothing looks like %s", got)
	}
	bad := message.LookInfo{Error: "a <b>"}
	if got := string(Note(&message.LayerInfo{}, bad)); !strings.Contains(got, "a &lt;b&gt;") || Span(bad) != "–" {
		t.Errorf("an error is noted as %s, the range as %s", got, Span(bad))
	}
	if got := Note(&message.LayerInfo{Skipped: "why"}, bad); got != "why" {
		t.Errorf("a layer that is left alone is noted as %s", got)
	}
}

func TestSummary(t *testing.T) {
	c := view(1200)
	if got := uitest.Text(uitest.Render(c)); !strings.Contains(got, "1,200 layers, all of them worked on") {
		t.Errorf("got %q", got)
	}
	c.S.Left[3] = true
	if got := uitest.Text(uitest.Render(c)); !strings.Contains(got, "1,199 of 1,200 layers worked on") {
		t.Errorf("got %q", got)
	}
	empty := state.New()
	if got := uitest.Text(uitest.Render(&View{S: &empty})); !strings.Contains(got, string(textEmpty)) {
		t.Errorf("without a model it says %q", got)
	}
}
