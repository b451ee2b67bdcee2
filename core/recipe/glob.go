package recipe

import (
	"slices"
	"strings"
)

// Selects reports whether the options include the layer of the given name,
// and if not, why.
func (o Options) Selects(layer string) (reason string, ok bool) {
	for _, g := range o.Exclude {
		if Match(g, layer) {
			return "excluded", false
		}
	}
	for _, r := range o.Layers {
		if r.Exclude && Match(r.Layer, layer) {
			return "excluded", false
		}
	}
	if len(o.Include) == 0 {
		return "", true
	}
	for _, g := range o.Include {
		if Match(g, layer) {
			return "", true
		}
	}
	return "not included", false
}

// Unmatched returns the globs of the options that match none of the layers,
// which are most likely misspelt. A model without layers has none to match.
func (o Options) Unmatched(layers []string) (globs []string) {
	if len(layers) == 0 {
		return nil
	}
	all := slices.Concat(o.Include, o.Exclude, o.AsLinear, o.AsEmbedding)
	for _, r := range o.Layers {
		all = append(all, r.Layer)
	}
	for _, g := range all {
		matches := func(name string) bool { return Match(g, name) }
		if !slices.ContainsFunc(layers, matches) && !slices.Contains(globs, g) {
			globs = append(globs, g)
		}
	}
	return globs
}

// Match reports whether name matches the glob: * stands for any run of
// characters, slashes included, since layer names are full of them; ? for one
// character; a backslash takes the next character as it is.
func Match(glob, name string) bool {
	// Only the last star can need another try, since a later star takes over
	// all that an earlier one could still change.
	star, from := -1, 0
	g, n := 0, 0
	for n < len(name) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, from = g, n
			g++
			continue
		case g < len(glob) && glob[g] == '?':
			g, n = g+1, n+runeLen(name[n:])
			continue
		case g+1 < len(glob) && glob[g] == '\\' && glob[g+1] == name[n]:
			g, n = g+2, n+1
			continue
		case g < len(glob) && glob[g] != '\\' && glob[g] == name[n]:
			g, n = g+1, n+1
			continue
		case star < 0:
			return false
		}
		from += runeLen(name[from:])
		g, n = star+1, from
	}
	return strings.Trim(glob[g:], "*") == ""
}

// runeLen is the length of the first character of s, at least 1.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// Literal returns the glob that matches exactly name.
func Literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(name)
}
