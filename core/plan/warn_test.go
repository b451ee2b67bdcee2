package plan

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"splitquant/core/recipe"
)

// TestWarnings has settings whose rivals are known by counting: 3 x 4 levels in
// 6 bits against 16 in 4, 3 x 16 in 12 bits against 256 in 8.
func TestWarnings(t *testing.T) {
	raw, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bits           int
		strategy, form string
		want           []string // a part of each warning
	}{
		{2, "kmeans", "layers", []string{"3 parts of INT2 store 6 bits a weight and have 12 levels; plain INT4 stores 4 and has 16, and form codebook keeps this split in 4 (4 layers)"}},
		{4, "resolution", "summed", []string{"store 12 bits a weight and have 48 levels; plain INT8 stores 8 and has 256, and form codebook keeps this split in 8"}},
		{8, "kmeans", "layers", []string{"store 24 bits a weight and have 768 levels; half-precision floats store 16"}},
		{2, "residual", "layers", nil},
		{2, "kmeans", "codebook", nil},
		{4, "none", "plain", nil},
		{2, "kmeans", "float", []string{"the result is larger than the original"}},
	} {
		o := recipe.Defaults()
		o.Bits, o.Strategy, o.Form = c.bits, c.strategy, c.form
		e, err := f.Estimate(o)
		if err != nil {
			t.Fatal(err)
		}
		ok := len(e.Warnings) == len(c.want)
		for i := range c.want {
			ok = ok && strings.Contains(e.Warnings[i], c.want[i])
		}
		if !ok {
			t.Errorf("%d bits, %s, %s: got %q, want %q", c.bits, c.strategy, c.form, e.Warnings, c.want)
		}
	}
}
