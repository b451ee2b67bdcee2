package tokenize

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Tokenizer turns text into ids. It may be used by several goroutines.
type Tokenizer struct {
	Kind    string // "WordPiece" or "BPE"
	Size    int64  // all ids are below it
	Unknown int64  // the id of what the vocabulary does not have, -1 where everything has an id
	Pad     int64  // the id that fills up a batch
	Max     int    // how many ids the file says a text has at most, 0 where it does not

	added         []added // tokens that are found in the text as they are
	words         func(text string) []string
	pieces        func(ids []int64, word string) []int64
	before, after []int64 // what a text begins and ends with
}

// added is a token that text is cut at.
type added struct {
	text string
	id   int64
}

// Encode returns the ids of a text, those that it begins and ends with
// included. A text of more than max ids loses its end; max 0 is no limit.
func (t *Tokenizer) Encode(text string, max int) []int64 {
	ids := append([]int64(nil), t.before...)
	for text != "" {
		at, token := t.nextAdded(text)
		for _, word := range t.words(text[:at]) {
			ids = t.pieces(ids, word)
		}
		if token.text == "" {
			break
		}
		ids = append(ids, token.id)
		text = text[at+len(token.text):]
	}
	if room := max - len(t.after); max > 0 && len(ids) > room {
		ids = ids[:room]
	}
	return append(ids, t.after...)
}

// nextAdded finds the first added token in a text, the longest of those that
// begin there; without one it returns the end of the text.
func (t *Tokenizer) nextAdded(text string) (at int, found added) {
	at = len(text)
	for _, a := range t.added {
		i := strings.Index(text, a.text)
		if i >= 0 && (i < at || i == at && len(a.text) > len(found.text)) {
			at, found = i, a
		}
	}
	return at, found
}

// maxFile bounds what is read of a vocabulary; the largest known have 20 MB.
const maxFile = 100 << 20

// Read reads a vocabulary: a tokenizer.json, or a vocab.txt with one piece a
// line, the number of the line, from 0 on, being its id.
//
// A vocab.txt does not say whether text is lower-cased first. It is, unless the
// vocabulary has pieces with the letters A to Z.
func Read(r io.Reader) (*Tokenizer, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxFile:
		return nil, fmt.Errorf("more than %d MB are no vocabulary", maxFile>>20)
	case !utf8.Valid(data):
		return nil, errors.New("not a vocabulary: expected vocab.txt or tokenizer.json, which are UTF-8 text")
	}
	if start := bytes.TrimLeftFunc(data, unicode.IsSpace); len(start) > 0 && start[0] == '{' {
		return readJSON(data)
	}
	return readVocabulary(data)
}

// readVocabulary reads BERT's vocab.txt.
func readVocabulary(data []byte) (*Tokenizer, error) {
	vocabulary := map[string]int64{}
	cased := false
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxFile)
	n := int64(0)
	for ; lines.Scan(); n++ {
		piece := strings.TrimRight(lines.Text(), "\r")
		if _, twice := vocabulary[piece]; !twice {
			vocabulary[piece] = n
		}
		bracketed := strings.HasPrefix(piece, "[") && strings.HasSuffix(piece, "]")
		cased = cased || !bracketed && strings.ContainsFunc(piece, func(r rune) bool { return r >= 'A' && r <= 'Z' })
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	for _, needed := range []string{"[UNK]", "[CLS]", "[SEP]"} {
		if _, ok := vocabulary[needed]; !ok {
			return nil, fmt.Errorf("not a BERT vocabulary: none of %d lines is %s", n, needed)
		}
	}
	basic := basic{clean: true, ideographs: true, lower: !cased, accents: !cased, punctuation: true}
	t := &Tokenizer{
		words: basic.words, before: []int64{vocabulary["[CLS]"]}, after: []int64{vocabulary["[SEP]"]},
		Pad: vocabulary["[PAD]"],
	}
	for _, special := range []string{"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"} {
		if id, ok := vocabulary[special]; ok {
			t.added = append(t.added, added{special, id})
		}
	}
	t.wordPiece(wordPiece{vocabulary: vocabulary, unknown: "[UNK]", prefix: "##", longest: 100})
	t.Size = n
	return t, nil
}
