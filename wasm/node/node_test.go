//go:build !js

// Package node has no Go of its own: it runs the engine in Node, and compares.
package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"splitquant/core/recipe"
	"splitquant/core/report"
)

// root is where the module lies, shared what may lie beside it.
const root = "../.."

var shared = filepath.Join(root, "..", "shared")

// The engine makes the same bytes in Node as the command line does natively.
func TestSameBytesAsCommandLine(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs Node.js 20")
	}
	dir := t.TempDir()
	cli, engine := filepath.Join(dir, "splitquant"), filepath.Join(dir, "engine.wasm")
	goBuild(t, cli, "./core/cmd/splitquant")
	goBuild(t, engine, "./wasm/worker", "GOOS=js", "GOARCH=wasm")
	for _, c := range []struct {
		model       string
		bits        int
		form        string
		granularity string
	}{
		{filepath.Join(root, "public/samples/digits.onnx"), 2, "layers", "tensor"},
		{filepath.Join(root, "public/samples/digits.onnx"), 8, "float", "tensor"},
		{filepath.Join(shared, "models/superres-torch11.onnx"), 4, "layers", "channel"},
		{filepath.Join(shared, "models/starry-night-fp16.onnx"), 2, "layers", "channel"},
		{filepath.Join(shared, "models/lenet-heman.onnx"), 3, "plain", "tensor"},
		{filepath.Join(shared, "paper/emotion/model.onnx"), 2, "layers", "tensor"},
	} {
		t.Run(filepath.Base(c.model)+" "+strconv.Itoa(c.bits)+" "+c.form, func(t *testing.T) {
			if _, err := os.Stat(c.model); errors.Is(err, fs.ErrNotExist) {
				t.Skipf("%s is not there", c.model)
			}
			o := recipe.Defaults()
			o.Bits, o.Form, o.Granularity = c.bits, c.form, c.granularity
			options, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			want, got := filepath.Join(dir, "native.onnx"), filepath.Join(dir, "node.onnx")
			output(t, cli, "quantize", c.model, "-o", want, "--quiet", "--bits", strconv.Itoa(c.bits), "--form", c.form, "--granularity", c.granularity)
			printed := output(t, "node", "--stack-size=8192", "engine.mjs", engine, c.model, string(options), got)

			a, b := readFile(t, want), readFile(t, got)
			if !bytes.Equal(a, b) {
				t.Errorf("Node makes %d bytes, the command line %d, and they differ", len(b), len(a))
			}
			var r report.Report
			if err := json.Unmarshal(printed, &r); err != nil {
				t.Fatalf("the report: %v", err)
			}
			if r.BytesAfter != int64(len(b)) || r.Model.Name != filepath.Base(c.model) {
				t.Errorf("the report says %d bytes of %q, the file has %d of %q", r.BytesAfter, r.Model.Name, len(b), filepath.Base(c.model))
			}
		})
	}
}

// A file that is no model is refused in words.
func TestBrokenModel(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs Node.js 20")
	}
	dir := t.TempDir()
	engine, broken := filepath.Join(dir, "engine.wasm"), filepath.Join(dir, "broken.onnx")
	goBuild(t, engine, "./wasm/worker", "GOOS=js", "GOARCH=wasm")
	whole := readFile(t, filepath.Join(root, "public/samples/digits.onnx"))
	if err := os.WriteFile(broken, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	printed, err := exec.Command("node", "--stack-size=8192", "engine.mjs", engine, broken, "{}", filepath.Join(dir, "out")).CombinedOutput()
	if err == nil || !bytes.HasPrefix(printed, []byte("onnx: ")) {
		t.Errorf("error %v, printed %q; want an error that begins with \"onnx: \"", err, printed)
	}
}

func goBuild(t *testing.T, out, pkg string, env ...string) {
	t.Helper()
	c := exec.Command("go", "build", "-o", out, pkg)
	c.Dir, c.Env = root, append(os.Environ(), env...)
	if printed, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", c, err, printed)
	}
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	c := exec.Command(name, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, errs.Bytes())
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
