package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/report"
)

const digits = "../../../public/samples/digits.onnx"

// command runs the command line in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := command(t, args...)
	if code != 0 {
		t.Fatalf("splitquant %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExitCodes(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.onnx")
	broken := filepath.Join(t.TempDir(), "broken.onnx")
	if err := os.WriteFile(broken, readFile(t, digits)[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // in standard error
	}{
		{"no such command", []string{"quantise"}, 2, "quantise"},
		{"no output", []string{"quantize", digits}, 2, "--out"},
		{"unknown word", []string{"quantize", digits, "-o", out, "--strategy", "kmean"}, 2, `strategy "kmean" is unknown`},
		{"not built yet", []string{"quantize", digits, "-o", out, "--embeddings"}, 2, "--embeddings is not built yet"},
		{"report of unknown kind", []string{"quantize", digits, "-o", out, "--report", "r.xml"}, 2, "must end in .json, .csv or .md"},
		{"two goals", []string{"suggest", digits, "--budget", "4", "--min-sqnr", "20"}, 2, "either --budget or --min-sqnr"},
		{"goal out of reach", []string{"suggest", digits, "--budget", "1"}, 1, "no setting reaches the goal"},
		{"no such file", []string{"inspect", "nowhere.onnx"}, 1, "nowhere.onnx"},
		{"a folder", []string{"inspect", t.TempDir()}, 1, "is a folder"},
		{"broken file", []string{"quantize", broken, "-o", out}, 1, "broken.onnx"},
		{"no such target folder", []string{"quantize", digits, "-o", "nowhere/out.onnx"}, 1, "nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, errs := command(t, c.args...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("exit %d, %q; want exit %d and %q", code, errs, c.code, c.want)
			}
			if n := strings.Count(errs, "\n"); n != 1 {
				t.Errorf("%d lines on standard error, want one: %q", n, errs)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a failed command left %s", out)
			}
		})
	}
}

func TestInspectJSON(t *testing.T) {
	var in inspection
	if err := json.Unmarshal([]byte(must(t, "inspect", "--json", digits)), &in); err != nil {
		t.Fatal(err)
	}
	if in.Format != "onnx" || len(in.Layers) != 4 {
		t.Fatalf("format %q with %d layers, want onnx with 4", in.Format, len(in.Layers))
	}
	for i, want := range []string{"conv1", "conv2", "fc1", "fc2"} {
		if l := in.Layers[i]; l.Name != want || l.Parameters == 0 || l.Skipped != "" {
			t.Errorf("layer %d is %+v, want %s", i, l, want)
		}
	}
}

func TestQuantizeReports(t *testing.T) {
	dir := t.TempDir()
	out, rep := filepath.Join(dir, "out.onnx"), filepath.Join(dir, "r.json")
	must(t, "quantize", digits, "-o", out, "--bits", "4", "--report", rep)
	var r report.Report
	if err := json.Unmarshal(readFile(t, rep), &r); err != nil {
		t.Fatal(err)
	}
	if size := int64(len(readFile(t, out))); r.BytesAfter != size {
		t.Errorf("bytes_after %d, the file has %d", r.BytesAfter, size)
	}
	if r.SQNR == nil || r.Plain == nil || *r.SQNR <= *r.Plain {
		t.Errorf("SQNR %v should be above plain's %v", r.SQNR, r.Plain)
	}
	if r.BitsPerWeight < 12 || r.BitsPerWeight > 12.1 {
		t.Errorf("three INT4 layers take %v bits per weight, want 12 and a little", r.BitsPerWeight)
	}
	must(t, "quantize", digits, "-o", filepath.Join(dir, "b.onnx"), "--report", filepath.Join(dir, "r.csv"))
	if lines := bytes.Count(readFile(t, filepath.Join(dir, "r.csv")), []byte("\n")); lines != 5 {
		t.Errorf("%d lines of CSV, want a heading and 4 layers", lines)
	}
}

// A file in which every layer is excluded comes out as it was, with a warning.
func TestNothingToDo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.onnx")
	code, _, errs := command(t, "quantize", digits, "-o", out, "--exclude", "*")
	if code != 0 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "warning: nothing to quantize") {
		t.Errorf("exit %d, %q; want 0 and one warning", code, errs)
	}
	if !bytes.Equal(readFile(t, out), readFile(t, digits)) {
		t.Error("the copy is not identical")
	}
}

// The words that mean plain quantization give the same bytes.
func TestPlainTwice(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.onnx"), filepath.Join(dir, "b.onnx")
	must(t, "quantize", digits, "-o", a, "--strategy", "none")
	must(t, "quantize", digits, "-o", b, "--form", "plain", "--strategy", "kmeans", "--jobs", "3")
	if !bytes.Equal(readFile(t, a), readFile(t, b)) {
		t.Error("--strategy none and --form plain differ")
	}
}

// The model may be replaced by its own result, and a failure leaves it alone.
func TestReplaceFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(name, readFile(t, digits), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "split", name, "-o", name)
	split := readFile(t, name)
	if len(split) < 2*len(readFile(t, digits)) {
		t.Errorf("the split model has %d bytes", len(split))
	}
	failed := errors.New("disk full")
	if err := replaceFile(name, func(w io.Writer) error { w.Write([]byte("half")); return failed }); err != failed {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(readFile(t, name), split) {
		t.Error("a failure changed the file")
	}
	if entries, _ := os.ReadDir(filepath.Dir(name)); len(entries) != 1 {
		t.Errorf("a failure left files behind: %v", entries)
	}
}

// A recipe sets what the flags leave open, layer by layer.
func TestRecipe(t *testing.T) {
	dir := t.TempDir()
	recipe, rep := filepath.Join(dir, "recipe.json"), filepath.Join(dir, "r.json")
	text := `{"bits": 4, "granularity": "channel", "layers": [{"layer": "conv*", "bits": 8, "strategy": "none"}, {"layer": "fc2", "exclude": true}]}`
	if err := os.WriteFile(recipe, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "quantize", digits, "-o", filepath.Join(dir, "out.onnx"), "--recipe", recipe, "--granularity", "tensor", "--report", rep)
	var r report.Report
	if err := json.Unmarshal(readFile(t, rep), &r); err != nil {
		t.Fatal(err)
	}
	if r.Options.Granularity != "tensor" || r.Options.Bits != 4 {
		t.Errorf("options %v, want INT4 from the recipe and tensor from the flag", r.Options)
	}
	for i, want := range []struct {
		bits              int
		strategy, skipped string
	}{{8, "none", ""}, {8, "none", ""}, {4, "kmeans", ""}, {0, "", "excluded"}} {
		if l := r.Layers[i]; l.Bits != want.bits || l.Strategy != want.strategy || l.Skipped != want.skipped {
			t.Errorf("%s: %d bits, strategy %q, skipped %q; want %v", l.Name, l.Bits, l.Strategy, l.Skipped, want)
		}
	}
}

// A suggestion is a recipe that quantize takes and that keeps its goal.
func TestSuggest(t *testing.T) {
	dir := t.TempDir()
	recipe, rep := filepath.Join(dir, "recipe.json"), filepath.Join(dir, "r.json")
	for _, goal := range [][]string{{"--budget", "4.5"}, {"--min-sqnr", "20"}} {
		must(t, append([]string{"suggest", digits, "-o", recipe}, goal...)...)
		must(t, "quantize", digits, "-o", filepath.Join(dir, "out.onnx"), "--recipe", recipe, "--report", rep)
		var r report.Report
		if err := json.Unmarshal(readFile(t, rep), &r); err != nil {
			t.Fatal(err)
		}
		if goal[0] == "--budget" && r.BitsPerWeight > 4.5 || goal[0] == "--min-sqnr" && *r.SQNR < 20 {
			t.Errorf("%v: %.2f bits per weight, %.2f dB", goal, r.BitsPerWeight, *r.SQNR)
		}
	}
}

func TestFrontier(t *testing.T) {
	dir := t.TempDir()
	svg := filepath.Join(dir, "f.svg")
	must(t, "frontier", digits, "-o", svg, "-o", filepath.Join(dir, "f.json"))
	var f report.Frontier
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "f.json")), &f); err != nil {
		t.Fatal(err)
	}
	if f.Model != "digits.onnx" || len(f.Points) == 0 || !bytes.HasPrefix(readFile(t, svg), []byte("<svg ")) {
		t.Errorf("model %q with %d points", f.Model, len(f.Points))
	}
	if code, _, errs := command(t, "frontier", digits, "-o", "f.png"); code != 2 || !strings.Contains(errs, ".svg") {
		t.Errorf("exit %d, %q", code, errs)
	}
}
