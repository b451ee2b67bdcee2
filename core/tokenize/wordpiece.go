package tokenize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// basic is BERT's BasicTokenizer (google-research/bert, tokenization.py), which
// makes words of a text.
type basic struct {
	clean       bool // drop control characters
	ideographs  bool // each is a word of its own
	lower       bool
	accents     bool // are dropped
	punctuation bool // each is a word of its own; otherwise words end at white space only
}

func (b basic) words(text string) []string {
	text = b.normalize(text)
	if b.punctuation {
		text = apart(text, isPunctuation)
	}
	return strings.Fields(text)
}

// normalize is what comes before the cutting.
func (b basic) normalize(text string) string {
	if b.clean {
		text = strings.Map(clean, text)
	}
	if b.ideographs {
		text = apart(text, isIdeograph)
	}
	if b.lower {
		text = strings.ToLower(text)
	}
	if b.accents {
		text = strings.Map(withoutMark, norm.NFD.String(text))
	}
	return text
}

// clean drops what is no character to read, and makes spaces of white space.
func clean(r rune) rune {
	switch {
	case r >= ' ' && r <= '~': // as nearly all are
	case r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Zs, r):
		return ' '
	case r == 0 || r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z):
		return -1 // category C, unassigned included
	}
	return r
}

func withoutMark(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

// apart puts spaces around the characters that match.
func apart(text string, match func(rune) bool) string {
	if !strings.ContainsFunc(text, match) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if match(r) {
			b.WriteRune(' ')
			b.WriteRune(r)
			b.WriteRune(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isIdeograph reports whether r is in one of the blocks that BERT takes for
// Chinese. Kana and Hangul are not, which are written with words.
func isIdeograph(r rune) bool {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3400 && r <= 0x4DBF, r >= 0x20000 && r <= 0x2A6DF, r >= 0x2A700 && r <= 0x2B73F,
		r >= 0x2B740 && r <= 0x2B81F, r >= 0x2B820 && r <= 0x2CEAF, r >= 0xF900 && r <= 0xFAFF, r >= 0x2F800 && r <= 0x2FA1F:
		return true
	}
	return false
}

// isPunctuation takes all of ASCII that is no letter, digit, space or control
// for punctuation, and beyond that category P.
func isPunctuation(r rune) bool {
	switch {
	case r >= 33 && r <= 47, r >= 58 && r <= 64, r >= 91 && r <= 96, r >= 123 && r <= 126:
		return true
	}
	return unicode.Is(unicode.P, r)
}

// wordPiece cuts words into the longest pieces that the vocabulary has, from the
// left on. Pieces that do not begin a word have a prefix.
type wordPiece struct {
	vocabulary map[string]int64
	unknown    string
	prefix     string
	longest    int // characters; a longer word is unknown
}

// wordPiece gives the tokenizer its model.
func (t *Tokenizer) wordPiece(m wordPiece) {
	t.Kind, t.Unknown, t.Size = "WordPiece", m.vocabulary[m.unknown], size(m.vocabulary)
	t.pieces = m.pieces
}

// size is one more than the largest id.
func size(vocabulary map[string]int64) (n int64) {
	for _, id := range vocabulary {
		n = max(n, id+1)
	}
	return n
}

// pieces appends the ids of a word: of all its pieces, or one for an unknown
// word.
func (m wordPiece) pieces(ids []int64, word string) []int64 {
	known := len(ids)
	if utf8.RuneCountInString(word) > m.longest {
		return append(ids, m.vocabulary[m.unknown])
	}
	for start, prefix := 0, ""; start < len(word); prefix = m.prefix {
		end := len(word)
		for end > start {
			if id, ok := m.vocabulary[prefix+word[start:end]]; ok {
				ids = append(ids, id)
				break
			}
			_, last := utf8.DecodeLastRuneInString(word[start:end])
			end -= last
		}
		if end == start {
			return append(ids[:known], m.vocabulary[m.unknown])
		}
		start = end
	}
	return ids
}
