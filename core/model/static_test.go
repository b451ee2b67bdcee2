package model

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestRanges(t *testing.T) {
	want := Ranges{"b": {-1, 2.5}, "a\"": {0, 0}}
	got, err := ReadRanges(strings.NewReader(`{"b": {"min": -1, "max": 2.5}, "a\"": [0, 0]}`))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	var b bytes.Buffer
	if err := got.Write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"a\\\"\": [0,0],\n  \"b\": [-1,2.5]\n}\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	for text, want := range map[string]string{
		``:                       "EOF",
		`{}`:                     "there are none",
		`[1]`:                    "ranges",
		`{"a": 1}`:               "want [min, max]",
		`{"a": [1]}`:             "want [min, max]",
		`{"a": {"min": 1}}`:      "want [min, max]",
		`{"a": [2, 1]}`:          "the smaller one first",
		`{"a": [-3e38, 3e38]}`:   "finite",
		`{"a": [0, 1e99]}`:       "want [min, max]",
		`{"a": [0, 1]} trailing`: "more after",
		`{"": [0, 1]}`:           "no name",
	} {
		if _, err := ReadRanges(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", text, err, want)
		}
	}
}

func TestChunkSizes(t *testing.T) {
	for channels, want := range map[int64][Chunks]int64{3: {1, 1, 1}, 7: {3, 2, 2}, 8: {3, 3, 2}, 9: {3, 3, 3}} {
		if got := ChunkSizes(channels); got != want {
			t.Errorf("%d channels: %v, want %v", channels, got, want)
		}
	}
}
