package opset

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"splitquant/core/tensor"
)

// unsampled operators have no sample: ONNX Runtime has no decoder of images,
// and a SequenceMap is a function around a body, of one version.
var unsampled = []string{"ImageDecoder", "SequenceMap"}

func TestTables(t *testing.T) {
	for op, v := range versions {
		if !slices.IsSorted(v) || slices.Compact(slices.Clone(v))[0] < 1 || v[len(v)-1] > Last {
			t.Errorf("versions of %s: %v", op, v)
		}
		sampled := slices.ContainsFunc(samples, func(s sample) bool {
			return s.op == op || slices.ContainsFunc(s.next, func(n Node) bool { return n.Op == op })
		})
		if sampled == slices.Contains(unsampled, op) {
			t.Errorf("operator %s: sampled is %v", op, sampled)
		}
	}
	for c := range changes {
		if !slices.Contains(versions[c.op], c.version) && gone[c.op] == 0 {
			t.Errorf("%v is no version of its operator", c)
		}
	}
	for c := range noKernel {
		if versions[c.op][0] >= c.version {
			t.Errorf("%v is the first version or none", c)
		}
	}
}

// TestWellFormed lifts every sample from all versions that have its operator,
// whether it is written as they want or not: every node of the answer is in the
// new set, takes what is there, and names are used once.
func TestWellFormed(t *testing.T) {
	for _, s := range samples {
		nodes, known := s.nodes()
		for from := First; from < Last; from++ {
			for _, to := range []int{13, 21, 25} {
				for _, facts := range []Facts{known, nil} {
					lifted, consts, err := liftAll(nodes, from, to, facts)
					switch {
					case err != nil:
						if len(err.Error()) < 20 {
							t.Errorf("%s from %d to %d: error %q says little", s.op, from, to, err)
						}
					case !has(from, s.op):
						t.Errorf("%s from %d to %d: got %v, want an error", s.op, from, to, lifted)
					default:
						s.wellFormed(t, to, lifted, consts)
					}
				}
			}
		}
	}
}

func (s *sample) wellFormed(t *testing.T, to int, nodes []Node, consts []Const) {
	t.Helper()
	there := map[string]bool{"": true}
	add := func(name string) {
		if there[name] && name != "" {
			t.Errorf("%s to %d: %q is made twice", s.op, to, name)
		}
		there[name] = true
	}
	for _, v := range s.in {
		add(v.name)
	}
	for _, c := range consts {
		n, err := c.Shape.Elems()
		if err != nil || int64(lenOf(c.Values)) != n || c.Type == tensor.Invalid {
			t.Errorf("%s to %d: constant %v", s.op, to, c)
		}
		add(c.Name)
	}
	for _, n := range nodes {
		if !has(to, n.Op) {
			t.Errorf("%s to %d: node %s is not in it", s.op, to, n.Op)
		}
		for _, in := range n.Inputs {
			if !there[in] {
				t.Errorf("%s to %d: node %s takes %q, which is not there yet", s.op, to, n.Op, in)
			}
		}
		for _, out := range n.Outputs {
			add(out)
		}
	}
	for i := range s.outputs {
		if len(s.next) == 0 && !there[fmt.Sprint("y", i)] {
			t.Errorf("%s to %d: output %d is lost", s.op, to, i)
		}
	}
}

func lenOf(values any) int {
	switch v := values.(type) {
	case []int64:
		return len(v)
	case []float32:
		return len(v)
	}
	return -1
}

func TestLiftRefuses(t *testing.T) {
	float16 := known{in: []value{{name: "x", typ: tensor.Float16}}}
	axes := func(v any) []Attr { return []Attr{{"axes", v}} }
	x := []string{"x"}
	for _, test := range []struct {
		node     Node
		from, to int
		facts    Facts
		want     string
	}{
		{Node{Op: "Crop"}, 7, 13, nil, "operator Crop is not in opset 7"},
		{Node{Op: "ImageScaler"}, 7, 13, nil, "operator ImageScaler is not in opset 7"},
		{Node{Op: "Affine"}, 8, 8, nil, "operator Affine is not in opset 8"},
		{Node{Op: "ParametricSoftplus"}, 7, 25, nil, "operator ParametricSoftplus is not in opset 7"},
		{Node{Op: "Conv2D"}, 7, 25, nil, "operator Conv2D is not in opset 7"},
		{Node{Op: "Where"}, 8, 13, nil, "operator Where is not in opset 8"},
		{Node{Op: "Upsample"}, 10, 13, nil, "operator Upsample is not in opset 10"},
		{Node{Op: "Scatter"}, 11, 13, nil, "operator Scatter is not in opset 11"},
		{Node{Op: "Relu"}, 6, 13, nil, "opset 6 to 13"},
		{Node{Op: "Relu"}, 13, 12, nil, "opset 13 to 12"},
		{Node{Op: "Relu"}, 13, 26, nil, "opset 13 to 26"},
		{Node{Op: "Squeeze"}, 7, 13, nil, "no input"},
		{Node{Op: "Squeeze", Inputs: x}, 7, 13, nil, "no output"},
		{Node{Op: "Squeeze", Inputs: x, Outputs: x, Attrs: axes(nil)}, 7, 13, nil, "attribute axes"},
		{Node{Op: "Squeeze", Inputs: x, Outputs: x, Attrs: axes("0")}, 7, 13, nil, "attribute axes"},
		{Node{Op: "Clip", Inputs: x, Outputs: x, Attrs: []Attr{{"max", float32(6)}}}, 7, 13, nil, "not known"},
		{Node{Op: "GroupNormalization", Inputs: x, Outputs: x}, 18, 21, nil, "not known"},
		{Node{Op: "BatchNormalization", Inputs: x, Outputs: x, Attrs: []Attr{{"spatial", int64(0)}}}, 7, 9, float16, ""},
		{Node{Op: "BatchNormalization", Inputs: x, Outputs: x, Attrs: []Attr{{"spatial", int64(0)}}}, 7, 9, nil, "spatial=0"},
		{Node{Op: "BatchNormalization", Inputs: x, Outputs: []string{"y", "", "mean"}}, 9, 15, nil, "it trains"},
		{Node{Op: "Cast", Inputs: x, Outputs: x, Attrs: []Attr{{"to", int64(18)}}}, 23, 25, nil, "infinity"},
		{Node{Op: "CastLike", Inputs: []string{"y", "x"}, Outputs: x}, 23, 25, known{in: []value{{name: "x", typ: tensor.Float8}}}, "infinity"},
		{Node{Op: "MaxPool", Inputs: x, Outputs: x, Attrs: []Attr{{"ceil_mode", int64(1)}, {"kernel_shape", []int64{2}}, {"strides", []int64{1, 1}}}}, 12, 25, nil, "disagree in length"},
	} {
		_, err := Lift(test.node, test.from, test.to, unique(), test.facts)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v from %d to %d: error %v, want one that says %q", test.node, test.from, test.to, err, test.want)
		}
	}
}

// TestLiftWrites pins what ONNX Runtime does not look at or cannot run: sizes
// instead of scales, a mask left out, limits in a type that passes float32's.
func TestLiftWrites(t *testing.T) {
	half := known{in: []value{{name: "x", typ: tensor.Float16}}, unused: []string{"mask"}}
	sizes := []string{"x", "roi", "scales", "sizes"}
	for _, test := range []struct {
		node     Node
		from, to int
		want     string
	}{
		{Node{Op: "Resize", Inputs: sizes, Outputs: []string{"y"}}, 11, 13, "[{ Resize  [x roi  sizes] [y] []}] []"},
		{Node{Op: "Dropout", Inputs: []string{"x"}, Outputs: []string{"y", "mask"}}, 7, 13, "[{ Dropout  [x] [y] []}] []"},
		{Node{Op: "Dropout", Inputs: []string{"x"}, Outputs: []string{"y", ""}}, 10, 13, "[{ Dropout  [x] [y] []}] []"},
		{Node{Op: "Clip", Inputs: []string{"x"}, Outputs: []string{"y"}, Attrs: []Attr{{"min", float32(0)}}}, 7, 13,
			"[{ Clip  [x y/min y/max] [y] []}] [{y/min float16 [] [0]} {y/max float16 [] [3.4028235e+38]}]"},
		{Node{Op: "Upsample", Inputs: []string{"x", "s"}, Outputs: []string{"y"}}, 9, 10, "[{ Resize  [x s] [y] []}] []"},
		{Node{Op: "Upsample", Inputs: []string{"x", "s"}, Outputs: []string{"y"}, Attrs: []Attr{{"mode", "linear"}}}, 9, 11,
			"[{ Resize  [x y/roi s] [y] [{mode linear} {coordinate_transformation_mode asymmetric}]}] [{y/roi float32 [0] []}]"},
	} {
		r, err := Lift(test.node, test.from, test.to, unique(), half)
		if got := fmt.Sprint(r.Nodes, " ", r.Consts); err != nil || got != test.want || !r.Changed {
			t.Errorf("%v from %d to %d: got %s, %v, want %s", test.node, test.from, test.to, got, err, test.want)
		}
	}
}

// TestLiftHostile gives each operator attributes of the wrong kind and too few
// inputs: errors and odd nodes are fine, panics are not.
func TestLiftHostile(t *testing.T) {
	var attrs []string
	for _, s := range samples {
		for _, a := range s.attrs {
			attrs = append(attrs, a.Name)
		}
	}
	for op := range versions {
		for _, v := range []any{nil, int64(-1), float32(1), "x", []int64{}, []int64{1 << 62, -3}, []float32{1}, []string{"x"}} {
			n := Node{Op: op, Outputs: []string{"y", "z"}}
			for _, name := range attrs {
				n.Attrs = append(n.Attrs, Attr{name, v})
			}
			for range 3 {
				for from := First; from < Last; from++ {
					Lift(n, from, Last, unique(), nil)
				}
				n.Inputs = append(n.Inputs, "x")
			}
		}
	}
}

// TestLiftElsewhere: nodes of other domains are none of our business.
func TestLiftElsewhere(t *testing.T) {
	n := Node{Op: "Squeeze", Domain: "com.microsoft", Attrs: []Attr{{"axes", []int64{0}}}}
	r, err := Lift(n, 1, 99, nil, nil)
	if err != nil || r.Changed || len(r.Nodes) != 1 || r.Nodes[0].Op != n.Op {
		t.Errorf("got %v, %v", r, err)
	}
}
