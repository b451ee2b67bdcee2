package plan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/recipe"
	"splitquant/core/tensor"
)

// weight makes a float32 tensor of normal values with a few outliers.
func weight(name string, seed uint64, shape ...int64) *model.Tensor {
	n, _ := tensor.Shape(shape).Elems()
	r := rand.New(rand.NewPCG(seed, 0))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64()) * 0.05
		if r.IntN(100) == 0 {
			values[i] *= 12
		}
	}
	return floats(name, values, shape...)
}

func floats(name string, values []float32, shape ...int64) *model.Tensor {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, values)
	return &model.Tensor{Name: name, Type: tensor.Float32, Shape: shape, Data: bytes.NewReader(b.Bytes())}
}

func linear(name string, w, b *model.Tensor) model.Layer {
	return model.Layer{Name: name, Op: "Gemm", Kind: model.Linear, Shape: w.Shape, Weight: w, Bias: b, OutAxis: 0}
}

func bytesOf(t *testing.T, s model.Stored, form model.Form) []byte {
	t.Helper()
	n, err := s.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	if form == model.FormMatMulNBits {
		n = int64(s.Block * len(s.Scale))
	}
	size, err := s.Type.Bytes(n)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, size)
	if _, err := s.Data.ReadAt(p, 0); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return p
}

// decoded turns a stored tensor into values by the definition of
// DequantizeLinear, one element at a time: the oracle for what plan reports.
func decoded(t *testing.T, s model.Stored, form model.Form) []float32 {
	t.Helper()
	p := bytesOf(t, s, form)
	n, _ := s.Shape.Elems()
	values := make([]float32, n)
	_, dim, inner := s.Shape.Axis(s.Axis)
	for i := range values {
		switch bits := s.Type.Bits(); {
		case !s.Quantized():
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(p[4*i:]))
		default:
			at := i
			if form == model.FormMatMulNBits { // rows are filled up to whole blocks
				inputs := int(s.Shape[1])
				at = i/inputs*((inputs+s.Block-1)/s.Block*s.Block) + i%inputs
			}
			code := int32(p[at*bits/8]>>(at*bits%8)) & (1<<bits - 1)
			if signed := s.Type == tensor.Int2 || s.Type == tensor.Int4 || s.Type == tensor.Int8; signed && code >= 1<<(bits-1) {
				code -= 1 << bits
			}
			c := 0
			switch {
			case s.Block > 0:
				blocks := (dim + s.Block - 1) / s.Block
				c = (i/inner/dim*blocks+i/inner%dim/s.Block)*inner + i%inner
			case len(s.Scale) > 1:
				c = i / inner % dim
			}
			values[i] = s.Scale[c] * float32(code-s.Zero[c])
		}
	}
	return values
}

func run(t *testing.T, m *model.Model, o recipe.Options, jobs int) (*Plan, *Result) {
	t.Helper()
	p, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(context.Background(), Memory{}, jobs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, r
}

func TestDecisions(t *testing.T) {
	shared := weight("shared", 1, 8, 8)
	small := weight("small", 2, 2, 8)
	m := &model.Model{Layers: []model.Layer{
		linear("a", weight("a.w", 3, 8, 8), nil),
		linear("b", shared, nil),
		linear("c", shared, nil),
		linear("few", small, nil),
		{Name: "deep", Op: "Conv", Kind: model.Conv, Skipped: "inside a function"},
		linear("none", floats("none.w", nil, 3, 0), nil),
	}}
	for _, c := range []struct {
		name   string
		change func(*recipe.Options)
		want   map[string]string // reason by layer; "" is worked on
	}{
		{"defaults", func(*recipe.Options) {}, map[string]string{
			"a": "", "b": "", "c": "", "few": "", "deep": "inside a function", "none": "the weight has no elements"}},
		{"one of two that share a weight is excluded", func(o *recipe.Options) { o.Exclude = []string{"c"} }, map[string]string{
			"a": "", "b": "its weight is shared with c, which is left alone: excluded", "c": "excluded"}},
		{"float needs rows to split", func(o *recipe.Options) { o.Form = "float" }, map[string]string{
			"a": "", "few": "not split: 2 output channels are fewer than 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := recipe.Defaults()
			c.change(&o)
			_, r := run(t, m, o, 1)
			for _, l := range r.Report.Layers {
				if want, ok := c.want[l.Name]; ok && l.Skipped != want {
					t.Errorf("layer %s: skipped %q, want %q", l.Name, l.Skipped, want)
				}
			}
		})
	}
	_, r := run(t, m, recipe.Defaults(), 1)
	if l := r.Report.Layers[3]; l.Strategy != "none" || !strings.Contains(l.Note, "fewer than 3") {
		t.Errorf("a layer with 2 rows: strategy %q, note %q, want none and the reason", l.Strategy, l.Note)
	}
	if n := len(r.Changes); n != 3 {
		t.Errorf("%d changes, want one for each of the 3 weights", n)
	}
	if got := r.Report.Layers[1].SharedWith; len(got) != 1 || got[0] != "c" {
		t.Errorf("b is shared with %v, want c", got)
	}
}

// The parts of a float split add up to the weight bit for bit, and every
// weight is in exactly one of them.
func TestFloatPartsAddUp(t *testing.T) {
	kinds := map[string]model.Layer{
		"linear":               linear("l", weight("w", 1, 40, 30), weight("b", 2, 40)),
		"conv":                 {Name: "l", Kind: model.Conv, Weight: weight("w", 3, 8, 4, 3, 3), OutAxis: 0},
		"transposed, kernels":  {Name: "l", Kind: model.ConvTranspose, Weight: weight("w", 4, 4, 8, 3, 3), OutAxis: 1},
		"matmul, right weight": {Name: "l", Kind: model.Linear, Weight: weight("w", 5, 30, 40), OutAxis: 1},
	}
	for name, l := range kinds {
		t.Run(name, func(t *testing.T) {
			l.Shape = l.Weight.Shape
			o := recipe.Defaults()
			o.Form, o.Cluster = "float", "kernel"
			_, r := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
			sumsTo(t, r.Changes[0].Parts, l.Weight)
			if l.Bias != nil {
				sumsTo(t, r.Changes[0].Biases[0], l.Bias)
			}
		})
	}
}

func sumsTo(t *testing.T, parts []model.Stored, whole *model.Tensor) {
	t.Helper()
	_, want, err := read(whole)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 3 {
		t.Fatalf("%d parts, want 3", len(parts))
	}
	values := [3][]float32{decoded(t, parts[0], model.FormLayers), decoded(t, parts[1], model.FormLayers), decoded(t, parts[2], model.FormLayers)}
	for i, w := range want {
		a, b, c := values[0][i], values[1][i], values[2][i]
		if a+b+c != w {
			t.Fatalf("%s[%d]: %v + %v + %v is not %v", whole.Name, i, a, b, c, w)
		}
		if a != 0 && b != 0 || a != 0 && c != 0 || b != 0 && c != 0 {
			t.Fatalf("%s[%d] is in two parts", whole.Name, i)
		}
	}
}

// What the report says of a layer is what an independent decoder finds in the
// bytes, for every kind of grid.
func TestReportedErrorIsThatOfTheBytes(t *testing.T) {
	layers := []model.Layer{
		linear("linear", weight("w0", 1, 24, 50), nil),
		{Name: "matmul", Kind: model.Linear, Weight: weight("w1", 2, 50, 24), OutAxis: 1},
		{Name: "conv", Kind: model.Conv, Weight: weight("w2", 3, 8, 3, 3, 3), OutAxis: 0},
		{Name: "transposed", Kind: model.ConvTranspose, Weight: weight("w3", 4, 6, 8, 3, 3), OutAxis: 1},
		{Name: "odd", Kind: model.Linear, Weight: weight("w4", 5, 7, 3), OutAxis: 1},
	}
	for i := range layers {
		layers[i].Shape = layers[i].Weight.Shape
		if len(layers[i].Shape) != 2 {
			layers[i].NBits = "no matrix"
		}
	}
	m := &model.Model{Layers: layers}
	var options []recipe.Options
	add := func(o recipe.Options) { options = append(options, o) }
	for _, bits := range []int{2, 3, 4, 5, 6, 8} {
		for _, granularity := range []string{"tensor", "channel", "group:7", "group:16"} {
			for _, strategy := range []string{"none", "kmeans", "resolution", "residual"} {
				for _, symmetric := range []bool{false, true} {
					o := recipe.Defaults()
					o.Bits, o.Granularity, o.Strategy, o.Symmetric = bits, granularity, strategy, symmetric
					add(o)
					if granularity == "group:16" && bits&(bits-1) == 0 {
						o.Form = "matmulnbits"
						add(o)
					}
				}
			}
		}
	}
	for _, parts := range []int{2, 4} {
		o := recipe.Defaults()
		o.Parts = parts
		add(o)
	}
	for _, o := range options {
		reportsItsBytes(t, m, o)
	}
}

func reportsItsBytes(t *testing.T, m *model.Model, o recipe.Options) {
	t.Helper()
	_, r := run(t, m, o, 2)
	var signal, noise float64
	for _, c := range r.Changes {
		_, w, _ := read(c.Weight)
		sum := make([]float32, len(w))
		for _, p := range c.Parts {
			values := decoded(t, p, c.Form)
			if c.Form == model.FormMatMulNBits && p.Shape[0] != c.Weight.Shape[0] { // [N, K] for [K, N]
				n, k := int(p.Shape[0]), int(p.Shape[1])
				for j := range sum {
					sum[j] += values[j%n*k+j/n]
				}
				continue
			}
			for j, v := range values {
				sum[j] += v
			}
		}
		var s, e, worst float64
		for j := range w {
			d := float64(w[j]) - float64(sum[j])
			s, e, worst = s+float64(w[j])*float64(w[j]), e+d*d, max(worst, math.Abs(d))
		}
		i := slices.IndexFunc(m.Layers, func(l model.Layer) bool { return l.Weight == c.Weight })
		l := r.Report.Layers[i]
		if want := 10 * math.Log10(s/e); math.Abs(*l.SQNR-want) > 1e-6 {
			t.Errorf("%v: %s: SQNR %v, the bytes give %v", o, l.Name, *l.SQNR, want)
		}
		if math.Abs(l.MaxAbsError-worst) > 1e-9 {
			t.Errorf("%v: %s: largest error %v, the bytes give %v", o, l.Name, l.MaxAbsError, worst)
		}
		signal, noise = signal+s, noise+e
	}
	if want := 10 * math.Log10(signal/noise); math.Abs(*r.Report.SQNR-want) > 1e-6 {
		t.Errorf("%v: pooled SQNR %v, want %v", o, *r.Report.SQNR, want)
	}
}

// The same bytes for any number of jobs.
func TestJobsDoNotMatter(t *testing.T) {
	var m model.Model
	for i := range 12 {
		m.Layers = append(m.Layers, linear(string(rune('a'+i)), weight("w", uint64(i), 16, 16), weight("b", uint64(i), 16)))
	}
	o := recipe.Defaults()
	o.Granularity = "channel"
	_, one := run(t, &m, o, 1)
	_, many := run(t, &m, o, 5)
	for i := range one.Changes {
		for p := range one.Changes[i].Parts {
			if !bytes.Equal(bytesOf(t, one.Changes[i].Parts[p], model.FormLayers), bytesOf(t, many.Changes[i].Parts[p], model.FormLayers)) {
				t.Errorf("layer %d part %d differs between 1 and 5 jobs", i, p)
			}
		}
	}
	if one.Properties[2] != many.Properties[2] {
		t.Errorf("SQNR %v with one job, %v with five", one.Properties[2], many.Properties[2])
	}
}

// The estimate is the size of the file that a run writes, but for a few bytes.
func TestEstimate(t *testing.T) {
	data, err := os.ReadFile("../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*recipe.Options){
		func(o *recipe.Options) {},
		func(o *recipe.Options) { o.Granularity, o.Bits = "channel", 3 },
		func(o *recipe.Options) { o.Form = "float" },
		func(o *recipe.Options) { o.Form, o.Target = "plain", "any" },
		func(o *recipe.Options) { o.Exclude = []string{"fc*"} },
		func(o *recipe.Options) { o.Exclude = []string{"*"} },
	} {
		o := recipe.Defaults()
		change(&o)
		r, err := Quantize(context.Background(), io.Discard, f, o, Memory{}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := f.Estimate(o)
		if err != nil {
			t.Fatal(err)
		}
		if d := e.BytesAfter - r.BytesAfter; d < -128 || d > 128 {
			t.Errorf("%v: estimate %d bytes, made %d", o, e.BytesAfter, r.BytesAfter)
		}
		if math.Abs(e.BitsPerWeight-r.BitsPerWeight) > 1e-9 {
			t.Errorf("%v: estimate %v bits per weight, made %v", o, e.BitsPerWeight, r.BitsPerWeight)
		}
	}
}

func TestOddWeights(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name    string
		values  []float32
		skipped string
		note    string
		exact   bool
	}{
		{"NaN", []float32{1, nan, 3, 4, 5, 6}, `its weight "w" has NaN or infinite values`, "", false},
		{"infinite", []float32{1, float32(math.Inf(-1)), 3, 4, 5, 6}, `its weight "w" has NaN or infinite values`, "", false},
		{"constant", []float32{.5, .5, .5, .5, .5, .5}, "", "", true},
		{"two values", []float32{.5, -.25, .5, .5, -.25, .5}, "", "", true},
		{"zeros", make([]float32, 6), "", "", true},
		{"negative zeros", []float32{0, float32(math.Copysign(0, -1)), 0, 0, 0, 0}, "", "", true},
		{"denormal", []float32{1e-43, 2e-43, 0, -1e-43, 0, 0}, "", "too small for a scale", false},
		{"huge", []float32{3e38, -3e38, 1, 0, -1, 2e38}, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &model.Model{Layers: []model.Layer{linear("l", floats("w", c.values, 3, 2), nil)}}
			for _, granularity := range []string{"tensor", "channel"} {
				o := recipe.Defaults()
				o.Granularity = granularity
				_, r := run(t, m, o, 1)
				l := r.Report.Layers[0]
				// Channels of two weights are exact where the whole is not.
				exact := c.exact || granularity == "channel" && c.name == "huge"
				if l.Skipped != c.skipped || !strings.Contains(l.Note, c.note) || l.Exact != exact {
					t.Errorf("%s: skipped %q, note %q, exact %v; want %q, %q, %v", granularity, l.Skipped, l.Note, l.Exact, c.skipped, c.note, c.exact)
				}
				for _, change := range r.Changes {
					for _, p := range change.Parts {
						for i := range p.Scale {
							if !(p.Scale[i] > 0) || math.IsInf(float64(p.Scale[i]), 0) {
								t.Errorf("%s: scale %v", granularity, p.Scale[i])
							}
						}
					}
				}
			}
		})
	}
}

// A float64 that float32 does not hold is neither split nor quantized, and the
// reason given is the true one.
func TestBeyondFloat32(t *testing.T) {
	for v, want := range map[float64]string{
		1e300:       `its weight "w" has values beyond float32`,
		math.Inf(1): `its weight "w" has NaN or infinite values`,
		math.NaN():  `its weight "w" has NaN or infinite values`,
	} {
		var raw []byte
		for _, x := range []float64{1, v, 3} {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
		}
		w := &model.Tensor{Name: "w", Type: tensor.Float64, Shape: tensor.Shape{3, 1}, Data: bytes.NewReader(raw)}
		for _, form := range []string{"float", "layers"} {
			o := recipe.Defaults()
			o.Form = form
			_, r := run(t, &model.Model{Layers: []model.Layer{linear("l", w, nil)}}, o, 1)
			if got := r.Report.Layers[0].Skipped; got != want {
				t.Errorf("%s, %v: %q, expected %q", form, v, got, want)
			}
		}
	}
}

// What runs a file depends on the types in it, not on its opset.
func TestNeeds(t *testing.T) {
	for want, w := range map[string]onnx.Written{
		"any runtime of opset 25":                         {Opset: 25},
		"any runtime of opset 17":                         {Opset: 17, Unpacked: true},
		"ONNX Runtime and ONNX Runtime Web 1.20 or newer": {Opset: 21, Runtime: "1.20"},
		"ONNX Runtime and ONNX Runtime Web 1.24 or newer alone: some operators are its own (com.microsoft)": {Opset: 17, Runtime: "1.24", Contrib: true},
	} {
		if got := needs(w); got != want {
			t.Errorf("%+v: %q, expected %q", w, got, want)
		}
	}
}

// A vector has no output channels.
func TestVector(t *testing.T) {
	l := linear("l", weight("w", 1, 6), nil)
	l.OutAxis = -1
	p, _ := run(t, &model.Model{Layers: []model.Layer{l}}, recipe.Defaults(), 1)
	if u := p.Units[0]; u.Split || u.Note != "not split: it has no output channels" {
		t.Errorf("%v, %q", u.Split, u.Note)
	}
}

func TestCancel(t *testing.T) {
	m := &model.Model{Layers: []model.Layer{linear("l", weight("w", 1, 16, 16), nil)}}
	p, err := New(m, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = p.Run(ctx, Memory{}, 1, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestProgressEndsAtOne(t *testing.T) {
	m := &model.Model{Layers: []model.Layer{linear("a", weight("w", 1, 16, 16), nil), linear("b", weight("w", 1, 8, 16), nil)}}
	p, err := New(m, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	last := -1.0
	_, err = p.Run(context.Background(), Memory{}, 2, func(p Progress) {
		if p.Done < last {
			t.Errorf("progress fell from %v to %v", last, p.Done)
		}
		last = p.Done
	})
	if err != nil || last != 1 {
		t.Errorf("ended at %v with error %v, want 1", last, err)
	}
}

// TestOrder tests in which order parts are added, by the names that they go by.
func TestOrder(t *testing.T) {
	for _, test := range []struct {
		strategy, form string
		parts          int
		want           []string
	}{
		{"kmeans", "layers", 3, []string{"lower", "upper", "middle"}},
		{"resolution", "summed", 3, []string{"lower", "upper", "middle"}},
		{"kmeans", "float", 3, []string{"lower", "upper", "middle"}},
		{"kmeans", "layers", 2, []string{"1", "2"}},
		{"kmeans", "layers", 4, []string{"1", "4", "2", "3"}},
		{"residual", "layers", 3, []string{"1", "2", "3"}},
		{"residual", "float", 3, []string{"1", "2", "3"}},
	} {
		o := recipe.Defaults()
		o.Strategy, o.Form, o.Parts = test.strategy, test.form, test.parts
		l := linear("l", weight("w", 1, 12, 5), weight("b", 2, 5))
		_, r := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
		c := r.Changes[0]
		for _, stored := range [][]model.Stored{c.Parts, c.Biases[0]} {
			var names []string
			for _, s := range stored {
				names = append(names, s.Name)
			}
			if test.form == "summed" && names == nil {
				continue // its biases stay as they are
			}
			if !slices.Equal(names, test.want) {
				t.Errorf("%+v: %v", test, names)
			}
		}
		if test.strategy != "residual" {
			ascending(t, test.want, c.Parts)
		}
	}
}

// ascending tests that the values of parts are where their names say.
func ascending(t *testing.T, names []string, parts []model.Stored) {
	t.Helper()
	largest := map[string]float32{}
	for _, s := range parts {
		values := slices.DeleteFunc(decoded(t, s, model.FormLayers), func(v float32) bool { return v == 0 }) // zeros are where other parts are
		largest[s.Name] = slices.Max(values)
	}
	if slices.Sort(names); len(names) == 3 {
		names = model.PartNames[:]
	}
	for i := 1; i < len(names); i++ {
		if largest[names[i-1]] >= largest[names[i]] {
			t.Errorf("%v are the largest values", largest)
		}
	}
}

// A fault in one unit ends the run with an error that names its layer.
func TestFaultIsAnError(t *testing.T) {
	w := weight("w", 1, 8, 8)
	w.Data = faulty{}
	p, err := New(&model.Model{Layers: []model.Layer{linear("broken", w, nil)}}, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Run(context.Background(), Memory{}, 2, nil); err == nil || !strings.Contains(err.Error(), `layer "broken"`) {
		t.Errorf("got %v, want an error about the layer", err)
	}
}

type faulty struct{}

func (faulty) ReadAt([]byte, int64) (int, error) { panic("a fault") }
