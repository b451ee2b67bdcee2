package dataset_test

import (
	"fmt"
	"strings"
	"testing"

	"splitquant/core/dataset"
)

func Example() {
	texts, err := dataset.ReadTokens(strings.NewReader("1\t101 7592 102\n0\t101 102\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, batch := range dataset.Batches(texts, 64) {
		ids, mask, longest := dataset.Pad(batch)
		fmt.Println(len(batch), "texts of", longest, "tokens:", ids, mask)
	}
	// Output:
	// 2 texts of 3 tokens: [101 102 0 101 7592 102] [1 1 0 1 1 1]
}

func TestBadTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":            "no texts",
		"1 101 102":   "line 1 has no tab",
		"0\t1\nx\t1":  `line 2: label "x"`,
		"-1\t1":       `label "-1"`,
		"0\t1 two":    `"two" is no token id`,
		"0\t1\n1\t\n": "line 2 has no token ids",
	} {
		if _, err := dataset.ReadTokens(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}
