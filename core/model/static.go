package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"splitquant/core/tensor"
)

// A Value is a tensor that is computed when the model runs and that static
// quantization gives a scale.
type Value struct {
	Name  string
	Input bool // of the model
	// Axis and Channels are those of the activation that makes it, where that
	// can be cut into chunks, each of which may then have a scale of its own;
	// Channels is 0 elsewhere.
	Axis     int
	Channels int64
}

// Chunks is how many an activation is cut into.
const Chunks = 3

// ChunkName names chunk i of the value of the given name, in a file in which
// its activation is cut and in a table of ranges.
func ChunkName(value string, i int) string { return fmt.Sprintf("%s/chunk%d", value, i+1) }

// ChunkSizes returns how many of the given channels are in each chunk, as
// torch.tensor_split has it: where they do not come out even, the first chunks
// are longer by one.
func ChunkSizes(channels int64) [Chunks]int64 {
	var sizes [Chunks]int64
	for i := range sizes {
		sizes[i] = channels / Chunks
		if int64(i) < channels%Chunks {
			sizes[i]++
		}
	}
	return sizes
}

// A Grid gives the codes of a value their meaning: code c stands for
// Scale * (c - Zero).
type Grid struct {
	Scale float32
	Zero  int32
	Type  tensor.Type // Uint8, Int8, Uint4 or Int4
}

// A Range is what the values of a tensor lie in, or are clipped to.
type Range struct{ Min, Max float32 }

// MarshalJSON writes the range as [min, max].
func (r Range) MarshalJSON() ([]byte, error) { return json.Marshal([2]float32{r.Min, r.Max}) }

// UnmarshalJSON reads [min, max] or {"min": ..., "max": ...}, both finite and
// in this order.
func (r *Range) UnmarshalJSON(b []byte) error {
	var pair []float32
	if err := json.Unmarshal(b, &pair); err != nil {
		var named struct{ Min, Max *float32 }
		if json.Unmarshal(b, &named) != nil || named.Min == nil || named.Max == nil {
			return fmt.Errorf("range %.100s: want [min, max]", b)
		}
		pair = []float32{*named.Min, *named.Max}
	}
	if len(pair) != 2 {
		return fmt.Errorf("range %.100s: want [min, max]", b)
	}
	*r = Range{pair[0], pair[1]}
	return r.check()
}

func (r Range) check() error {
	if d := r.Max - r.Min; !(d >= 0) || math.IsInf(float64(d), 0) {
		return fmt.Errorf("range [%g, %g]: want two finite numbers, the smaller one first", r.Min, r.Max)
	}
	return nil
}

// Ranges are those of the values of a model by their names, and of the chunks
// of activations by [ChunkName].
type Ranges map[string]Range

// Validate reports a range that is none.
func (r Ranges) Validate() error {
	for name, x := range r {
		if name == "" {
			return errors.New("a range has no name")
		}
		if err := x.check(); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

// ReadRanges reads a JSON object of names and ranges.
func ReadRanges(r io.Reader) (Ranges, error) {
	var ranges Ranges
	d := json.NewDecoder(r)
	if err := d.Decode(&ranges); err != nil {
		return nil, fmt.Errorf("ranges: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("ranges: there is more after the JSON object")
	}
	if len(ranges) == 0 {
		return nil, errors.New("ranges: there are none; want {\"NAME\": [min, max], ...}")
	}
	return ranges, ranges.Validate()
}

// Write writes the ranges as [ReadRanges] reads them, in the order of their
// names, one a line.
func (r Ranges) Write(w io.Writer) error {
	b := bytes.NewBufferString("{")
	for i, name := range slices.Sorted(maps.Keys(r)) {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		value, err := json.Marshal(r[name])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n  %s: %s", key, value)
	}
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// Static says how the activations of a model are quantized: they are rounded to
// codes and back, each to its grid.
type Static struct {
	// Grids are those of values by their names, and of the chunks of activations
	// by [ChunkName]; a chunk without one has that of the whole value. What has no
	// grid is left as it is.
	Grids map[string]Grid
	// Activations are those of the model whose outputs are quantized, by their
	// index. Besides, the inputs of all changed layers are.
	Activations []int
}
