package recipe

import "strings"

// Patterns returns globs that a person may mean who points at one of the
// layers: its name alone; the layers that are called the same but for numbers,
// as in every block of a network; and those that lie in the same parts of it,
// from the smallest part to the largest. None but the first matches one layer,
// or all of them.
func Patterns(name string, names []string) []string {
	patterns := []string{Literal(name)}
	if g := withoutNumbers(name); worth(Matches(g, names), 1, names) {
		patterns = append(patterns, g)
	}
	last := 1
	for _, g := range folders(name) {
		if n := Matches(g, names); worth(n, last, names) {
			patterns, last = append(patterns, g), n
		}
	}
	return patterns
}

// worth reports whether a glob that matches n of the names says more than one
// that matches last of them, and less than a star.
func worth(n, last int, names []string) bool { return n > last && n < len(names) }

// Matches counts the names that a glob matches.
func Matches(glob string, names []string) (n int) {
	for _, name := range names {
		if Match(glob, name) {
			n++
		}
	}
	return n
}

// Single reports whether a glob has no wildcard: it is one layer's name.
func Single(glob string) bool {
	for i := 0; i < len(glob); i++ {
		switch glob[i] {
		case '*', '?':
			return false
		case '\\':
			i++
		}
	}
	return true
}

// withoutNumbers puts a star for each number in a name.
func withoutNumbers(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); {
		j := i
		for j < len(name) && '0' <= name[j] && name[j] <= '9' {
			j++
		}
		if j > i {
			b.WriteByte('*')
			i = j
			continue
		}
		b.WriteString(Literal(name[i : i+1]))
		i++
	}
	return b.String()
}

// folders returns a glob for all that shares a beginning with the name, up to
// one of its separators, from the longest beginning to the shortest.
func folders(name string) (globs []string) {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '/' || name[i] == '.' {
			globs = append(globs, Literal(name[:i+1])+"*")
		}
	}
	return globs
}
