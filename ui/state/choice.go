package state

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"splitquant/core/recipe"
)

// The choices are one recipe, which is never changed in place: a choice makes
// another one, and the ones before are kept to go back to.

// mostUndone is how many choices can be taken back.
const mostUndone = 100

// Choose makes o the recipe.
func (s *State) Choose(o recipe.Options) {
	if same(o, s.Options) {
		return
	}
	s.past, s.future = append(s.past, s.Options), nil
	if len(s.past) > mostUndone {
		s.past = slices.Delete(s.past, 0, 1)
	}
	s.turnTo(o)
}

// Resume makes o the recipe without a way back: it was one before.
func (s *State) Resume(o recipe.Options) { s.turnTo(o) }

// Undo takes the last choice back, and Redo makes it again.
func (s *State) Undo() { s.past, s.future = s.back(s.past, s.future) }
func (s *State) Redo() { s.future, s.past = s.back(s.future, s.past) }

// CanUndo and CanRedo report whether there is something to take back, or to
// make again.
func (s *State) CanUndo() bool { return len(s.past) > 0 }
func (s *State) CanRedo() bool { return len(s.future) > 0 }

func (s *State) back(from, to []recipe.Options) (rest, more []recipe.Options) {
	if len(from) == 0 {
		return from, to
	}
	last := len(from) - 1
	to = append(to, s.Options)
	s.turnTo(from[last])
	return from[:last:last], to
}

// turnTo makes o the recipe and works out what follows for the layers.
func (s *State) turnTo(o recipe.Options) {
	s.Options = o
	s.Left = map[int]bool{}
	if s.Model == nil {
		return
	}
	s.correct()
	for i, l := range s.Model.Layers {
		if _, in := o.Selects(l.Name); !in && s.Usable(i) {
			s.Left[i] = true
		}
	}
	if s.Scope != "" && s.Rule(s.Scope) < 0 && recipe.Matches(s.Scope, s.Names()) == 0 {
		s.Scope = ""
	}
}

// clone returns a copy of the recipe that may be changed.
func (s *State) clone() recipe.Options {
	o := s.Options
	o.Include, o.Exclude, o.Layers = slices.Clone(o.Include), slices.Clone(o.Exclude), slices.Clone(o.Layers)
	o.AsLinear, o.AsEmbedding = slices.Clone(o.AsLinear), slices.Clone(o.AsEmbedding)
	return o
}

// Asked returns the recipe as the engine gets it.
func (s *State) Asked() recipe.Options { return s.clone() }

// same reports whether two recipes say the same, whether what they lack is nil
// or empty.
func same(a, b recipe.Options) bool {
	for _, o := range []*recipe.Options{&a, &b} {
		o.Include, o.Exclude, o.Layers = orNil(o.Include), orNil(o.Exclude), orNil(o.Layers)
		o.AsLinear, o.AsEmbedding = orNil(o.AsLinear), orNil(o.AsEmbedding)
	}
	return reflect.DeepEqual(a, b)
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// keepFor drops what the recipe says about layers that the model does not have.
func keepFor(o recipe.Options, names []string) recipe.Options {
	matches := func(glob string) bool { return recipe.Matches(glob, names) > 0 }
	keep := func(globs []string) (kept []string) {
		for _, g := range globs {
			if matches(g) {
				kept = append(kept, g)
			}
		}
		return kept
	}
	o.Include, o.Exclude = keep(o.Include), keep(o.Exclude)
	o.AsLinear, o.AsEmbedding = keep(o.AsLinear), keep(o.AsEmbedding)
	rules := o.Layers
	o.Layers = nil
	for _, r := range rules {
		if matches(r.Layer) {
			o.Layers = append(o.Layers, r)
		}
	}
	return o
}

// Names lists the layers of the model.
func (s *State) Names() []string {
	names := make([]string, len(s.Model.Layers))
	for i, l := range s.Model.Layers {
		names[i] = l.Name
	}
	return names
}

// Take takes a layer in, or leaves it out.
func (s *State) Take(layer int) {
	name := s.Model.Layers[layer].Name
	glob := recipe.Literal(name)
	o := s.clone()
	if !s.Left[layer] {
		o.Exclude = append(o.Exclude, glob)
		s.Choose(o)
		return
	}
	o.Exclude = slices.DeleteFunc(o.Exclude, func(g string) bool { return g == glob })
	if _, in := o.Selects(name); !in { // a wildcard leaves it out: spell out the others
		o = s.takeAll(o)
		for i, l := range s.Model.Layers {
			if s.Left[i] && i != layer {
				o.Exclude = append(o.Exclude, recipe.Literal(l.Name))
			}
		}
	}
	s.Choose(o)
}

// TakeAll takes every layer in, or leaves every layer out.
func (s *State) TakeAll(in bool) {
	o := s.takeAll(s.clone())
	if !in {
		o.Exclude = []string{"*"}
	}
	s.Choose(o)
}

// takeAll drops whatever leaves a layer out.
func (s *State) takeAll(o recipe.Options) recipe.Options {
	o.Include, o.Exclude = nil, nil
	for i := range o.Layers {
		o.Layers[i].Exclude = false
	}
	o.Layers = slices.DeleteFunc(o.Layers, nothing)
	return o
}

// nothing reports whether a rule changes nothing.
func nothing(r recipe.Rule) bool { return r == recipe.Rule{Layer: r.Layer} }

// Rule returns the index of the rule for a glob, or -1.
func (s *State) Rule(glob string) int { return ruleFor(s.Options, glob) }

func ruleFor(o recipe.Options, glob string) int {
	return slices.IndexFunc(o.Layers, func(r recipe.Rule) bool { return r.Layer == glob })
}

// DropRule forgets what is different for the layers of a glob.
func (s *State) DropRule(glob string) {
	o := s.clone()
	o.Layers = slices.DeleteFunc(o.Layers, func(r recipe.Rule) bool { return r.Layer == glob })
	s.Choose(o)
}

// SetOption takes the word for the option of that JSON name, for the layers in
// the scope, and reports whether there is such an option. A number may be
// empty, for 0; in a rule, an empty word or 0 means as for all layers.
func (s *State) SetOption(option, word string) bool {
	o := s.clone()
	var ok bool
	if s.Scope == "" {
		ok = set(field(&o, option), word)
	} else {
		o.Layers, ok = setRule(o.Layers, s.Scope, option, word)
	}
	if ok {
		s.Choose(o)
	}
	return ok
}

// setRule changes the rule for a glob, or makes one: before those for single
// layers if it has a wildcard, since later rules prevail.
func setRule(rules []recipe.Rule, glob, option, word string) ([]recipe.Rule, bool) {
	i := slices.IndexFunc(rules, func(r recipe.Rule) bool { return r.Layer == glob })
	if i < 0 {
		i = len(rules)
		if !recipe.Single(glob) {
			if j := slices.IndexFunc(rules, func(r recipe.Rule) bool { return recipe.Single(r.Layer) }); j >= 0 {
				i = j
			}
		}
		rules = slices.Insert(rules, i, recipe.Rule{Layer: glob})
	}
	ok := set(ruleField(&rules[i], option), word)
	if nothing(rules[i]) {
		rules = slices.Delete(rules, i, i+1)
	}
	return rules, ok
}

// Option returns the word that the option of that JSON name has now, for the
// layers in the scope; empty where it is as for all layers.
func (s *State) Option(option string) string {
	if s.Scope == "" {
		return get(field(&s.Options, option))
	}
	i := s.Rule(s.Scope)
	if i < 0 {
		return ""
	}
	if w := get(ruleField(&s.Options.Layers[i], option)); w != "0" {
		return w
	}
	return ""
}

// Scoped returns the options of the layers in the scope.
func (s *State) Scoped() recipe.Options {
	if i := s.Rule(s.Scope); i >= 0 {
		o := s.Options
		o.Layers = []recipe.Rule{s.Options.Layers[i]}
		o.Layers[0].Layer = "*"
		return o.For("")
	}
	return s.Options
}

// General returns the word that an option has for all layers.
func (s *State) General(option string) string { return get(field(&s.Options, option)) }

// set puts a word into an option, which is a *int, *bool or *string.
func set(option any, word string) bool {
	switch p := option.(type) {
	case *int:
		n, err := strconv.Atoi(word)
		if err != nil && word != "" {
			return false
		}
		*p = n
	case *bool:
		*p = word == "true"
	case *string:
		*p = word
	default:
		return false
	}
	return true
}

func get(option any) string {
	switch p := option.(type) {
	case *int:
		return strconv.Itoa(*p)
	case *bool:
		return strconv.FormatBool(*p)
	case *string:
		return *p
	}
	return ""
}

// field returns where an option is kept, by its JSON name.
func field(o *recipe.Options, option string) any {
	switch option {
	case "bits":
		return &o.Bits
	case "parts":
		return &o.Parts
	case "palette":
		return &o.Palette
	case "symmetric":
		return &o.Symmetric
	case "embeddings":
		return &o.Embeddings
	case "no_fold":
		return &o.NoFold
	case "strategy":
		return &o.Strategy
	case "form":
		return &o.Form
	case "granularity":
		return &o.Granularity
	case "cluster":
		return &o.Cluster
	case "clip":
		return &o.Clip
	case "target":
		return &o.Target
	case "bias":
		return &o.Bias
	case "activations":
		return &o.Activations
	}
	return nil
}

// ruleField is field for a rule.
func ruleField(r *recipe.Rule, option string) any {
	switch option {
	case "bits":
		return &r.Bits
	case "parts":
		return &r.Parts
	case "palette":
		return &r.Palette
	case "strategy":
		return &r.Strategy
	case "form":
		return &r.Form
	case "granularity":
		return &r.Granularity
	case "clip":
		return &r.Clip
	}
	return nil
}

// Own returns what is different for one layer, all rules taken together.
func (s *State) Own(layer int) recipe.Rule {
	own := recipe.Rule{Layer: recipe.Literal(s.Model.Layers[layer].Name)}
	for _, r := range s.Options.Layers {
		if recipe.Match(r.Layer, s.Model.Layers[layer].Name) {
			if r.Strategy != "" || r.Form != "" {
				own.Palette = 0
			}
			own.Bits, own.Parts, own.Palette = cmp.Or(r.Bits, own.Bits), cmp.Or(r.Parts, own.Parts), cmp.Or(r.Palette, own.Palette)
			own.Strategy, own.Form = cmp.Or(r.Strategy, own.Strategy), cmp.Or(r.Form, own.Form)
			own.Granularity, own.Clip = cmp.Or(r.Granularity, own.Granularity), cmp.Or(r.Clip, own.Clip)
		}
	}
	return own
}

// For returns the options of one layer.
func (s *State) For(layer int) recipe.Options {
	return s.Options.For(s.Model.Layers[layer].Name)
}

// Aim makes choices for the layers that a glob matches, or for all.
func (s *State) Aim(glob string) { s.Scope = glob }

// AimAt makes choices for one layer.
func (s *State) AimAt(layer int) {
	s.Focus = layer
	s.Aim(recipe.Literal(s.Model.Layers[layer].Name))
}

// A Scope is a glob of layers that choices can be made for.
type Scope struct {
	Glob   string
	Layers int // that it matches
}

// Scopes lists what choices can be made for, beside all layers: the layer that
// was pointed at and those like it, and whatever has a rule with a wildcard.
func (s *State) Scopes() (scopes []Scope) {
	if s.Model == nil {
		return nil
	}
	names := s.Names()
	var globs []string
	if s.Focus >= 0 && s.Focus < len(names) {
		globs = recipe.Patterns(names[s.Focus], names)
	}
	for _, r := range s.Options.Layers {
		if !recipe.Single(r.Layer) {
			globs = append(globs, r.Layer)
		}
	}
	if s.Scope != "" {
		globs = append(globs, s.Scope)
	}
	for i, g := range globs {
		if !slices.Contains(globs[:i], g) {
			scopes = append(scopes, Scope{g, recipe.Matches(g, names)})
		}
	}
	return scopes
}

// Rules lists the rules with a wildcard, and counts the layers that have one
// of their own.
func (s *State) Rules() (wide []recipe.Rule, single int) {
	for _, r := range s.Options.Layers {
		if recipe.Single(r.Layer) {
			single++
		} else {
			wide = append(wide, r)
		}
	}
	return wide, single
}

// DropSingle forgets what is different for single layers.
func (s *State) DropSingle() {
	o := s.clone()
	o.Layers = slices.DeleteFunc(o.Layers, func(r recipe.Rule) bool { return recipe.Single(r.Layer) })
	s.Choose(o)
}

// Start takes the choices for all layers from a preset; what is different for
// some stays.
func (s *State) Start(from recipe.Options) {
	s.Choose(ofLayers(from, s.clone()))
}

// ofLayers returns o with what the other says about layers by their names.
func ofLayers(o, other recipe.Options) recipe.Options {
	o.Include, o.Exclude, o.Layers = other.Include, other.Exclude, other.Layers
	o.AsLinear, o.AsEmbedding = other.AsLinear, other.AsEmbedding
	return o
}

// Reset takes back the choices for the layers in the scope.
func (s *State) Reset() {
	if s.Scope != "" {
		s.DropRule(s.Scope)
		return
	}
	s.Start(recipe.Defaults())
}

// Changed reports whether Reset would change anything.
func (s *State) Changed() bool {
	if s.Scope != "" {
		return s.Rule(s.Scope) >= 0
	}
	return !same(ofLayers(recipe.Defaults(), s.Options), s.Options)
}
