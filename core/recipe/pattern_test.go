package recipe

import (
	"slices"
	"testing"
)

func TestPatterns(t *testing.T) {
	names := []string{
		"/enc/layer.0/query", "/enc/layer.0/key", "/enc/layer.1/query", "/enc/layer.1/key", "/dec/out*", "head",
	}
	for name, want := range map[string][]string{
		"/enc/layer.0/query": {"/enc/layer.0/query", "/enc/layer.*/query", "/enc/layer.0/*", "/enc/layer.*"},
		"/dec/out*":          {`/dec/out\*`},
		"head":               {"head"},
	} {
		if got := Patterns(name, names); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := Patterns("a1", []string{"a1", "a2"}); len(got) != 1 {
		t.Errorf("%q: all layers are no pattern", got)
	}
}

func TestSingle(t *testing.T) {
	for glob, want := range map[string]bool{"a": true, `a\*`: true, `\\`: true, "a*": false, "?": false, `\\*`: false} {
		if Single(glob) != want {
			t.Errorf("Single(%q) = %v", glob, !want)
		}
	}
}
