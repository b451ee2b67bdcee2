package corpus

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"splitquant/core/ort"
	"splitquant/core/recipe"
	"splitquant/core/tensor"
)

// The paper's experiment on three BERT-Tiny classifiers. The oracle is
// ../shared/paper/results.json: the authors' reference algorithm, run in
// PyTorch with weights that were quantized and dequantized there.

// A classifier is a model with labelled rows.
type classifier struct {
	name   string // of its folder
	key    string // in results.json
	tokens string // its rows
	right  int    // rows that the float model gets right, in ONNX Runtime
}

var classifiers = []classifier{
	{"emotion", "emotion", "emotion", 1754},
	{"sms_spam", "sms_spam", "sms_spam", 5560},
	{"emotion_paper_encoder", "hybrid_original_encoder", "emotion", 1734},
}

// A cell is one entry of the table of results.
type cell struct {
	granularity string
	bits        int
	split       bool
}

func (c cell) String() string {
	how := "plain"
	if c.split {
		how = "split"
	}
	return fmt.Sprintf("%s/int%d/%s", c.granularity, c.bits, how)
}

// key is the cell's name in results.json.
func (c cell) key() string {
	how := "plain"
	if c.split {
		how = "split/exact" // the optimal 3-means, as ours is
	}
	return fmt.Sprintf("per_%s_affine/%d/%s", c.granularity, c.bits, how)
}

func (c cell) options() recipe.Options {
	o := options(c.bits, "layers", "auto")
	o.Granularity = c.granularity
	if !c.split {
		o.Form = "plain"
	}
	return o
}

func cells() (all []cell) {
	for _, granularity := range []string{"tensor", "channel"} {
		for _, bits := range []int{2, 4, 8} {
			all = append(all, cell{granularity, bits, false}, cell{granularity, bits, true})
		}
	}
	return all
}

// inEveryTest are the cells that are run on data in every test: the hardest ones,
// where an error in a weight costs most. The rest needs SPLITQUANT_FULL.
var inEveryTest = map[string][]cell{
	"emotion":               {{"tensor", 2, true}, {"channel", 2, false}},
	"sms_spam":              {{"tensor", 2, true}},
	"emotion_paper_encoder": {{"tensor", 2, false}, {"tensor", 2, true}, {"channel", 2, true}, {"tensor", 4, false}},
}

// TestPaper makes every cell of the three tables: the SQNR of the weights in
// each, the accuracy in those that are chosen.
func TestPaper(t *testing.T) {
	dir := shared(t, "paper")
	results := readResults(t, dir)
	for _, c := range classifiers {
		for _, cell := range cells() {
			t.Run(c.name+"/"+cell.String(), func(t *testing.T) {
				t.Parallel()
				want, ok := results[c.key][cell.key()]
				if !ok {
					t.Fatalf("results.json has no %s", cell.key())
				}
				path := filepath.Join(dir, c.name, "model.onnx")
				model, rep, err := quantize(path, cell.options())
				if err != nil {
					t.Fatal(err)
				}
				if rep.SQNR == nil {
					t.Fatalf("there is no SQNR, want %.2f dB", want.SQNR)
				}
				if math.Abs(*rep.SQNR-want.SQNR) > 0.05 {
					t.Errorf("SQNR is %.3f dB, want %.3f", *rep.SQNR, want.SQNR)
				}
				if !full && !slices.Contains(inEveryTest[c.name], cell) {
					return
				}
				points := 0.3
				if c.name == "emotion_paper_encoder" && cell.bits == 2 {
					points = 2 // there chance decides many rows
				}
				rows := readRows(t, filepath.Join(dir, c.tokens, "test_tokens.tsv"))
				got := 100 * float64(right(t, path, model, rows)) / float64(len(rows))
				t.Logf("SQNR %.2f dB (%.2f), accuracy %.2f %% (%.2f)", *rep.SQNR, want.SQNR, got, 100*want.Acc)
				if math.Abs(got-100*want.Acc) > points {
					t.Errorf("accuracy is %.2f %%, want %.2f within %.1f", got, 100*want.Acc, points)
				}
			})
		}
	}
}

// TestPaperFloat runs the classifiers as they are, and split in float: both get
// the same rows right as PyTorch did. The largest data set needs SPLITQUANT_FULL.
func TestPaperFloat(t *testing.T) {
	dir := shared(t, "paper")
	for _, c := range classifiers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows := readRows(t, filepath.Join(dir, c.tokens, "test_tokens.tsv"))
			if len(rows) > 5000 && !full {
				t.Skip("needs SPLITQUANT_FULL=1")
			}
			path := filepath.Join(dir, c.name, "model.onnx")
			if got := right(t, path, nil, rows); got != c.right {
				t.Errorf("the original gets %d rows right, want %d", got, c.right)
			}
			model, _, err := quantize(path, options(2, "float", "auto"))
			if err != nil {
				t.Fatal(err)
			}
			if got := right(t, path, model, rows); got != c.right {
				t.Errorf("split it gets %d rows right, want %d", got, c.right)
			}
		})
	}
}

// A figure is what results.json says of a cell.
type figure struct{ SQNR, Acc float64 }

func readResults(t *testing.T, dir string) map[string]map[string]figure {
	text, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Results map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	results := map[string]map[string]figure{}
	for model, entries := range file.Results {
		results[model] = map[string]figure{}
		for key, raw := range entries {
			var f figure
			if json.Unmarshal(raw, &f) == nil { // entries of other kinds are left out
				results[model][key] = f
			}
		}
	}
	return results
}

// A row is a text as token ids, and the class it belongs to.
type row struct {
	label int
	ids   []int64
}

// readRows reads rows of label, TAB, ids, and orders them by length, so that
// batches of neighbours need little padding.
func readRows(t *testing.T, path string) (rows []row) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		label, text, _ := strings.Cut(lines.Text(), "\t")
		var r row
		if r.label, err = strconv.Atoi(label); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, word := range strings.Fields(text) {
			id, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			r.ids = append(r.ids, id)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return len(a.ids) - len(b.ids) })
	return rows
}

// right runs model, made from the one at path, or the original where it is
// nil, on the rows and counts those that it puts in their class.
func right(t *testing.T, path string, model []byte, rows []row) (n int) {
	t.Helper()
	library(t)
	s, err := open(t, path, model)
	if err != nil {
		t.Fatal(err)
	}
	for batch := range slices.Chunk(rows, 64) {
		out, err := s.Run(encode(batch))
		if err != nil {
			t.Fatal(err)
		}
		logits, err := out["logits"].Floats()
		if err != nil {
			t.Fatal(err)
		}
		classes := len(logits) / len(batch)
		for i, r := range batch {
			if argmax(logits[i*classes:(i+1)*classes]) == r.label {
				n++
			}
		}
	}
	return n
}

// encode makes the model's inputs: rows padded with 0 to the longest, a mask
// that is 1 on tokens, and one segment.
func encode(batch []row) map[string]ort.Value {
	longest := len(batch[len(batch)-1].ids)
	shape := tensor.Shape{int64(len(batch)), int64(longest)}
	ids, mask := make([]int64, len(batch)*longest), make([]int64, len(batch)*longest)
	for i, r := range batch {
		copy(ids[i*longest:], r.ids)
		for j := range r.ids {
			mask[i*longest+j] = 1
		}
	}
	return map[string]ort.Value{
		"input_ids":      ort.Int64(shape, ids),
		"attention_mask": ort.Int64(shape, mask),
		"token_type_ids": ort.Int64(shape, make([]int64, len(ids))),
	}
}

func argmax(v []float32) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}
