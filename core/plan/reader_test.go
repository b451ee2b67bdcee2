package plan

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"splitquant/core/measure"
	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/safetensors"
	"splitquant/core/tensor"
)

// python is the interpreter that runs the README's reader, where it has NumPy.
const python = "/usr/bin/python3"

// TestREADMEReader quantizes a checkpoint in every form and reads the result with
// the code in the README. What it restores must be as far from the original as the
// report says, and all else as it was.
func TestREADMEReader(t *testing.T) {
	if exec.Command(python, "-c", "import numpy").Run() != nil {
		t.Skipf("%s with NumPy is not there", python)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```python\n")
	reader, _, ok := strings.Cut(rest, "```")
	if n := strings.Count(reader, "\n"); !ok || n > 40 {
		t.Fatalf("the reader has %d lines, at most 40 are promised", n)
	}
	original := aCheckpoint()
	dir := t.TempDir()
	script := reader + `
import sys
for path in sys.argv[1:]:
    tensors = restore(*read(path))
    with open(path + ".out", "wb") as f:
        for name in sorted(tensors):
            f.write(np.ascontiguousarray(tensors[name].astype("<f4")).tobytes())
`
	var paths []string
	var sqnr []*float64
	for i, change := range []func(*recipe.Options){
		func(o *recipe.Options) { o.Form = "float" },
		func(o *recipe.Options) {},
		func(o *recipe.Options) { o.Granularity, o.Form, o.Bits, o.Symmetric = "channel", "summed", 3, true },
		func(o *recipe.Options) { o.Granularity, o.Strategy, o.Bits = "group:4", "none", 4 },
		func(o *recipe.Options) { o.Granularity, o.Bits = "group:3", 5 },
		func(o *recipe.Options) { o.Form = "codebook" },
		func(o *recipe.Options) { o.Form, o.Granularity, o.Bits = "codebook", "channel", 8 },
		func(o *recipe.Options) { o.Palette = 16 },
		func(o *recipe.Options) { o.Strategy, o.Form = "residual", "summed" },
	} {
		o := recipe.Defaults()
		change(&o)
		f, err := Open(bytes.NewReader(original), int64(len(original)), nil)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		rep, err := Quantize(context.Background(), &out, f, o, Memory{}, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := f.Estimate(o); err != nil || math.Abs(float64(e.BytesAfter-rep.BytesAfter)) > 0.02*float64(rep.BytesAfter)+16 || rep.BytesAfter != int64(out.Len()) {
			t.Errorf("%v: %d bytes are reported, estimated %d, written %d, %v", o, rep.BytesAfter, e.BytesAfter, out.Len(), err)
		}
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		paths, sqnr = append(paths, path), append(sqnr, rep.SQNR)
	}
	if out, err := exec.Command(python, append([]string{"-c", script}, paths...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, path := range paths {
		got, err := os.ReadFile(path + ".out")
		if err != nil {
			t.Fatal(err)
		}
		var noise measure.Noise
		for _, x := range sorted(t, original) {
			values := make([]float32, len(x.values))
			if len(got) < 4*len(values) {
				t.Fatalf("%s: there are too few values", path)
			}
			for j := range values {
				values[j] = math.Float32frombits(binary.LittleEndian.Uint32(got[4*j:]))
			}
			got = got[4*len(values):]
			switch {
			case x.weight:
				noise.Add(x.values, values)
			case !slices.Equal(values, x.values) && !strings.HasSuffix(x.name, "bias"):
				t.Errorf("%s: %s came back as %v, it was %v", path, x.name, values, x.values)
			}
		}
		switch {
		case len(got) > 0:
			t.Errorf("%s: %d bytes too many", path, len(got))
		case sqnr[i] == nil && !noise.Exact():
			t.Errorf("%s: %.2f dB, want an exact result", path, noise.SQNR())
		case sqnr[i] != nil && math.Abs(noise.SQNR()-*sqnr[i]) > 0.005:
			t.Errorf("%s: %.3f dB, the report says %.3f", path, noise.SQNR(), *sqnr[i])
		}
	}
}

// aCheckpoint is a safetensors file of layers of several kinds and types.
func aCheckpoint() []byte {
	r := rand.New(rand.NewPCG(3, 5))
	add := func(name string, typ tensor.Type, shape ...int64) *model.Tensor {
		n, _ := tensor.Shape(shape).Elems()
		size, _ := typ.Bytes(n)
		raw, values := make([]byte, size), make([]float32, n)
		for i := range values {
			values[i] = float32(r.NormFloat64())
		}
		if typ == tensor.Int64 {
			raw[0] = 42
		} else if err := tensor.PutFloat(raw, values, typ); err != nil {
			panic(err)
		}
		return &model.Tensor{Name: name, Type: typ, Shape: shape, Data: bytes.NewReader(raw)}
	}
	var b bytes.Buffer
	_, err := safetensors.Write(&b, []*model.Tensor{
		add("fc.weight", tensor.Float32, 6, 10), add("fc.bias", tensor.Float32, 6), add("norm.weight", tensor.Float32, 6),
		add("conv.weight", tensor.Float16, 5, 3, 3, 3), add("out.kernel", tensor.BFloat16, 7, 4), add("steps", tensor.Int64),
	}, []model.Property{{Key: "format", Value: "pt"}})
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

type restored struct {
	name   string
	values []float32
	weight bool
}

// sorted reads all tensors of a file, by name.
func sorted(t *testing.T, file []byte) (all []restored) {
	f, err := Open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Model().Tensors {
		n, _ := x.Shape.Elems()
		size, _ := x.Type.Bytes(n)
		raw, values := make([]byte, size), make([]float32, n)
		if _, err := x.Data.ReadAt(raw, 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if err := tensor.Float32s(values, raw, x.Type); err != nil {
			t.Fatal(err)
		}
		weight := slices.ContainsFunc(f.Model().Layers, func(l model.Layer) bool { return l.Weight == x })
		all = append(all, restored{x.Name, values, weight})
	}
	slices.SortFunc(all, func(a, b restored) int { return strings.Compare(a.name, b.name) })
	return all
}
