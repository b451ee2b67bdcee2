package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/safetensors"
	"splitquant/core/tensor"
	"splitquant/core/torch"
)

func mustOpen(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shard is a file with one matrix of the given name, of 3 rows.
func shard(t *testing.T, name string, write func(io.Writer, []*model.Tensor) error) []byte {
	t.Helper()
	var b bytes.Buffer
	raw := make([]byte, 48)
	if err := tensor.PutFloat(raw, []float32{1, -2, 3, 4, 5, -6, 7, 8, 9, 0, 1, 2}, tensor.Float32); err != nil {
		t.Fatal(err)
	}
	if err := write(&b, []*model.Tensor{{Name: name, Type: tensor.Float32, Shape: tensor.Shape{3, 4}, Data: bytes.NewReader(raw)}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asSafetensors(w io.Writer, t []*model.Tensor) error {
	_, err := safetensors.Write(w, t, nil)
	return err
}

func asTorch(w io.Writer, t []*model.Tensor) error {
	_, err := torch.Write(w, t, "")
	return err
}

// The files that an index names are one model, and their result one file.
func TestOpenShards(t *testing.T) {
	index := []byte(`{"weight_map": {"b.weight": "2", "a.weight": "1"}}`)
	files := map[string][]byte{"1": shard(t, "a.weight", asSafetensors), "2": shard(t, "b.weight", asSafetensors)}
	beside := func(name string) (io.ReaderAt, int64, error) {
		b, ok := files[name]
		if !ok {
			return nil, 0, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		return bytes.NewReader(b), int64(len(b)), nil
	}
	f, err := Open(bytes.NewReader(index), int64(len(index)), beside)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := Quantize(context.Background(), &out, f, recipe.Defaults(), Memory{}, 1, nil); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range mustOpen(t, out.Bytes()).Model().Tensors {
		names = append(names, x.Name)
	}
	if !slices.Contains(names, "a.lower.weight.codes") || !slices.Contains(names, "b.upper.weight.codes") {
		t.Errorf("tensors are %q", names)
	}
	if f.Size() != int64(len(files["1"])+len(files["2"])) {
		t.Errorf("the size is %d, that of the files %d and %d", f.Size(), len(files["1"]), len(files["2"]))
	}
	files["2"] = shard(t, "a.weight", asSafetensors)
	if _, err := Open(bytes.NewReader(index), int64(len(index)), beside); err == nil || !strings.Contains(err.Error(), `tensor "a.weight"`) {
		t.Errorf("files with tensors of one name: %v", err)
	}
	files["2"] = shard(t, "b.weight", asTorch)
	if _, err := Open(bytes.NewReader(index), int64(len(index)), beside); err == nil || !strings.Contains(err.Error(), "not of the same kind") {
		t.Errorf("files of two kinds: %v", err)
	}
	delete(files, "2")
	if _, err := Open(bytes.NewReader(index), int64(len(index)), beside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(bytes.NewReader(index), int64(len(index)), nil); err == nil || !strings.Contains(err.Error(), `"1"`) {
		t.Errorf("no files beside: %v", err)
	}
}

// A checkpoint in which nothing changes is the file itself; one that is split has
// parts that add up to it.
func TestCheckpoints(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []*model.Tensor) error{"safetensors": asSafetensors, "pytorch": asTorch} {
		file := shard(t, "a.weight", write)
		o := recipe.Defaults()
		o.Exclude = []string{"*"}
		var same bytes.Buffer
		if rep, err := Quantize(context.Background(), &same, mustOpen(t, file), o, Memory{}, 1, nil); err != nil || !bytes.Equal(same.Bytes(), file) || rep.BytesAfter != int64(len(file)) {
			t.Errorf("%s: %d bytes came back as %d, %v", name, len(file), same.Len(), err)
		}
		o = recipe.Defaults()
		o.Form = "float"
		var out bytes.Buffer
		if _, err := Quantize(context.Background(), &out, mustOpen(t, file), o, Memory{}, 1, nil); err != nil {
			t.Fatal(err)
		}
		f := mustOpen(t, out.Bytes())
		if f.Model().Format != name || len(f.Model().Tensors) != 3 {
			t.Errorf("%s: %+v", name, f.Model())
		}
		sum := make([]float32, 12)
		for _, x := range sorted(t, out.Bytes()) {
			for i, v := range x.values {
				sum[i] += v
			}
		}
		if !slices.Equal(sum, sorted(t, file)[0].values) {
			t.Errorf("%s: parts add up to %v", name, sum)
		}
	}
}

// What names do not say, people can.
func TestKinds(t *testing.T) {
	file := shard(t, "mystery", asSafetensors)
	for _, c := range []struct {
		change func(*recipe.Options)
		units  int
		kind   model.Kind
	}{
		{func(o *recipe.Options) {}, 0, model.Unknown},
		{func(o *recipe.Options) { o.AsLinear = []string{"myst*"} }, 1, model.Linear},
		{func(o *recipe.Options) { o.AsEmbedding = []string{"mystery"} }, 0, model.Embedding},
		{func(o *recipe.Options) { o.AsEmbedding, o.Embeddings = []string{"mystery"}, true }, 1, model.Embedding},
		{func(o *recipe.Options) { o.AsLinear = []string{"other"} }, 0, model.Unknown},
	} {
		o := recipe.Defaults()
		c.change(&o)
		f := mustOpen(t, file)
		p, err := New(f.Model(), o)
		if err != nil || len(p.Units) != c.units || p.Model.Layers[0].Kind != c.kind || f.Model().Layers[0].Kind != model.Unknown {
			t.Errorf("%+v: %d units, %+v, %v", c, len(p.Units), p.Model.Layers[0], err)
		}
	}
}

// Names of results end as what is written does, and those of other kinds of files
// are refused.
func TestNames(t *testing.T) {
	st, pt := mustOpen(t, shard(t, "a.weight", asSafetensors)), mustOpen(t, shard(t, "a.weight", asTorch))
	gguf := &File{format: newCheckpoint("gguf", "", nil, nil, nil)}
	for _, c := range []struct {
		f              *File
		name, want     string
		misnamed, good bool
	}{
		{st, "m.safetensors", "m-int2-kmeans.safetensors", false, true},
		{st, "m.onnx", "m-int2-kmeans.safetensors", true, false},
		{st, "m.safetensors.index.json", "m-int2-kmeans.safetensors", false, false},
		{st, "m.weights", "m.weights-int2-kmeans.safetensors", false, true},
		{pt, "m.pth.tar", "m.pth-int2-kmeans.tar", false, true},
		{pt, "pytorch_model.bin", "pytorch_model-int2-kmeans.bin", false, true},
		{pt, "m.safetensors", "m-int2-kmeans.pt", true, false},
		{gguf, "m.gguf", "m-int2-kmeans.safetensors", false, false},
		{gguf, "m.npz", "m-int2-kmeans.safetensors", true, false},
	} {
		if got := c.f.FileName(c.name, recipe.Defaults()); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.f.Model().Format, c.name, got, c.want)
		}
		if w := c.f.Misnamed(c.name); (w != "") != c.misnamed {
			t.Errorf("%s in %s: %q", c.f.Model().Format, c.name, w)
		}
		if err := c.f.CheckName(c.name); (err == nil) != c.good {
			t.Errorf("%s as %s: %v", c.f.Model().Format, c.name, err)
		}
	}
}
