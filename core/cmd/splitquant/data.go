package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"splitquant/core/dataset"
	"splitquant/core/evaluate"
	"splitquant/core/tokenize"
)

// dataFlags name labelled data and say how to read them.
type dataFlags struct {
	Data        string    `help:"Labelled data: a table of texts or token ids (.tsv, .csv), arrays (.npz, .npy, MNIST's IDX), or pictures in a folder for each class, in a folder or a .zip." placeholder:"FILE"`
	Labels      string    `help:"The labels of an array, where they are in a file of their own." placeholder:"FILE"`
	Classes     []string  `help:"Names of the classes in the model's order, as in ham,spam; the alphabet's if not given." placeholder:"NAME"`
	Tokenizer   string    `help:"The model's vocab.txt or tokenizer.json, for texts." placeholder:"FILE"`
	MaxTokens   number    `help:"Tokens of a text at most; 0 (default) for what the tokenizer says, or else 512." placeholder:"N"`
	TextColumn  string    `help:"The column with the texts, by name or number; found if not given." placeholder:"NAME"`
	LabelColumn string    `help:"The column with the labels, by name or number; found if not given." placeholder:"NAME"`
	Size        number    `help:"Resize pictures to N by N; 0 (default) for what the model says, or else 224." placeholder:"N"`
	Crop        bool      `help:"Cut what is too long of pictures, instead of stretching them."`
	Layout      string    `help:"nchw or nhwc, where the model leaves it open."`
	BGR         bool      `name:"bgr" help:"Blue before red."`
	Raw         bool      `help:"Pixels from 0 to 255, instead of 0 to 1."`
	Mean        []float32 `help:"Taken off each channel, as in 0.485,0.456,0.406." placeholder:"V"`
	Std         []float32 `help:"What each channel is divided by then, as in 0.229,0.224,0.225." placeholder:"V"`
}

// options are those of the flags that need no file.
func (d *dataFlags) readOptions() dataset.Options {
	return dataset.Options{
		Text:    dataset.TextOptions{Max: int(d.MaxTokens), Text: d.TextColumn, Label: d.LabelColumn},
		Classes: d.Classes,
		Pixels: dataset.Pixels{
			Width: int(d.Size), Height: int(d.Size), Crop: d.Crop, Layout: d.Layout, BGR: d.BGR, Raw: d.Raw, Mean: d.Mean, Std: d.Std,
		},
	}
}

// open reads the data for a model. Warnings are for the user to judge. Files stay
// open: rows are read when they are needed.
func (d *dataFlags) open(m *evaluate.Model) (set dataset.Set, warnings []string, err error) {
	o := d.readOptions()
	if d.Tokenizer != "" {
		if o.Text.Tokenizer, err = readTokenizer(d.Tokenizer); err != nil {
			return nil, nil, err
		}
	}
	files, err := dataFiles(d.Data, d.Labels)
	if err != nil {
		return nil, nil, err
	}
	if set, err = dataset.Open(files, o); err != nil {
		return nil, nil, err
	}
	if texts, ok := set.(*dataset.Texts); ok && o.Text.Tokenizer != nil {
		warnings = texts.Doubts(o.Text.Tokenizer, m.Vocabulary())
	}
	return set, warnings, nil
}

// dataFiles lists the files of a data set: those that are named, or those in a
// folder.
func dataFiles(names ...string) (files []dataset.File, err error) {
	for _, name := range names {
		if name == "" {
			continue
		}
		err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			size := info.Size()
			if info.Mode()&fs.ModeSymlink != 0 || path == name {
				if info, err = os.Stat(path); err != nil {
					return err
				}
				size = info.Size()
			}
			files = append(files, dataset.File{Name: filepath.ToSlash(path), Data: lazyFile(path), Size: size})
			return nil
		})
		if err != nil {
			return nil, about(name, err)
		}
	}
	return files, nil
}

// lazyFile is a file that is open only while it is read, since a folder can hold
// more than a process may open.
type lazyFile string

// ReadAt implements [io.ReaderAt].
func (name lazyFile) ReadAt(p []byte, at int64) (int, error) {
	f, err := os.Open(string(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(p, at)
}

func readTokenizer(name string) (*tokenize.Tokenizer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, about(name, err)
	}
	defer f.Close()
	t, err := tokenize.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}
