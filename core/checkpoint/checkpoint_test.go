package checkpoint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

func named(name string, shape ...int64) Named {
	return Named{name, &model.Tensor{Name: name, Type: tensor.Float32, Shape: shape, Data: strings.NewReader("")}}
}

// The names are those of published models, told in the table by who wrote them.
func TestLayers(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape tensor.Shape
		bias  string // beside it, empty for none
		want  string // name, kind, axis of the outputs, bias
	}{
		{"fc.weight", tensor.Shape{3, 4}, "fc.bias", "fc linear 0 fc.bias"},
		{"fc.weight", tensor.Shape{3, 4}, "", "fc linear 0"},
		{"weight", tensor.Shape{3, 4}, "bias", "weight linear 0 bias"},
		{"conv.weight", tensor.Shape{3, 4, 5, 5}, "conv.bias", "conv conv 0 conv.bias"},
		{"up.deconv1.weight", tensor.Shape{4, 3, 2, 2}, "up.deconv1.bias", "up.deconv1 conv-transpose 1 up.deconv1.bias"},
		{"model.embed_tokens.weight", tensor.Shape{100, 8}, "", "model.embed_tokens embedding 0"},                           // Llama
		{"bert.embeddings.word_embeddings.weight", tensor.Shape{100, 8}, "", "bert.embeddings.word_embeddings embedding 0"}, // BERT
		{"token_embd.weight", tensor.Shape{100, 8}, "", "token_embd embedding 0"},                                           // llama.cpp
		{"transformer.wte.weight", tensor.Shape{100, 8}, "", "transformer.wte embedding 0"},                                 // GPT-2
		{"embedding.weight", tensor.Shape{3, 4}, "embedding.bias", "embedding linear 0 embedding.bias"},                     // CGCNN: it has a bias
		{"patch_embed.proj.weight", tensor.Shape{3, 4, 5, 5}, "", "patch_embed.proj conv 0"},                                // ViT
		{"blk.0.attn_q.weight", tensor.Shape{8, 8}, "", "blk.0.attn_q linear 0"},                                            // llama.cpp
		{"h.0.ln_1.norm.weight", tensor.Shape{8, 8}, "", "h.0.ln_1.norm norm -1"},
		{"lstm.weight_ih_l0", tensor.Shape{32, 8}, "", "lstm.weight_ih_l0 recurrent 0"},
		{"enc_w_hh", tensor.Shape{24, 8}, "", "enc_w_hh recurrent 0"},
		{"fc_w", tensor.Shape{3, 4}, "fc_b", "fc_w linear 0 fc_b"},
		{"dense/kernel:0", tensor.Shape{4, 3}, "dense/bias:0", "dense/kernel:0 linear 1 dense/bias:0"}, // Keras
		{"attn.in_proj_weight", tensor.Shape{3, 4}, "attn.in_proj_bias", "attn.in_proj_weight linear 0 attn.in_proj_bias"},
		{"attn.masked", tensor.Shape{1, 1, 8, 8}, "", "attn.masked unknown -1"},
		{"fc.weight", tensor.Shape{3, 4}, "fc.wrong", "fc linear 0"},
	} {
		tensors := []Named{named(c.name, c.shape...)}
		if c.bias != "" {
			tensors = append(tensors, named(c.bias, 3))
		}
		l := Layers(tensors)[0]
		got := fmt.Sprintf("%s %s %d", l.Name, l.Kind, l.OutAxis)
		if l.Bias != nil {
			got += " " + l.Bias.Name
		}
		if got != c.want {
			t.Errorf("%s %v: %s, want %s", c.name, c.shape, got, c.want)
		}
	}
	other := named("codes", 3, 4)
	other.Tensor.Type = tensor.Int64
	if l := Layers([]Named{named("norm.weight", 3), other}); len(l) != 0 {
		t.Errorf("layers are %+v", l)
	}
}

// What is written for a change has the names and shapes of doc.go.
func TestExpand(t *testing.T) {
	tensors := []Named{named("fc.weight", 2, 4), named("fc.bias", 2), named("norm.weight", 2)}
	m := &model.Model{Layers: Layers(tensors)}
	part := func(name string, s model.Stored) model.Stored {
		s.Name, s.Shape = name, tensor.Shape{2, 4}
		return s
	}
	float := func(name string) model.Stored { return part(name, model.Stored{Type: tensor.Float32}) }
	for _, c := range []struct {
		name   string
		change model.Change
		want   []string
	}{
		{"float, with a bias in one piece", model.Change{Form: model.FormLayers, Parts: []model.Stored{float("lower"), float("upper"), float("middle")}},
			[]string{"fc.lower.weight float32 [2 4]", "fc.upper.weight float32 [2 4]", "fc.middle.weight float32 [2 4]",
				"fc.lower.bias float32 [2]", "fc.upper.bias float32 [2]", "fc.middle.bias float32 [2]", "norm.weight float32 [2]"}},
		{"codes, per channel", model.Change{Form: model.FormSummed, Parts: []model.Stored{
			part("lower", model.Stored{Type: tensor.Uint2, Scale: []float32{1, 2}, Zero: []int32{3, 0}}),
			part("upper", model.Stored{Type: tensor.Int4, Scale: []float32{1}, Zero: []int32{0}})}},
			[]string{"fc.lower.weight.codes uint8 [2]", "fc.lower.weight.scales float32 [2 1]", "fc.lower.weight.zeros uint8 [1]",
				"fc.upper.weight.codes uint8 [4]", "fc.upper.weight.scales float32 [1 1]", "fc.bias float32 [2]", "norm.weight float32 [2]"}},
		{"groups", model.Change{Parts: []model.Stored{part("", model.Stored{Type: tensor.Uint8, Scale: make([]float32, 4), Zero: make([]int32, 4), Axis: 1, Block: 3})}},
			[]string{"fc.weight.codes uint8 [8]", "fc.weight.scales float32 [2 2]", "fc.weight.zeros uint8 [4]", "fc.bias float32 [2]", "norm.weight float32 [2]"}},
		{"a table", model.Change{Parts: []model.Stored{part("", model.Stored{Type: tensor.Uint4, Table: []float32{1, 2, 3}, Scale: []float32{0.5, 2}})}},
			[]string{"fc.weight.codes uint8 [4]", "fc.weight.scales float16 [2 1]", "fc.weight.table float32 [3]", "fc.bias float32 [2]", "norm.weight float32 [2]"}},
	} {
		c.change.Weight = tensors[0].Tensor
		out, d, err := Expand(tensors, m, []model.Change{c.change})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range out {
			got = append(got, fmt.Sprint(x.Name, " ", x.Type, " ", []int64(x.Shape)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if n := len(d["fc.weight"].Parts); n != len(c.change.Parts) {
			t.Errorf("%s: %d parts are described", c.name, n)
		}
	}
	taken := append(tensors, named("fc.lower.weight", 2, 4))
	change := model.Change{Weight: tensors[0].Tensor, Form: model.FormLayers, Parts: []model.Stored{float("lower"), float("upper")}}
	if _, _, err := Expand(taken, m, []model.Change{change}); err == nil || !strings.Contains(err.Error(), `"fc.lower.weight"`) {
		t.Errorf("a name that is taken: %v", err)
	}
}

func ExampleLayers() {
	tensor := &model.Tensor{Type: tensor.Float32, Shape: tensor.Shape{10, 20}, Data: bytes.NewReader(nil)}
	for _, l := range Layers([]Named{{"decoder.fc.weight", tensor}}) {
		fmt.Println(l.Name, l.Op, l.Shape)
	}
	// Output: decoder.fc Linear [10 20]
}

func TestReadIndex(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}}`, "[m-1.safetensors m-2.safetensors]"},
		{`{"weight_map":{"a":"../secret"}}`, `unsafe path "../secret"`},
		{`{"weight_map":{"a":"/etc/passwd"}}`, "unsafe"},
		{`{"weight_map":{"a":"..\\secret"}}`, "unsafe"},
		{`{"weight_map":{"a":".."}}`, "unsafe"},
		{`{"a":1}`, "no weight_map"},
		{`{"weight_map`, "no model"},
	} {
		names, err := ReadIndex(strings.NewReader(c.text), int64(len(c.text)))
		got := fmt.Sprint(names)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	if _, err := ReadIndex(strings.NewReader("{"), 1<<40); err == nil {
		t.Error("an index of a terabyte")
	}
}
