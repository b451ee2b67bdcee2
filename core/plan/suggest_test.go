package plan

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// randomKnapsack makes units with a few settings each.
func randomKnapsack(r *rand.Rand, units int) *knapsack {
	k := &knapsack{items: make([][]item, units), signal: 1e6}
	for u := range k.items {
		n := float64(100 + r.IntN(10000))
		k.weights += n
		for s := range 6 {
			bits := float64(2 + r.IntN(7))
			k.items[u] = append(k.items[u], item{s, bits * n, n * math.Pow(4, -bits) * (0.2 + r.Float64())})
		}
		k.items[u] = frontier(k.items[u])
	}
	return k
}

// exhaustive tries every choice.
func exhaustive(k *knapsack, bound float64, bounded bool) float64 {
	best := math.Inf(1)
	choice := make([]int, len(k.items))
	for {
		t := k.total(choice)
		if bounded && t.bits <= bound {
			best = min(best, t.noise)
		} else if !bounded && t.noise <= bound {
			best = min(best, t.bits)
		}
		u := 0
		for u < len(choice) && choice[u] == len(k.items[u])-1 {
			choice[u] = 0
			u++
		}
		if u == len(choice) {
			return best
		}
		choice[u]++
	}
}

// Against an exhaustive search: never better, of course, and close to it.
func TestChooseIsNearlyOptimal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	exact, tries := 0, 0
	for range 200 {
		k := randomKnapsack(r, 6)
		goals := []Goal{{Budget: 3 + 3*r.Float64()}, {MinSQNR: k.decibels(k.total(make([]int, 6)).noise) + 10*r.Float64()}}
		for _, goal := range goals {
			bound, ok := k.bound(goal)
			if !ok {
				continue
			}
			tries++
			total := k.total(k.choose(bound, goal.Budget > 0))
			got, kept := total.noise, total.bits <= bound
			if goal.Budget <= 0 {
				got, kept = total.bits, total.noise <= bound
			}
			want := exhaustive(k, bound, goal.Budget > 0)
			if !kept || got < want*(1-1e-9) {
				t.Fatalf("goal %v: chose %v, the bound is %v and the optimum %v", goal, total, bound, want)
			}
			if got <= want*(1+1e-9) {
				exact++
			} else if got > want*1.25 {
				t.Errorf("goal %v: %v, the optimum is %v", goal, got, want)
			}
		}
	}
	if exact < tries*8/10 {
		t.Errorf("%d of %d choices are the optimum, want four in five", exact, tries)
	}
}

// The suggestion keeps its promise when it is run, and beats every uniform
// setting of its size.
func TestSuggestBeatsUniform(t *testing.T) {
	m := &model.Model{Layers: []model.Layer{
		linear("a", weight("a", 1, 32, 64), nil), linear("b", weight("b", 2, 16, 16), nil),
		linear("c", floats("c", normalFloats(3, 48*32, 0.01), 48, 32), nil), linear("d", floats("d", normalFloats(4, 64, 3), 8, 8), nil),
	}}
	base := recipe.Defaults()
	var settings []recipe.Rule
	for _, s := range Settings() {
		if s.Strategy != "resolution" { // the slow one
			settings = append(settings, s)
		}
	}
	for _, budget := range []float64{3.5, 6.5, 9} {
		s, err := Suggest(context.Background(), m, base, settings, Goal{Budget: budget}, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, r := run(t, m, s.Recipe, 1)
		if math.Abs(*r.Report.SQNR-s.SQNR) > 1e-6 || math.Abs(r.Report.BitsPerWeight-s.BitsPerWeight) > 0.01 {
			t.Errorf("budget %v: promised %.3f dB at %.3f bits, the run has %.3f dB at %.3f bits", budget, s.SQNR, s.BitsPerWeight, *r.Report.SQNR, r.Report.BitsPerWeight)
		}
		if s.BitsPerWeight > budget {
			t.Errorf("budget %v: %.3f bits per weight", budget, s.BitsPerWeight)
		}
		for _, rule := range settings {
			rule.Layer = "*"
			o := base
			o.Layers = []recipe.Rule{rule}
			_, u := run(t, m, o, 1)
			if u.Report.BitsPerWeight <= budget && *u.Report.SQNR > s.SQNR+1e-9 {
				t.Errorf("budget %v: %.3f dB, uniform %+v has %.3f dB at %.3f bits", budget, s.SQNR, rule, *u.Report.SQNR, u.Report.BitsPerWeight)
			}
		}
	}
	if _, err := Suggest(context.Background(), m, base, settings, Goal{Budget: 1}, 1, nil); err == nil {
		t.Error("1 bit per weight was promised")
	}
}

func normalFloats(seed uint64, n int, scale float32) []float32 {
	r := rand.New(rand.NewPCG(seed, 9))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64()) * scale
	}
	return values
}

// What settings leave open is not taken from the choices before: no palette,
// no fitted range, no other number of parts.
func TestSuggestFromOddChoices(t *testing.T) {
	base := recipe.Defaults()
	base.Palette, base.Clip, base.Parts, base.Form, base.Symmetric = 16, "mse", 4, "summed", true
	base.Layers = []recipe.Rule{{Layer: "b", Clip: "mse"}, {Layer: "c", Exclude: true}}
	goal := Goal{Budget: 4.6}
	got, err := Suggest(context.Background(), threeLayers(), base, Settings(), goal, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Recipe.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := New(threeLayers(), got.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(context.Background(), discard{}, 1, nil)
	if err != nil || math.Abs(*r.Report.SQNR-got.SQNR) > 1e-9 || math.Abs(r.Report.BitsPerWeight-got.BitsPerWeight) > 0.01 {
		t.Errorf("promised %.2f bits and %.2f dB, a run makes %.2f and %.2f", got.BitsPerWeight, got.SQNR, r.Report.BitsPerWeight, *r.Report.SQNR)
	}
	if _, in := got.Recipe.Selects("c"); in {
		t.Error("a layer that was left out is in")
	}
}
