package report

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"splitquant/core/recipe"
)

func sample() *Report {
	db, plain := 8.125, 1.5
	return &Report{
		Version: "0", Model: Model{Name: "m.onnx", Format: "onnx"}, Options: recipe.Defaults(),
		SQNR: &db, Plain: &plain, BitsPerWeight: 6, BytesBefore: 1000, BytesAfter: 250, Needs: "ONNX Runtime",
		Layers: []Layer{
			{Name: "a|b", Op: "Gemm", Shape: []int64{4, 3}, Parameters: 12, Bits: 2, Strategy: "kmeans", SQNR: &db, Plain: &plain, BitsPerWeight: 6},
			{Name: "even", Op: "Conv", Shape: []int64{1}, Parameters: 1, Bits: 2, Strategy: "none", Exact: true},
			{Name: "left", Op: "MatMul", Skipped: "excluded"},
		},
	}
}

func TestSummary(t *testing.T) {
	var b strings.Builder
	sample().Summary(&b)
	const want = `layers            2 of 3
size              1000 -> 250 bytes (25.0 %)
bits per weight   6.00
SQNR              8.12 dB, plain quantization to the same bits 1.50 dB
runs on           ONNX Runtime
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// encoding/csv reads back what was written.
func TestCSV(t *testing.T) {
	var b strings.Builder
	if err := CSV(&b, sample()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[1][0] != "a|b" || rows[1][6] != "8.12" || rows[2][6] != "exact" || rows[3][10] != "excluded" {
		t.Errorf("got %q", rows)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, sample()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `| a\|b | Gemm | 4x3 | 12 | 2 | kmeans | 8.12 |`) {
		t.Errorf("no row for the first layer in\n%s", b.String())
	}
}

// Names from a file cannot break a table or reach the terminal as codes.
func TestNamesAreHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"conv1": "conv1", "层/0": "层/0", `a\b "c"`: `a\b "c"`,
		"\x1b[31mred": `\x1b[31mred`, "a\nb\tc": `a\nb\tc`, "\u202egnp": `\u202egnp`, "\xff": `\xff`, "\ufffd": "\ufffd",
	} {
		if got := Printable(name); got != want {
			t.Errorf("Printable(%q) = %q, want %q", name, got, want)
		}
	}
	r := sample()
	r.Layers[0].Name = "a\n| b \\| <b>\x1b[31m"
	var b strings.Builder
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	if want := `| a\\n\| b \\\| &lt;b>\\x1b[31m | Gemm |`; !strings.Contains(b.String(), want) {
		t.Errorf("no row that begins with %s in\n%s", want, b.String())
	}
}

// Where nothing was done, one message says so and why.
func TestMessages(t *testing.T) {
	r := &Report{
		Layers:   []Layer{{Skipped: "excluded"}, {Skipped: "no constant"}, {Skipped: "excluded"}},
		Warnings: []string{"an odd file", Nothing},
	}
	const want = "nothing to quantize: the file is copied unchanged (2 layers: excluded; 1 layer: no constant; an odd file)"
	if got := r.Messages(); len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
	r.Layers[0].Skipped, r.Warnings[1] = "", "another"
	if got := r.Messages(); len(got) != 2 {
		t.Errorf("with a layer that was worked on: %q", got)
	}
}

// What is not there is null or absent, never a number.
func TestJSONOfNothing(t *testing.T) {
	var b strings.Builder
	if err := JSON(&b, &Report{Layers: []Layer{{Name: "left", Skipped: "excluded"}}}); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if v, ok := got["sqnr_db"]; !ok || v != nil {
		t.Errorf("sqnr_db is %v, want null", v)
	}
	if shape, ok := got["layers"].([]any)[0].(map[string]any)["shape"].([]any); !ok || len(shape) != 0 {
		t.Errorf("a shape that is not known is %v, want an empty list", shape)
	}
	b.Reset()
	if err := JSON(&b, new(Report)); err != nil || !strings.Contains(b.String(), `"layers": []`) {
		t.Errorf("%v, no empty list of layers in %s", err, b.String())
	}
	if _, ok := got["exact"]; ok {
		t.Error("exact is there although nothing was quantized")
	}
}

func TestWriterFor(t *testing.T) {
	for name, want := range map[string]string{"r.json": "", "R.MD": "", "r.csv": "", "r.html": "", "r": "must end in"} {
		_, err := WriterFor(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}
