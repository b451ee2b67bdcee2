package words

import (
	"testing"

	"splitquant/core/recipe"
)

func TestRule(t *testing.T) {
	for want, r := range map[string]recipe.Rule{
		"":                                {},
		"left out":                        {Exclude: true},
		"4 bits, plain, per channel":      {Bits: 4, Strategy: "none", Form: "plain", Granularity: "channel"},
		"3 bits, residual, summed":        {Bits: 3, Strategy: "residual", Form: "summed"},
		"palette of 16, per channel, mse": {Bits: 4, Palette: 16, Granularity: "channel", Clip: "mse"},
		"resolution, codebook, 4 parts":   {Strategy: "resolution", Form: "codebook", Parts: 4},
	} {
		if got := Rule(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
