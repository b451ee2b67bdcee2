package opset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// A sample is a node of an old opset and what goes into it.
type sample struct {
	op      string
	from    int
	in      []value
	outputs int // that are compared
	unused  int // that follow them
	attrs   []Attr
	takes   int    // how many of in the node takes, the others are for those in next
	next    []Node // what follows the node

	refused string // part of the error that lifting ends with
	since   int    // in this version and later ones
}

// of makes a sample: attributes come as names and values.
func of(op string, from int, in []value, attrs ...any) sample {
	return sample{op: op, from: from, in: in, outputs: 1, takes: len(in), attrs: pairs(attrs)}
}

// pairs makes attributes of names and values, int standing for int64 and
// float64 for float32.
func pairs(of []any) []Attr {
	var attrs []Attr
	for i := 0; i < len(of); i += 2 {
		v := of[i+1]
		switch x := v.(type) {
		case int:
			v = int64(x)
		case float64:
			v = float32(x)
		case []int:
			v64 := make([]int64, len(x))
			for i := range x {
				v64[i] = int64(x[i])
			}
			v = v64
		}
		attrs = append(attrs, Attr{of[i].(string), v})
	}
	return attrs
}

// gives says how many outputs the node has, and how many of them nothing uses.
func (s sample) gives(outputs, unused int) sample {
	s.outputs, s.unused = outputs-unused, unused
	return s
}

// taking says that the node takes only the first few inputs.
func (s sample) taking(inputs int) sample { s.takes = inputs; return s }

// then adds a node that takes the outcome so far, and inputs of the sample by
// their index.
func (s sample) then(op string, inputs ...int) sample {
	n := Node{Op: op, Inputs: []string{s.out()}}
	for _, i := range inputs {
		n.Inputs = append(n.Inputs, fmt.Sprint("x", i))
	}
	s.next = append(slices.Clip(s.next), n)
	s.next[len(s.next)-1].Outputs = []string{s.out()}
	return s
}

// with gives the last node attributes.
func (s sample) with(attrs ...any) sample {
	s.next[len(s.next)-1].Attrs = pairs(attrs)
	return s
}

// out names the first output of the last node.
func (s sample) out() string { return fmt.Sprint("y", 10*len(s.next)) }

// not says from which version on, and why, the node is not lifted.
func (s sample) not(since int, words string) sample {
	s.since, s.refused = since, words
	return s
}

func in(values ...value) []value { return values }

// floats makes a tensor of random numbers between -2 and 2, multiples of 1/64
// so that they are the same in every float type.
func floats(shape ...int64) value {
	n, _ := tensor.Shape(shape).Elems()
	v := value{typ: tensor.Float32, shape: shape}
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for range n {
		v.data = appendFloat(v.data, v.typ, float32(r.IntN(257)-128)/64)
	}
	return v
}

// as makes another float type of a tensor of float32.
func (v value) as(t tensor.Type) value {
	old := v.data
	v.typ, v.data = t, nil
	for i := 0; i < len(old); i += 4 {
		v.data = appendFloat(v.data, t, math.Float32frombits(binary.LittleEndian.Uint32(old[i:])))
	}
	return v
}

// abs makes all numbers of a tensor of float32 positive.
func (v value) abs() value {
	v.data = slices.Clone(v.data)
	for i := 3; i < len(v.data); i += 4 {
		v.data[i] &= 0x7f
	}
	return v
}

// fixed makes a tensor of float32 that is an initializer.
func fixed(values ...float32) value {
	v := numbers(values...)
	v.name = "fixed"
	return v
}

// numbers makes a vector of float32.
func numbers(values ...float32) value {
	return initializer(Const{Type: tensor.Float32, Shape: tensor.Shape{int64(len(values))}, Values: values})
}

// ints makes a vector of int64.
func ints(values ...int64) value {
	return initializer(Const{Type: tensor.Int64, Shape: tensor.Shape{int64(len(values))}, Values: values})
}

// uint8s, int8s and bools make vectors; the bytes are two's complement.
func uint8s(data ...byte) value {
	return value{typ: tensor.Uint8, shape: tensor.Shape{int64(len(data))}, data: data}
}
func int8s(data ...byte) value {
	return value{typ: tensor.Int8, shape: tensor.Shape{int64(len(data))}, data: data}
}
func bools(data ...byte) value {
	return value{typ: tensor.Bool, shape: tensor.Shape{int64(len(data))}, data: data}
}

// words makes a vector of strings.
func words(words ...string) value {
	return value{typ: tensor.String, shape: tensor.Shape{int64(len(words))}, words: words}
}

func (v value) shaped(shape ...int64) value { v.shape = shape; return v }

// known answers from the inputs of a sample, as far as its outputs are used.
type known struct {
	in     []value
	unused []string
}

func (k known) find(name string) (value, bool) {
	i := slices.IndexFunc(k.in, func(v value) bool { return v.name == name && name != "" })
	if i < 0 {
		return value{}, false
	}
	return k.in[i], true
}

func (k known) Rank(name string) (int, bool) {
	v, ok := k.find(name)
	return len(v.shape), ok
}

func (k known) Type(name string) (tensor.Type, bool) {
	v, ok := k.find(name)
	return v.typ, ok
}

func (k known) Floats(name string) ([]float32, bool) {
	v, ok := k.find(name)
	if !ok || v.typ != tensor.Float32 || !v.fixed() {
		return nil, false
	}
	var x []float32
	for i := 0; i < len(v.data); i += 4 {
		x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(v.data[i:])))
	}
	return x, true
}

func (k known) Used(name string) bool { return !slices.Contains(k.unused, name) }

// fixed says whether v is an initializer.
func (v value) fixed() bool { return v.name[0] == 'f' }

// nodes gives the inputs of s their names and makes its nodes.
func (s *sample) nodes() ([]Node, known) {
	n := Node{Name: "node", Op: s.op, Attrs: s.attrs}
	s.in = slices.Clone(s.in)
	for i := range s.in {
		v := &s.in[i]
		switch {
		case v.typ == tensor.Invalid:
		case v.name == "fixed":
			v.name = fmt.Sprint("fixed", i)
		default:
			v.name = fmt.Sprint("x", i)
		}
		if i < s.takes {
			n.Inputs = append(n.Inputs, v.name)
		}
	}
	for i := range s.outputs + s.unused {
		n.Outputs = append(n.Outputs, fmt.Sprint("y", i))
	}
	return append([]Node{n}, s.next...), known{s.in, n.Outputs[s.outputs:]}
}

// run runs nodes on the inputs of s in ONNX Runtime.
func (s *sample) run(set int, nodes []Node, consts []Const) (map[string]ort.Value, error) {
	var inputs, initializers, outputs []value
	feed := map[string]ort.Value{}
	for _, v := range s.in {
		switch {
		case v.typ == tensor.Invalid:
		case v.fixed():
			initializers = append(initializers, v)
		default:
			inputs = append(inputs, v)
			feed[v.name] = ort.Value{Type: v.typ, Shape: v.shape, Data: v.data, Strings: v.words}
		}
	}
	for _, c := range consts {
		initializers = append(initializers, initializer(c))
	}
	for i := range s.outputs {
		outputs = append(outputs, value{name: fmt.Sprint("y", i)})
	}
	if len(s.next) > 0 {
		outputs = []value{{name: s.out()}}
	}
	model := encodeModel(set, nodes, initializers, inputs, outputs)
	session, err := ort.OpenBytes(s.op, model, ort.Options{Unoptimized: true, Threads: 1})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	return session.Run(feed)
}

// liftAll lifts the nodes of a model.
func liftAll(nodes []Node, from, to int, facts Facts) (lifted []Node, consts []Const, err error) {
	names := unique()
	for _, n := range nodes {
		r, err := Lift(n, from, to, names, facts)
		if err != nil {
			return nil, nil, err
		}
		lifted, consts = append(lifted, r.Nodes...), append(consts, r.Consts...)
	}
	return lifted, consts, nil
}

// unique gives every name once, as the writer of a model must.
func unique() Namer {
	used := map[string]bool{}
	return func(want string) string {
		name := want
		for i := 2; used[name]; i++ {
			name = fmt.Sprint(want, i)
		}
		used[name] = true
		return name
	}
}

// differ says where two results differ by more than tolerance, times the value
// beyond 1; zero asks for the same bits.
func differ(got, want map[string]ort.Value, tolerance float64) string {
	for name, w := range want {
		g := got[name]
		if g.Type != w.Type || !slices.Equal(g.Shape, w.Shape) {
			return fmt.Sprintf("%s is %v %v, want %v %v", name, g.Type, g.Shape, w.Type, w.Shape)
		}
		if bytes.Equal(g.Data, w.Data) && slices.Equal(g.Strings, w.Strings) {
			continue
		}
		x, _ := g.Floats()
		y, _ := w.Floats()
		for i := range y {
			if d := math.Abs(float64(x[i] - y[i])); tolerance == 0 || !(d <= tolerance*max(1, math.Abs(float64(y[i])))) {
				return fmt.Sprintf("%s is\n%v %v, want\n%v %v", name, x, g.Strings, y, w.Strings)
			}
		}
	}
	return ""
}

// lacksFact tells the errors that another answer of Facts would have spared.
func lacksFact(err error) bool {
	for _, words := range []string{"not known", "not constant", "is used", "spatial=0"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// TestLift compares every sample, in ONNX Runtime, with what it is lifted to.
func TestLift(t *testing.T) {
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
	for _, s := range samples {
		t.Run(fmt.Sprintf("%s/%d/%v", s.op, s.from, s.attrs), func(t *testing.T) {
			nodes, facts := s.nodes()
			want, err := s.run(s.from, nodes, nil)
			if err != nil {
				t.Fatal("as it was:", err)
			}
			tolerance := 0.0
			if slices.ContainsFunc(s.in, func(v value) bool { return v.typ == tensor.Float16 }) {
				tolerance = 2e-3 // half-precision kernels of several versions round in several places
			}
			for _, to := range []int{13, 21, 25} {
				if to > s.from {
					s.compare(t, nodes, to, facts, want, tolerance)
					s.compare(t, nodes, to, nil, want, tolerance)
				}
			}
		})
	}
}

// compare lifts nodes and compares what they give with want.
func (s *sample) compare(t *testing.T, nodes []Node, to int, facts Facts, want map[string]ort.Value, tolerance float64) {
	lifted, consts, err := liftAll(nodes, s.from, to, facts)
	switch {
	case s.refused != "" && to >= s.since:
		if err == nil || !strings.Contains(err.Error(), s.refused) {
			t.Errorf("lifting to %d: error %v, want one that says %q", to, err, s.refused)
		}
		return
	case err != nil && facts == nil && lacksFact(err):
		return
	case err != nil:
		t.Errorf("lifting to %d: %v", to, err)
		return
	}
	got, err := s.run(to, lifted, consts)
	if err != nil {
		t.Errorf("lifted to %d: %v", to, err)
	} else if d := differ(got, want, tolerance); d != "" {
		t.Errorf("lifted to %d: %s", to, d)
	}
}
