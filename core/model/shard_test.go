package model

import (
	"slices"
	"testing"
)

func TestShards(t *testing.T) {
	two := []string{"d/m-00002-of-00002.safetensors", "d/m-00001-of-00002.safetensors", "d/config.json"}
	for _, c := range []struct {
		name  string
		names []string
		whole string // empty: no shards
	}{
		{two[0], two, "d/m.safetensors"},
		{two[1], two, "d/m.safetensors"},
		{two[1], two[1:], ""}, // one is missing
		{"d/m-00003-of-00002.safetensors", two, "d/m.safetensors"},
		{"d/config.json", two, ""},
		{"a-1-of-2.bin", []string{"a-1-of-2.bin", "a-2-of-2.bin"}, ""},
		{"a-00001-of-99999.bin", []string{"a-00001-of-99999.bin"}, ""},
		{"-of-", []string{"-of-"}, ""},
	} {
		shards, whole := Shards(c.name, c.names)
		if whole != c.whole || (whole != "") != slices.Equal(shards, []string{two[1], two[0]}) {
			t.Errorf("%s: %q, %q, want %q", c.name, shards, whole, c.whole)
		}
	}
}
