package dataset

import (
	"fmt"
	"strings"

	"splitquant/core/ort"
	"splitquant/core/tensor"
	"splitquant/core/tokenize"
)

// A Text is a text as token ids, and the class it belongs to.
type Text struct {
	Label int    // -1 for none
	Words string // the text as the file has it, empty where that has only ids
	IDs   []int64
}

// Texts is a [Set] of texts.
type Texts struct {
	Rows  []Text
	Names []string // of the classes
	Pad   int64    // the id that shorter texts of a batch are filled up with
	// Unknown is the share of tokens that the vocabulary does not have, of all
	// but the ones that a text begins and ends with. A large one is a sign of a
	// tokenizer that is not the model's.
	Unknown float64
}

// Len implements [Set].
func (t *Texts) Len() int { return len(t.Rows) }

// Label implements [Set].
func (t *Texts) Label(row int) int { return t.Rows[row].Label }

// Classes implements [Set].
func (t *Texts) Classes() []string { return t.Names }

// Size returns the number of tokens.
func (t *Texts) Size(row int) int { return len(t.Rows[row].IDs) }

// Title returns the text, or its ids.
func (t *Texts) Title(row int) string {
	if r := t.Rows[row]; r.Words == "" {
		return strings.Trim(fmt.Sprint(r.IDs), "[]")
	}
	return t.Rows[row].Words
}

// Inputs gives each input what its name asks for: a mask that is 1 where there
// are tokens, token types of 0, positions, and the ids, padded to the longest
// text, all of shape [texts, tokens].
func (t *Texts) Inputs(rows []int, wants []ort.Info) (map[string]ort.Value, error) {
	longest, err := t.length(rows, wants)
	if err != nil {
		return nil, err
	}
	ids, mask, positions := t.pad(rows, longest)
	inputs := make(map[string]ort.Value, len(wants))
	given := ""
	for _, want := range wants {
		values := ids
		switch name := strings.ToLower(want.Name); {
		case len(wants) == 1:
		case strings.Contains(name, "mask"):
			values = mask
		case strings.Contains(name, "type") || strings.Contains(name, "segment"):
			values = make([]int64, len(ids))
		case strings.Contains(name, "position"):
			values = positions
		case given != "" || want.Type.IsFloat():
			return nil, fmt.Errorf("the model does not take text: nothing is known for its input %q, %v of shape %v", want.Name, want.Type, want.Shape)
		default:
			given = want.Name
		}
		v, err := integers(want.Type, tensor.Shape{int64(len(rows)), int64(longest)}, values)
		if err != nil || want.Type.IsFloat() && len(wants) == 1 {
			return nil, fmt.Errorf("the model does not take text: its input %q is %v of shape %v", want.Name, want.Type, want.Shape)
		}
		inputs[want.Name] = v
	}
	return inputs, nil
}

// length is how many tokens the rows are padded or cut to.
func (t *Texts) length(rows []int, wants []ort.Info) (longest int, err error) {
	for _, row := range rows {
		longest = max(longest, len(t.Rows[row].IDs))
	}
	for _, want := range wants {
		switch {
		case len(want.Shape) != 2:
			return 0, fmt.Errorf("the model does not take text: its input %q has shape %v, expected [texts tokens]", want.Name, want.Shape)
		case want.Shape[1] > 0:
			longest = int(want.Shape[1])
		}
	}
	return longest, nil
}

// pad lays the rows out, each in length places. A text that is too long keeps
// its last token, which most models want there.
func (t *Texts) pad(rows []int, length int) (ids, mask, positions []int64) {
	n := len(rows) * length
	ids, mask, positions = make([]int64, n), make([]int64, n), make([]int64, n)
	for i, row := range rows {
		text := t.Rows[row].IDs
		for j := range length {
			at := i*length + j
			positions[at] = int64(j)
			if j >= len(text) {
				ids[at] = t.Pad
				continue
			}
			ids[at], mask[at] = text[j], 1
		}
		if len(text) > length && length > 0 {
			ids[(i+1)*length-1] = text[len(text)-1]
		}
	}
	return ids, mask, positions
}

// Doubts says what speaks against the tokenizer being that of a model which
// looks ids up in an embedding of so many rows; 0 where that is not known. Ids
// that the embedding does not have are an error when the model runs.
func (t *Texts) Doubts(tokenizer *tokenize.Tokenizer, rows int64) (doubts []string) {
	const padding = 256 // rows that some models add to reach a round number
	if rows > 0 && (tokenizer.Size > rows || tokenizer.Size < rows-padding) {
		doubts = append(doubts, fmt.Sprintf("the tokenizer has %d ids and the model's embedding %d rows: it may be another model's", tokenizer.Size, rows))
	}
	if t.Unknown > 0.3 {
		doubts = append(doubts, fmt.Sprintf("the tokenizer does not know %.0f %% of the words: it may be another model's", 100*t.Unknown))
	}
	return doubts
}
