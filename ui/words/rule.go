package words

import (
	"strings"

	"splitquant/core/recipe"
)

// Rule says in a few words what a rule changes.
func Rule(r recipe.Rule) string {
	var s []string
	if r.Exclude {
		s = append(s, T("left out"))
	}
	if r.Bits != 0 && r.Palette == 0 {
		s = append(s, F("%d bits", r.Bits))
	}
	if r.Palette != 0 {
		s = append(s, F("palette of %d", r.Palette))
	}
	switch {
	case r.Palette != 0:
	case r.Strategy == "none":
		s = append(s, T("plain"))
	default:
		s = append(s, nonEmpty(r.Strategy, r.Form)...)
	}
	if r.Granularity != "" {
		s = append(s, F("per %s", r.Granularity))
	}
	if r.Parts != 0 {
		s = append(s, F("%d parts", r.Parts))
	}
	s = append(s, nonEmpty(r.Clip)...)
	return strings.Join(s, ", ")
}

func nonEmpty(words ...string) (s []string) {
	for _, w := range words {
		if w != "" {
			s = append(s, w)
		}
	}
	return s
}
