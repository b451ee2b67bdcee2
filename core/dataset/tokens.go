package dataset

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Text is a text as token ids, and the class it belongs to.
type Text struct {
	Label int
	IDs   []int64
}

// ReadTokens reads one text a line: the number of its class, a tab, token ids
// with spaces between them.
func ReadTokens(r io.Reader) ([]Text, error) {
	var texts []Text
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		label, ids, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			return nil, fmt.Errorf("line %d has no tab between label and token ids", n)
		}
		var t Text
		var err error
		if t.Label, err = strconv.Atoi(label); err != nil || t.Label < 0 {
			return nil, fmt.Errorf("line %d: label %q is no class number", n, label)
		}
		for _, word := range strings.Fields(ids) {
			id, err := strconv.ParseInt(word, 10, 64)
			if err != nil || id < 0 {
				return nil, fmt.Errorf("line %d: %q is no token id", n, word)
			}
			t.IDs = append(t.IDs, id)
		}
		if len(t.IDs) == 0 {
			return nil, fmt.Errorf("line %d has no token ids", n)
		}
		texts = append(texts, t)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("there are no texts")
	}
	return texts, nil
}

// Batches orders texts by length, so that neighbours need little padding, and
// cuts them into batches of at most size.
func Batches(texts []Text, size int) [][]Text {
	texts = slices.Clone(texts)
	slices.SortStableFunc(texts, func(a, b Text) int { return len(a.IDs) - len(b.IDs) })
	return slices.Collect(slices.Chunk(texts, size))
}

// Pad returns the ids of a batch, padded with 0 to its longest text, and a mask
// that is 1 where there are tokens; both of shape [len(batch), longest].
func Pad(batch []Text) (ids, mask []int64, longest int) {
	for _, t := range batch {
		longest = max(longest, len(t.IDs))
	}
	ids, mask = make([]int64, len(batch)*longest), make([]int64, len(batch)*longest)
	for i, t := range batch {
		copy(ids[i*longest:], t.IDs)
		for j := range t.IDs {
			mask[i*longest+j] = 1
		}
	}
	return ids, mask, longest
}
