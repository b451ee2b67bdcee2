package corpus

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"splitquant/core/plan"
	"splitquant/core/recipe"
)

// TestSuggest compares what is suggested for a budget with every setting that
// fits in the budget when all layers have it. Without SPLITQUANT_FULL the slow
// strategy is left out, and all but one model.
func TestSuggest(t *testing.T) {
	models := []string{filepath.Join(root(t), "public", "samples", "digits.onnx")}
	for _, name := range []string{"lenet-heman", "superres-torch11", "tanh-dense-tf2onnx-matmul"} {
		path := filepath.Join(root(t), "..", "shared", "models", name+".onnx")
		if _, err := os.Stat(path); full && err == nil {
			models = append(models, path)
		}
	}
	var settings []recipe.Rule
	for _, s := range plan.Settings() {
		if full || s.Strategy != "resolution" {
			settings = append(settings, s)
		}
	}
	for _, path := range models {
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := plan.Open(bytes.NewReader(data), int64(len(data)), nil)
			if err != nil {
				t.Fatal(err)
			}
			base := recipe.Defaults()
			uniform, err := plan.Frontier(context.Background(), f.Model(), base, settings, 1, func(plan.Progress) {})
			if err != nil {
				t.Fatal(err)
			}
			for _, budget := range []float64{3, 4.5, 6.2} {
				s, err := plan.Suggest(context.Background(), f.Model(), base, settings, plan.Goal{Budget: budget}, 1, nil)
				if err != nil {
					t.Fatal(err)
				}
				best := 0.0
				for _, p := range uniform.Points {
					if p.BitsPerWeight <= s.BitsPerWeight && p.SQNR != nil {
						best = max(best, *p.SQNR)
					}
				}
				t.Logf("budget %v: %.2f dB at %.2f bits per weight; the best uniform setting of that size %.2f dB", budget, s.SQNR, s.BitsPerWeight, best)
				if s.SQNR < best-1e-9 || s.BitsPerWeight > budget {
					t.Errorf("budget %v: %.3f dB at %.3f bits, a uniform setting has %.3f dB", budget, s.SQNR, s.BitsPerWeight, best)
				}
			}
		})
	}
}
