package evaluate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// Generate says which inputs to make up for a model.
type Generate struct {
	Samples int    // how many, 0 for 8
	Seed    uint64 // same seed, same inputs
	// Sizes of dimensions that the model leaves open, by [Dimension.Name].
	Sizes map[string]int64
}

// Describe says how inputs like these are made up, in words that repeat it.
func (g Generate) Describe(inputs []ort.Info) string {
	words := []string{fmt.Sprintf("seed %d", g.Seed)}
	for _, d := range Dimensions(inputs) {
		if size, ok := g.Sizes[d.Name]; ok {
			words = append(words, fmt.Sprintf("%s %d", d.Name, size))
		} else {
			words = append(words, fmt.Sprintf("%s from %d on", d.Name, d.Size))
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, ", ")
}

// A Dimension is one that a model leaves open, with the size it gets unless
// somebody says otherwise.
type Dimension struct {
	Name  string `json:"name"`  // the model's name for it, or input and axis as in "x:2"
	Input string `json:"input"` // the first input that has it
	Axis  int    `json:"axis"`
	Size  int64  `json:"size"`
	// Largest is more than Size where made-up inputs have several sizes.
	Largest int64 `json:"largest"`
}

// Dimensions lists the dimensions that the inputs leave open, each name once.
func Dimensions(inputs []ort.Info) (open []Dimension) {
	for _, in := range inputs {
		for axis, size := range in.Shape {
			name := dimension(in, axis)
			if size < 0 && !slices.ContainsFunc(open, func(d Dimension) bool { return d.Name == name }) {
				d := Dimension{name, in.Name, axis, guess(in, axis, name), 0}
				d.Largest = vary(d.Size, lengths-1)
				open = append(open, d)
			}
		}
	}
	return open
}

// Open is [Dimensions] for what a file says of its inputs.
func Open(inputs []model.Input) []Dimension {
	infos := make([]ort.Info, len(inputs))
	for i, in := range inputs {
		infos[i] = ort.Info{Name: in.Name, Type: in.Type, Shape: in.Shape, Dims: in.Dims}
	}
	return Dimensions(infos)
}

// dimension names a dimension.
func dimension(in ort.Info, axis int) string {
	if axis < len(in.Dims) && in.Dims[axis] != "" {
		return in.Dims[axis]
	}
	return in.Name + ":" + strconv.Itoa(axis)
}

// guess returns what most models want for a dimension: one row, 16 tokens, or an
// image of three channels with 224 pixels a side.
func guess(in ort.Info, axis int, name string) int64 {
	name = strings.ToLower(name)
	pictures := len(in.Shape) == 4 && in.Type.IsFloat()
	switch {
	case strings.Contains(name, "batch"):
		return 1
	case strings.Contains(name, "past"):
		return 0
	case strings.Contains(name, "channel"):
		return 3
	case strings.Contains(name, "height"), strings.Contains(name, "width"):
		return 224
	case axis == 0 && len(in.Shape) > 1:
		return 1
	case pictures && axis == 1 && in.Shape[3] != 3 && in.Shape[3] != 1:
		return 3
	case pictures && axis == 3 && in.Shape[2] < 0 && in.Shape[1] < 0:
		return 224
	case pictures:
		return 224
	}
	return shortest
}

// shortest is how many tokens the first made-up text has, the next ones have
// more, and after so many lengths they start again.
const shortest, lengths = 16, 8

// vary returns the size of a dimension in made-up input i.
func vary(size int64, i int) int64 {
	if size == shortest {
		size += 4 * int64(i%lengths)
	}
	return size
}

// Inputs makes up inputs for a model: normally distributed numbers, ids below
// the size of the embedding that they are looked up in, masks of 1, token types
// of 0. Where nobody says how long texts are, they are of several lengths from
// 16 on.
func Inputs(m *Model, g Generate) ([]map[string]ort.Value, error) {
	if g.Samples == 0 {
		g.Samples = 8
	}
	sizes := map[string]int64{}
	open := Dimensions(m.Inputs)
	for _, d := range open {
		sizes[d.Name] = d.Size
	}
	for name, size := range g.Sizes {
		if _, ok := sizes[name]; !ok {
			return nil, fmt.Errorf("no dimension %q is open: %s", name, describe(open))
		}
		if size < 0 {
			return nil, fmt.Errorf("dimension %q cannot have size %d", name, size)
		}
		sizes[name] = size
	}
	var samples []map[string]ort.Value
	for i := range g.Samples {
		r := rand.New(rand.NewPCG(g.Seed, uint64(i)))
		sample := map[string]ort.Value{}
		for _, in := range m.Inputs {
			shape := make(tensor.Shape, len(in.Shape))
			for axis, size := range in.Shape {
				if size < 0 {
					name := dimension(in, axis)
					size = sizes[name]
					if _, said := g.Sizes[name]; !said {
						size = vary(size, i)
					}
				}
				shape[axis] = size
			}
			v, err := value(in, shape, m.IDs[in.Name], r)
			if err != nil {
				return nil, fmt.Errorf("input %q: %w", in.Name, err)
			}
			sample[in.Name] = v
		}
		samples = append(samples, sample)
	}
	return samples, nil
}

func describe(open []Dimension) string {
	if len(open) == 0 {
		return "the model leaves none open"
	}
	var names []string
	for _, d := range open {
		names = append(names, fmt.Sprintf("%s (%d)", d.Name, d.Size))
	}
	return "these are " + strings.Join(names, ", ")
}

// maxValues bounds one made-up tensor.
const maxValues = 1 << 28

// value makes up one tensor. ids, where not 0, is what integers are below.
func value(in ort.Info, shape tensor.Shape, ids int64, r *rand.Rand) (ort.Value, error) {
	n, err := shape.Elems()
	if err != nil {
		return ort.Value{}, err
	}
	if n > maxValues {
		return ort.Value{}, fmt.Errorf("shape %v is too large to be made up", shape)
	}
	name := strings.ToLower(in.Name)
	mask := strings.Contains(name, "mask")
	if in.Type.IsFloat() {
		floats := make([]float32, n)
		for i := range floats {
			floats[i] = 1
			if !mask {
				floats[i] = float32(r.NormFloat64())
			}
		}
		v := ort.Value{Type: in.Type, Shape: shape, Data: make([]byte, n*int64(in.Type.Bits()/8))}
		return v, tensor.PutFloat(v.Data, floats, in.Type)
	}
	size := in.Type.Bits() / 8
	if size == 0 {
		return ort.Value{}, fmt.Errorf("values of type %v cannot be made up", in.Type)
	}
	v := ort.Value{Type: in.Type, Shape: shape, Data: make([]byte, 0, n*int64(size))}
	for i := range n {
		var x int64
		switch {
		case mask || in.Type == tensor.Bool || len(shape) == 0:
			x = 1
		case strings.Contains(name, "type") || strings.Contains(name, "segment"):
			x = 0
		case strings.Contains(name, "position"):
			x = i % max(shape[len(shape)-1], 1)
		case ids > 0:
			x = r.Int64N(ids)
		case size == 1:
			x = r.Int64N(256) // a pixel
		default:
			x = r.Int64N(100)
		}
		for b := range size {
			v.Data = append(v.Data, byte(x>>(8*b)))
		}
	}
	return v, nil
}
