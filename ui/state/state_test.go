package state

import (
	"fmt"
	"slices"
	"testing"

	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/wasm/message"
)

func model(layers int) *message.ModelInfo {
	m := &message.ModelInfo{}
	for i := range layers {
		m.Layers = append(m.Layers, message.LayerInfo{Name: fmt.Sprintf("layer*%d", i), Parameters: 10})
	}
	return m
}

func TestTheDefaultsAreTheCommandLines(t *testing.T) {
	s := New()
	if got, want := s.Asked().String(), recipe.Defaults().String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every option that package recipe knows words for can be read and set.
func TestOptions(t *testing.T) {
	for _, option := range []string{"bits", "strategy", "form", "granularity", "cluster", "clip", "activations", "bias", "target"} {
		for _, c := range recipe.Choices(option) {
			s := New()
			if !s.SetOption(option, c.Word) || s.Option(option) != c.Word {
				t.Errorf("%s %s: became %q", option, c.Word, s.Option(option))
			}
			if c.Built && s.Options.Validate() != nil {
				t.Errorf("%s %s: %v", option, c.Word, s.Options.Validate())
			}
		}
	}
	s := New()
	if s.SetOption("symmetric", "true"); !s.Options.Symmetric || s.Option("symmetric") != "true" {
		t.Error("symmetric is not set")
	}
	if s.SetOption("bits", "many") || s.SetOption("colour", "red") || s.Option("colour") != "" {
		t.Error("an option is taken that there is not")
	}
}

// What is left out is excluded by a glob that matches its name and no other.
func TestLeaveOut(t *testing.T) {
	s := New()
	s.SetModel(model(12))
	s.Model.Layers[3].Skipped = "an embedding"
	s.Take(1)
	o := s.Asked()
	var out []string
	for _, l := range s.Model.Layers {
		if slices.ContainsFunc(o.Exclude, func(g string) bool { return recipe.Match(g, l.Name) }) {
			out = append(out, l.Name)
		}
	}
	if !slices.Equal(out, []string{"layer*1"}) {
		t.Errorf("%q leaves out %q", o.Exclude, out)
	}
	if n := s.InUse(); n != 10 {
		t.Errorf("%d layers in use, want 10", n)
	}
	if s.TakeAll(false); s.InUse() != 0 {
		t.Errorf("%d layers in use, want none", s.InUse())
	}
	if s.TakeAll(true); s.InUse() != 11 {
		t.Errorf("%d layers in use, want 11", s.InUse())
	}
}

func TestOutdated(t *testing.T) {
	s := New()
	s.SetModel(model(2))
	if s.Outdated() {
		t.Error("outdated without a result")
	}
	s.Result = &Result{Asked: s.Asked()}
	if s.Outdated() {
		t.Error("outdated with the same options")
	}
	s.Take(0)
	if !s.Outdated() {
		t.Error("not outdated with a layer left out")
	}
	s.Take(0)
	s.SetOption("bits", "4")
	if !s.Outdated() {
		t.Error("not outdated with other bits")
	}
	s.SetOption("bits", "2")
	if s.Outdated() {
		t.Error("outdated though the options are back")
	}
}

func TestUnseen(t *testing.T) {
	s := New()
	if s.Unseen() != nil {
		t.Error("layers to look at without a model")
	}
	s.SetModel(model(33))
	s.Model.Layers[32].Parameters = 0 // nothing to look at
	s.Looks[4] = message.LookInfo{}
	if got := s.Unseen(); len(got) != PerPage-1 || slices.Contains(got, 4) || got[0] != 0 {
		t.Errorf("unseen on the first page: %v", got)
	}
	s.Page = 1
	if got := s.Unseen(); !slices.Equal(got, []int{30, 31}) {
		t.Errorf("unseen on the second page: %v", got)
	}
	s.Folded = true
	if got := s.Unseen(); got != nil {
		t.Errorf("unseen in a folded table: %v", got)
	}
}

func TestPages(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 1, 30: 1, 31: 2, 60: 2, 61: 3} {
		if got := Pages(n); got != want {
			t.Errorf("%d rows take %d pages, want %d", n, got, want)
		}
		covered := 0
		for page := range Pages(n) {
			from, to := Rows(n, page)
			if from != covered || to-from > PerPage {
				t.Errorf("%d rows, page %d: %d to %d", n, page, from, to)
			}
			covered = to
		}
		if covered != n {
			t.Errorf("the pages of %d rows show %d", n, covered)
		}
	}
}

func db(x float64) *float64 { return &x }

func TestSort(t *testing.T) {
	layers := []report.Layer{
		{Name: "a", SQNR: db(9), Plain: db(1), BitsPerWeight: 6, BytesAfter: 10},
		{Name: "b", Skipped: "no"},
		{Name: "c", Exact: true, BitsPerWeight: 7, BytesAfter: 5},
		{Name: "d", SQNR: db(4), Plain: db(3), BitsPerWeight: 6, BytesAfter: 30},
	}
	for _, c := range []struct {
		sort Sort
		want string
	}{
		{Sort{By: ByDamage}, "dacb"}, // exact has no damage; what was left alone is last
		{Sort{By: ByDamage, Reversed: true}, "cadb"},
		{Sort{By: ByOrder}, "abcd"},
		{Sort{By: ByOrder, Reversed: true}, "dcba"},
		{Sort{By: ByPlain}, "adcb"},
		{Sort{By: ByBits}, "cadb"}, // equals stay in the model's order
		{Sort{By: BySize}, "dacb"},
	} {
		got := ""
		for _, i := range c.sort.Sorted(layers) {
			got += layers[i].Name
		}
		if got != c.want {
			t.Errorf("%+v: %s, want %s", c.sort, got, c.want)
		}
	}
	if s := (Sort{By: ByDamage}).Click(ByDamage); !s.Reversed {
		t.Error("a second click does not reverse")
	}
	if s := (Sort{By: ByDamage, Reversed: true}).Click(BySize); s.Reversed || s.By != BySize {
		t.Errorf("a click on another column makes %+v", s)
	}
}

func TestLargestAndWorst(t *testing.T) {
	layers := []report.Layer{
		{Name: "a", MaxAbs: 5, Skipped: "no"},
		{Name: "layer*1", MaxAbs: 2, SQNR: db(9)},
		{Name: "layer*0", MaxAbs: 1, SQNR: db(3)},
	}
	if l := Largest(layers); l == nil || l.Name != "layer*1" {
		t.Errorf("largest is %v", l)
	}
	if l := Largest(layers[:1]); l != nil {
		t.Errorf("largest of nothing quantized is %v", l.Name)
	}
	s := New()
	s.SetModel(model(2))
	s.Result = &Result{Report: &report.Report{Layers: layers}}
	if got := s.Worst(); got != 0 {
		t.Errorf("worst is %d, want 0", got)
	}
	s.Result.Report.Layers = layers[:1]
	if got := s.Worst(); got != -1 {
		t.Errorf("worst of nothing quantized is %d", got)
	}
}

func TestMainFile(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  int
	}{
		{[]string{"model.onnx"}, 0},
		{[]string{"model.bin", "Model.ONNX"}, 1},
		{[]string{"weights.data", "readme.txt"}, 0},
		{[]string{"pytorch_model.bin"}, 0},
		{[]string{"m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "m.safetensors.index.json"}, 2},
		{[]string{"a.pth", "b.onnx"}, 1},
	} {
		if got := MainFile(c.names); got != c.want {
			t.Errorf("%q: %d, want %d", c.names, got, c.want)
		}
	}
}

func TestOtherModels(t *testing.T) {
	for _, c := range []struct{ names, want []string }{
		{[]string{"a.onnx", "w.bin"}, nil},
		{[]string{"b.pt", "a.onnx"}, []string{"b.pt"}},
		{[]string{"m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "other.safetensors"}, []string{"other.safetensors"}},
		{[]string{"m-1.safetensors", "m-2.safetensors", "m.safetensors.index.json"}, nil},
	} {
		if got := OtherModels(c.names); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}
