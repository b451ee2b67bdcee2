package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// A Description says how the tensors of a result make up those of the original:
// the tensor named by a key is the sum of its parts.
type Description map[string]Split

// A Split is what stands for one tensor.
type Split struct {
	Shape tensor.Shape `json:"shape"`
	Type  string       `json:"type"` // that it had
	Parts []Part       `json:"parts"`
}

// A Part is a tensor of the result, or with Bits the codes, scales, zeros and
// table whose names begin with its own.
type Part struct {
	Name   string `json:"name"`
	Bits   int    `json:"bits,omitempty"`
	Signed bool   `json:"signed,omitempty"` // codes are in two's complement
	// Axis and Block say that each scale is that of Block elements along Axis.
	Axis  int  `json:"axis,omitempty"`
	Block int  `json:"block,omitempty"`
	Zeros bool `json:"zeros,omitempty"`
	Table bool `json:"table,omitempty"`
}

// Key is under which the metadata of a file have the [Description].
const Key = "splitquant.tensors"

// Expand returns the tensors of a result in the order of the original: those
// that changes replace, with what takes their place, and all others as they are.
// Data of the changes may be nil, as long as nobody reads them.
func Expand(tensors []Named, m *model.Model, changes []model.Change) ([]*model.Tensor, Description, error) {
	e := expansion{parts: make(map[*model.Tensor][]model.Stored), description: Description{}}
	for i := range changes {
		e.change(m, &changes[i])
	}
	for _, t := range tensors {
		e.add(t)
	}
	taken := make(map[string]bool, len(e.out))
	for _, t := range e.out {
		if taken[t.Name] {
			return nil, nil, fmt.Errorf("there are two tensors %q", t.Name)
		}
		taken[t.Name] = true
	}
	return e.out, e.description, nil
}

// String is the description as JSON, keys in alphabetical order.
func (d Description) String() string {
	b, err := json.Marshal(d)
	if err != nil { // of strings and numbers, which cannot fail
		panic(err)
	}
	return string(b)
}

type expansion struct {
	parts       map[*model.Tensor][]model.Stored // what takes a tensor's place
	out         []*model.Tensor
	description Description
}

// change notes what one change does to a weight, and to the biases beside it.
func (e *expansion) change(m *model.Model, c *model.Change) {
	e.parts[c.Weight] = c.Parts
	for i := range m.Layers {
		l := &m.Layers[i]
		if l.Weight != c.Weight || l.Bias == nil {
			continue
		}
		switch biases, ok := c.Biases[i]; {
		case ok:
			e.parts[l.Bias] = biases
		case c.Form == model.FormLayers && len(c.Parts) > 1 && !c.Parts[0].Quantized():
			e.parts[l.Bias] = whole(l.Bias, c.Parts)
		}
	}
}

// whole is a bias that stays in one piece, with zeros beside it: each of the
// three layers has one.
func whole(b *model.Tensor, parts []model.Stored) (biases []model.Stored) {
	for i, p := range parts {
		s := model.Stored{Name: p.Name, Type: b.Type, Shape: b.Shape, Data: b.Data}
		if i > 0 {
			s.Data = zeros{}
		}
		biases = append(biases, s)
	}
	return biases
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// add adds a tensor, or what takes its place.
func (e *expansion) add(t Named) {
	parts, changed := e.parts[t.Tensor]
	if !changed {
		same := *t.Tensor
		same.Name = t.Name
		e.out = append(e.out, &same)
		return
	}
	s := Split{Shape: append(tensor.Shape{}, t.Tensor.Shape...), Type: t.Tensor.Type.String()}
	for i := range parts {
		name := t.Name
		if len(parts) > 1 {
			name = partName(t.Name, parts[i].Name, i)
		}
		s.Parts = append(s.Parts, e.store(name, &parts[i]))
	}
	e.description[t.Name] = s
}

// partName puts the name of a part before the last word of a tensor's name, if
// that says what the tensor is to its module, else behind the name.
func partName(name, part string, number int) string {
	if part == "" {
		part = strconv.Itoa(number + 1)
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		switch name[i+1:] {
		case "weight", "bias", "kernel":
			return name[:i+1] + part + name[i:]
		}
	}
	return name + "." + part
}

// store adds the tensors of a part.
func (e *expansion) store(name string, s *model.Stored) Part {
	p := Part{Name: name}
	if !s.Quantized() {
		e.out = append(e.out, &model.Tensor{Name: name, Type: s.Type, Shape: s.Shape, Data: s.Data})
		return p
	}
	p.Bits, p.Signed, p.Table = s.Type.Bits(), signed(s.Type), s.Table != nil
	size, _ := Bytes(s.Type, s.Shape) // which the plan has checked
	e.bytes(name+".codes", tensor.Uint8, tensor.Shape{size}, s.Data)
	if s.Scale != nil {
		if s.Block > 0 {
			p.Axis, p.Block = s.Axis, s.Block
		}
		e.scales(name+".scales", s)
	}
	switch {
	case s.Table != nil:
		e.bytes(name+".table", tensor.Float32, tensor.Shape{int64(len(s.Table))}, floats(s.Table))
	case !p.Signed:
		p.Zeros = true
		packed := make([]byte, (len(s.Zero)*p.Bits+7)/8)
		codes := make([]uint8, len(s.Zero))
		for i, z := range s.Zero {
			codes[i] = uint8(z)
		}
		tensor.Pack(packed, codes, p.Bits)
		e.bytes(name+".zeros", tensor.Uint8, tensor.Shape{int64(len(packed))}, bytes.NewReader(packed))
	}
	return p
}

// scales adds the scales of a part, in float16 where that holds those of a
// codebook.
func (e *expansion) scales(name string, s *model.Stored) {
	if s.Table != nil {
		half, back := make([]byte, 2*len(s.Scale)), make([]float32, len(s.Scale))
		tensor.PutFloat(half, s.Scale, tensor.Float16)
		tensor.Float32s(back, half, tensor.Float16)
		if slices.Equal(back, s.Scale) {
			e.bytes(name, tensor.Float16, scaleShape(s), bytes.NewReader(half))
			return
		}
	}
	e.bytes(name, tensor.Float32, scaleShape(s), floats(s.Scale))
}

// scaleShape is the shape of the scales, so that it broadcasts to that of the
// codes; with blocks once each scale is repeated.
func scaleShape(s *model.Stored) tensor.Shape {
	shape := make(tensor.Shape, len(s.Shape))
	for i := range shape {
		shape[i] = 1
	}
	switch {
	case s.Block > 0:
		copy(shape, s.Shape)
		shape[s.Axis] = (s.Shape[s.Axis] + int64(s.Block) - 1) / int64(s.Block)
	case len(s.Scale) != 1:
		shape[s.Axis] = int64(len(s.Scale))
	}
	return shape
}

func signed(t tensor.Type) bool { return t == tensor.Int2 || t == tensor.Int4 || t == tensor.Int8 }

func (e *expansion) bytes(name string, typ tensor.Type, shape tensor.Shape, data io.ReaderAt) {
	e.out = append(e.out, &model.Tensor{Name: name, Type: typ, Shape: shape, Data: data})
}

func floats(values []float32) io.ReaderAt {
	b := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return bytes.NewReader(b)
}
