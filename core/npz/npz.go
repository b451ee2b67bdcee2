package npz

import (
	"errors"
	"fmt"
	"strings"

	"splitquant/core/archive"
	"splitquant/core/model"
)

// A File is an opened archive of arrays.
type File struct {
	Tensors  []*model.Tensor
	Warnings []string // of entries that are left out
}

// IsArchive reports whether a ZIP archive with these entries holds arrays.
func IsArchive(names []string) bool {
	for _, n := range names {
		if strings.HasSuffix(n, ".npy") {
			return true
		}
	}
	return false
}

// Open reads the headers of the arrays in an archive.
func Open(a *archive.Archive) (*File, error) {
	f := &File{}
	for _, entry := range a.Names() {
		name, ok := strings.CutSuffix(entry, ".npy")
		if !ok {
			f.Warnings = append(f.Warnings, fmt.Sprintf("%q is no array and left out", entry))
			continue
		}
		r, size, err := a.Entry(entry)
		if err != nil {
			return nil, fmt.Errorf("npz: array %q: %w", name, err)
		}
		t, err := OpenArray(r, size, name)
		if errors.Is(err, errText) {
			f.Warnings = append(f.Warnings, fmt.Sprintf("array %q is left out: %v", name, errText))
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Tensors = append(f.Tensors, t)
	}
	if len(f.Tensors) == 0 {
		return nil, errors.New("npz: the archive has no arrays of numbers")
	}
	return f, nil
}
