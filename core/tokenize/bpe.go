package tokenize

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bpe gives the tokenizer a byte-level BPE: the bytes of a word are joined pair
// by pair, the pair that comes first in the list of merges first.
func (m *vocabulary) bpe(t *Tokenizer, vocab map[string]int64) error {
	if m.Suffix != "" || m.Prefix != "" || m.ByteFallback {
		return errors.New("this BPE is not byte-level, which is the only one supported")
	}
	rank := make(map[merge]int, len(m.Merges))
	for i, pair := range m.Merges {
		rank[pair] = i
	}
	unknown, hasUnknown := vocab[m.Unknown]
	t.Kind, t.Unknown, t.Size = "BPE", -1, size(vocab)
	t.pieces = func(ids []int64, word string) []int64 {
		if id, ok := vocab[word]; ok && m.IgnoreMerges {
			return append(ids, id)
		}
		for _, piece := range join(strings.Split(word, ""), rank) {
			if id, ok := vocab[piece]; ok {
				ids = append(ids, id)
			} else if hasUnknown {
				ids = append(ids, unknown)
			}
		}
		return ids
	}
	return nil
}

// join merges neighbours, those of the lowest rank first, as long as there are
// any that have one.
func join(pieces []string, rank map[merge]int) []string {
	for {
		best, found := merge{}, -1
		for i := 1; i < len(pieces); i++ {
			pair := merge{pieces[i-1], pieces[i]}
			if r, ok := rank[pair]; ok && (found < 0 || r < found) {
				best, found = pair, r
			}
		}
		if found < 0 {
			return pieces
		}
		kept := pieces[:0]
		for i := 0; i < len(pieces); i++ {
			if i+1 < len(pieces) && pieces[i] == best[0] && pieces[i+1] == best[1] {
				kept = append(kept, best[0]+best[1])
				i++
			} else {
				kept = append(kept, pieces[i])
			}
		}
		pieces = kept
	}
}

// byteRunes are the characters that stand for bytes, so that vocabularies can be
// written as text: printable ones for themselves, the others from U+0100 on
// (openai/gpt-2, encoder.py).
var byteRunes = func() (runes [256]rune) {
	next := rune(256)
	for b := range runes {
		switch {
		case b >= '!' && b <= '~', b >= 0xA1 && b <= 0xAC, b >= 0xAE:
			runes[b] = rune(b)
		default:
			runes[b] = next
			next++
		}
	}
	return runes
}()

// byteWords cuts a text into words that keep the space before them, and writes
// their bytes as characters.
func byteWords(text string, prefix bool) (words []string) {
	if prefix && text != "" && !strings.HasPrefix(text, " ") {
		text = " " + text
	}
	for text != "" {
		n := wordLength(text)
		var b strings.Builder
		for i := range n {
			b.WriteRune(byteRunes[text[i]])
		}
		words = append(words, b.String())
		text = text[n:]
	}
	return words
}

// wordLength returns the length of the first word of a text, as GPT-2's pattern
// has it: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func wordLength(text string) int {
	for _, short := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
		if strings.HasPrefix(text, short) {
			return len(short)
		}
	}
	space := 0
	if text[0] == ' ' {
		space = 1
	}
	for _, class := range [...]func(rune) bool{unicode.IsLetter, unicode.IsNumber, isSymbol} {
		if n := run(text[space:], class); n > 0 {
			return space + n
		}
	}
	n := run(text, unicode.IsSpace)
	if n == len(text) {
		return n
	}
	if _, last := utf8.DecodeLastRuneInString(text[:n]); last < n {
		return n - last // the last one goes with what follows
	}
	return n
}

func isSymbol(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// run returns the length of the longest beginning of s of characters that match.
func run(s string, match func(rune) bool) int {
	for i, r := range s {
		if !match(r) {
			return i
		}
	}
	return len(s)
}
