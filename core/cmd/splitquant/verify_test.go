package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	drawn "splitquant/core/dataset/digits"
	"splitquant/core/ort"
	"splitquant/core/report"
)

const paper = "../../../../shared/paper"

// needs skips the test without ONNX Runtime, or without the shared files.
func needs(t *testing.T, shared bool) {
	t.Helper()
	if err := ort.Load(""); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat(paper); shared && err != nil {
		t.Skip(err)
	}
}

func proof(t *testing.T, args ...string) (p report.Proof) {
	t.Helper()
	if err := json.Unmarshal([]byte(must(t, append([]string{"verify", "--json"}, args...)...)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// The oracle are the counts of PyTorch and ONNX Runtime in the description of
// the shared files, and for INT2 those of its reference; of plain INT2 in float32
// activations 1,695 are right.
func TestVerifyEmotion(t *testing.T) {
	needs(t, true)
	dir := t.TempDir()
	model := filepath.Join(paper, "emotion/model.onnx")
	args := []string{model, "--data", filepath.Join(paper, "emotion_test.tsv"), "--tokenizer", filepath.Join(paper, "vocab.txt")}
	for _, strategy := range []string{"none", "kmeans", "resolution", "residual"} {
		name := filepath.Join(dir, strategy+".onnx")
		must(t, "quantize", model, "-o", name, "--strategy", strategy, "-q")
		args = append(args, name)
	}
	p := proof(t, args...)
	for i, want := range []struct {
		correct int
		top1    float64
	}{{1754, 0}, {1695, 0.9145}, {1751, 0.98}, {1756, 0.99}, {1756, 0.998}} {
		m := p.Models[i]
		if m.Correct < want.correct-2 || m.Correct > want.correct+2 || m.Rows != 2000 {
			t.Errorf("%s: %d of %d correct, want about %d of 2000", m.Model, m.Correct, m.Rows, want.correct)
		}
		if i > 0 && (*m.Top1 < want.top1-0.002 || m.SQNR == nil || *m.Cosine > 1 || m.MaxAbs == 0) {
			t.Errorf("%s: top-1 %v, %+v", m.Model, *m.Top1, m.Agreement)
		}
	}
	if len(p.Differ) == 0 || p.Differ[0].Title == "" || len(p.Warnings) > 0 {
		t.Errorf("%d rows differ, warnings %q", len(p.Differ), p.Warnings)
	}
}

func TestVerifySpam(t *testing.T) {
	needs(t, true)
	p := proof(t, filepath.Join(paper, "sms_spam/model.onnx"), "--data", filepath.Join(paper, "sms_spam.tsv"), "--tokenizer", filepath.Join(paper, "vocab.txt"))
	if m := p.Models[0]; m.Correct != 5560 || m.Rows != 5574 || strings.Join(p.Classes, " ") != "ham spam" {
		t.Errorf("%d of %d correct in classes %v, want 5560 of 5574", m.Correct, m.Rows, p.Classes)
	}
}

// Two worst layers at 8 bits bring plain INT2 back by 15 points at least.
func TestSensitivityEmotion(t *testing.T) {
	needs(t, true)
	dir := t.TempDir()
	model, data := filepath.Join(paper, "emotion_paper_encoder/model.onnx"), filepath.Join(paper, "emotion/test_tokens.tsv")
	recipe, mixed := filepath.Join(dir, "recipe.json"), filepath.Join(dir, "mixed.onnx")
	var r report.Ranking
	rows := "200" // as good as all of them at telling which layers these are
	if os.Getenv("SPLITQUANT_FULL") != "" {
		rows = "0"
	}
	if err := json.Unmarshal([]byte(must(t, "sensitivity", "--json", model, "--data", data, "--rows", rows, "-o", recipe)), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Layers) != 14 {
		t.Errorf("%d layers, want 14", len(r.Layers))
	}
	plain := filepath.Join(dir, "plain.onnx")
	must(t, "quantize", model, "-o", plain, "--strategy", "none", "-q")
	must(t, "quantize", model, "-o", mixed, "--recipe", recipe, "-q")
	p := proof(t, model, plain, mixed, "--data", data)
	before, after := p.Models[1].Accuracy, p.Models[2].Accuracy
	if after < before+0.15 {
		t.Errorf("accuracy %.4f with %v at 8 bits, %.4f without: want 15 points more", after, [][]string{r.Layers[0].Layers, r.Layers[1].Layers}, before)
	}
}

// idx writes drawn digits as MNIST comes.
func idx(t *testing.T, dir string, n int) (images, labels string) {
	t.Helper()
	pixels := []byte{0, 0, 8, 3, 0, 0, byte(n >> 8), byte(n), 0, 0, 0, drawn.Size, 0, 0, 0, drawn.Size}
	classes := []byte{0, 0, 8, 1, 0, 0, byte(n >> 8), byte(n)}
	for i := range n {
		image, label := drawn.Draw(drawn.TestSeed, i)
		pixels, classes = append(pixels, image[:]...), append(classes, byte(label))
	}
	images, labels = filepath.Join(dir, "images-idx3-ubyte"), filepath.Join(dir, "labels-idx1-ubyte")
	for name, data := range map[string][]byte{images: pixels, labels: classes} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return images, labels
}

// What is wrong with the data is said in one line.
func TestVerifyWrongData(t *testing.T) {
	needs(t, false)
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	images, labels := idx(t, dir, 300)
	classes := readFile(t, labels)
	classes[8+20] = 10
	outside := write("outside", string(classes))
	nan := write("nan", "\x00\x00\x0d\x02\x00\x00\x00\x02\x00\x00\x03\x10"+strings.Repeat("\x7f\xc0\x00\x00", 2*28*28))
	two := write("two", "\x00\x00\x08\x01\x00\x00\x00\x02\x01\x02")
	refused := write("refused.onnx", strings.Replace(string(readFile(t, digits)), "Relu", "Rulu", 1))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no labels", []string{digits, "--data", images}, "the data have no labels"},
		{"label outside the classes", []string{digits, "--data", images, "--labels", outside}, "row 21 (row 21): label 10 is outside the 10 classes"},
		{"NaN", []string{digits, "--data", nan, "--labels", two}, "row 1 has NaN or infinite values"},
		{"text for a model of pictures", []string{digits, "--data", write("a.tsv", "1\t2 3 4\n")}, "the model does not take text"},
		{"no tokenizer", []string{digits, "--data", write("b.tsv", "1\tgood film\n")}, "it needs the model's tokenizer"},
		{"no label column", []string{digits, "--data", write("c.csv", "id,text\n1,good film\n")}, "no label column: the columns are id, text"},
		{"another kind of tokenizer", []string{digits, "--data", images, "--tokenizer", write("t.json", `{"model": {"type": "Unigram"}}`)}, `model "Unigram" is not supported`},
		{"a model that is refused", []string{refused}, "does not take this model: "},
		{"no such file", []string{digits, "--data", "nowhere.tsv"}, "nowhere.tsv: no such file"},
		{"no such dimension", []string{digits, "--dim", "width=3"}, `no dimension "width" is open`},
	} {
		code, _, errs := command(t, append([]string{"verify"}, c.args...)...)
		if code != 1 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q; want %q", c.name, code, errs, c.want)
		}
	}
	p := proof(t, digits, "--data", images, "--labels", labels)
	if m := p.Models[0]; m.Rows != 300 || m.Accuracy < 0.95 {
		t.Errorf("digits: %d of %d", m.Correct, m.Rows)
	}
}

// Ids that another vocabulary has and the model has not are said to be that;
// a vocabulary of another size, and unknown words, are warned of.
func TestVerifyWrongTokenizer(t *testing.T) {
	needs(t, true)
	dir := t.TempDir()
	model := filepath.Join(paper, "emotion/model.onnx")
	vocabulary := string(readFile(t, filepath.Join(paper, "vocab.txt")))
	long, short := filepath.Join(dir, "long.txt"), filepath.Join(dir, "short.txt")
	for name, text := range map[string]string{long: strings.Repeat("[x]\n", 5000) + vocabulary, short: "[PAD]\n[UNK]\n[CLS]\n[SEP]\ni\nfeel\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(paper, "emotion_test.tsv")
	code, _, errs := command(t, "verify", model, "--data", data, "--tokenizer", long)
	if code != 1 || !strings.Contains(errs, "is outside the 30522 rows of the embedding: the tokenizer is not the model's") {
		t.Errorf("too long: exit %d, %q", code, errs)
	}
	code, _, errs = command(t, "verify", model, "--data", data, "--tokenizer", short)
	if code != 0 || !strings.Contains(errs, "the tokenizer has 6 ids and the model's embedding 30522 rows") || !strings.Contains(errs, "% of the words") {
		t.Errorf("too short: exit %d, %q", code, errs)
	}
}

// The float split of a model is the model but for rounding.
func TestVerifyMadeUp(t *testing.T) {
	needs(t, false)
	split := filepath.Join(t.TempDir(), "split.onnx")
	must(t, "split", digits, "-o", split, "-q")
	p := proof(t, digits, split)
	if m := p.Models[1]; m.MaxRel > 1e-5 || *m.Cosine < 0.99999 || p.Samples != 8 || m.Score != nil {
		t.Errorf("%+v of %d inputs", m.Agreement, p.Samples)
	}
	if text := must(t, "verify", digits, split); !strings.Contains(text, "8 made-up inputs (seed 0") || !strings.Contains(text, "split.onnx") {
		t.Errorf("got %s", text)
	}
}

// The table of the README is the one that its command prints.
func TestClaims(t *testing.T) {
	if os.Getenv("SPLITQUANT_FULL") == "" {
		t.Skip("takes long: set SPLITQUANT_FULL")
	}
	needs(t, true)
	_, rest, _ := strings.Cut(string(readFile(t, "../../../README.md")), "--claims -->\n")
	table, _, ok := strings.Cut(rest, "<!-- end -->")
	if got := must(t, "bench", "paper", paper, "--claims"); !ok || got != table {
		t.Errorf("the README has\n%s\nand the command prints\n%s", table, got)
	}
}

// A report says with which options a model was made, and that they make it
// again, with figures for each layer and the frontier. One whose metadata lie is
// told from that.
func TestVerifyReport(t *testing.T) {
	needs(t, false)
	dir := t.TempDir()
	four, lie := filepath.Join(dir, "four.onnx"), filepath.Join(dir, "lie.onnx")
	must(t, "quantize", digits, "-o", four, "--bits", "4", "-q")
	if err := os.WriteFile(lie, []byte(strings.Replace(string(readFile(t, four)), "bits=4", "bits=2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report.html")
	must(t, "verify", digits, four, lie, "-q", "--report", out)
	text := string(readFile(t, out))
	for _, want := range []string{"bits=4 strategy=kmeans", "it has the same bytes", "it has other bytes", "conv2", "Bits per weight against SQNR", "best of its size", "ONNX Runtime 1."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
