package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"splitquant/core/dataset"
	"splitquant/core/ort"
	"splitquant/core/recipe"
	"splitquant/core/rows"
	"splitquant/core/tensor"
)

// scorer is a model of token ids that scores class c of a text with
// score(its first id, c).
func scorer(name string, classes int, score func(id int64, class int) float32) *Model {
	open := tensor.Shape{-1, -1}
	return &Model{
		Name:    name,
		Inputs:  []ort.Info{{Name: "ids", Type: tensor.Int64, Shape: open}, {Name: "attention_mask", Type: tensor.Int64, Shape: open}},
		Outputs: []ort.Info{{Name: "logits", Type: tensor.Float32, Shape: tensor.Shape{-1, int64(classes)}}},
		IDs:     map[string]int64{"ids": 100},
		Run: func(_ context.Context, in map[string]ort.Value) (map[string]ort.Value, error) {
			ids, err := in["ids"].Floats()
			if err != nil {
				return nil, err
			}
			rows, length := int(in["ids"].Shape[0]), int(in["ids"].Shape[1])
			var out []float32
			for r := range rows {
				for c := range classes {
					out = append(out, score(int64(ids[r*length]), c))
				}
			}
			return map[string]ort.Value{"logits": ort.Float32(tensor.Shape{int64(rows), int64(classes)}, out)}, nil
		},
	}
}

// byID puts a text in class first id modulo classes.
func byID(classes int) func(int64, int) float32 {
	return func(id int64, c int) float32 {
		if int(id)%classes == c {
			return 2
		}
		return 0
	}
}

// texts have the ids 0 to n-1, of different lengths, and labels modulo 3.
func texts(n int) *dataset.Texts {
	t := &dataset.Texts{}
	for i := range n {
		t.Rows = append(t.Rows, dataset.Text{Label: i % 3, Words: fmt.Sprint("text ", i), IDs: make([]int64, 1+i*7%5)})
		t.Rows[i].IDs[0] = int64(i)
	}
	return t
}

// The counts are by hand: the second model is wrong on the ids 4, 9, 14, ...,
// which it takes for class 0, and silent on 7.
func TestAccuracy(t *testing.T) {
	worse := scorer("worse", 3, func(id int64, c int) float32 {
		switch {
		case id == 7:
			return float32(math.NaN())
		case id%5 == 4 && c == 0:
			return 9
		}
		return byID(3)(id, c)
	})
	var seen []int
	table, err := Accuracy(context.Background(), []*Model{scorer("original", 3, byID(3)), worse}, texts(30), AccuracyOptions{
		Batch: 11, Progress: func(done, rows int) { seen = append(seen, done) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen[0] != 0 || seen[len(seen)-1] != 30 {
		t.Errorf("progress %v", seen)
	}
	original, r := table.Models[0], table.Models[1]
	if original.Correct != 30 || original.Agreement != nil {
		t.Errorf("original: %+v", original)
	}
	// 4 14 19 29 are of classes 1 2 1 2; 9 and 24 are of class 0.
	if r.Correct != 25 || r.Rows != 30 || r.Unanswered != 1 || r.Confusion[1][0] != 2 || r.Confusion[2][0] != 2 || r.Confusion[0][0] != 10 {
		t.Errorf("worse: %+v", r.Score)
	}
	if len(table.Differ) != 5 || table.Differ[0].Row != 4 || table.Differ[1].Row != 7 || table.Differ[1].Predicted[1] != -1 || table.Differ[0].Title != "text 4" {
		t.Errorf("differ: %+v", table.Differ)
	}
	if r.MaxAbs != 9 || r.NaN != 3 || *r.Top1 != 25.0/30 {
		t.Errorf("agreement: %+v with top-1 %v", r.Agreement, *r.Top1)
	}
	if low, high := r.Low, r.High; !(low < r.Accuracy && r.Accuracy < high) {
		t.Errorf("interval %v to %v around %v", low, high, r.Accuracy)
	}
}

func TestWrongData(t *testing.T) {
	one := texts(30)
	one.Rows[20].Label, one.Rows[20].Words = 3, "a text"
	from1 := texts(30)
	for i := range from1.Rows {
		from1.Rows[i].Label++
	}
	unlabelled := texts(3)
	unlabelled.Rows[1].Label = -1
	other := texts(3)
	other.Rows[2].IDs[0] = 100
	three := scorer("m", 3, byID(3))
	noScores := scorer("m", 3, byID(3))
	noScores.Outputs[0].Name = "hidden"
	noScores.Run = func(context.Context, map[string]ort.Value) (map[string]ort.Value, error) {
		return map[string]ort.Value{"hidden": ort.Float32(tensor.Shape{3, 2, 2}, make([]float32, 12))}, nil
	}
	renamed := scorer("other", 3, byID(3))
	renamed.Inputs[1].Name = "mask"
	for _, c := range []struct {
		name   string
		models []*Model
		set    dataset.Set
		o      AccuracyOptions
		want   string
	}{
		{"label outside", []*Model{three}, one, AccuracyOptions{}, `m: row 21 (a text): label 3 is outside the 3 classes of output "logits", 0 to 2`},
		{"labels from 1", []*Model{three}, from1, AccuracyOptions{}, "are they counted from 1?"},
		{"no labels", []*Model{three}, unlabelled, AccuracyOptions{}, "the data have no labels"},
		{"wrong tokenizer", []*Model{three}, other, AccuracyOptions{}, `m: token id 100 of input "ids" is outside the 100 rows of the embedding: the tokenizer is not the model's`},
		{"no scores", []*Model{noScores}, texts(3), AccuracyOptions{}, `no output has a score for each class of each of 3 rows: "hidden" [3 2 2]`},
		{"no such output", []*Model{three}, texts(3), AccuracyOptions{Output: "y"}, `there is no output "y": these are "logits" [3 3]`},
		{"another model", []*Model{three, renamed}, texts(3), AccuracyOptions{}, `m has input "attention_mask" and other has not`},
	} {
		if _, err := Accuracy(context.Background(), c.models, c.set, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// A model with a fixed number of rows gets so many, also at the end.
func TestFixedBatch(t *testing.T) {
	m := scorer("m", 3, byID(3))
	run := m.Run
	m.Inputs[0].Shape = tensor.Shape{4, 8}
	m.Inputs[1].Shape = tensor.Shape{4, 8}
	m.Run = func(ctx context.Context, in map[string]ort.Value) (map[string]ort.Value, error) {
		if s := in["ids"].Shape; s[0] != 4 || s[1] != 8 {
			return nil, fmt.Errorf("shape %v", s)
		}
		return run(ctx, in)
	}
	table, err := Accuracy(context.Background(), []*Model{m}, texts(10), AccuracyOptions{})
	if err != nil || table.Models[0].Correct != 10 {
		t.Errorf("%v, %+v", err, table)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := scorer("m", 3, byID(3))
	run := m.Run
	m.Run = func(ctx context.Context, in map[string]ort.Value) (map[string]ort.Value, error) {
		cancel()
		return run(ctx, in)
	}
	if _, err := Accuracy(ctx, []*Model{m}, texts(30), AccuracyOptions{Batch: 5}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The figures by hand: 10 log10((9+16)/1) dB, 1 of 4.
func TestCompare(t *testing.T) {
	outputs := func(name string, values ...float32) *Model {
		return &Model{
			Name: name, Inputs: []ort.Info{{Name: "x", Type: tensor.Float32, Shape: tensor.Shape{1, 2}}},
			Outputs: []ort.Info{{Name: "y", Type: tensor.Float32, Shape: tensor.Shape{1, 2}}},
			Run: func(context.Context, map[string]ort.Value) (map[string]ort.Value, error) {
				return map[string]ort.Value{"y": ort.Float32(tensor.Shape{1, 2}, values)}, nil
			},
		}
	}
	a := outputs("a", 3, 4)
	inputs, err := Inputs(a, Generate{Samples: 1})
	if err != nil {
		t.Fatal(err)
	}
	table, err := Compare(context.Background(), []*Model{a, outputs("b", 3, 3), a}, inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := table.Models[1]
	if b.MaxAbs != 1 || b.MaxRel != 0.25 || math.Abs(*b.SQNR-10*math.Log10(25)) > 1e-9 || *b.Top1 != 0 ||
		math.Abs(*b.Cosine-21/(5*math.Sqrt(18))) > 1e-12 || b.Exact {
		t.Errorf("b: %+v", b.Agreement)
	}
	if c := table.Models[2]; !c.Exact || c.SQNR != nil || *c.Cosine != 1 || *c.Top1 != 1 {
		t.Errorf("itself: %+v", c.Agreement)
	}
}

// Made-up inputs are of the shapes and in the ranges that their names promise.
func TestInputs(t *testing.T) {
	m := &Model{
		Name: "m", IDs: map[string]int64{"input_ids": 50},
		Inputs: []ort.Info{
			{Name: "input_ids", Type: tensor.Int64, Shape: tensor.Shape{-1, -1}, Dims: []string{"batch", "sequence"}},
			{Name: "attention_mask", Type: tensor.Int64, Shape: tensor.Shape{-1, -1}, Dims: []string{"batch", "sequence"}},
			{Name: "token_type_ids", Type: tensor.Int32, Shape: tensor.Shape{-1, -1}},
			{Name: "pixels", Type: tensor.Float16, Shape: tensor.Shape{-1, 3, -1, -1}},
		},
	}
	open := Dimensions(m.Inputs)
	if len(open) != 7 || open[1].Name != "sequence" || open[1].Size != 16 || open[3].Name != "token_type_ids:1" || open[5].Size != 224 {
		t.Errorf("open dimensions %+v", open)
	}
	g := Generate{Samples: 2, Sizes: map[string]int64{"batch": 3, "pixels:2": 8, "pixels:3": 9}}
	if got, want := g.Describe(m.Inputs[:2]), "seed 0, batch 3, sequence from 16 on"; got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
	samples, err := Inputs(m, g)
	if err != nil {
		t.Fatal(err)
	}
	second := samples[1]
	if got := fmt.Sprint(second["input_ids"].Shape, second["attention_mask"].Shape, second["pixels"].Shape); got != "[3 20] [3 20] [1 3 8 9]" {
		t.Errorf("shapes %s", got)
	}
	for name, limit := range map[string][2]float32{"input_ids": {0, 49}, "attention_mask": {1, 1}, "token_type_ids": {0, 0}, "pixels": {-8, 8}} {
		values, err := second[name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if v < limit[0] || v > limit[1] {
				t.Errorf("%s holds %v, want %v", name, v, limit)
				break
			}
		}
	}
	again, _ := Inputs(m, g)
	if string(again[1]["pixels"].Data) != string(second["pixels"].Data) || string(samples[0]["pixels"].Data) == string(second["pixels"].Data) {
		t.Error("inputs do not follow from the seed and their number alone")
	}
	if _, err := Inputs(m, Generate{Sizes: map[string]int64{"width": 3}}); err == nil || !strings.Contains(err.Error(), `no dimension "width" is open: these are batch (1), sequence (16)`) {
		t.Errorf("got %v", err)
	}
}

// The oracle: the interval ends where (p - x)^2 = z^2 x (1 - x) / n, roots by NumPy.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		correct, n int
		low, high  float64
	}{{1754, 2000, 0.861879, 0.890676}, {0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {0, 0, 0, 1}} {
		if low, high := Wilson(c.correct, c.n); math.Abs(low-c.low) > 2e-6 || math.Abs(high-c.high) > 2e-6 {
			t.Errorf("%d of %d: %.6f to %.6f, want %v to %v", c.correct, c.n, low, high, c.low, c.high)
		}
	}
}

// A model of two layers: "a" costs 10 rows of 30, "b" alone none, but of what
// "a" leaves it takes 5 more.
func TestStudy(t *testing.T) {
	original := scorer("original", 3, byID(3))
	runs, closed := 0, 0
	run := original.Run
	original.Run = func(ctx context.Context, in map[string]ort.Value) (map[string]ort.Value, error) {
		runs++
		return run(ctx, in)
	}
	study := &Study{
		Original: original, Options: recipe.Defaults(), Layers: [][]string{{"b*"}, {"a", "a2"}}, Set: texts(30),
		Try: func(_ context.Context, o recipe.Options) (*Model, func(), error) {
			_, a := o.Selects("a")
			_, b := o.Selects("b*")
			m := scorer("tried", 3, func(id int64, c int) float32 {
				if (a && id < 10 || a && b && id < 15) && c == int(id+1)%3 {
					return 9
				}
				return byID(3)(id, c)
			})
			return m, func() { closed++ }, nil
		},
	}
	r, err := study.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.Float.Correct != 30 || r.All.Correct != 15 || r.Rows != 30 {
		t.Errorf("float %d, all %d of %d", r.Float.Correct, r.All.Correct, r.Rows)
	}
	a, b := r.Layers[0], r.Layers[1]
	if a.Layers[0] != "a" || a.Alone.Correct != 20 || a.Spared.Correct != 30 || b.Alone.Correct != 30 || b.Spared.Correct != 20 {
		t.Errorf("a: %d alone, %d spared; b: %d alone, %d spared", a.Alone.Correct, a.Spared.Correct, b.Alone.Correct, b.Spared.Correct)
	}
	if batches := len(rows.Batches(study.Set, defaultBatch)); runs != batches || closed != 5 {
		t.Errorf("the original ran %d times on %d batches; %d of 5 models were closed", runs, batches, closed)
	}
	kept := r.Keep(1, 8)
	if kept.For("a2").Bits != 8 || kept.For("b*").Bits != 2 || len(r.Options.Layers) != 0 {
		t.Errorf("kept: %+v", kept.Layers)
	}
}
