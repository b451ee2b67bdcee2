//go:build !js

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const spam = root + "/public/samples/spam/"

// chooseData gives the proof files, as if they were chosen from the disk.
func (k *tab) chooseData(files ...string) {
	k.Helper()
	paths := make([]string, len(files))
	for i, f := range files {
		path, err := filepath.Abs(f)
		k.check(err)
		paths[i] = path
	}
	k.run(chromedp.SetUploadFiles(chromedp.CSS("[data-testid=proof-input]"), paths, chromedp.NodeReady))
	k.until("%s.innerText.includes(%q)", find("proof-data"), filepath.Base(files[0]))
}

// prove runs the proof and returns the table's cells of each model, by its name.
func (k *tab) prove() map[string][]string {
	k.Helper()
	k.click("proof-run")
	k.proofEnds()
	if e := k.text("proof-error"); e != "" {
		k.Fatalf("the proof ends with %q", e)
	}
	return eval[map[string][]string](k, `Object.fromEntries([...document.querySelectorAll("[data-testid=proof-row]")].map(
		(r) => [...r.querySelectorAll("th, td")].map((c) => c.innerText)).map(([name, ...cells]) => [name, cells]))`)
}

// proofEnds waits until the engine of the proof has nothing to do.
func (k *tab) proofEnds() {
	k.Helper()
	k.wait("proof-cancel")
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end) && eval[bool](k, "!!%s", find("proof-cancel")); {
		time.Sleep(50 * time.Millisecond)
	}
	k.wait("proof-run")
}

// The columns of the proof's table after the name.
const (
	columnAccuracy = 2
	columnCorrect  = 3
)

// Our spam classifier on our messages: the original gets as many right as its
// README says, and the result and its rivals are beside it.
func TestProof(t *testing.T) {
	k := newTab(t, theSite(t))
	k.open("")
	k.load(spam + "model.onnx")
	k.chooseData(spam+"messages.tsv", spam+"vocab.txt")
	got := k.prove()
	if len(got) != 6 {
		t.Errorf("%d models are shown, want the original, the result and 4 rivals: %v", len(got), got)
	}
	if c := got["original"][columnCorrect]; c != "119 of 120" {
		t.Errorf("the original gets %q right", c)
	}
	k.quiet()
}

// The paper's emotion classifier in the page: as many rows right as ONNX
// Runtime gets natively, see shared/paper/README.md.
func TestProofOfEmotion(t *testing.T) {
	full(t)
	model := sharedDir + "paper/emotion/model.onnx"
	needs(t, model)
	k := newTab(t, theSite(t))
	k.open("")
	k.load(model)
	k.chooseData(sharedDir+"paper/emotion_test.tsv", sharedDir+"paper/vocab.txt")
	start := time.Now()
	got := k.prove()
	t.Logf("%v: %v", time.Since(start), got)
	if c := got["original"][columnCorrect]; c != "1,754 of 2,000" {
		t.Errorf("the original gets %q right", c)
	}
	k.quiet()
}

// full skips a test that takes long unless it is asked for.
func full(t *testing.T) {
	if os.Getenv("SPLITQUANT_FULL") == "" {
		t.Skip("takes long: set SPLITQUANT_FULL=1")
	}
}
