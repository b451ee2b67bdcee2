package plan

import (
	"slices"
	"strings"
	"testing"

	"splitquant/core/kmeans"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/recipe"
)

// gates is a recurrent layer of 2 directions, 3 gates, 4 units and 5 inputs,
// whose blocks differ in scale.
func gates() model.Layer {
	w := weight("w", 1, 2, 12, 5)
	_, values, _ := read(w)
	for i := range values {
		values[i] *= float32(int(1) << (i / 20)) // 20 values in a block
	}
	w = floats("w", values, w.Shape...)
	return model.Layer{Name: "l", Kind: model.Recurrent, Shape: w.Shape, Weight: w, OutAxis: 1, Blocks: 6, SummedOnly: true}
}

// Every block is divided where a k-means of its values alone divides it. With
// channel scales, a gate of one direction shares its channels with that of the
// other, so they are one block.
func TestBlocksAreDividedAlone(t *testing.T) {
	l := gates()
	_, values, _ := read(l.Weight)
	for _, granularity := range []string{"tensor", "channel"} {
		for _, form := range []string{"layers", "float"} {
			o := recipe.Defaults()
			o.Granularity, o.Form, o.Bits = granularity, form, 8
			_, r := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
			parts := r.Changes[0].Parts
			for block := range 6 {
				mine := slices.Clone(values[20*block : 20*block+20])
				if granularity == "channel" {
					other := (block + 3) % 6
					mine = append(mine, values[20*other:20*other+20]...)
				}
				c, err := kmeans.Optimal(mine, 3)
				if err != nil {
					t.Fatal(err)
				}
				for i := 20 * block; i < 20*block+20; i++ {
					want := quant.Part(values[i], c.Boundaries())
					for _, s := range parts {
						if v := decoded(t, s, model.FormSummed)[i]; v != 0 && s.Name != model.PartNames[want] {
							t.Errorf("%s %s: weight %d of block %d is in part %s, expected %s", granularity, form, i, block, s.Name, model.PartNames[want])
						}
					}
				}
			}
		}
	}
}

// A float split in blocks adds up to the weight.
func TestBlocksAddUp(t *testing.T) {
	l := gates()
	for _, granularity := range []string{"tensor", "channel"} {
		o := recipe.Defaults()
		o.Form, o.Granularity = "float", granularity
		_, r := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
		sumsTo(t, r.Changes[0].Parts, l.Weight)
	}
}

// Thresholds for the error on one grid cannot lie in blocks: with them the error
// would be larger.
func TestBlocksShareAResolution(t *testing.T) {
	l := gates()
	whole := l
	whole.Blocks = 0
	o := recipe.Defaults()
	o.Strategy = "resolution"
	_, a := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
	_, b := run(t, &model.Model{Layers: []model.Layer{whole}}, o, 1)
	if *a.Report.SQNR < *b.Report.SQNR {
		t.Errorf("%.2f dB in blocks, %.2f as a whole", *a.Report.SQNR, *b.Report.SQNR)
	}
}

// Blocks that do not divide the weight are not used.
func TestBlocksThatDoNotFit(t *testing.T) {
	l := linear("l", weight("w", 1, 6, 5), nil)
	l.Blocks = 4
	p, err := New(&model.Model{Layers: []model.Layer{l}}, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Units[0].rows(); n != 1 {
		t.Errorf("%d rows, expected 1", n)
	}
}

// A weight of which one layer cannot be copied is summed, biases and all.
func TestSummedOnly(t *testing.T) {
	w := weight("w", 1, 8, 8)
	a, b := linear("a", w, weight("b", 2, 8)), linear("b", w, nil)
	b.SummedOnly = true
	m := &model.Model{Layers: []model.Layer{a, b, linear("c", weight("c", 3, 8, 8), nil)}}
	for form, note := range map[string]string{"layers": "its branches cannot be added up", "float": "its branches cannot be added up", "summed": "", "plain": ""} {
		o := recipe.Defaults()
		o.Form = form
		_, r := run(t, m, o, 1)
		c := r.Changes[0]
		if form != "plain" && c.Form != model.FormSummed || c.Biases != nil {
			t.Errorf("%s: written as %s with biases %v", form, c.Form, c.Biases)
		}
		if got := r.Report.Layers[0].Note; !strings.HasPrefix(got, note) || (got == "") != (note == "") {
			t.Errorf("%s: note %q, expected %q", form, got, note)
		}
		if other := r.Changes[1]; (form == "layers" || form == "float") && (other.Form != model.FormLayers || r.Report.Layers[2].Note != "") {
			t.Errorf("%s: the other weight is written as %s, note %q", form, other.Form, r.Report.Layers[2].Note)
		}
	}
}

// A weight whose rows are not known is split all the same, on one scale.
func TestNoRows(t *testing.T) {
	l := linear("l", weight("w", 1, 8, 8), nil)
	l.OutAxis = -1
	o := recipe.Defaults()
	o.Granularity = "channel"
	_, r := run(t, &model.Model{Layers: []model.Layer{l}}, o, 1)
	if c := r.Changes[0]; len(c.Parts) != 3 || len(c.Parts[0].Scale) != 1 {
		t.Errorf("%d parts, %d scales", len(c.Parts), len(c.Parts[0].Scale))
	}
	if note := r.Report.Layers[0].Note; note != "one scale for the tensor: its output channels do not lie along one axis" {
		t.Errorf("note %q", note)
	}
	v := linear("v", weight("v", 1, 8), nil)
	v.OutAxis = -1
	if _, r := run(t, &model.Model{Layers: []model.Layer{v}}, recipe.Defaults(), 1); len(r.Changes[0].Parts) != 1 {
		t.Error("a vector was split")
	}
}

// An embedding is left alone; without the reason it is quantized in one part.
func TestEmbedding(t *testing.T) {
	l := linear("l", weight("w", 1, 8, 8), nil)
	l.Kind, l.Skipped, l.Optional = model.Embedding, "an embedding", true
	if _, r := run(t, &model.Model{Layers: []model.Layer{l}}, recipe.Defaults(), 1); len(r.Changes) != 0 || r.Report.Layers[0].Skipped != "an embedding" {
		t.Errorf("changed: %+v", r.Report.Layers[0])
	}
	l.Skipped = ""
	_, r := run(t, &model.Model{Layers: []model.Layer{l}}, recipe.Defaults(), 1)
	if len(r.Changes[0].Parts) != 1 || !strings.HasPrefix(r.Report.Layers[0].Note, "not split: an embedding") {
		t.Errorf("%d parts, note %q", len(r.Changes[0].Parts), r.Report.Layers[0].Note)
	}
}
