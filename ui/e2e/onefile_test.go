//go:build !js

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// oneFile returns the address of the page that is one file, alone in a folder.
func oneFile(t *testing.T) string {
	t.Helper()
	needs(t, root+"/dist/splitquant.html")
	content, err := os.ReadFile(root + "/dist/splitquant.html")
	if err != nil {
		t.Fatal(err)
	}
	if len(content) > 20e6 {
		t.Errorf("the file has %d bytes, 20 MB are allowed", len(content))
	}
	file := filepath.Join(t.TempDir(), "splitquant.html")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}

// The page that is one file does the whole job when it is opened from a disk.
func TestOneFile(t *testing.T) {
	t.Parallel()
	k := newTab(t, http.NotFoundHandler())
	k.url = oneFile(t)
	k.open("")
	k.load(digits)
	k.runToEnd()
	k.compare(digits)
	k.click("sample-digits")
	k.until("!%s?.checkVisibility()", find("download"))
	k.wait("layer-row")
	k.runToEnd()
	k.compare(digits)
	k.axe("one file")
	k.proveAndTeach()
	k.quiet()
}

// So it does in Firefox.
func TestOneFileInFirefox(t *testing.T) {
	t.Parallel()
	needs(t, root+"/public/vendor/node_modules/puppeteer-core")
	firefox := ""
	for _, name := range []string{os.Getenv("FIREFOX"), "firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			firefox = path
			break
		}
	}
	if firefox == "" {
		t.Skip("needs Firefox: install it, or set FIREFOX to its program")
	}
	model, err := filepath.Abs(digits)
	if err != nil {
		t.Fatal(err)
	}
	downloads := t.TempDir()
	c := exec.Command("node", "firefox.mjs", firefox, oneFile(t), model, downloads)
	if printed, err := c.CombinedOutput(); err != nil || len(printed) > 0 {
		t.Fatalf("%s: error %v\n%s", c, err, printed)
	}
	found, err := filepath.Glob(filepath.Join(downloads, "*.onnx"))
	if err != nil || len(found) != 1 {
		t.Fatalf("downloaded %v, error %v", found, err)
	}
	got, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, quantized(t, digits)) {
		t.Errorf("Firefox makes other bytes than the command line: %d", len(got))
	}
}
