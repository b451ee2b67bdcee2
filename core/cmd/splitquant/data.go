package main

import (
	"fmt"
	"io"
	"os"

	"splitquant/core/dataset"
	"splitquant/core/evaluate"
	"splitquant/core/tokenize"
)

// dataFlags name labelled data and say how to read them.
type dataFlags struct {
	Data        string   `help:"Labelled data: a table of texts or token ids (.tsv, .csv)." placeholder:"FILE"`
	Tokenizer   string   `help:"The model's vocab.txt or tokenizer.json, for texts." placeholder:"FILE"`
	MaxTokens   number   `help:"Tokens of a text at most; 0 (default) for what the tokenizer says, or else 512." placeholder:"N"`
	TextColumn  string   `help:"The column with the texts, by name or number; found if not given." placeholder:"NAME"`
	LabelColumn string   `help:"The column with the labels, by name or number; found if not given." placeholder:"NAME"`
	Classes     []string `help:"Names of the classes in the model's order, as in ham,spam; the alphabet's if not given." placeholder:"NAME"`
}

// open reads the data for a model. Warnings are for the
// user to judge.
func (d *dataFlags) open(m *evaluate.Model) (set dataset.Set, warnings []string, err error) {
	o := dataset.Options{Text: dataset.TextOptions{
		Max: int(d.MaxTokens), Text: d.TextColumn, Label: d.LabelColumn, Classes: d.Classes,
	}}
	if d.Tokenizer != "" {
		if o.Text.Tokenizer, err = readTokenizer(d.Tokenizer); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.Open(d.Data)
	if err != nil {
		return nil, nil, about(d.Data, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, about(d.Data, err)
	}
	set, err = dataset.Open([]dataset.File{{Name: d.Data, Data: f, Size: info.Size()}}, o)
	if err != nil {
		return nil, nil, err
	}
	if texts, ok := set.(*dataset.Texts); ok && o.Text.Tokenizer != nil {
		warnings = texts.Doubts(o.Text.Tokenizer, vocabulary(m))
	}
	return set, warnings, nil
}

func readTokenizer(name string) (*tokenize.Tokenizer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, about(name, err)
	}
	defer f.Close()
	t, err := tokenize.Read(io.Reader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// vocabulary is how many rows the largest embedding has that an input of the
// model is looked up in.
func vocabulary(m *evaluate.Model) (rows int64) {
	for _, n := range m.IDs {
		rows = max(rows, n)
	}
	return rows
}
