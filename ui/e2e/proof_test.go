//go:build !js

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"splitquant/core/ort"
	"splitquant/ui/proof"
)

const spam = root + "/public/samples/spam/"

// needsTime skips a test that takes long unless it is asked for.
func needsTime(t *testing.T) {
	if !full {
		t.Skip("takes long: set SPLITQUANT_FULL=1")
	}
}

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
func (k *tab) prove(button string) map[string][]string {
	k.Helper()
	k.endOf(button)
	if e := k.text("proof-error"); e != "" {
		k.Fatalf("the proof ends with %q", e)
	}
	return eval[map[string][]string](k, `Object.fromEntries([...document.querySelectorAll("[data-testid=proof-row]")].map(
		(r) => [...r.querySelectorAll("th, td")].map((c) => c.innerText)).map(([name, ...cells]) => [name, cells]))`)
}

// endOf clicks on what makes the engine of the proof work, and waits until that
// is over. The click has been seen when the proof is drawn anew.
func (k *tab) endOf(button string) {
	k.Helper()
	eval[chromedp.Void](k, `void (window.drawn = new Promise((ok) => new MutationObserver(ok).observe(
		document.getElementById(%q), { subtree: true, childList: true, attributes: true, characterData: true })))`, proof.ID)
	k.click(button)
	eval[chromedp.Void](k, "drawn.then(() => {})")
	k.proofEnds()
}

// proofEnds waits until a proof that has begun is over.
func (k *tab) proofEnds() {
	k.Helper()
	for end := time.Now().Add(15 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if eval[bool](k, "!%s && !!%s", find("proof-cancel"), find("proof-run")) {
			return
		}
	}
	k.Fatal("the proof does not end")
}

// The columns of the proof's table after the name.
const columnCorrect = 3

// correct reads "1,754 of 2,000".
func correct(t *testing.T, cells []string) int {
	t.Helper()
	if len(cells) <= columnCorrect {
		t.Fatalf("no such model in the table: %v", cells)
	}
	word, _, _ := strings.Cut(cells[columnCorrect], " ")
	n, err := strconv.Atoi(strings.ReplaceAll(word, ",", ""))
	if err != nil {
		t.Fatalf("correct is %q", cells[columnCorrect])
	}
	return n
}

// Our spam classifier on our messages: the original gets as many right as its
// README says, the result and a rival are beside it, and there is a report.
func TestProof(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	k.load(spam + "model.onnx")
	for _, rival := range []string{"plain size", "resolution", "residual"} {
		k.click("rival-" + rival)
	}
	k.chooseData(spam+"messages.tsv", spam+"vocab.txt")
	got := k.prove("proof-run")
	if len(got) != 3 {
		t.Errorf("%d models are shown, want the original, the result and plain: %v", len(got), got)
	}
	if n := correct(t, got["original"]); n != 119 {
		t.Errorf("the original gets %d right, want 119", n)
	}
	if v := k.text("proof-verdict"); !strings.Contains(v, "the original 119") {
		t.Errorf("the verdict is %q", v)
	}
	eval[chromedp.Void](k, "document.querySelector('details.confusion > summary').click()")
	k.choose("confusion-of", "0")
	k.until("document.querySelector('details.confusion').open")
	_, report := k.received(func() { k.click("proof-save") })
	for _, want := range []string{"bits=2 strategy=kmeans", "bits=2 strategy=none", "To make it again", "119 of 120"} {
		if !bytes.Contains(report, []byte(want)) {
			t.Errorf("the report has no %q", want)
		}
	}
	k.quiet()
}

// Activations are quantized too, by ranges found on generated inputs of the size
// that was asked for; the result then has them.
func TestStaticActivations(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	k.load(spam + "model.onnx")
	for _, rival := range []string{"plain", "plain size", "resolution", "residual"} {
		k.click("rival-" + rival)
	}
	if sizes := eval[[]string](k, `[...document.querySelectorAll("[data-testid=proof-size]")].map((i) => i.dataset.dim + " " + i.placeholder)`); len(sizes) != 2 || sizes[0] != "batch 1" || sizes[1] != "sequence 16 to 44" {
		t.Errorf("the page asks for %q", sizes)
	}
	eval[bool](k, `(() => { const i = document.querySelector("[data-dim=sequence]"); i.value = 24; return i.dispatchEvent(new Event("change", { bubbles: true })); })()`)
	k.choose("proof-static", "8")
	k.choose("proof-method", "mse")
	got := k.prove("proof-run")
	const whole = "result, activations in 8 bits"
	if len(got) != 4 || got[whole] == nil || got[whole+" and three chunks"] == nil {
		t.Errorf("the table has %v", got)
	}
	if _, report := k.received(func() { k.click("proof-save") }); !bytes.Contains(report, []byte("sequence 24")) {
		t.Error("the report does not say how long the inputs are")
	}
	k.click("round")
	k.until("document.activeElement === %s", find("round"))
	k.runToEnd()
	if _, content := k.download(); !bytes.Contains(content, []byte("QuantizeLinear")) || !bytes.Contains(content, []byte("activation-bits=8")) {
		t.Error("the result has no codes for activations")
	}
	k.quiet()
}

// Wrong data get one clear message, NaN among them, and the next proof works.
func TestWrongData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var large strings.Builder // a vocabulary with more ids than the model has embeddings
	large.WriteString("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
	for i := range 9000 {
		fmt.Fprintf(&large, "w%d\n", i)
	}
	vocabulary := spam + "vocab.txt"
	k := newTab(t, theSite(t))
	k.open("")
	k.load(spam + "model.onnx")
	for _, c := range []struct {
		what, data, tokenizer, want string
	}{
		{"no label column", write("one.csv", "only a text\nand another\n"), vocabulary, "no label column"},
		{"label outside the classes", write("label.tsv", "0\thello\n7\tgoodbye\n"), vocabulary, "outside the 2 classes"},
		{"another tokenizer", write("words.tsv", "0\tw8000 w8999\n1\tw7000\n"), write("other-vocab.txt", large.String()), "the tokenizer is not the model's"},
		{"no kind of data", write("what.bin", "?"), vocabulary, "no kind of data"},
	} {
		k.chooseData(c.data, c.tokenizer)
		k.endOf("proof-run")
		if e := k.text("proof-error"); !strings.Contains(e, c.want) || strings.Contains(e, "\n") {
			t.Errorf("%s: the page says %q, want %q in it", c.what, e, c.want)
		}
	}
	k.load(digits)
	nan := "\x00\x00\x0d\x03\x00\x00\x00\x01\x00\x00\x00\x1c\x00\x00\x00\x1c" + strings.Repeat("\x7f\xc0\x00\x00", 28*28)
	k.chooseData(write("nan-ubyte", nan), write("labels-ubyte", "\x00\x00\x08\x01\x00\x00\x00\x01\x03"))
	k.endOf("proof-run")
	if e := k.text("proof-error"); !strings.Contains(e, "row 1 has NaN or infinite values") {
		t.Errorf("NaN: the page says %q", e)
	}
	k.quiet()
}

// A model that ONNX Runtime refuses gets its words.
func TestRefusedModel(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(digits)
	if err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(t.TempDir(), "strange.onnx")
	if err := os.WriteFile(strange, bytes.ReplaceAll(content, []byte("Relu"), []byte("Relx")), 0o644); err != nil {
		t.Fatal(err)
	}
	k := newTab(t, theSite(t))
	k.open("")
	k.load(strange)
	k.endOf("proof-run")
	if e := k.text("proof-error"); !strings.Contains(e, "ONNX Runtime cannot run strange.onnx") || !strings.Contains(e, "Relx") {
		t.Errorf("the page says %q", e)
	}
	k.quiet()
}

// The models of shared/paper in the page: the float models get as many rows
// right as its README says, every form as many as natively, within 2 rows.
func TestProofOfPaper(t *testing.T) {
	needsTime(t)
	for _, c := range []struct {
		name, data string
		want       int
	}{{"emotion", "emotion_test.tsv", 1754}, {"sms_spam", "sms_spam.tsv", 5560}} {
		t.Run(c.name, func(t *testing.T) {
			model := sharedDir + "paper/" + c.name + "/model.onnx"
			needs(t, model)
			data, vocabulary := sharedDir+"paper/"+c.data, sharedDir+"paper/vocab.txt"
			k := newTab(t, theSite(t))
			k.open("")
			k.load(model)
			k.click("rival-plain size") // leaves the five of the issue
			k.chooseData(data, vocabulary)
			start := time.Now()
			got := k.prove("proof-run")
			t.Logf("%s took %v", c.name, time.Since(start).Round(time.Second))
			if n := correct(t, got["original"]); n != c.want {
				t.Errorf("the original gets %d right, want %d", n, c.want)
			}
			native := verified(t, model, data, vocabulary)
			for name, strategy := range map[string]string{
				"original": "", "plain, 2 bits": "none", "result": "kmeans", "split by resolution, 2 bits": "resolution", "split by residual, 2 bits": "residual",
			} {
				n, want := correct(t, got[name]), native[strategy]
				t.Logf("%s: %d in the page, %d natively", name, n, want)
				if n < want-2 || n > want+2 {
					t.Errorf("%s: %d rows right in the page, %d natively", name, n, want)
				}
			}
			k.quiet()
		})
	}
}

// verified returns what splitquant verify counts for a model, and for its INT2
// forms by their strategy.
func verified(t *testing.T, model, data, vocabulary string) map[string]int {
	t.Helper()
	library, err := ort.Find()
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	strategies := []string{"none", "kmeans", "resolution", "residual"}
	args := []string{"verify", model}
	for _, s := range strategies {
		out, form := filepath.Join(dir, s+".onnx"), "layers"
		if s == "none" {
			form = "plain"
		}
		commandLine(t, "quantize", model, "-o", out, "--quiet", "--strategy", s, "--form", form)
		args = append(args, out)
	}
	program, err := buildCommandLine()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append(args, "--data", data, "--tokenizer", vocabulary, "--ort", library, "--quiet", "--json")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct{ Models []struct{ Correct int } }
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{"": found.Models[0].Correct}
	for i, s := range strategies {
		counts[s] = found.Models[i+1].Correct
	}
	return counts
}

// Three clicks from a bad result to a good one: which layer hurts, 8 bits for
// the two worst, run again.
func TestSensitivity(t *testing.T) {
	needsTime(t)
	model := sharedDir + "paper/emotion_paper_encoder/model.onnx"
	needs(t, model)
	k := newTab(t, theSite(t))
	k.open("")
	k.load(model)
	k.choose("strategy", "none")
	for _, rival := range []string{"kmeans", "resolution", "residual"} {
		k.click("rival-" + rival)
	}
	k.chooseData(sharedDir+"paper/emotion_test.tsv", sharedDir+"paper/vocab.txt")
	before := correct(t, k.prove("proof-run")["result"])

	k.endOf("hurts")
	k.wait("hurt-row")
	k.click("give-worst")
	after := correct(t, k.prove("again")["result"])
	t.Logf("%d of 2,000 before, %d after", before, after)
	if after-before < 300 { // 15 points of 2,000 rows
		t.Errorf("two layers at 8 bits: %d of 2,000 right after %d", after, before)
	}
	k.quiet()
}
