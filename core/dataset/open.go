package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"splitquant/core/archive"
	"splitquant/core/model"
	"splitquant/core/npz"
)

// A File is one of the files that a data set consists of.
type File struct {
	Name string // with the folder, where there is one: "train/cat/1.png"
	Data io.ReaderAt
	Size int64
}

// Options say how to read a data set.
type Options struct {
	Text    TextOptions // of tables
	Pixels  Pixels      // of arrays and pictures
	Classes []string    // names of the classes by number; nil for the order of the alphabet
}

// Open reads a data set, of the kind that the names and the first bytes of its
// files tell:
//
//   - a table of texts or token ids (.tsv, .csv), see [ReadTexts];
//   - an archive of arrays (.npz) with rows and labels in it, or an array of each
//     (.npy), or MNIST's IDX files, see [NewArrays];
//   - a ZIP archive of pictures, or the pictures themselves, each in a folder
//     that is named as its class.
func Open(files []File, o Options) (Set, error) {
	if len(files) == 0 {
		return nil, errors.New("no data file was given")
	}
	o.Text.Classes = o.Classes
	set, err := open(files, o)
	if err != nil && len(files) == 1 {
		return nil, fmt.Errorf("%s: %w", files[0].Name, err)
	}
	return set, err
}

func open(files []File, o Options) (Set, error) {
	if pictures := loose(files); len(pictures) > 0 || len(files) > 2 {
		return newImages(pictures, o.Classes, o.Pixels)
	}
	var arrays []*model.Tensor
	for _, f := range files {
		f, err := unzipped(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		switch kind := kindOf(f); kind {
		case "table":
			if len(files) > 1 {
				return nil, fmt.Errorf("%s is a table, which holds the labels itself: give no other file", f.Name)
			}
			return ReadTexts(io.NewSectionReader(f.Data, 0, f.Size), o.Text)
		case "zip":
			if len(files) > 1 {
				return nil, fmt.Errorf("%s is an archive, which holds the labels itself: give no other file", f.Name)
			}
			a, err := archive.Open(f.Data, f.Size)
			if err != nil {
				return nil, err
			}
			if !npz.IsArchive(a.Names()) {
				return newImages(zipped(a), o.Classes, o.Pixels)
			}
			n, err := npz.Open(a)
			if err != nil {
				return nil, err
			}
			arrays = append(arrays, n.Tensors...)
		case "npy", "idx":
			read := readIDX
			if kind == "npy" {
				read = func(f File) (*model.Tensor, error) { return npz.OpenArray(f.Data, f.Size, f.Name) }
			}
			t, err := read(f)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			arrays = append(arrays, t)
		default:
			return nil, fmt.Errorf("%s is no kind of data that is known: tables (.tsv, .csv), arrays (.npz, .npy, IDX) and pictures (in folders or a .zip) are", path.Base(f.Name))
		}
	}
	x, y := pick(arrays)
	return NewArrays(x, y, o.Pixels)
}

// kindOf tells what a file is.
func kindOf(f File) string {
	head := make([]byte, 8)
	n, _ := f.Data.ReadAt(head, 0) // a short file gives less, which is no kind
	head = head[:n]
	switch ext := strings.ToLower(path.Ext(f.Name)); {
	case isIDX(head):
		return "idx"
	case npz.Sniff(head):
		return "npy"
	case bytes.HasPrefix(head, []byte(archive.Magic)):
		return "zip"
	case ext == ".tsv", ext == ".csv", ext == ".txt":
		return "table"
	}
	return ""
}

// Names that people give to arrays, the better ones first.
var (
	rowArrays   = []string{"x_test", "x_val", "x", "test_images", "images", "inputs", "input", "data", "features", "x_train", "train_images", "arr_0"}
	labelArrays = []string{"y_test", "y_val", "y", "test_labels", "labels", "label", "targets", "target", "y_train", "train_labels", "arr_1"}
)

// pick finds rows and labels among arrays: by their names, or else the labels
// are the smaller of two. Where there are none, y is nil.
func pick(arrays []*model.Tensor) (x, y *model.Tensor) {
	named := func(names []string) *model.Tensor {
		for _, name := range names {
			for _, a := range arrays {
				if strings.ToLower(a.Name) == name {
					return a
				}
			}
		}
		return nil
	}
	x, y = named(rowArrays), named(labelArrays)
	if x != nil && (y == nil || len(y.Shape) > 0 && y.Shape[0] == x.Shape[0]) {
		return x, y
	}
	x, y = nil, nil
	for _, a := range arrays {
		if n, _ := a.Shape.Elems(); x == nil || n > size(x) {
			x, y = a, x
		} else if y == nil {
			y = a
		}
	}
	return x, y
}

func size(t *model.Tensor) int64 {
	n, _ := t.Shape.Elems() // of arrays that were opened
	return n
}
