//go:build !js

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"splitquant/core/recipe"
)

const digits = root + "/public/samples/digits.onnx"

// sharedDir holds models that are not part of the project.
const sharedDir = root + "/../shared/"

// needs skips the test where a file is not there.
func needs(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there", file)
	}
}

// The whole job on the small sample: load, run, download; with other options
// again; and the bytes are those of the command line.
func TestJob(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	k.load(digits)
	if n := eval[int](k, `document.querySelectorAll('[data-testid="layer-row"]').length`); n != 4 {
		t.Errorf("%d layers shown, the sample has 4", n)
	}
	for id, want := range map[string]string{"bits": "2", "strategy": "kmeans", "form": "layers", "granularity": "tensor"} {
		if got := eval[string](k, "%s.value", find(id)); got != want {
			t.Errorf("%s starts as %q, the command line with %q", id, got, want)
		}
	}
	k.runToEnd()
	k.compare(digits)
	if s := k.text("result-sqnr"); !strings.Contains(s, "dB") {
		t.Errorf("SQNR is shown as %q", s)
	}
	if s := k.text("result-size"); !strings.Contains(s, "kB") {
		t.Errorf("size is shown as %q", s)
	}

	k.choose("bits", "4")
	k.choose("granularity", "channel")
	k.choose("form", "summed")
	k.runToEnd()
	k.compare(digits, "--bits", "4", "--granularity", "channel", "--form", "summed")
	k.quiet()
}

// runToEnd presses Run and waits for its result: a figure of another size than
// before, if there was one.
func (k *tab) runToEnd() {
	k.Helper()
	size, fault := k.text("result-size"), k.text("error")
	k.click("run")
	k.until("(%s?.innerText ?? %q) !== %q || (%s?.innerText ?? %q) !== %q && %s?.checkVisibility()",
		find("error"), fault, fault, find("result-size"), size, size, find("download"))
	if e := k.text("error"); e != "" && e != fault {
		k.Fatalf("the page shows the error %q", e)
	}
}

// compare downloads the result and compares it with the command line's.
func (k *tab) compare(model string, flags ...string) {
	k.Helper()
	name, got := k.download()
	if !strings.HasSuffix(name, ".onnx") || !strings.HasPrefix(name, strings.TrimSuffix(filepath.Base(model), ".onnx")) {
		k.Errorf("the download is called %q", name)
	}
	if want := quantized(k.T, model, flags...); !bytes.Equal(got, want) {
		k.Errorf("%s: the page makes %d bytes, the command line %d, and they differ", name, len(got), len(want))
	}
}

// The sample's result is saved to a file that was picked before the run, and can
// be downloaded as well. Nobody can press the buttons of the browser's dialog
// here: a stand-in picks a file of the origin private file system.
func TestSampleButton(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	eval[bool](k, `!!(window.showSaveFilePicker = async ({ suggestedName }) =>
		(await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }))`)
	k.click("sample-digits")
	k.wait("layer-row")
	k.click("pick")
	k.until("%s?.innerText.includes('digits-int2-kmeans.onnx')", find("pick"))
	k.runToEnd()
	k.until("%s?.innerText.includes('Saved to digits-int2-kmeans.onnx')", find("status"))
	saved := eval[string](k, `(async () => {
		const file = await (await navigator.storage.getDirectory()).getFileHandle("digits-int2-kmeans.onnx");
		const sum = await crypto.subtle.digest("SHA-256", await (await file.getFile()).arrayBuffer());
		return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
	})()`)
	if want := fmt.Sprintf("%x", sha256.Sum256(quantized(t, digits))); saved != want {
		t.Errorf("the picked file has the SHA-256 %s, the command line's %s", saved, want)
	}
	k.compare(digits)
	k.quiet()
}

// A model of 17 MB: the page stays alive, Cancel takes effect within a second
// and leaves the model loaded, and a second run makes the command line's bytes.
func TestLargeModel(t *testing.T) {
	model := largeModel(t)
	k := newTab(t, theSite(t))
	k.open("")
	tasks := k.busy(func() {
		k.load(model)
		k.cancelRun()
		k.runToEnd()
	})
	if len(tasks) < 50 {
		t.Fatalf("the trace shows only %d tasks", len(tasks))
	}
	t.Logf("the longest tasks on the page's thread took %v", tasks[:5])
	most := 100 * time.Millisecond // on any machine, however busy
	if full {
		most = 50 * time.Millisecond
	}
	if tasks[0] > most {
		t.Errorf("a task on the page's thread took %v, want at most %v", tasks[0], most)
	}
	k.compare(model)
	k.quiet()
}

// A model of more than four million weights is worked on by several workers: at
// once when it is opened, and again when they hold it already.
func TestHands(t *testing.T) {
	t.Parallel()
	model := filepath.Join(t.TempDir(), "noise.onnx")
	if err := os.WriteFile(model, noiseModel(20<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	k := newTab(t, theSite(t))
	k.open("")
	k.load(model)
	k.runToEnd()
	k.compare(model)
	k.choose("bits", "4")
	k.runToEnd()
	k.compare(model, "--bits", "4")
	k.quiet()
}

// largeModel returns a model of 17 MB: the paper's, or else one whose weights
// are noise.
func largeModel(t *testing.T) string {
	model := sharedDir + "paper/emotion/model.onnx"
	if _, err := os.Stat(model); err == nil {
		return model
	}
	model = filepath.Join(t.TempDir(), "noise.onnx")
	if err := os.WriteFile(model, noiseModel(17<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	return model
}

// cancelRun presses Run, and Cancel as soon as it is there: within a second the
// page must be as it was before. A run that was faster than that is run again.
func (k *tab) cancelRun() {
	k.Helper()
	for range 5 {
		k.click("run")
		took := eval[float64](k, `new Promise((done) => {
			let asked = 0;
			const look = () => {
				const cancel = %s, run = %s;
				if (!asked && cancel?.checkVisibility() && !cancel.disabled) {
					asked = performance.now();
					cancel.click();
				}
				if (asked && !cancel?.checkVisibility() && run?.checkVisibility() && !run.disabled) {
					return done(performance.now() - asked);
				}
				if (!asked && %s?.checkVisibility()) return done(-1);
				setTimeout(look);
			};
			look();
		})`, find("cancel"), find("run"), find("download"))
		k.wait("layer-row")
		if took < 0 || eval[bool](k, "!!%s?.checkVisibility()", find("download")) {
			k.Log("the run ended before it was cancelled")
			continue
		}
		k.Logf("cancelled after %.0f ms", took)
		if took > 1000 {
			k.Errorf("Cancel took %.0f ms", took)
		}
		return
	}
	k.Error("no run could be cancelled")
}

// What is no model is refused in words, and the model before it stays.
func TestBrokenFile(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(digits)
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.onnx")
	if err := os.WriteFile(broken, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	k := newTab(t, theSite(t))
	k.open("")
	k.load(digits)
	k.upload(broken)
	k.wait("error")
	if e := k.text("error"); !strings.Contains(e, "onnx") {
		t.Errorf("the error says %q", e)
	}
	k.runToEnd()
	k.compare(digits)
	k.quiet()
}

// An engine that dies is reported and replaced, and the model stays loaded.
func TestEngineDies(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	k.load(digits)
	eval[chromedp.Void](k, `(() => {
		const engine = workers.at(-1);
		engine.terminate();
		engine.onmessage({ data: { exit: true, code: 2, reason: "fatal error: all memory is used" } });
	})()`)
	k.until("%s?.innerText.includes('all memory is used')", find("error"))
	k.wait("layer-row")
	k.runToEnd()
	k.compare(digits)
	if n := eval[int](k, "workers.length"); n != 2 {
		t.Errorf("%d engines were started, want 2", n)
	}
	k.quiet()
}

// The engine makes the command line's bytes in Chromium, asked without the page.
func TestSameBytesAsCommandLine(t *testing.T) {
	t.Parallel()
	type change = func(*recipe.Options)
	cases := []struct {
		model string
		flags string
		o     change
	}{
		{digits, "--bits 8 --form float", func(o *recipe.Options) { o.Bits, o.Form = 8, "float" }},
		{sharedDir + "models/starry-night-fp16.onnx", "--granularity channel", func(o *recipe.Options) { o.Granularity = "channel" }},
		{sharedDir + "models/lenet-heman.onnx", "--bits 3 --form plain", func(o *recipe.Options) { o.Bits, o.Form = 3, "plain" }},
		{sharedDir + "models/superres-torch11.onnx", "--bits 4 --granularity channel", func(o *recipe.Options) { o.Bits, o.Granularity = 4, "channel" }},
		{sharedDir + "models/yolox-nano.onnx", "--bits 5 --symmetric", func(o *recipe.Options) { o.Bits, o.Symmetric = 5, true }},
	}
	var models []string
	for _, c := range cases {
		models = append(models, c.model)
	}
	k := newTab(t, theSite(t, models...))
	k.open("")
	for i, c := range cases {
		t.Run(filepath.Base(c.model)+" "+c.flags, func(t *testing.T) {
			needs(t, c.model)
			if i > 2 {
				needsTime(t)
			}
			o := recipe.Defaults()
			c.o(&o)
			options, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("%x", sha256.Sum256(quantized(t, c.model, strings.Fields(c.flags)...)))
			if got := eval[string](k, askEngine, filepath.Base(c.model), options); got != want {
				t.Errorf("SHA-256 %s, the command line's is %s", got, want)
			}
		})
	}
	k.quiet()
}

// askEngine has a new worker open a model and run, and comes to the SHA-256 of
// the result.
const askEngine = `(async (name, options) => {
	const file = new File([await (await fetch("models/" + name)).blob()], name);
	const worker = startWorker("worker.js");
	const ask = (request, files) => worker.postMessage({ text: JSON.stringify(request), files });
	const result = await new Promise((resolve, reject) => {
		worker.onerror = (e) => reject(new Error(e.message));
		worker.onmessage = ({ data }) => {
			if (data.ready) return ask({ id: 1, do: "open", name }, [file]);
			if (!data.text) return reject(new Error(JSON.stringify(data)));
			const reply = JSON.parse(data.text);
			if (reply.error) reject(new Error(reply.error));
			if (reply.model) ask({ id: 2, do: "run", options });
			if (reply.report) resolve(data.blob);
		};
	});
	worker.terminate();
	const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await result.arrayBuffer()));
	return Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join("");
})(%q, %s)`
