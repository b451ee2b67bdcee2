package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"splitquant/core/evaluate"
)

func proofSample() *Proof {
	db, one, cosine := 20.5, 0.5, 0.99
	return &Proof{
		Version: "0", Runtime: "ONNX Runtime 1", Data: "d.tsv", Tokenizer: "vocab.txt",
		Table: evaluate.Table{
			Rows: 2, Classes: []string{"ham", "<spam>"},
			Models: []evaluate.Result{
				{Model: "m.onnx", Bytes: 10, Score: &evaluate.Score{Accuracy: 1, Correct: 2, Rows: 2, Low: 0.34, High: 1, Confusion: [][]int{{1, 0}, {0, 1}}}},
				{Model: "q.onnx", Score: &evaluate.Score{Accuracy: 0.5, Correct: 1, Rows: 2, Low: 0.1, High: 0.9, Confusion: [][]int{{1, 0}, {1, 0}}},
					Agreement: &evaluate.Agreement{MaxAbs: 0.25, SQNR: &db, Cosine: &cosine, Top1: &one}},
			},
			Differ: []evaluate.Row{{Row: 1, Title: "<b>|\x1b text", Label: 1, Predicted: []int{1, 0}}},
		},
	}
}

func rankingSample() *Ranking {
	score := func(correct int) evaluate.Result {
		return evaluate.Result{Score: &evaluate.Score{Accuracy: float64(correct) / 10, Correct: correct, Rows: 10}}
	}
	return &Ranking{
		Version: "0", Model: "m.onnx", Data: "d.tsv",
		Ranking: evaluate.Ranking{
			Rows: 10, Options: sample().Options, Float: score(9), All: score(3),
			Layers: []evaluate.Sensitive{{Layers: []string{"a", "b"}, Alone: score(5), Spared: score(7), Loss: 0.4, Gain: 0.4}},
		},
	}
}

// The file is well-formed (the oracle is encoding/xml, told of HTML's void
// elements), names no other file, and runs nothing.
func TestHTML(t *testing.T) {
	point := Point{Series: "plain", Bits: 2, BitsPerWeight: 2, SQNR: sample().SQNR}
	var b strings.Builder
	run := sample()
	run.Layers[0].Name = "<script>alert(1)</script>"
	if err := HTML(&b, Document{Run: run, Proof: proofSample(), Ranking: rankingSample(), Frontier: &Frontier{Model: "m", Points: []Point{point}}}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	d := xml.NewDecoder(strings.NewReader(got))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "script" {
			t.Error("there is a script")
		}
		for _, a := range start.Attr {
			if a.Name.Local == "src" || a.Name.Local == "href" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("<%s> has %s=%q", start.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	for _, want := range []string{
		"&lt;script&gt;", "2 of 2", "50.00", "20.50", `&lt;b&gt;|\x1b text`, "&lt;spam&gt;", "a, b", "70.00",
		"splitquant quantize m.onnx -o result.onnx --recipe recipe.json", "&#34;strategy&#34;: &#34;kmeans&#34;", "10.00 to 90.00",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the file", want)
		}
	}
}

func TestProofText(t *testing.T) {
	var b strings.Builder
	if err := proofSample().Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 rows of d.tsv in 2 classes, tokens by vocab.txt, ONNX Runtime 1\n",
		"m.onnx  10     2 of 2   100.00      34.00 to 100.00",
		"1 rows on which they differ", `<b>|\x1b text`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// How models were made is in every report.
func TestProofMade(t *testing.T) {
	p := proofSample()
	p.Made = []Made{{Model: "q.onnx", Version: "0.1.0", Options: "bits=4", Again: "The same.", Report: &Report{Layers: []Layer{{Name: "conv<1>", Bits: 4}}}}}
	p.Frontier = &Frontier{Model: "m.onnx", Points: []Point{{Series: "plain", Bits: 4, BitsPerWeight: 4.1}}}
	for ending, want := range map[string][]string{
		".html": {"How q.onnx was made", "By SplitQuant 0.1.0 with bits=4. The same.", "conv&lt;1&gt;", "4.10"},
		".md":   {"## How q.onnx was made", "By SplitQuant 0.1.0 with bits=4. The same.", "conv&lt;1>", "4.10"},
		".json": {`"options": "bits=4"`, `"frontier"`},
	} {
		write, err := ProofWriterFor("x" + ending)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, p); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: no %q in\n%s", ending, w, b.String())
			}
		}
	}
}

// Every ending has its writer, and each writes what it is given.
func TestEndings(t *testing.T) {
	for ending, want := range map[string]string{".html": "<!DOCTYPE html>", ".md": "| m.onnx |", ".csv": "m.onnx,10,2 of 2", ".json": `"correct": 2`} {
		write, err := ProofWriterFor("x" + ending)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, proofSample()); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("proof%s: %v, no %q in\n%s", ending, err, want, b.String())
		}
	}
	for ending, want := range map[string]string{".html": "saves 40.00", ".md": "| a, b | 50.00 | 40.00 | 70.00 | 40.00 |", ".csv": `"a, b",50.00,40.00`, ".json": `"loss": 0.4`} {
		write, err := RankingWriterFor("x" + ending)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, rankingSample()); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("ranking%s: %v, no %q in\n%s", ending, err, want, b.String())
		}
	}
	for _, f := range []func(string) error{
		func(n string) error { _, err := ProofWriterFor(n); return err }, func(n string) error { _, err := RankingWriterFor(n); return err },
	} {
		if err := f("x.png"); err == nil || f("") != nil {
			t.Errorf("x.png: %v, no name: %v", err, f(""))
		}
	}
}
