package dataset

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// A File is one of the files that a data set consists of.
type File struct {
	Name string // with the folder, where there is one: "train/cat/1.png"
	Data io.ReaderAt
	Size int64
}

// Options say how to read a data set.
type Options struct {
	Text TextOptions
}

// Open reads a data set from one file or several, by what their names end in.
func Open(files []File, o Options) (Set, error) {
	if len(files) == 0 {
		return nil, errors.New("no data file was given")
	}
	f := files[0]
	set, err := open(files, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return set, nil
}

func open(files []File, o Options) (Set, error) {
	f := files[0]
	switch ext := strings.ToLower(path.Ext(f.Name)); ext {
	case ".tsv", ".csv", ".txt":
		if len(files) > 1 {
			return nil, errors.New("one table at a time")
		}
		return ReadTexts(io.NewSectionReader(f.Data, 0, f.Size), o.Text)
	default:
		return nil, fmt.Errorf("%q is no kind of data: tables (.tsv, .csv) are", ext)
	}
}
