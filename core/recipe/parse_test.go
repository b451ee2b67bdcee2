package recipe

import (
	"reflect"
	"testing"
)

// What String writes, Parse reads: names with spaces, quotes and braces too.
func TestParse(t *testing.T) {
	plain, all := Defaults(), Defaults()
	all.Bits, all.Strategy, all.Form, all.Granularity, all.Clip, all.Parts = 4, "resolution", "codebook", "channel", "mse", 4
	all.ActivationBits, all.Activations, all.Embeddings, all.NoFold = 8, "split", true, true
	all.Include, all.Exclude = []string{`a "quoted" name`, "b=c"}, []string{"d*"}
	all.AsLinear, all.AsEmbedding = []string{"e f"}, []string{"g"}
	all.Layers = []Rule{{Layer: "h } i", Bits: 8}, {Layer: "j", Exclude: true}}
	symmetric, palette := Defaults(), Defaults()
	symmetric.Symmetric, symmetric.Granularity, symmetric.Clip, symmetric.Bias, symmetric.Target = true, "group:32", "percentile:99.9", "8", "ort1.20"
	palette.Palette = 16
	for _, want := range []Options{plain, all, symmetric, palette} {
		if got, err := Parse(want.String()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	for _, wrong := range []string{"bits=two", "colour=red", "fast", "exclude=d", "layer={", "bits=9"} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}
