package model

import (
	"path"
	"slices"
	"strings"
)

// endings are those of models, the likeliest first: beside an ONNX model, a
// .bin holds its data.
var endings = []string{
	".onnx", ".safetensors.index.json", ".bin.index.json", ".safetensors", ".gguf",
	".pt", ".pth", ".ckpt", ".tar", ".jit", ".npz", ".npy", ".bin", ".zip",
}

// rank is how likely a file of that name is the model, lowest first; -1 where
// nothing speaks for it.
func rank(name string) int {
	if strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/") { // what systems leave in folders
		return -1
	}
	return slices.IndexFunc(endings, func(e string) bool { return strings.HasSuffix(strings.ToLower(name), e) })
}

// IsName reports whether a file of that name may be a model.
func IsName(name string) bool { return rank(name) >= 0 }

// Main returns the index of the file that is most likely the model, of which
// the others hold data: by its ending, then the one in the fewest folders, then
// the first. It is 0 where no name says anything.
func Main(names []string) int {
	best, least := 0, len(endings)
	depth := func(i int) int { return strings.Count(names[i], "/") }
	for i, n := range names {
		r := rank(n)
		if r >= 0 && (r < least || r == least && depth(i) < depth(best)) {
			best, least = i, r
		}
	}
	return best
}
