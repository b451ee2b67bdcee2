package torch

import (
	"errors"
	"fmt"

	"splitquant/core/torch/pickle"
)

// Limits of what is found in a pickle: values may refer to each other, and so
// unfold to more than any memory holds.
const (
	mostFound = 1 << 18 // tensors
	mostDeep  = 100     // containers in containers
)

// A found tensor, and the way to it.
type found struct {
	name   string
	tensor *rebuilt
}

// A walker finds the tensors in a value.
type walker struct {
	found  []found
	barren map[pickle.Value]bool // containers without a tensor
	open   map[pickle.Value]bool // containers around the value: what refers to itself ends there
	steps  int
}

func newWalker() *walker {
	return &walker{barren: make(map[pickle.Value]bool), open: make(map[pickle.Value]bool)}
}

var errTooMany = errors.New("the pickle unfolds to more values than a checkpoint has")

// walk adds the tensors of v, whose name is prefix.
func (w *walker) walk(v pickle.Value, prefix string, depth int) error {
	if t, ok := v.(*rebuilt); ok {
		w.found = append(w.found, found{prefix, t})
	}
	w.steps++
	if len(w.found) > mostFound || w.steps > 1<<22 {
		return errTooMany
	}
	switch v.(type) {
	case *pickle.Dict, *pickle.List, *pickle.Tuple, *pickle.Object:
	default:
		return nil
	}
	if w.barren[v] || w.open[v] {
		return nil
	}
	if depth > mostDeep {
		return fmt.Errorf("the pickle has more than %d values within each other", mostDeep)
	}
	w.open[v] = true
	defer delete(w.open, v)
	before := len(w.found)
	var err error
	switch v := v.(type) {
	case *pickle.Dict:
		err = w.dict(v, prefix, depth)
	case *pickle.List:
		err = w.items(v.Items, prefix, depth)
	case *pickle.Tuple:
		err = w.items(v.Items, prefix, depth)
	case *pickle.Object:
		err = w.object(v, prefix, depth)
	}
	if len(w.found) == before {
		w.barren[v] = true
	}
	return err
}

func (w *walker) items(items []pickle.Value, prefix string, depth int) error {
	for i, v := range items {
		if err := w.walk(v, join(prefix, fmt.Sprint(i)), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) dict(d *pickle.Dict, prefix string, depth int) error {
	for _, e := range d.Entries {
		name, ok := key(e.Key)
		if !ok {
			continue
		}
		if err := w.walk(e.Value, join(prefix, name), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// object goes through the attributes of an object. Those in which a module keeps
// its parameters, buffers and submodules add nothing to a name.
func (w *walker) object(o *pickle.Object, prefix string, depth int) error {
	if err := w.dict(&o.Items, prefix, depth); err != nil {
		return err
	}
	if err := w.items(o.List.Items, prefix, depth); err != nil {
		return err
	}
	state := o.State
	if t, ok := state.(*pickle.Tuple); ok && len(t.Items) > 0 { // (__dict__, slots)
		state = t.Items[0]
	}
	d, ok := state.(*pickle.Dict)
	if !ok {
		return nil
	}
	for _, e := range d.Entries {
		name, ok := key(e.Key)
		if !ok {
			continue
		}
		switch name {
		case "_parameters", "_buffers", "_modules":
			name = ""
		}
		if err := w.walk(e.Value, join(prefix, name), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// key is a dict's key as part of a name.
func key(k pickle.Value) (string, bool) {
	switch k := k.(type) {
	case string:
		return k, true
	case int64:
		return fmt.Sprint(k), true
	}
	return "", false
}

func join(prefix, name string) string {
	switch {
	case prefix == "":
		return name
	case name == "":
		return prefix
	}
	return prefix + "." + name
}
