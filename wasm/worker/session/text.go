package session

import (
	"context"
	"errors"
	"fmt"
	"io"

	"splitquant/core/dataset"
	"splitquant/core/evaluate"
	"splitquant/core/lesson"
	"splitquant/core/recipe"
	"splitquant/core/tokenize"
	"splitquant/wasm/message"
)

// spam are the classes of the sample, by number, as in its messages.
var spam = []string{"ham", "spam"}

// mostIDs is how many ids the sample takes of a text.
const mostIDs = 128

// A texter is the sample that reads messages, in all ways that were asked for:
// they stay open, so that typing is answered at once.
type texter struct {
	tokenizer *tokenize.Tokenizer
	messages  *dataset.Texts
	models    map[message.Way]textModel
}

// A textModel runs.
type textModel struct {
	Runner
	bits float64 // stored per weight
}

// text asks the sample about a text, or about its messages.
func (s *Session) text(a message.TextAsk) (*message.TextInfo, error) {
	t, err := s.reader()
	if err != nil {
		return nil, err
	}
	texts := t.messages
	info := &message.TextInfo{Rows: texts.Len()}
	if !a.Measure {
		ids := t.tokenizer.Encode(a.Text, mostIDs)
		texts = &dataset.Texts{Rows: []dataset.Text{{Label: -1, Words: a.Text, IDs: ids}}, Pad: t.tokenizer.Pad}
		info.Tokens, info.Rows = len(ids), 0
	}
	for _, w := range a.Ways {
		m, err := s.textModel(w)
		if err != nil {
			return nil, err
		}
		answer := message.ModelAnswer{BitsPerWeight: m.bits}
		if a.Measure {
			table, err := evaluate.Accuracy(context.Background(), []*evaluate.Model{m.Model}, texts, evaluate.AccuracyOptions{})
			if err != nil {
				return nil, err
			}
			answer.Correct = table.Models[0].Correct
		} else if answer.Probabilities, err = probabilities(m, texts); err != nil {
			return nil, err
		}
		info.Models = append(info.Models, answer)
	}
	return info, nil
}

// probabilities runs a model on the first of the texts.
func probabilities(m textModel, texts *dataset.Texts) ([]float64, error) {
	inputs, err := texts.Inputs([]int{0}, m.Inputs)
	if err != nil {
		return nil, err
	}
	out, err := m.Run(context.Background(), inputs)
	if err != nil {
		return nil, err
	}
	logits, err := out["logits"].Floats()
	if err != nil {
		return nil, err
	}
	if len(logits) != len(spam) {
		return nil, fmt.Errorf("the model gives %d scores, want %d", len(logits), len(spam))
	}
	return lesson.Probabilities(logits), nil
}

// reader returns what reads the sample's vocabulary and messages once.
func (s *Session) reader() (*texter, error) {
	if s.texter != nil {
		return s.texter, nil
	}
	if s.file == nil {
		return nil, errors.New("the sample model is not open")
	}
	if s.host.Open == nil {
		return nil, errors.New("nothing runs models here")
	}
	vocabulary, err := find(s.files, ".", "vocab.txt")
	if err != nil {
		return nil, err
	}
	table, err := find(s.files, ".", "messages.tsv")
	if err != nil {
		return nil, err
	}
	t := &texter{models: map[message.Way]textModel{}}
	if t.tokenizer, err = tokenize.Read(io.NewSectionReader(vocabulary, 0, vocabulary.Size)); err != nil {
		return nil, fmt.Errorf("%s: %w", vocabulary.Name, err)
	}
	o := dataset.TextOptions{Tokenizer: t.tokenizer, Max: mostIDs, Classes: spam}
	if t.messages, err = dataset.ReadTexts(io.NewSectionReader(table, 0, table.Size), o); err != nil {
		return nil, fmt.Errorf("%s: %w", table.Name, err)
	}
	s.texter = t
	return t, nil
}

// textModel opens the sample, quantized in a way, in the runtime.
func (s *Session) textModel(w message.Way) (textModel, error) {
	if m, ok := s.texter.models[w]; ok {
		return m, nil
	}
	m := textModel{bits: 32}
	var file any = s.source
	var err error
	if w.Bits != 0 {
		made, r, err := s.make(wayOptions(w), func(float64) {})
		if err != nil {
			return m, err
		}
		file, m.bits = made, r.BitsPerWeight
	}
	if m.Runner, err = s.host.Open(s.name, file, s.beside); err != nil {
		return m, err
	}
	s.texter.models[w] = m
	return m, nil
}

// close lets go of the models.
func (t *texter) close() {
	if t == nil {
		return
	}
	for _, m := range t.models {
		m.Close()
	}
}

// wayOptions are the options for a way, form summed.
func wayOptions(w message.Way) recipe.Options {
	o := recipe.Defaults()
	o.Bits, o.Strategy, o.Form = w.Bits, w.Strategy, "summed"
	if w.Clip != "" {
		o.Clip = w.Clip
	}
	return o
}
