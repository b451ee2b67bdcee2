package plan

import (
	"context"
	"math"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// Settings that fail are listed; a frontier of nothing else is an error.
func TestFrontierListsFailures(t *testing.T) {
	m := &model.Model{Layers: []model.Layer{linear("l", floats("w", []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 3), nil)}}
	plain, wrong := recipe.Rule{Bits: 4, Strategy: "none", Form: "plain"}, recipe.Rule{Bits: 7}
	var last Progress
	f, err := Frontier(context.Background(), m, recipe.Defaults(), []recipe.Rule{wrong, plain}, 1, func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Points) != 1 || len(f.Failed) != 1 || !strings.Contains(f.Failed[0], `bits "7" is unknown`) {
		t.Errorf("points %v, failed %q", f.Points, f.Failed)
	}
	if last != (Progress{Unit: 1, Units: 2, Done: 1}) {
		t.Errorf("progress ends with %v", last)
	}
	m = &model.Model{Layers: []model.Layer{linear("l", floats("w", []float32{float32(math.NaN()), 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 3), nil)}}
	if _, err := Frontier(context.Background(), m, recipe.Defaults(), []recipe.Rule{plain}, 1, func(Progress) {}); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a model of NaN: %v", err)
	}
}
