package recipe

import (
	"reflect"
	"testing"
)

func TestSet(t *testing.T) {
	o := Defaults()
	for _, c := range []struct{ name, word string }{
		{"bits", "4"}, {"strategy", "residual"}, {"form", "summed"}, {"granularity", "group:32"}, {"cluster", "tensor"},
		{"symmetric", "true"}, {"clip", "mse"}, {"parts", "2"}, {"palette", "16"}, {"activations", "split"}, {"bias", "8"},
		{"target", "web"}, {"embeddings", ""}, {"no-fold", "1"}, {"include", "a*"}, {"include", "b"}, {"exclude", "c"},
	} {
		if err := o.Set(c.name, c.word); err != nil {
			t.Errorf("%s=%s: %v", c.name, c.word, err)
		}
	}
	want := Options{
		Bits: 4, Strategy: "residual", Form: "summed", Granularity: "group:32", Cluster: "tensor", Symmetric: true, Clip: "mse",
		Parts: 2, Palette: 16, Activations: "split", Bias: "8", Target: "web", Embeddings: true, NoFold: true,
		Include: []string{"a*", "b"}, Exclude: []string{"c"},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got %+v\nwant %+v", o, want)
	}
	for _, c := range []struct{ name, word, want string }{
		{"bits", "two", `bits "two": want a number`},
		{"symmetric", "perhaps", `symmetric "perhaps": want true or false`},
		{"bit", "2", `there is no option "bit"`},
		{"no_fold", "1", `there is no option "no_fold"`},
		{"layers", "[]", `there is no option "layers"`},
		{"", "", `there is no option ""`},
	} {
		if err := o.Set(c.name, c.word); err == nil || err.Error() != c.want {
			t.Errorf("%s=%s: %v, want %s", c.name, c.word, err, c.want)
		}
	}
}
