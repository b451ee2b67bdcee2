package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"splitquant/core/checkpoint"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/tensor"
)

// FORMATS.md names every field of what is written as JSON, and packs codes as
// the code does.
func TestFormats(t *testing.T) {
	text, err := os.ReadFile("../../FORMATS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{recipe.Options{}, recipe.Rule{}, report.Report{}, report.Model{}, report.Layer{}, report.Activation{}, checkpoint.Split{}, checkpoint.Part{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("FORMATS.md lacks `%s` of %T", name, v)
			}
		}
	}
	for _, option := range []string{"strategy", "form", "granularity", "cluster", "clip", "activations", "target"} {
		for _, c := range recipe.Choices(option) {
			if !strings.Contains(string(text), "`"+c.Word+"`") {
				t.Errorf("FORMATS.md lacks %s %s", option, c.Word)
			}
		}
	}
	packed := make([]byte, 1)
	tensor.Pack(packed, []uint8{1, 2, 3, 0}, 2)
	if packed[0] != 0x39 {
		t.Errorf("1 2 3 0 is packed as %02x, FORMATS.md says 39", packed[0])
	}
}
