package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/tensor"
)

// What a run makes, to the last bit: however fast it becomes, it stays the same.
// The file holds a SHA-256 for each case; UPDATE_GOLDEN=1 go test adds those that
// are missing, and never changes one.
func TestSameBytesAsEver(t *testing.T) {
	const golden = "testdata/same.json"
	want, got := map[string]string{}, map[string]string{}
	if b, err := os.ReadFile(golden); err == nil {
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range sameModels(t) {
		for _, o := range sameOptions(m.every) {
			got[m.name+": "+o.String()] = fingerprint(t, m.model, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		switch {
		case want[name] == "" && os.Getenv("UPDATE_GOLDEN") != "":
			want[name] = got[name]
		case want[name] == "":
			t.Errorf("%s is not in %s (UPDATE_GOLDEN=1 go test adds it)", name, golden)
		case want[name] != got[name]:
			t.Errorf("%s: other bytes than ever before", name)
		}
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		b, _ := json.MarshalIndent(want, "", "\t")
		if err := os.WriteFile(golden, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// full says that every case is wanted, however long it takes.
var full = os.Getenv("SPLITQUANT_FULL") != ""

// fingerprint hashes all that a run changes in a model.
func fingerprint(t *testing.T, m *model.Model, o recipe.Options) string {
	t.Helper()
	p, err := New(m, o)
	if err != nil {
		t.Fatalf("%v: %v", o, err)
	}
	r, err := p.Run(context.Background(), Memory{}, 2, nil)
	if err != nil {
		t.Fatalf("%v: %v", o, err)
	}
	h := sha256.New()
	put := func(v any) {
		if err := binary.Write(h, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range r.Changes {
		stored := slices.Clone(c.Parts)
		for _, layer := range slices.Sorted(maps.Keys(c.Biases)) {
			stored = append(stored, c.Biases[layer]...)
		}
		fmt.Fprint(h, c.Weight.Name, c.Form, c.Folded)
		for _, s := range stored {
			fmt.Fprint(h, s.Name, s.Type, s.Shape, s.Axis, s.Block, len(s.Scale))
			put(s.Scale)
			put(s.Zero)
			put(s.Table)
			put(bytesOf(t, s, c.Form))
		}
	}
	for _, property := range r.Properties {
		fmt.Fprint(h, property)
	}
	return hex.EncodeToString(h.Sum(nil))
}

type sameModel struct {
	name  string
	model *model.Model
	every bool // with every option
}

// sameModels returns weights of all float types and layouts, and real models
// where they are there.
func sameModels(t *testing.T) []sameModel {
	t.Helper()
	var all []sameModel
	for _, typ := range []tensor.Type{tensor.Float32, tensor.BFloat16, tensor.Float16, tensor.Float64} {
		wide := linear("wide", drawn(typ, 1, 90, 101), drawn(typ, 2, 90))
		tall := linear("tall", drawn(typ, 3, 41, 57), nil)
		tall.OutAxis = 1
		conv := model.Layer{Name: "conv", Op: "Conv", Kind: model.Conv, Weight: drawn(typ, 4, 8, 6, 3, 3)}
		conv.Shape = conv.Weight.Shape
		all = append(all, sameModel{typ.String(), &model.Model{Layers: []model.Layer{wide, tall, conv}}, typ == tensor.Float32 || full})
	}
	if runtime.GOOS == "js" && !full { // the rest takes too long there
		return all
	}
	large := linear("large", drawn(tensor.Float32, 5, 520, 1003), nil)
	across := linear("across", drawn(tensor.Float32, 6, 1003, 520), nil)
	across.OutAxis = 1
	half := linear("half", drawn(tensor.BFloat16, 7, 520, 1003), nil)
	all = append(all, sameModel{"large", &model.Model{Layers: []model.Layer{large, across, half}}, false})
	if !full {
		return append(all, sameFiles(t, "../../public/samples/digits.onnx")...)
	}
	return append(all, sameFiles(t, "../../public/samples/digits.onnx", "../../../shared/paper/emotion/model.onnx",
		"../../../shared/models/fns-candy-convtranspose.onnx",
		"../../../shared/models/starry-night-fp16.onnx", "../../../shared/models/gru-control-torch19.onnx", "../../../shared/models/mobilenet-qdq-int8.onnx")...)
}

func sameFiles(t *testing.T, paths ...string) (all []sameModel) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		t.Cleanup(func() { f.Close() })
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		file, err := Open(f, info.Size(), nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sameModel{filepath.Base(path), file.Model(), false})
	}
	return all
}

// drawn makes a tensor whose values are about normally distributed, with some
// outliers and some zeros, from integers alone: they are the same everywhere.
func drawn(typ tensor.Type, seed uint64, shape ...int64) *model.Tensor {
	n, _ := tensor.Shape(shape).Elems()
	r := rand.New(rand.NewPCG(seed, 99))
	values := make([]float32, n)
	for i := range values {
		sum := int64(0)
		for range 6 {
			sum += int64(r.Uint32N(1 << 16))
		}
		values[i] = float32(sum-6*(1<<15)) / (1 << 21)
		switch r.IntN(200) {
		case 0:
			values[i] *= 9
		case 1:
			values[i] = 0
		}
	}
	raw := make([]byte, n*int64(typ.Bits())/8)
	if err := tensor.PutFloat(raw, values, typ); err != nil {
		panic(err)
	}
	return &model.Tensor{Name: fmt.Sprint("w", seed), Type: typ, Shape: shape, Data: bytes.NewReader(raw)}
}

// sameOptions returns a selection of options, or every combination that means
// something.
func sameOptions(every bool) (all []recipe.Options) {
	add := func(strategy, form, granularity string, bits int, clip string) {
		o := recipe.Defaults()
		o.Strategy, o.Form, o.Granularity, o.Bits, o.Clip = strategy, form, granularity, bits, clip
		all = append(all, o)
	}
	for _, granularity := range []string{"tensor", "channel"} {
		for _, strategy := range []string{"kmeans", "resolution", "residual", "none"} {
			add(strategy, "layers", granularity, 2, "minmax")
			add(strategy, "layers", granularity, 4, "minmax")
			if every {
				add(strategy, "summed", granularity, 3, "minmax")
				add(strategy, "layers", granularity, 8, "minmax")
				add(strategy, "layers", granularity, 2, "mse")
				add(strategy, "layers", granularity, 3, "percentile:99")
				if strategy != "none" {
					add(strategy, "float", granularity, 2, "minmax")
				}
			}
		}
		add("kmeans", "codebook", granularity, 2, "minmax")
		add("resolution", "codebook", granularity, 2, "minmax")
		if every {
			add("resolution", "codebook", granularity, 2, "mse")
		}
	}
	if every {
		add("kmeans", "layers", "group:32", 4, "minmax")
		add("resolution", "layers", "group:64", 2, "minmax")
		add("none", "plain", "group:32", 4, "minmax")
		o := recipe.Defaults()
		o.Palette, o.Bits = 16, 4
		all = append(all, o)
		o = recipe.Defaults()
		o.Symmetric, o.Bias = true, "8"
		all = append(all, o)
		o.Granularity, o.Bits, o.Parts = "channel", 4, 4
		all = append(all, o)
		o.Strategy, o.Parts = "residual", 3
		all = append(all, o)
	}
	return all
}
