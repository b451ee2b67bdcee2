package plan

import (
	"math"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// A quantized bias is off by half a step at most, whether it is split or not,
// and has as many parts as the weight has branches.
func TestBiasBits(t *testing.T) {
	bias := weight("b", 2, 40)
	_, want, _ := read(bias)
	for _, word := range []string{"8", "same"} {
		for _, form := range []string{"layers", "summed", "plain", "codebook"} {
			o := recipe.Defaults()
			o.Bits, o.Bias, o.Form = 4, word, form
			_, r := run(t, &model.Model{Layers: []model.Layer{linear("l", weight("w", 1, 40, 30), bias)}}, o, 1)
			parts := r.Changes[0].Biases[0]
			if n := map[string]int{"layers": 3}[form]; len(parts) != max(n, 1) {
				t.Fatalf("%s, %s: %d parts", word, form, len(parts))
			}
			sum, step := make([]float32, len(want)), float32(0)
			for _, p := range parts {
				if bits := map[string]int{"8": 8, "same": 4}[word]; p.Type.Bits() != bits {
					t.Errorf("%s, %s: type %v", word, form, p.Type)
				}
				step = max(step, p.Scale[0])
				for i, v := range decoded(t, p, model.FormLayers) {
					sum[i] += v
				}
			}
			for i := range want {
				if d := math.Abs(float64(want[i] - sum[i])); d > float64(step)*0.501 {
					t.Errorf("%s, %s: bias %d is %v, want %v within half of %v", word, form, i, sum[i], want[i], step)
				}
			}
		}
	}
}

// A bias of zeros stays where it is.
func TestZeroBias(t *testing.T) {
	for _, word := range []string{"float", "8"} {
		o := recipe.Defaults()
		o.Bias = word
		_, r := run(t, &model.Model{Layers: []model.Layer{linear("l", weight("w", 1, 40, 30), floats("b", make([]float32, 40), 40))}}, o, 1)
		if r.Changes[0].Biases != nil {
			t.Errorf("%s: a bias of zeros was changed", word)
		}
	}
}
