package options

import (
	"slices"
	"strings"
	"testing"

	"github.com/vugu/html"

	"splitquant/core/recipe"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

func view() *View {
	s := state.New()
	s.SetModel(&message.ModelInfo{Bytes: 1000})
	return &View{S: &s}
}

func selects(t *testing.T, root *html.Node, option string) []*html.Node {
	t.Helper()
	found := uitest.Find(root, "data-testid", option)
	if len(found) != 1 || found[0].Data != "select" {
		t.Fatalf("%s: %d elements", option, len(found))
	}
	return uitest.Tags(found[0], "option")
}

// The values are the words of the command line, all of them, and only those
// that are built can be chosen.
func TestWords(t *testing.T) {
	root := uitest.Render(view())
	for _, option := range append(slices.Clone(main), more...) {
		words := selects(t, root, option)
		known := slices.Concat(recipe.Choices(option), offered[option])
		if len(words) != len(known) {
			t.Fatalf("%s: %d words, want %d", option, len(words), len(known))
		}
		for i, c := range known {
			if got := uitest.Attr(words[i], "value"); got != c.Word {
				t.Errorf("%s: word %q, want %q", option, got, c.Word)
			}
			if got := uitest.Has(words[i], "disabled"); got == c.Built {
				t.Errorf("%s %s: disabled %v, built %v", option, c.Word, got, c.Built)
			}
		}
	}
}

// The chosen word is the one that is selected, and its sentence stands below.
func TestChosen(t *testing.T) {
	c := view()
	c.S.SetOption("bits", "4")
	o := c.choice("bits")
	for _, w := range o.words {
		if w.selected != (w.word == "4") {
			t.Errorf("%s is selected: %v", w.word, w.selected)
		}
	}
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "16 levels for each part") {
		t.Errorf("no sentence about 4 bits in %q", text)
	}
	if !c.S.Changed() {
		t.Error("4 bits count as the default")
	}
	if c.S.Undo(); c.S.Changed() {
		t.Error("the defaults count as changed")
	}
}

// Every option and every word has its sentence.
func TestEverythingIsExplained(t *testing.T) {
	for _, option := range slices.Concat(main, more, boxes) {
		if names[option].Name == "" || names[option].Means == "" {
			t.Errorf("%s is not explained", option)
		}
		for _, c := range recipe.Choices(option) {
			if c.Means == "" {
				t.Errorf("%s %s is not explained", option, c.Word)
			}
		}
	}
}

func TestEstimate(t *testing.T) {
	c := view()
	c.S.NoEstimate = "the engine stopped"
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, c.S.NoEstimate) {
		t.Errorf("the reason is not in %q", text)
	}
	c.S.Estimate = &message.EstimateInfo{BytesAfter: 250, BitsPerWeight: 6.01}
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "250 bytes 25 % of 1.00 kB 6.01 bits") {
		t.Errorf("the estimate is not in %q", text)
	}
}

// What changes nothing says so, and why; what counts does not.
func TestOptionsWithoutEffect(t *testing.T) {
	for _, x := range []struct {
		set  string
		idle string
	}{
		{"", ""},
		{"strategy none", "form cluster parts"},
		{"strategy none,form plain", "cluster parts"},
		{"form plain", "strategy cluster parts"},
		{"form float", "bits clip symmetric"},
		{"form float,strategy resolution", ""},
		{"palette 16", "bits strategy form cluster parts symmetric"},
		{"form codebook", "cluster"},
		{"strategy none,form matmulnbits", "cluster parts"},
	} {
		c := view()
		for _, set := range strings.Split(x.set, ",") {
			if option, word, ok := strings.Cut(set, " "); ok && !c.S.SetOption(option, word) {
				t.Fatalf("no option %s", option)
			}
		}
		if c.S.Refused() != "" {
			t.Errorf("%s: refused: %s", x.set, c.S.Refused())
		}
		var idle []string
		for _, option := range slices.Concat(main, more, boxes) {
			if strings.HasPrefix(c.choice(option).means, string(textIdle)) {
				idle = append(idle, option)
			}
		}
		want := strings.Fields(x.idle)
		slices.Sort(want)
		if slices.Sort(idle); !slices.Equal(idle, want) {
			t.Errorf("%q: without effect are %v, want %v", x.set, idle, want)
		}
	}
}

// Options that the recipe refuses are explained beside them.
func TestRefused(t *testing.T) {
	c := view()
	c.S.SetOption("parts", "9")
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "parts 9: form layers takes 2 to 4") {
		t.Errorf("the reason is not in %q", text)
	}
}

// A preset that is chosen is the one that is selected; anything else is one's
// own choice, which leaving out layers, or saying what they are, is not.
func TestPresets(t *testing.T) {
	c := view()
	selected := func() (name string) {
		for _, w := range c.presetWords() {
			if w.selected {
				name += w.name
			}
		}
		return name
	}
	for _, p := range recipe.Presets() {
		c.S.Options = p.Options
		c.S.Options.Exclude, c.S.Options.AsLinear = []string{"fc1"}, []string{"fc2"}
		if got := selected(); got != p.Name || c.presetMeans() != p.Means {
			t.Errorf("%s: %q is selected, %q below", p.Name, got, c.presetMeans())
		}
	}
	c.S.SetOption("bits", "5")
	if got := selected(); got != string(textOwn) {
		t.Errorf("%q is selected, want %q", got, textOwn)
	}
	if n := len(selects(t, uitest.Render(c), "preset")); n != len(recipe.Presets())+1 {
		t.Errorf("%d presets on the page", n)
	}
}
