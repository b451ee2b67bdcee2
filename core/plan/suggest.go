package plan

import (
	"context"
	"fmt"
	"io"
	"math"
	"sort"
	"sync"

	"golang.org/x/sync/errgroup"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// A Goal is what a suggested recipe has to meet: one of the two is set.
type Goal struct {
	Budget  float64 // at most so many stored bits per weight
	MinSQNR float64 // at least so many dB over all weights
}

// A Suggestion is a recipe with one rule for each layer, and what it promises.
type Suggestion struct {
	Recipe        recipe.Options
	BitsPerWeight float64
	SQNR          float64 // in dB, +Inf where nothing is lost
}

// Suggest measures every setting on every weight and returns the recipe that
// meets the goal best: the least noise within a budget of bits, or the fewest
// bits within a bound on the noise. base gives what settings do not choose.
//
// Picking one setting for each weight under a common bound is a knapsack
// problem with multiple choice. See [choose] for how it is solved.
func Suggest(ctx context.Context, m *model.Model, base recipe.Options, settings []recipe.Rule, goal Goal, jobs int, progress func(Progress)) (*Suggestion, error) {
	base, settings = neutral(base, settings)
	p, err := New(m, base)
	if err != nil {
		return nil, err
	}
	if len(p.Units) == 0 {
		return nil, fmt.Errorf("the model has no layer that can be quantized")
	}
	k, err := p.measureAll(ctx, settings, jobs, progress)
	if err != nil {
		return nil, err
	}
	bound, ok := k.bound(goal)
	if !ok {
		return nil, fmt.Errorf("no setting reaches the goal; the closest takes %.2f bits per weight for %.2f dB", k.least(goal).bits/k.weights, k.decibels(k.least(goal).noise))
	}
	best := k.choose(bound, goal.Budget > 0)
	s := &Suggestion{Recipe: base}
	total := k.total(best)
	s.BitsPerWeight, s.SQNR = total.bits/k.weights, k.decibels(total.noise)
	for i, u := range p.Units {
		for _, l := range u.Layers {
			rule := settings[k.items[i][best[i]].setting]
			rule.Layer = recipe.Literal(m.Layers[l].Name)
			s.Recipe.Layers = append(s.Recipe.Layers, rule)
		}
	}
	return s, nil
}

// neutral takes from base what would get into the settings, where they leave a
// word open, and drops the settings that do not go together with it.
func neutral(base recipe.Options, settings []recipe.Rule) (recipe.Options, []recipe.Rule) {
	d := recipe.Defaults()
	base.Bits, base.Strategy, base.Form, base.Granularity = d.Bits, d.Strategy, d.Form, d.Granularity
	base.Clip, base.Parts, base.Palette = d.Clip, d.Parts, 0
	rules := base.Layers
	base.Layers = nil
	for _, r := range rules {
		if r.Exclude {
			base.Layers = append(base.Layers, recipe.Rule{Layer: r.Layer, Exclude: true})
		}
	}
	var fit []recipe.Rule
	for _, s := range settings {
		s.Layer = "*"
		o := base
		o.Layers = []recipe.Rule{s}
		if o.For("").Validate() == nil {
			fit = append(fit, s)
		}
	}
	return base, fit
}

// an item is one setting of one weight.
type item struct {
	setting     int
	bits, noise float64
}

// knapsack holds what can be chosen: items[unit] by ascending bits and
// descending noise, without those that another one beats in both.
type knapsack struct {
	items           [][]item
	weights, signal float64
}

// measureAll tries every setting on every weight.
func (p *Plan) measureAll(ctx context.Context, settings []recipe.Rule, jobs int, progress func(Progress)) (*knapsack, error) {
	k := &knapsack{items: make([][]item, len(p.Units))}
	signals := make([]float64, len(p.Units))
	tell := p.progress(progress)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(jobs, 1))
	for i, u := range p.Units {
		k.weights += float64(u.elems)
		g.Go(func() error {
			tell(i, Learn)
			for s, rule := range settings {
				if err := ctx.Err(); err != nil {
					return err
				}
				rule.Layer = "*"
				o := p.Options
				o.Layers = []recipe.Rule{rule}
				v := newUnit(o.For(""), p.Model, u.layer, u.Layers)
				v.biases = nil
				out, err := v.run(ctx, discard{})
				if err != nil {
					return err
				}
				if out.refused != "" {
					return fmt.Errorf("layer %q: %s; exclude it", u.layer.Name, out.refused)
				}
				signals[i] = out.noise.Signal
				k.items[i] = append(k.items[i], item{s, float64(v.stored()), out.noise.Noise})
			}
			k.items[i] = frontier(k.items[i])
			tell(i, Encode)
			return nil
		})
	}
	err := g.Wait()
	for _, s := range signals {
		k.signal += s
	}
	return k, err
}

// run works on a single unit, one task at a time.
func (u *Unit) run(ctx context.Context, spool Spool) (*outcome, error) {
	p := &Plan{Units: []*Unit{u}}
	w := p.Work(spool, nil)
	err := w.Run(ctx, 1, p.Do)
	return w.units[0].outcome, err
}

// progress returns a function that tells of the start of a unit, in stage Learn,
// and of its end.
func (p *Plan) progress(tell func(Progress)) func(unit int, stage string) {
	if tell == nil {
		return func(int, string) {}
	}
	var mu sync.Mutex
	var total, done int64
	for _, u := range p.Units {
		total += u.elems
	}
	return func(unit int, stage string) {
		mu.Lock()
		defer mu.Unlock()
		u := p.Units[unit]
		if stage != Learn {
			done += u.elems
		}
		tell(Progress{stage, unit, len(p.Units), u.layer.Name, float64(done) / float64(total)})
	}
}

// discard is a Spool for results that nobody wants.
type discard struct{}

func (discard) Put([]byte) (io.ReaderAt, error) { return nil, nil }

// frontier sorts items by bits and drops those that are no better than a
// smaller one.
func frontier(items []item) []item {
	sort.SliceStable(items, func(i, j int) bool {
		a, b := items[i], items[j]
		return a.bits < b.bits || a.bits == b.bits && a.noise < b.noise
	})
	kept := items[:0]
	for _, it := range items {
		if len(kept) == 0 || it.noise < kept[len(kept)-1].noise {
			kept = append(kept, it)
		}
	}
	return kept
}

// total adds up a choice of one item for each unit.
func (k *knapsack) total(choice []int) (sum item) {
	for u, c := range choice {
		sum.bits += k.items[u][c].bits
		sum.noise += k.items[u][c].noise
	}
	return sum
}

// decibels returns the pooled SQNR at a noise.
func (k *knapsack) decibels(noise float64) float64 {
	return 10 * math.Log10(k.signal/noise)
}

// least returns the total that is closest to a goal that nothing meets: the
// smallest one for a budget, the most faithful one for an SQNR.
func (k *knapsack) least(goal Goal) item {
	choice := make([]int, len(k.items))
	if goal.Budget <= 0 {
		for u := range choice {
			choice[u] = len(k.items[u]) - 1
		}
	}
	return k.total(choice)
}

// bound turns the goal into a bound on bits or noise, and reports whether any
// choice stays within it.
func (k *knapsack) bound(goal Goal) (bound float64, ok bool) {
	if goal.Budget > 0 {
		bound = goal.Budget * k.weights
		return bound, k.least(goal).bits <= bound
	}
	bound = k.signal / math.Pow(10, goal.MinSQNR/10)
	return bound, k.least(goal).noise <= bound
}

// steps is how finely choose divides the bound.
const steps = 1 << 14

// choose picks an item for each unit: with bits bounded those of the least
// noise, otherwise, with noise bounded, those of the fewest bits. Some choice
// must be within the bound.
//
// It is dynamic programming over the bound in steps of equal size (Kellerer,
// Pferschy, Pisinger: Knapsack Problems, chapter 11): least[s] is the smallest
// sum of values of the units so far that fits in s steps. What an item takes
// is rounded up to whole steps, so the result is within the bound; what the
// rounding leaves over is then spent one item, and one exchange between two
// units, at a time, as long as anything is gained.
func (k *knapsack) choose(bound float64, bounded bool) []int {
	choice := make([]int, len(k.items))
	if !bounded {
		for u := range choice {
			choice[u] = len(k.items[u]) - 1
		}
	}
	if best, ok := k.program(bound, bounded); ok {
		choice = best
	}
	within := func(t item) bool {
		_, takes := sides(t, bounded)
		return takes <= bound
	}
	for k.improve(choice, within, bounded) {
	}
	return choice
}

// sides returns what is made small and what is bounded.
func sides(it item, bounded bool) (value, takes float64) {
	if bounded {
		return it.noise, it.bits
	}
	return it.bits, it.noise
}

// program does the dynamic programming; false where rounding leaves no choice
// within the bound.
func (k *knapsack) program(bound float64, bounded bool) ([]int, bool) {
	least, next := make([]float64, steps+1), make([]float64, steps+1)
	picked := make([][]uint8, len(k.items)) // settings are few
	for u, items := range k.items {
		picked[u] = make([]uint8, steps+1)
		for s := range next {
			next[s] = math.Inf(1)
		}
		for c, it := range items {
			value, takes := sides(it, bounded)
			n := math.Ceil(takes / bound * steps)
			if !(n <= steps) {
				continue
			}
			for s := int(n); s <= steps; s++ {
				if v := least[s-int(n)] + value; v < next[s] {
					next[s], picked[u][s] = v, uint8(c)
				}
			}
		}
		least, next = next, least
	}
	if math.IsInf(least[steps], 1) {
		return nil, false
	}
	choice := make([]int, len(k.items))
	for u, s := len(k.items)-1, steps; u >= 0; u-- {
		choice[u] = int(picked[u][s])
		_, takes := sides(k.items[u][choice[u]], bounded)
		s -= int(math.Ceil(takes / bound * steps))
	}
	return choice, true
}

// improve makes the best single change, or exchange between two units, that
// stays within the bound, and reports whether there was one.
func (k *knapsack) improve(choice []int, within func(item) bool, bounded bool) bool {
	now := k.total(choice)
	value := func(t item) float64 {
		v, _ := sides(t, bounded)
		return v
	}
	type move struct{ unit, to int }
	var best []move
	bestValue := value(now)
	with := func(t item, m move) item {
		from, to := k.items[m.unit][choice[m.unit]], k.items[m.unit][m.to]
		return item{bits: t.bits - from.bits + to.bits, noise: t.noise - from.noise + to.noise}
	}
	try := func(t item, moves ...move) {
		if v := value(t); v < bestValue*(1-1e-12) && within(t) {
			best, bestValue = append([]move(nil), moves...), v
		}
	}
	for u := range k.items {
		for a := range k.items[u] {
			first := move{u, a}
			t := with(now, first)
			try(t, first)
			for v := u + 1; v < len(k.items); v++ {
				for _, b := range [...]int{choice[v] - 1, choice[v] + 1} {
					if b >= 0 && b < len(k.items[v]) {
						try(with(t, move{v, b}), first, move{v, b})
					}
				}
			}
		}
	}
	for _, m := range best {
		choice[m.unit] = m.to
	}
	return best != nil
}
