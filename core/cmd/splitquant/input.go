package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
)

// openModel opens a model file, and beside it the files it keeps tensors in,
// all of which it records in fl.
func (fl *files) openModel(name string) (*plan.File, func(), error) {
	var open []*os.File
	closeAll := func() {
		for _, f := range open {
			f.Close()
		}
	}
	openFile := func(name, what string) (io.ReaderAt, int64, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, 0, about(name, err)
		}
		open = append(open, f)
		info, err := fl.reads(f, what)
		if err == nil && info.IsDir() {
			err = &fs.PathError{Err: errors.New("is a folder, not a model file")}
		}
		if err != nil {
			return nil, 0, about(name, err)
		}
		return f, info.Size(), nil
	}
	r, size, err := openFile(name, "the input file")
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	f, err := plan.Open(r, size, func(beside string) (io.ReaderAt, int64, error) {
		return openFile(filepath.Join(filepath.Dir(name), filepath.FromSlash(beside)), "a data file of the model")
	})
	if err != nil {
		closeAll()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if w := f.Misnamed(name); w != "" {
		f.Model().Warnings = append(f.Model().Warnings, w)
	}
	return f, closeAll, nil
}

// readRecipe reads a recipe, which it records in fl; without a name it is the
// defaults.
func (fl *files) readRecipe(name string) (recipe.Options, error) {
	if name == "" {
		return recipe.Defaults(), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return recipe.Options{}, about(name, err)
	}
	defer f.Close()
	if _, err := fl.reads(f, "the recipe"); err != nil {
		return recipe.Options{}, about(name, err)
	}
	o, err := recipe.Read(f)
	if err != nil {
		return recipe.Options{}, fmt.Errorf("%s: %w", name, err)
	}
	return o, nil
}

// unmatched warns of globs that match no layer; it is empty where all do.
func unmatched(o recipe.Options, m *model.Model) string {
	var names []string
	for i := range m.Layers {
		names = append(names, m.Layers[i].Name)
	}
	for _, a := range m.Activations {
		names = append(names, a.Name)
	}
	var quoted []string
	for _, g := range o.Unmatched(names) {
		quoted = append(quoted, strconv.Quote(g))
	}
	if len(quoted) == 0 {
		return ""
	}
	return "no layer matches " + strings.Join(quoted, ", ")
}

// somethingToDo says in words why there is no layer to quantize, if there is none.
func somethingToDo(m *model.Model, o recipe.Options) error {
	p, err := plan.New(m, o)
	if err != nil {
		return usageError{err}
	}
	if len(p.Units) > 0 {
		return nil
	}
	r, err := p.Run(context.Background(), plan.Memory{}, 1, nil)
	if err != nil {
		return err
	}
	why := r.Report.Reasons()
	if w := unmatched(o, m); w != "" {
		why = append(why, w)
	}
	return fmt.Errorf("no layer of the model can be quantized: %s", strings.Join(why, "; "))
}

// readRanges reads ranges of activations from a file, which it records in fl.
func (fl *files) readRanges(name string) (model.Ranges, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, about(name, err)
	}
	defer f.Close()
	if _, err := fl.reads(f, "the file of ranges"); err != nil {
		return nil, about(name, err)
	}
	ranges, err := model.ReadRanges(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return ranges, nil
}
