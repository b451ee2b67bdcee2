package model

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Shards returns the files that make up one model with the given one, in order,
// and what that would be called as one file: model-00001-of-00002.safetensors and
// its like are model.safetensors. There are none unless all of them are among
// names, which may have folders.
func Shards(name string, names []string) (shards []string, whole string) {
	ext := path.Ext(name)
	rest, of, _ := cutLast(strings.TrimSuffix(name, ext), "-of-")
	stem, number, ok := cutLast(rest, "-")
	n, err := strconv.Atoi(of)
	if !ok || err != nil || n < 2 || n > len(names) || len(of) != 5 || len(number) != 5 {
		return nil, ""
	}
	for i := range n {
		shard := fmt.Sprintf("%s-%05d-of-%s%s", stem, i+1, of, ext)
		if !slices.Contains(names, shard) {
			return nil, ""
		}
		shards = append(shards, shard)
	}
	return shards, stem + ext
}

// cutLast is strings.Cut around the last instance of sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
