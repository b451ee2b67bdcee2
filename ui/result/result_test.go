package result

import (
	"strings"
	"testing"

	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

func db(x float64) *float64 { return &x }

func view() *View {
	s := state.New()
	s.SetModel(&message.ModelInfo{Layers: []message.LayerInfo{{Name: "conv1"}, {Name: "fc1"}, {Name: "emb"}}})
	s.Result = &state.Result{Asked: recipe.Defaults(), Report: &report.Report{
		SQNR: db(9.05), Plain: db(1.04), BitsPerWeight: 6.01, BytesBefore: 210_000, BytesAfter: 42_000, Seconds: 0.25, Opset: 25, Needs: "ONNX Runtime 1.24",
		Layers: []report.Layer{
			{Name: "conv1", SQNR: db(16.5), Plain: db(6), MaxAbs: 2.5, MaxAbsKept: 2.5, PlainKept: 2, BitsPerWeight: 7.44, BytesBefore: 288, BytesAfter: 67},
			{Name: "fc1", SQNR: db(5.45), Plain: db(1.11), MaxAbs: 1, MaxAbsKept: 0.5, BitsPerWeight: 6, BytesBefore: 201_000, BytesAfter: 37_600, Note: "tied", SharedWith: []string{"fc2"}},
			{Name: "emb", Skipped: "looked up", MaxAbs: 9},
		},
	}}
	return &View{S: &s}
}

func TestFigures(t *testing.T) {
	c := view()
	root := uitest.Render(c)
	if got, _ := uitest.ByTestID(root, "result-size"); got != "Size 210 kB → 42.0 kB 20 % of before, 6.01 bits per weight" {
		t.Errorf("size: %q", got)
	}
	if got, _ := uitest.ByTestID(root, "result-sqnr"); got != "SQNR 9.05 dB split; plain 1.04 dB" {
		t.Errorf("SQNR: %q", got)
	}
	text := uitest.Text(root)
	for _, want := range []string{"2.50 → 2.50", "plain 2.00; in conv1", "Runs on ONNX Runtime 1.24, opset 25", "2 bits, kmeans, layers, one scale per tensor; 0.2 s"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if strings.Contains(text, "last run") {
		t.Error("a new result is called old")
	}
	c.S.SetOption("bits", "4")
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "of the last run (2 bits, kmeans, layers") {
		t.Errorf("an old result is not called so: %q", text)
	}
}

// A result in two files comes as an archive, and what is loaded is in it.
func TestArchive(t *testing.T) {
	c := view()
	c.S.Result.Name, c.S.Result.Report.BytesBeside = "net-int2.zip", 3<<30
	text := uitest.Text(uitest.Render(c))
	for _, want := range []string{"a ZIP archive of net-int2.onnx and its data", `InferenceSession("net-int2.onnx")`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestNoNoiseAndNothingQuantized(t *testing.T) {
	c := view()
	r := c.S.Result.Report
	r.SQNR, r.Plain, r.Exact = nil, nil, true
	if got, _ := uitest.ByTestID(uitest.Render(c), "result-sqnr"); got != "SQNR exact split" {
		t.Errorf("exact: %q", got)
	}
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, "Largest weight kept exactly") || strings.Contains(text, "→ 0") {
		t.Errorf("exact: %q", text)
	}
	r.Exact, r.Layers, r.BitsPerWeight = false, r.Layers[2:], 0
	root := uitest.Render(c)
	if got, _ := uitest.ByTestID(root, "result-sqnr"); got != "SQNR – nothing was quantized" {
		t.Errorf("nothing: %q", got)
	}
	if text := uitest.Text(root); !strings.Contains(text, "Largest weight –") {
		t.Errorf("nothing: %q", text)
	}
}

func TestPlainRun(t *testing.T) {
	c := view()
	c.S.Result.Asked.Strategy = "none"
	if got, _ := uitest.ByTestID(uitest.Render(c), "result-sqnr"); got != "SQNR 9.05 dB plain quantization" {
		t.Errorf("SQNR: %q", got)
	}
}

func TestTable(t *testing.T) {
	c := view()
	rows := uitest.Tags(uitest.Tags(uitest.Render(&Table{c}), "tbody")[0], "tr")
	want := []string{
		"fc1 5.45 dB 1.11 dB 50 % 6.00 bits 201 kB 37.6 kB tied; same weight as fc2",
		"conv1 16.50 dB 6.00 dB 100 % 7.44 bits 288 bytes 67 bytes",
		"emb – – – – – – looked up",
	}
	for i := range want {
		if got := uitest.Text(rows[i]); got != want[i] {
			t.Errorf("row %d: %q, want %q", i, got, want[i])
		}
	}
}

// What was left alone is said, with the reasons, and a tied weight counts once.
func TestLeftAlone(t *testing.T) {
	c := view()
	r := c.S.Result.Report
	r.Model.Parameters = 1000
	r.Layers[0].Parameters, r.Layers[1].Parameters, r.Layers[2].Parameters = 100, 300, 500
	want := "60 % of 1,000 weights were left alone: 500: looked up; 100 in no layer (normalisations, biases, tables and constants)."
	if got := strings.ReplaceAll(c.alone(), "\u00a0", " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Layers[0].SharedWith = []string{"fc1"} // of 100 weights in all
	if got := c.alone(); !strings.HasPrefix(got, "90") {
		t.Errorf("a tied weight counts twice: %q", got)
	}
	r.Model.Parameters, r.Layers = 0, r.Layers[:2]
	if got := c.alone(); got != "" {
		t.Errorf("nothing was left alone, and it says %q", got)
	}
}

func TestAtMostThirtyRows(t *testing.T) {
	c := view()
	r := c.S.Result.Report
	for len(r.Layers) < 65 {
		r.Layers = append(r.Layers, r.Layers[0])
	}
	root := uitest.Render(&Table{c})
	if got := len(uitest.Tags(uitest.Tags(root, "tbody")[0], "tr")); got != 30 {
		t.Errorf("%d rows", got)
	}
	if text := uitest.Text(root); !strings.Contains(text, "1 to 30 of 65") {
		t.Errorf("no pager in %q", text)
	}
}

// aria-sort says which way the numbers run, whichever way the first click goes.
func TestAriaSort(t *testing.T) {
	c := view()
	for _, x := range []struct {
		sort state.Sort
		want string
	}{
		{state.Sort{By: damage}, "ascending"}, {state.Sort{By: damage, Reversed: true}, "descending"},
		{state.Sort{By: bySize}, "descending"}, {state.Sort{By: bySize, Reversed: true}, "ascending"},
	} {
		c.S.Sort = x.sort
		if got := c.sorted(x.sort.By); got != x.want {
			t.Errorf("%+v: %s, want %s", x.sort, got, x.want)
		}
		if got := c.sorted(byPlain); got != "none" {
			t.Errorf("%+v: the other column is %s", x.sort, got)
		}
	}
}

func TestBeforeTheRun(t *testing.T) {
	s := state.New()
	c := &View{S: &s}
	if got := uitest.Text(uitest.Render(c)); !strings.Contains(got, string(textNoModel)) {
		t.Errorf("without a model: %q", got)
	}
	s.SetModel(&message.ModelInfo{})
	if got := uitest.Text(uitest.Render(c)); !strings.Contains(got, string(textEmpty)) {
		t.Errorf("before a run: %q", got)
	}
	if got := uitest.Text(uitest.Render(&Table{c})); got != "" {
		t.Errorf("the table: %q", got)
	}
}
