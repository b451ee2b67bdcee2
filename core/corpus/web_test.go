package corpus

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ONNX Runtime Web loads what native ONNX Runtime loads: every model, quantized.
func TestLoadsInTheBrowsersRuntime(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs Node.js 20")
	}
	widths, forms := []int{2}, []string{"layers"}
	if full {
		widths, forms = []int{2, 4, 8}, []string{"layers", "summed", "codebook", "plain"}
	}
	to := t.TempDir()
	args := []string{"web.mjs"}
	for _, path := range onnxFiles(t, dir, 39) {
		original, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bits := range widths {
			for _, form := range forms {
				model, _, err := quantize(path, options(bits, form, "web"))
				if err != nil {
					t.Errorf("%s: %v", stem(path), err)
					continue
				}
				if bytes.Equal(model, original) {
					continue // nothing was changed
				}
				s, err := open(t, path, model)
				if err != nil {
					continue // nor would the original load, as other tests check
				}
				s.Close()
				file := filepath.Join(to, fmt.Sprintf("%s-int%d-%s.onnx", stem(path), bits, form))
				if err := os.WriteFile(file, model, 0o644); err != nil {
					t.Fatal(err)
				}
				args = append(args, file)
			}
		}
	}
	if len(args) < 25 {
		t.Errorf("only %d results to load", len(args)-1)
	}
	c := exec.Command("node", args...)
	c.Stderr = os.Stderr
	printed, err := c.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, printed)
	}
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	if len(lines) != len(args)-1 {
		t.Errorf("%d of %d results were tried", len(lines), len(args)-1)
	}
	for _, line := range lines {
		if name, answer, _ := strings.Cut(line, "\t"); answer != "ok" {
			t.Errorf("%s: %s", name, answer)
		}
	}
	t.Logf("%d results of quantization load", len(lines))
}
