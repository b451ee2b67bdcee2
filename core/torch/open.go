package torch

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"splitquant/core/archive"
	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/torch/pickle"
)

// A File is an opened checkpoint.
type File struct {
	Container string // what kind of file it is, in words
	Tensors   []*model.Tensor
	// State lists those tensors that belong to the model, and not to an
	// optimizer, under the names that a state dict of the model has.
	State    []checkpoint.Named
	Warnings []string
}

// IsArchive reports whether a ZIP archive with these entries is a checkpoint.
func IsArchive(names []string) bool { return root(names) != "" }

// root is the folder that data.pkl is in, with its slash; empty without one.
func root(names []string) string {
	for _, n := range names {
		if path.Base(n) == "data.pkl" && strings.Count(n, "/") == 1 {
			return strings.TrimSuffix(n, "data.pkl")
		}
	}
	return ""
}

// Sniff reports whether a file that begins with head is a checkpoint of the
// older kind, or another pickle.
func Sniff(head []byte) bool { return pickle.Sniff(head) }

// OpenArchive reads the pickle of a checkpoint in a ZIP archive.
func OpenArchive(a *archive.Archive) (*File, error) {
	f, err := openArchive(a)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	return f, nil
}

func openArchive(a *archive.Archive) (*File, error) {
	names := a.Names()
	root := root(names)
	if root == "" {
		return nil, errors.New("the archive has no data.pkl")
	}
	if a.Has(root + "byteorder") {
		if b, err := a.Read(root+"byteorder", 16); err != nil || string(b) != "little" {
			return nil, fmt.Errorf("byte order %q is not supported, only little endian", b)
		}
	}
	r, size, err := a.Entry(root + "data.pkl")
	if err != nil {
		return nil, err
	}
	h := &host{storages: make(map[string]*storage)}
	v, _, err := pickle.Read(r, 0, size, h)
	if err != nil {
		return nil, err
	}
	for key, s := range h.storages {
		s.data, s.err = storageIn(a, root+"data/"+key, s)
	}
	f := &File{Container: "ZIP checkpoint"}
	if a.Has(root + "constants.pkl") {
		f.Container = "TorchScript archive"
	}
	return f, f.find(v)
}

// storageIn finds the data of a storage.
func storageIn(a *archive.Archive, name string, s *storage) (io.ReaderAt, error) {
	if !a.Has(name) {
		return nil, fmt.Errorf("its storage %s is not in the archive", s.key)
	}
	r, size, err := a.Entry(name)
	if err == nil && size < s.bytes {
		err = fmt.Errorf("its storage %s has %d bytes, %d are expected", s.key, size, s.bytes)
	}
	return r, err
}

// find lists the tensors of what the pickle holds.
func (f *File) find(v pickle.Value) error {
	w := newWalker()
	if err := w.walk(v, "", 0); err != nil {
		return err
	}
	if len(w.found) == 0 {
		return errors.New("no tensors found in the checkpoint")
	}
	seen := make(map[string]bool)
	same := make(map[string]io.ReaderAt) // tensors with one storage, as tied weights are
	rest, prefix := others(v)
	for _, t := range w.found {
		if seen[t.name] {
			continue // an attribute that a module keeps twice
		}
		seen[t.name] = true
		key := t.tensor.String()
		data, ok := same[key]
		if !ok {
			var err error
			if data, err = t.tensor.data(); err != nil {
				return fmt.Errorf("tensor %q: %w", t.name, err)
			}
			same[key] = data
		}
		m := &model.Tensor{Name: t.name, Type: t.tensor.typ.typ, Shape: t.tensor.shape, Data: data}
		if t.tensor.typ.storage == "" && m.Type.Bits() == 8 {
			m.Encoding = t.tensor.typ.name
		}
		f.Tensors = append(f.Tensors, m)
		if first, _, _ := strings.Cut(t.name, "."); !rest[first] {
			f.State = append(f.State, checkpoint.Named{Name: strings.TrimPrefix(t.name, prefix), Tensor: m})
		}
	}
	f.warn(v, rest, prefix)
	return nil
}

// others says which keys of a checkpoint hold an optimizer and the like, and
// what all names of the model's tensors begin with that is not part of them.
func others(v pickle.Value) (rest map[string]bool, prefix string) {
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, ""
	}
	rest = make(map[string]bool)
	containers := make(map[string]bool)
	var states []string // keys that hold tensors
	main := ""          // the first that is called as models are
	for _, e := range d.Entries {
		name, ok := e.Key.(string)
		if !ok {
			continue
		}
		if training(name) {
			rest[name] = true
			continue
		}
		w := newWalker()
		if w.walk(e.Value, "", 0) == nil && len(w.found) > 0 {
			states = append(states, name)
			_, single := e.Value.(*rebuilt)
			if main == "" && stateNames[name] && !single {
				main = name
			}
			containers[name] = !single
		}
	}
	if main == "" {
		return rest, ""
	}
	for _, name := range states {
		if name != main {
			// Beside a state_dict may lie what is no model. Otherwise there seem to be
			// several models, or several parts of one, and each keeps its name.
			if stateNames[name] || strings.HasSuffix(name, "state_dict") || containers[name] && !strings.HasSuffix(main, "state_dict") {
				return rest, ""
			}
			rest[name] = true
		}
	}
	return rest, main + "."
}

// stateNames are what people call the model's part of a checkpoint.
var stateNames = map[string]bool{
	"state_dict": true, "model_state_dict": true, "model_state": true, "model": true, "net": true, "network": true, "state": true,
	"params": true, "params_ema": true, "weights": true, "module": true,
}

// training reports whether a key holds the state of the training.
func training(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"optim", "sched", "scaler", "rng_state", "callbacks", "loops"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// warn says what the result will lack, and what is odd about names.
func (f *File) warn(v pickle.Value, rest map[string]bool, prefix string) {
	switch d, ok := v.(*pickle.Dict); {
	case f.Container == "TorchScript archive":
		f.Warnings = append(f.Warnings, "the result is a state dict: the program of the TorchScript archive is not part of it")
	case ok && (prefix != "" || len(f.State) < len(f.Tensors)):
		var names []string
		for _, e := range d.Entries {
			if name, ok := e.Key.(string); ok && name+"." != prefix && len(names) < 16 {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			f.Warnings = append(f.Warnings, "the result is a state dict of the model alone: "+strings.Join(names, ", ")+" of the checkpoint are not part of it")
		}
	case !ok:
		if o, isObject := v.(*pickle.Object); isObject {
			f.Warnings = append(f.Warnings, fmt.Sprintf("the result is a state dict: the class of the module, %s, is not part of it", o.Class))
		}
	}
	parallel := len(f.State) > 0
	for _, t := range f.State {
		parallel = parallel && strings.HasPrefix(t.Name, "module.")
	}
	if parallel {
		f.Warnings = append(f.Warnings, `all names begin with "module.", as DataParallel saves them`)
	}
}
