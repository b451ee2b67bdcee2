package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
)

// mostIndex is the longest index that is read.
const mostIndex = 64 << 20

// SniffIndex reports whether a file that begins with head can be the index of a
// model in several files, such as model.safetensors.index.json.
func SniffIndex(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{"))
}

// Index makes the index of files that lack one.
func Index(names []string) []byte {
	index := map[string]map[string]string{"weight_map": {}}
	for _, n := range names {
		index["weight_map"][n] = path.Base(n) // nobody asks what tensors are there
	}
	b, err := json.Marshal(index)
	if err != nil { // of a map of text, which cannot fail
		panic(err)
	}
	return b
}

// ReadIndex returns the names of the files that an index names, in alphabetical
// order:
//
//	{"metadata": {...}, "weight_map": {"TENSOR": "model-00001-of-00002.safetensors", ...}}
func ReadIndex(r io.ReaderAt, size int64) ([]string, error) {
	if size > mostIndex {
		return nil, fmt.Errorf("a JSON file of %d bytes, an index of a model has %d at most", size, mostIndex)
	}
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); int64(n) < size {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("this is text, and no model: %w", err)
	}
	if len(index.WeightMap) == 0 {
		return nil, errors.New("this is a JSON file, and no index of a model: it has no weight_map")
	}
	var names []string
	seen := make(map[string]bool)
	for tensor, name := range index.WeightMap {
		if name != path.Base(name) || name == "." || name == ".." || bytes.ContainsRune([]byte(name), '\\') {
			return nil, fmt.Errorf("tensor %q: unsafe path %q, only files beside the index are read", tensor, name)
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
