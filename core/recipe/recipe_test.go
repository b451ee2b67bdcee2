package recipe

import (
	"strings"
	"testing"

	"splitquant/core/model"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string // part of the error, empty for none
	}{
		{"eight bits", func(o *Options) { o.Bits = 8 }, ""},
		{"seven bits", func(o *Options) { o.Bits = 7 }, `bits "7" is unknown; it is one of 2, 3, 4, 5, 6, 8`},
		{"misspelt strategy", func(o *Options) { o.Strategy = "kmean" }, `strategy "kmean" is unknown`},
		{"activations", func(o *Options) { o.Activations = "split" }, ""},
		{"activations in 4 bits", func(o *Options) { o.ActivationBits = 4 }, ""},
		{"activations in 4 bits anywhere", func(o *Options) { o.ActivationBits, o.Target = 4, "any" }, "target any has no codes of 4 bits"},
		{"activations in 2 bits", func(o *Options) { o.ActivationBits = 2 }, "want 8 or 4"},
		{"activations of a float form", func(o *Options) { o.ActivationBits, o.Form = 8, "float" }, "form float quantizes nothing"},
		{"a range the wrong way round", func(o *Options) { o.Ranges = model.Ranges{"x": {Min: 1, Max: 0}} }, "the smaller one first"},
		{"groups", func(o *Options) { o.Granularity = "group:32" }, ""},
		{"groups of what", func(o *Options) { o.Granularity = "group:x" }, "want a number of inputs"},
		{"groups in a codebook", func(o *Options) { o.Granularity, o.Form = "group:32", "codebook" }, "one table for all groups"},
		{"a percentile", func(o *Options) { o.Clip = "percentile:99.5" }, ""},
		{"too many percent", func(o *Options) { o.Clip = "percentile:101" }, "clip percentile:101: want a number"},
		{"four parts", func(o *Options) { o.Parts = 4 }, ""},
		{"five layers", func(o *Options) { o.Parts = 5 }, "parts 5: form layers takes 2 to 4"},
		{"sixteen clusters", func(o *Options) { o.Parts, o.Form = 16, "codebook" }, ""},
		{"a palette", func(o *Options) { o.Palette = 16 }, ""},
		{"a palette too large", func(o *Options) { o.Palette = 257 }, "want 2 to 256 values"},
		{"residual in a codebook", func(o *Options) { o.Strategy, o.Form = "residual", "codebook" }, "would be plain quantization"},
		{"symmetric codebook", func(o *Options) { o.Symmetric, o.Form = true, "codebook" }, "has no zero points"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Defaults()
			c.change(&o)
			err := o.Validate()
			switch {
			case c.want == "" && err != nil:
				t.Fatalf("got error %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Fatalf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"conv1", "conv1", true},
		{"conv1", "conv10", false},
		{"*", "", true},
		{"*", "/encoder/layer.0/MatMul", true},
		{"/encoder/*", "/encoder/layer.0/MatMul", true},
		{"*MatMul", "/encoder/layer.0/MatMul", true},
		{"*layer.?/*", "/encoder/layer.0/MatMul", true},
		{"*layer.?/*", "/encoder/layer.10/MatMul", false},
		{"a*b*c", "abbbc", true},
		{"a*b*c", "acb", false},
		{"?", "层", true},
		{"??", "层", false},
		{"*层", "第一层", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{"", "", true},
		{"", "a", false},
	} {
		if got := Match(c.glob, c.name); got != c.want {
			t.Errorf("Match(%q, %q) = %v, want %v", c.glob, c.name, got, c.want)
		}
	}
}

// The literal of a name matches it and nothing close to it.
func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"conv1", "a*b", `a\b`, "?", "*", "", "层/0", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !Match(Literal(name), name) {
			t.Errorf("Literal(%q) = %q does not match it", name, Literal(name))
		}
		if Match(Literal(name), name+"x") {
			t.Errorf("Literal(%q) = %q matches more", name, Literal(name))
		}
	})
}

func TestSelects(t *testing.T) {
	o := Defaults()
	o.Include, o.Exclude = []string{"enc*"}, []string{"*head"}
	for name, want := range map[string]string{"enc.0": "", "dec.0": "not included", "enc.head": "excluded"} {
		if reason, ok := o.Selects(name); reason != want || ok != (want == "") {
			t.Errorf("Selects(%q) = %q, %v, want %q", name, reason, ok, want)
		}
	}
}

func TestRecipe(t *testing.T) {
	const text = `{
		"bits": 4,
		"layers": [
			{"layer": "*", "strategy": "none"},
			{"layer": "enc/*", "bits": 8, "strategy": "kmeans"},
			{"layer": "head", "exclude": true}
		]
	}`
	o, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if l := o.For("dec/0"); l.Bits != 4 || l.Strategy != "none" || l.Form != "plain" {
		t.Errorf("dec/0: %v, want plain INT4", l)
	}
	if l := o.For("enc/0"); l.Bits != 8 || l.Strategy != "kmeans" || l.Form != "layers" {
		t.Errorf("enc/0: %v, want three layers of INT8", l)
	}
	if reason, ok := o.Selects("head"); ok || reason != "excluded" {
		t.Errorf("head is %q, want excluded", reason)
	}
	var b strings.Builder
	if err := o.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Read(strings.NewReader(b.String()))
	if err != nil || again.String() != o.String() {
		t.Errorf("written and read again: %v, %v; want %v", again, err, o)
	}
}

func TestBadRecipes(t *testing.T) {
	for text, want := range map[string]string{
		`{"bit": 4}`:     `unknown field "bit"`,
		`{"bits": 4} {}`: "more after the JSON object",
		`{"bits": "4"}`:  "cannot unmarshal string",
		`{"bits": 7}`:    `bits "7" is unknown`,
		`{"layers": [{"layer": "a", "form": "layer"}]}`: `layers "a": form "layer" is unknown`,
		``: "EOF",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestPresetsAreValid(t *testing.T) {
	for _, p := range Presets() {
		if err := p.Options.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestUnmatched(t *testing.T) {
	o := Defaults()
	o.Include, o.Exclude, o.Layers = []string{"enc*", "nosuch"}, []string{"?", "nosuch"}, []Rule{{Layer: "*"}, {Layer: "head2"}}
	if got := strings.Join(o.Unmatched([]string{"enc.0", "head"}), " "); got != "nosuch ? head2" {
		t.Errorf("got %q", got)
	}
	if got := o.Unmatched(nil); got != nil {
		t.Errorf("in a model without layers: %q", got)
	}
}

// Whatever says plain quantization is written as plain quantization.
func TestPlainWords(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Strategy = "none" },
		func(o *Options) { o.Form = "plain" },
		func(o *Options) { o.Strategy, o.Form = "none", "float" },
		func(o *Options) { o.Strategy, o.Form = "none", "codebook" },
		func(o *Options) { o.Strategy, o.Form = "residual", "plain" },
	} {
		o := Defaults()
		change(&o)
		if p := o.For(""); p.Strategy != "none" || p.Form != "plain" {
			t.Errorf("%v means %v, want plain quantization", o, p)
		}
	}
}
