package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// file is what counts in a tokenizer.json (github.com/huggingface/tokenizers).
type file struct {
	Truncation *struct {
		Max int `json:"max_length"`
	}
	Padding *struct {
		ID int64 `json:"pad_id"`
	}
	Added []struct {
		ID      int64
		Content string
	} `json:"added_tokens"`
	Normalizer    *normalizer
	PreTokenizer  *preTokenizer  `json:"pre_tokenizer"`
	PostProcessor *postProcessor `json:"post_processor"`
	Model         *vocabulary
}

type normalizer struct {
	Type         string
	Normalizers  []normalizer // of a Sequence
	CleanText    bool         `json:"clean_text"`
	Ideographs   bool         `json:"handle_chinese_chars"`
	StripAccents *bool        `json:"strip_accents"`
	Lowercase    bool
}

type preTokenizer struct {
	Type          string
	PreTokenizers []preTokenizer `json:"pretokenizers"` // of a Sequence
	PrefixSpace   bool           `json:"add_prefix_space"`
	UseRegex      *bool          `json:"use_regex"`
}

type postProcessor struct {
	Type       string
	Processors []postProcessor // of a Sequence
	Single     []struct {
		SpecialToken *struct{ ID string }
		Sequence     *struct{ ID string }
	}
	Specials map[string]struct{ IDs []int64 } `json:"special_tokens"`
	CLS, SEP pair
}

// pair is a token and its id, as in ["[CLS]", 101].
type pair struct{ id int64 }

func (p *pair) UnmarshalJSON(data []byte) error {
	var token string
	return json.Unmarshal(data, &[]any{&token, &p.id})
}

type vocabulary struct {
	Type    string
	Vocab   json.RawMessage
	Unknown string `json:"unk_token"`
	Prefix  string `json:"continuing_subword_prefix"`
	Longest int    `json:"max_input_chars_per_word"`

	Merges       []merge
	Suffix       string `json:"end_of_word_suffix"`
	ByteFallback bool   `json:"byte_fallback"`
	IgnoreMerges bool   `json:"ignore_merges"`
}

// merge is two pieces that become one, written as "a b" or ["a", "b"].
type merge [2]string

func (m *merge) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[2]string)(m))
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	left, right, ok := strings.Cut(s, " ")
	if !ok {
		return fmt.Errorf("merge %q is no pair", s)
	}
	*m = merge{left, right}
	return nil
}

// readJSON reads Hugging Face's tokenizer.json.
func readJSON(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	if f.Model == nil {
		return nil, errors.New(`tokenizer.json: there is no "model": this is another JSON file`)
	}
	t := &Tokenizer{}
	err := f.model(t)
	if err == nil {
		err = f.split(t)
	}
	if err == nil && f.PostProcessor != nil {
		err = f.PostProcessor.apply(t)
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	if f.Truncation != nil {
		t.Max = f.Truncation.Max
	}
	for _, a := range f.Added {
		if a.ID < 0 {
			return nil, fmt.Errorf("tokenizer.json: added token %q has id %d", a.Content, a.ID)
		}
		if a.Content != "" {
			t.added = append(t.added, added{a.Content, a.ID})
		}
		t.Size = max(t.Size, a.ID+1)
		if strings.Trim(strings.ToLower(a.Content), "[]<>|") == "pad" {
			t.Pad = a.ID
		}
	}
	if f.Padding != nil {
		t.Pad = f.Padding.ID
	}
	return t, nil
}

// model fills in how words become ids.
func (f *file) model(t *Tokenizer) error {
	m := f.Model
	if m.Type == "" && len(m.Merges) > 0 {
		m.Type = "BPE" // older files do not say
	}
	if m.Type != "WordPiece" && m.Type != "BPE" {
		return fmt.Errorf("model %q is not supported: WordPiece and byte-level BPE are", m.Type)
	}
	vocab := map[string]int64{}
	if err := json.Unmarshal(m.Vocab, &vocab); err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	for piece, id := range vocab {
		if id < 0 {
			return fmt.Errorf("vocab: %q has id %d", piece, id)
		}
	}
	if m.Type == "BPE" {
		return m.bpe(t, vocab)
	}
	if _, ok := vocab[m.Unknown]; !ok {
		return fmt.Errorf("vocab has no %q, which stands for unknown words", m.Unknown)
	}
	if m.Longest == 0 {
		m.Longest = 100
	}
	t.wordPiece(wordPiece{vocabulary: vocab, unknown: m.Unknown, prefix: m.Prefix, longest: m.Longest})
	return nil
}

// split fills in how text becomes words.
func (f *file) split(t *Tokenizer) error {
	normalize := func(s string) string { return s }
	if f.Normalizer != nil {
		var err error
		if normalize, err = f.Normalizer.function(); err != nil {
			return err
		}
	}
	p := f.PreTokenizer
	if p == nil {
		return errors.New("there is no pre_tokenizer, which makes words of a text")
	}
	if p.Type == "Sequence" && len(p.PreTokenizers) == 1 {
		p = &p.PreTokenizers[0]
	}
	var words func(string) []string
	switch byteLevel := p.Type == "ByteLevel"; {
	case byteLevel != (t.Kind == "BPE"):
		return fmt.Errorf("pre_tokenizer %q with model %q is not supported: BertPreTokenizer with WordPiece and ByteLevel with BPE are", p.Type, t.Kind)
	case byteLevel && p.UseRegex != nil && !*p.UseRegex:
		return errors.New("pre_tokenizer ByteLevel without its own rule for words is not supported")
	case byteLevel:
		prefix := p.PrefixSpace
		words = func(s string) []string { return byteWords(s, prefix) }
	case p.Type == "BertPreTokenizer":
		words = basic{punctuation: true}.words
	case p.Type == "WhitespaceSplit":
		words = basic{}.words
	default:
		return fmt.Errorf("pre_tokenizer %q is not supported: BertPreTokenizer, WhitespaceSplit and ByteLevel are", p.Type)
	}
	t.words = func(s string) []string { return words(normalize(s)) }
	return nil
}

// function returns what the normalizer does to a text.
func (n *normalizer) function() (func(string) string, error) {
	switch n.Type {
	case "BertNormalizer":
		b := basic{clean: n.CleanText, ideographs: n.Ideographs, lower: n.Lowercase, accents: n.Lowercase}
		if n.StripAccents != nil {
			b.accents = *n.StripAccents
		}
		return b.normalize, nil
	case "Lowercase":
		return strings.ToLower, nil
	case "StripAccents":
		return func(s string) string { return strings.Map(withoutMark, s) }, nil
	case "NFC":
		return norm.NFC.String, nil
	case "NFD":
		return norm.NFD.String, nil
	case "NFKC":
		return norm.NFKC.String, nil
	case "NFKD":
		return norm.NFKD.String, nil
	case "Sequence":
		var steps []func(string) string
		for i := range n.Normalizers {
			step, err := n.Normalizers[i].function()
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
		}
		return func(s string) string {
			for _, step := range steps {
				s = step(s)
			}
			return s
		}, nil
	}
	return nil, fmt.Errorf("normalizer %q is not supported: BertNormalizer, Lowercase, StripAccents and the Unicode forms are", n.Type)
}

// apply fills in what a text begins and ends with.
func (p *postProcessor) apply(t *Tokenizer) error {
	switch p.Type {
	case "ByteLevel": // only moves offsets
		return nil
	case "BertProcessing", "RobertaProcessing":
		t.before, t.after = []int64{p.CLS.id}, []int64{p.SEP.id}
		return nil
	case "Sequence":
		for i := range p.Processors {
			if err := p.Processors[i].apply(t); err != nil {
				return err
			}
		}
		return nil
	case "TemplateProcessing":
		ids := &t.before
		for _, part := range p.Single {
			switch {
			case part.Sequence != nil:
				ids = &t.after
			case part.SpecialToken != nil:
				special, ok := p.Specials[part.SpecialToken.ID]
				if !ok {
					return fmt.Errorf("post_processor: token %q has no id", part.SpecialToken.ID)
				}
				*ids = append(*ids, special.IDs...)
			}
		}
		return nil
	}
	return fmt.Errorf("post_processor %q is not supported: TemplateProcessing, BertProcessing and RobertaProcessing are", p.Type)
}
