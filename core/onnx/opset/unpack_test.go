package opset

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// codes are numbers of a few bits, and how they are packed.
type codes struct {
	bits   int
	shape  tensor.Shape
	codes  []byte
	packed []byte
}

// randomCodes makes codes for shape.
func randomCodes(bits int, shape ...int64) codes {
	n, _ := tensor.Shape(shape).Elems()
	c := codes{bits, shape, make([]byte, n), make([]byte, (int(n)*bits+7)/8)}
	r := rand.New(rand.NewPCG(uint64(bits), uint64(n)))
	for i := range c.codes {
		c.codes[i] = byte(r.IntN(1 << bits))
		c.packed[i*bits/8] |= c.codes[i] << (i * bits % 8)
	}
	return c
}

type unpackTest struct {
	codes
	scale, zero []float32
	axis, block int
	table       []float32
}

// asked is what the test asks for.
func (u unpackTest) asked(codes string, set int, out string, typ tensor.Type) Packed {
	return Packed{Codes: codes, Bits: u.bits, Shape: u.shape, Scale: u.scale, Zero: u.zero,
		Axis: u.axis, Block: u.block, Table: u.table, Opset: set, Output: out, Type: typ}
}

// values is the definition: (code - zero) * scale or table[code] * scale, with
// the scale and the zero of the channel or of the block.
func (u unpackTest) values() []float32 {
	_, dim, inner := u.shape.Axis(u.axis)
	at := func(values []float32, i int) float32 {
		if u.block > 0 {
			blocks := (dim + u.block - 1) / u.block
			return values[(i/inner/dim*blocks+i/inner%dim/u.block)*inner+i%inner]
		}
		if len(values) == 1 {
			return values[0]
		}
		return values[i/inner%dim]
	}
	out := make([]float32, len(u.codes.codes))
	for i, code := range u.codes.codes {
		out[i] = float32(code)
		if u.table != nil {
			out[i] = u.table[code]
		}
		if u.zero != nil {
			out[i] -= at(u.zero, i)
		}
		if u.scale != nil {
			out[i] *= at(u.scale, i)
		}
	}
	return out
}

// unpackTests has odd counts for every width, scales of the tensor and of every
// axis, and zero points that are absent, zero, and not.
func unpackTests() (tests []unpackTest) {
	add := func(c codes, axis int, scale, zero []float32) {
		tests = append(tests, unpackTest{codes: c, scale: scale, zero: zero, axis: axis})
	}
	random := func(n int) (scale, zero []float32) {
		r := rand.New(rand.NewPCG(3, uint64(n)))
		for range n {
			scale, zero = append(scale, r.Float32()), append(zero, float32(r.IntN(256)))
		}
		return scale, zero
	}
	for _, bits := range []int{2, 4, 8} {
		for n := int64(1); n <= 9; n++ {
			add(randomCodes(bits, n), 0, []float32{0.1}, []float32{float32(n)})
		}
		add(randomCodes(bits), 0, []float32{0.1}, nil)
		add(randomCodes(bits, 3, 5, 7), 1, []float32{0.5, 0.1, 3e-8, -2, 1e30}, nil)
		add(randomCodes(bits, 3, 5, 7), 0, []float32{0.5, 0.1, 3e-8}, []float32{0, 0, 2})
		add(randomCodes(bits, 3, 5, 7), 2, []float32{0.1}, []float32{1, 2, 3, 4, 5, 6, 255})
		add(randomCodes(bits, 4, 2, 3, 3), 0, []float32{1, 2, 3, 4}, []float32{0})
		for _, b := range []struct{ axis, block, scales int }{
			{0, 2, 2 * 5 * 7}, {1, 2, 3 * 3 * 7}, {1, 5, 3 * 7}, {1, 1, 3 * 5 * 7}, {2, 4, 3 * 5 * 2}, {2, 100, 3 * 5},
		} {
			scale, zero := random(b.scales)
			blocks := unpackTest{codes: randomCodes(bits, 3, 5, 7), scale: scale, zero: zero, axis: b.axis, block: b.block}
			tests = append(tests, blocks)
			blocks.zero = slices.Clone(zero)
			blocks.zero[0] = -0.5
			tests = append(tests, blocks)
		}
		table, _ := random(1 << bits)
		scale, _ := random(5)
		tests = append(tests, unpackTest{codes: randomCodes(bits, 3, 5, 7), table: table},
			unpackTest{codes: randomCodes(bits, 3, 5, 7), table: table, scale: scale, axis: 1},
			unpackTest{codes: randomCodes(bits, 5), table: table, scale: scale[:1]},
			unpackTest{codes: randomCodes(bits, 1, 10), table: table, scale: scale, axis: 1, block: 2})
	}
	all := codes{2, tensor.Shape{256, 4}, nil, nil} // every byte there is
	for b := range 256 {
		all.packed = append(all.packed, byte(b))
		for i := range 4 {
			all.codes = append(all.codes, byte(b>>(2*i)&3))
		}
	}
	add(all, 0, []float32{1}, nil)
	return tests
}

// TestUnpack runs the nodes in a small evaluator and compares with the
// definition, bit for bit.
func TestUnpack(t *testing.T) {
	for _, test := range unpackTests() {
		for _, set := range []int{7, 9, 10, 13, 25} {
			r, err := Unpack(test.asked("codes", set, "w", tensor.Float32), unique())
			if err != nil {
				t.Fatal(err)
			}
			got := evaluate(t, r, test.packed)
			if want := test.values(); !slices.Equal(got.data, want) || !slices.Equal(got.shape, test.shape) {
				t.Errorf("%d bits, shape %v, axis %d, block %d, opset %d: got %v %v, want %v", test.bits, test.shape, test.axis, test.block, set, got.shape, got.data, want)
			}
		}
	}
}

// TestUnpackInRuntime lets ONNX Runtime unpack, in every old way to write it.
func TestUnpackInRuntime(t *testing.T) {
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
	for _, test := range unpackTests() {
		want := test.values()
		types := []tensor.Type{tensor.Float32}
		if len(test.scale) > 0 && test.scale[0] == 1 { // all values are whole
			types = append(types, tensor.Float64, tensor.Float16)
		}
		for _, set := range []int{7, 10, 25} {
			for _, typ := range types {
				r, err := Unpack(test.asked("fixed1", set, "y0", typ), unique())
				if err != nil {
					t.Fatal(err)
				}
				stored := value{name: "fixed", typ: tensor.Uint8, shape: tensor.Shape{int64(len(test.packed)), 1}, data: test.packed}
				s := sample{in: in(row, stored), outputs: 1} // a model must have an input
				s.nodes()
				out, err := s.run(set, r.Nodes, r.Consts)
				if err != nil {
					t.Fatalf("%d bits, shape %v, opset %d, %v: %v", test.bits, test.shape, set, typ, err)
				}
				got, err := out["y0"].Floats()
				if err != nil || !slices.Equal(got, want) || !slices.Equal(out["y0"].Shape, test.shape) {
					t.Errorf("%d bits, shape %v, opset %d, %v: got %v %v %v, want %v", test.bits, test.shape, set, typ, out["y0"].Shape, got, err, want)
				}
			}
		}
	}
}

// An array is a tensor in the evaluator.
type array struct {
	shape tensor.Shape
	data  []float32
}

// evaluate runs the few operators that Unpack uses, as the specification of
// ONNX words them, and returns the last value.
func evaluate(t *testing.T, r Rewrite, packed []byte) (last array) {
	t.Helper()
	codes := array{tensor.Shape{int64(len(packed)), 1}, nil}
	for _, b := range packed {
		codes.data = append(codes.data, float32(b))
	}
	values := map[string]array{"codes": codes}
	whole := map[string][]int64{}
	for _, c := range r.Consts {
		switch v := c.Values.(type) {
		case []float32:
			values[c.Name] = array{c.Shape, v}
		case []int64:
			whole[c.Name] = v
		case []uint8:
			x := array{shape: c.Shape}
			for _, b := range v {
				x.data = append(x.data, float32(b))
			}
			values[c.Name] = x
		}
	}
	for _, n := range r.Nodes {
		x := values[n.Inputs[0]]
		switch n.Op {
		case "Cast":
			last = x
		case "Floor":
			last = broadcast(x, array{nil, []float32{0}}, func(a, _ float32) float32 { return float32(math.Floor(float64(a))) })
		case "Mul":
			last = broadcast(x, values[n.Inputs[1]], func(a, b float32) float32 { return a * b })
		case "Sub":
			last = broadcast(x, values[n.Inputs[1]], func(a, b float32) float32 { return a - b })
		case "Concat":
			last = array{tensor.Shape{x.shape[0], int64(len(n.Inputs))}, nil}
			for row := range x.data {
				for _, in := range n.Inputs {
					last.data = append(last.data, values[in].data[row])
				}
			}
		case "Reshape":
			shape := slices.Clone(whole[n.Inputs[1]])
			if i := slices.Index(shape, -1); i >= 0 {
				shape[i] = int64(len(x.data))
			}
			last = array{shape, x.data}
		case "Slice":
			var start, end int64
			if len(n.Inputs) >= 3 {
				start, end = whole[n.Inputs[1]][0], whole[n.Inputs[2]][0]
			} else {
				start, end = n.Attrs[0].Value.([]int64)[0], n.Attrs[1].Value.([]int64)[0]
			}
			axis := int64(0)
			switch {
			case len(n.Inputs) == 4:
				axis = whole[n.Inputs[3]][0]
			case len(n.Attrs) == 3:
				axis = n.Attrs[2].Value.([]int64)[0]
			}
			last = array{shape: slices.Clone(x.shape)}
			last.shape[axis] = end - start
			_, dim, inner := x.shape.Axis(int(axis))
			for i, v := range x.data {
				if at := int64(i / inner % dim); start <= at && at < end {
					last.data = append(last.data, v)
				}
			}
		case "Gather":
			indices := values[n.Inputs[1]]
			last = array{shape: indices.shape}
			for _, i := range indices.data {
				last.data = append(last.data, x.data[int(i)])
			}
		default:
			t.Fatalf("operator %s is not expected", n.Op)
		}
		if n, err := last.shape.Elems(); err != nil || int(n) != len(last.data) {
			t.Fatalf("%d values in shape %v", len(last.data), last.shape)
		}
		values[n.Outputs[0]] = last
	}
	if out := r.Nodes[len(r.Nodes)-1].Outputs[0]; out != "w" {
		t.Errorf("the last value is %s", out)
	}
	return last
}

// broadcast applies f to x and y, each repeated along dimensions of 1 as far as
// the other is longer there.
func broadcast(x, y array, f func(a, b float32) float32) array {
	shape := slices.Repeat(tensor.Shape{1}, max(len(x.shape), len(y.shape)))
	for _, a := range []array{x, y} {
		for d, n := range a.shape {
			at := len(shape) - len(a.shape) + d
			shape[at] = max(shape[at], n)
		}
	}
	n, _ := shape.Elems()
	at := func(a array, i int) float32 {
		index, stride := 0, 1
		for d := 1; d <= len(a.shape); d++ {
			own := int(a.shape[len(a.shape)-d])
			index += i % int(shape[len(shape)-d]) % own * stride
			stride *= own
			i /= int(shape[len(shape)-d])
		}
		return a.data[index]
	}
	out := array{shape, make([]float32, n)}
	for i := range out.data {
		out.data[i] = f(at(x, i), at(y, i))
	}
	return out
}

func TestUnpackTypes(t *testing.T) {
	for typ, number := range map[tensor.Type]int64{tensor.Float32: 0, tensor.Float16: 10, tensor.Float64: 11, tensor.BFloat16: 16} {
		r, err := Unpack(Packed{Codes: "c", Bits: 8, Shape: tensor.Shape{2}, Scale: []float32{1}, Opset: 13, Output: "w", Type: typ}, unique())
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		if last := r.Nodes[len(r.Nodes)-1]; last.Op == "Cast" {
			got = last.Attrs[0].Value.(int64)
		}
		if got != number {
			t.Errorf("%v: cast to data type %d, want %d (0 for none)", typ, got, number)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	good := Packed{Codes: "c", Bits: 2, Shape: tensor.Shape{2, 3}, Scale: []float32{1}, Opset: 7, Output: "w", Type: tensor.Float32}
	for _, test := range []struct {
		spoil func(p *Packed)
		want  string
	}{
		{func(p *Packed) {}, ""},
		{func(p *Packed) { p.Bits = 3 }, "3 bits"},
		{func(p *Packed) { p.Shape = tensor.Shape{2, 0} }, "no elements"},
		{func(p *Packed) { p.Shape = tensor.Shape{-2} }, "negative"},
		{func(p *Packed) { p.Shape = tensor.Shape{1 << 40, 1 << 40} }, "more elements"},
		{func(p *Packed) { p.Opset = 6 }, "opset is 6"},
		{func(p *Packed) { p.Type = tensor.Int8 }, "not int8"},
		{func(p *Packed) { p.Scale = nil }, "0 scales"},
		{func(p *Packed) { p.Scale = make([]float32, 3) }, "3 scales do not fit axis 0"},
		{func(p *Packed) { p.Zero = []float32{} }, "0 zero points"},
		{func(p *Packed) { p.Zero = make([]float32, 2); p.Axis = 2 }, "2 zero points do not fit axis 2"},
		{func(p *Packed) { p.Scale = make([]float32, 2); p.Axis = -1 }, "axis -1"},
		{func(p *Packed) { p.Block, p.Scale = 2, make([]float32, 3) }, ""},
		{func(p *Packed) { p.Block, p.Axis, p.Scale = 2, 1, make([]float32, 3) }, "3 scales do not fit"},
		{func(p *Packed) { p.Block, p.Axis = 2, 2 }, "1 scales do not fit axis 2"},
		{func(p *Packed) { p.Bits = 0 }, "0 bits"},
		{func(p *Packed) { p.Bits, p.Table, p.Scale = 0, []float32{1}, nil }, ""},
		{func(p *Packed) { p.Table = []float32{} }, "0 values"},
		{func(p *Packed) { p.Table, p.Zero = []float32{1}, []float32{1} }, "1 zero points"},
		{func(p *Packed) { p.Table, p.Scale = []float32{1}, []float32{} }, "0 scales"},
	} {
		p := good
		test.spoil(&p)
		_, err := Unpack(p, unique())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `"w"`)) {
			t.Errorf("%v: error %v, want one that says %q", p, err, test.want)
		}
	}
}
