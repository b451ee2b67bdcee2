package tokenize

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const paper = "../../../shared/paper"

// bert reads the vocabulary of bert-base-uncased, or skips the test.
func bert(t *testing.T) *Tokenizer {
	t.Helper()
	f := open(t, "vocab.txt")
	tokenizer, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(paper, name))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The oracle are the ids that BERT's own BasicTokenizer and WordpieceTokenizer
// give, in the files.
func TestBERT(t *testing.T) {
	tokenizer := bert(t)
	if tokenizer.Size != 30522 || tokenizer.Unknown != 100 {
		t.Errorf("size %d, [UNK] %d", tokenizer.Size, tokenizer.Unknown)
	}
	check := func(n int, text, ids string, max int) {
		var want []int64
		for _, word := range strings.Fields(ids) {
			id, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		if got := tokenizer.Encode(text, max); !slices.Equal(got, want) {
			t.Errorf("row %d, %q:\ngot  %v\nwant %v", n, text, got, want)
		}
	}
	n := 0
	for lines := bufio.NewScanner(open(t, "tokenizer_cases.tsv")); lines.Scan(); n++ {
		quoted, ids, _ := strings.Cut(lines.Text(), "\t")
		var text string
		if err := json.Unmarshal([]byte(quoted), &text); err != nil {
			t.Fatal(err)
		}
		check(n, text, ids, 0)
	}
	if n != 200 {
		t.Errorf("%d cases, want 200", n)
	}
	for _, set := range [...]struct{ text, ids string }{
		{"emotion_test.tsv", "emotion/test_tokens.tsv"}, {"sms_spam.tsv", "sms_spam/test_tokens.tsv"},
	} {
		texts, ids := bufio.NewScanner(open(t, set.text)), bufio.NewScanner(open(t, set.ids))
		for n := 0; texts.Scan() && ids.Scan(); n++ {
			if runtime.GOOS == "js" && n%20 > 0 {
				continue // the tables of Go are the same there
			}
			_, text, _ := strings.Cut(texts.Text(), "\t")
			_, want, _ := strings.Cut(ids.Text(), "\t")
			check(n, text, want, 128)
		}
	}
}

// The same vocabulary as a tokenizer.json gives the same ids.
func TestJSON(t *testing.T) {
	tokenizer := bert(t)
	vocab := map[string]int64{}
	lines := bufio.NewScanner(open(t, "vocab.txt"))
	for n := int64(0); lines.Scan(); n++ {
		vocab[lines.Text()] = n
	}
	model, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(strings.NewReader(fmt.Sprintf(`{"version": "1.0", "truncation": {"max_length": 16}, "padding": null,
		"added_tokens": [{"id": 0, "content": "[PAD]"}, {"id": 100, "content": "[UNK]"}, {"id": 103, "content": "[MASK]"}],
		"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
		"pre_tokenizer": {"type": "BertPreTokenizer"},
		"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
			{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
			"special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [101]}, "[SEP]": {"id": "[SEP]", "ids": [102]}}},
		"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": %s}}`, model)))
	if err != nil {
		t.Fatal(err)
	}
	if again.Size != 30522 || again.Unknown != 100 || again.Max != 16 {
		t.Errorf("size %d, [UNK] %d, max %d", again.Size, again.Unknown, again.Max)
	}
	cases := bufio.NewScanner(open(t, "tokenizer_cases.tsv"))
	for cases.Scan() {
		quoted, _, _ := strings.Cut(cases.Text(), "\t")
		var text string
		if err := json.Unmarshal([]byte(quoted), &text); err != nil {
			t.Fatal(err)
		}
		if got, want := again.Encode(text, 0), tokenizer.Encode(text, 0); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// Words by GPT-2's pattern; the oracle is the pattern itself, by hand.
func TestByteWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                   nil,
		"Hello world":        {"Hello", "Ġworld"},
		"it's 3  o'clock":    {"it", "'s", "Ġ3", "Ġ", "Ġo", "'", "clock"},
		"a\n\n b ":           {"a", "ĊĊ", "Ġb", "Ġ"},
		" é!?":               {"ĠÃ©", "!?"},
		"tab\tx":             {"tab", "ĉ", "x"},
		"we'll, they'd 12ab": {"we", "'ll", ",", "Ġthey", "'d", "Ġ12", "ab"},
	} {
		if got := byteWords(text, false); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := byteWords("a", true); !slices.Equal(got, []string{"Ġa"}) {
		t.Errorf("with a space before the text: %q", got)
	}
}

// bpe is a byte-level BPE of a few merges, with RoBERTa's frame.
const bpe = `{"added_tokens": [{"id": 0, "content": "<s>"}, {"id": 1, "content": "<pad>"}, {"id": 2, "content": "</s>"}],
	"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
	"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]},
	"model": {"type": "BPE", "vocab": {"l": 3, "o": 4, "w": 5, "e": 6, "r": 7, "lo": 8, "low": 9, "er": 10, "Ġ": 11, "Ġlow": 12},
	"merges": ["l o", "lo w", ["e", "r"], "Ġ low"]}}`

// Merges apply in the order of the list: "lower" becomes low, er.
func TestBPE(t *testing.T) {
	tokenizer, err := Read(strings.NewReader(bpe))
	if err != nil {
		t.Fatal(err)
	}
	if tokenizer.Pad != 1 || tokenizer.Unknown != -1 || tokenizer.Size != 13 {
		t.Errorf("pad %d, unknown %d, size %d", tokenizer.Pad, tokenizer.Unknown, tokenizer.Size)
	}
	for text, want := range map[string][]int64{
		"lower low": {0, 9, 10, 12, 2}, "": {0, 2}, "low</s>low": {0, 9, 2, 9, 2}, "we": {0, 5, 6, 2},
	} {
		if got := tokenizer.Encode(text, 0); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if got := tokenizer.Encode("lower low low low", 4); !slices.Equal(got, []int64{0, 9, 10, 2}) {
		t.Errorf("cut to 4: %v", got)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "none of 0 lines is [UNK]",
		"a\nb\n":           "none of 2 lines is [UNK]",
		"\xff\xfe":         "not a vocabulary",
		"{":                "tokenizer.json: unexpected end",
		`{"id2label": {}}`: `no "model"`,
		`{"model": {"type": "Unigram", "vocab": [["a", 0]]}}`:                       `model "Unigram" is not supported`,
		`{"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]"}}`: `vocab has no "[UNK]"`,
		strings.Replace(bpe, `"ByteLevel"`, `"Metaspace"`, 1):                       `pre_tokenizer "Metaspace"`,
		strings.Replace(bpe, `"l o"`, `"lo"`, 1):                                    `merge "lo" is no pair`,
		strings.Replace(bpe, `"merges"`, `"byte_fallback": true, "merges"`, 1):      "not byte-level",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want an error with %q", text, err, want)
		}
	}
}

// A vocabulary with capitals keeps them.
func TestCased(t *testing.T) {
	for _, c := range []struct {
		vocabulary string
		want       []int64
	}{
		{"[PAD]\n[UNK]\n[CLS]\n[SEP]\nParis\nparis", []int64{2, 4, 3}},
		{"[PAD]\n[UNK]\n[CLS]\n[SEP]\nrome\nparis", []int64{2, 5, 3}},
	} {
		tokenizer, err := Read(strings.NewReader(c.vocabulary))
		if err != nil {
			t.Fatal(err)
		}
		if got := tokenizer.Encode("Paris", 0); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %v, want %v", c.vocabulary, got, c.want)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("a [SEP] b'll \x00\u4e00")
	wordPiece, err := Read(strings.NewReader("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\nb"))
	if err != nil {
		f.Fatal(err)
	}
	byteLevel, err := Read(strings.NewReader(bpe))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for tokenizer := range maps.Keys(map[*Tokenizer]bool{wordPiece: true, byteLevel: true}) {
			ids := tokenizer.Encode(text, 8)
			if len(ids) > 8 || len(ids) < 2 || slices.Max(ids) >= tokenizer.Size {
				t.Errorf("%s: %v", tokenizer.Kind, ids)
			}
		}
	})
}
