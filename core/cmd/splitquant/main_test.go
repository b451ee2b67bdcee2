package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	safetensors := filepath.Join(t.TempDir(), "m.safetensors")
	if err := os.WriteFile(safetensors, append([]byte("\x10\x00\x00\x00\x00\x00\x00\x00{"), make([]byte, 20)...), 0o600); err != nil {
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
		{"standard output", []string{"quantize", digits, "-o", "-"}, 2, "not written to standard output"},
		{"no model", []string{"quantize"}, 2, "name the model, as in"},
		{"no output, in words", []string{"split", digits}, 2, "splitquant split model.onnx -o split.onnx"},
		{"zero bits", []string{"quantize", digits, "-o", out, "--bits", "0"}, 2, `bits "0" is unknown`},
		{"zero parts", []string{"quantize", digits, "-o", out, "--parts", "0"}, 2, "parts 0"},
		{"zero colours", []string{"quantize", digits, "-o", out, "--palette", "0"}, 2, "palette 0"},
		{"bits in words", []string{"quantize", digits, "-o", out, "--bits", "two"}, 2, `--bits: want a whole number, not "two"`},
		{"bits alone", []string{"quantize", digits, "-o", out, "--bits"}, 2, "--bits: a number must follow"},
		{"bits and a flag", []string{"quantize", digits, "-o", out, "--bits", "--quiet"}, 2, "--bits: a number must follow"},
		{"fewer than no jobs", []string{"quantize", digits, "-o", out, "--jobs", "-1"}, 2, "--jobs: want a whole number"},
		{"strategy alone", []string{"quantize", digits, "-o", out, "--strategy"}, 2, "--strategy: a value must follow"},
		{"empty strategy", []string{"quantize", digits, "-o", out, "--strategy", ""}, 2, `strategy "" is unknown`},
		{"split without parts", []string{"split", digits, "-o", out, "--strategy", "none"}, 2, "split needs kmeans"},
		{"wrong ending", []string{"quantize", digits, "-o", strings.TrimSuffix(out, ".onnx") + ".txt"}, 2, "out.onnx"},
		{"nothing to compare", []string{"frontier", digits, "--exclude", "*"}, 1, "no layer of the model can be quantized: 4 layers: excluded"},
		{"nothing to suggest", []string{"suggest", digits, "--budget", "4", "--exclude", "*"}, 1, "no layer of the model can be quantized"},
		{"another kind of model", []string{"inspect", safetensors}, 1, "m.safetensors: the header is not valid JSON"},
		{"report of unknown kind", []string{"quantize", digits, "-o", out, "--report", "r.xml"}, 2, "must end in .html, .md, .csv or .json"},
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
			if n := strings.Count(errs, "\n"); n != 1 || strings.Contains(errs, ": onnx: ") {
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
	if code != 0 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "warning: nothing to quantize") || !strings.Contains(errs, "4 layers: excluded") {
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

// A glob that matches no layer is misspelt, which is said once.
func TestUnmatchedGlobs(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		flag, want string
	}{
		{"--exclude", "splitquant: warning: no layer matches \"nosuch\"\n"},
		{"--include", "splitquant: warning: nothing to quantize: the file is copied unchanged (4 layers: not included; no layer matches \"nosuch\")\n"},
	} {
		if code, _, errs := command(t, "quantize", digits, "-o", filepath.Join(dir, "out.onnx"), "--form", "plain", c.flag, "nosuch"); code != 0 || errs != c.want {
			t.Errorf("%s: exit %d, %q; want %q", c.flag, code, errs, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	if out := must(t, "help"); !strings.Contains(out, "SQNR is") || out != must(t, "--help") {
		t.Errorf("splitquant help prints %q", out)
	}
	if must(t, "help", "split") != must(t, "split", "--help") {
		t.Error("splitquant help split is not splitquant split --help")
	}
}

// What is given on the command line prevails, also where it is false.
func TestFlagsPrevail(t *testing.T) {
	dir := t.TempDir()
	recipe, rep := filepath.Join(dir, "recipe.json"), filepath.Join(dir, "r.json")
	if err := os.WriteFile(recipe, []byte(`{"symmetric": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want bool
	}{{nil, true}, {[]string{"--symmetric=false"}, false}, {[]string{"--symmetric"}, true}} {
		must(t, append([]string{"quantize", digits, "-o", filepath.Join(dir, "out.onnx"), "--recipe", recipe, "--report", rep}, c.args...)...)
		var r report.Report
		if err := json.Unmarshal(readFile(t, rep), &r); err != nil {
			t.Fatal(err)
		}
		if r.Options.Symmetric != c.want {
			t.Errorf("%v: symmetric is %v", c.args, r.Options.Symmetric)
		}
	}
}

// A float split has the bits of the float type.
func TestFloatBits(t *testing.T) {
	dir := t.TempDir()
	rep := filepath.Join(dir, "r.json")
	must(t, "split", digits, "-o", filepath.Join(dir, "out.onnx"), "--report", rep)
	var r report.Report
	if err := json.Unmarshal(readFile(t, rep), &r); err != nil {
		t.Fatal(err)
	}
	if r.Layers[0].Bits != 32 {
		t.Errorf("%d bits, want those of float32", r.Layers[0].Bits)
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
		must(t, append([]string{"suggest", digits, "--exclude", "fc1", "-o", recipe}, goal...)...)
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
	must(t, "frontier", digits, "--exclude", "fc1", "-o", svg, "-o", filepath.Join(dir, "f.json"))
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
