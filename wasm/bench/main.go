//go:build !js

// Command bench measures the engine of the built site in Chromium, as the page runs
// it: in Web Workers, with models that are files.
//
//	bench -site dist/site -with native.json -json all.json
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/chromedp"

	"splitquant/core/cmd/bench/rows"
	"splitquant/wasm/site"
)

func main() {
	dir := flag.String("site", "dist/site", "the built site")
	with := flag.String("with", "", "begin with the measurements of a `FILE` that -json wrote")
	file := flag.String("json", "", "write all measurements to `FILE`")
	model := flag.String("model", "../shared/paper/emotion/model.onnx", "a model of 17.6 MB; left out where it is not there")
	rounds := flag.Int("rounds", 5, "how often each is measured")
	flag.Parse()
	if err := run(*dir, *with, *file, *model, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(dir, with, file, model string, rounds int) error {
	all, err := rows.Read(with)
	if err != nil {
		return err
	}
	t, err := open(dir, model)
	if err != nil {
		return err
	}
	defer t.close()
	measured, err := t.measure(model, rounds)
	if err != nil {
		return err
	}
	all = append(all, measured...)
	fmt.Print(rows.Markdown(all))
	return rows.Write(file, all)
}

// A tab is an empty page of the site's origin.
type tab struct {
	ctx    context.Context
	server *httptest.Server
	stop   []func()
}

func open(dir, model string) (*tab, error) {
	handler, err := site.Handler(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; ./build.sh build makes the site", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("/bench.html", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html><title>bench</title>") })
	// An engine that finds no way to start others does everything itself.
	mux.HandleFunc("/alone.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `importScripts(location.search.slice(1)); self.startWorker = undefined;`)
	})
	mux.HandleFunc("/square", matrices(1, 4096, 4096))
	mux.HandleFunc("/ten", matrices(10, 4096, 1024))
	mux.HandleFunc("/model", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, model) })
	t := &tab{server: httptest.NewServer(mux)}
	t.stop = append(t.stop, t.server.Close)
	program, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.stop = append(t.stop, cancel)
	t.ctx, cancel = chromedp.NewContext(ctx)
	t.stop = append(t.stop, cancel)
	return t, chromedp.Do(t.ctx, chromedp.Navigate(t.server.URL+"/bench.html"))
}

func (t *tab) close() {
	for i := len(t.stop) - 1; i >= 0; i-- {
		t.stop[i]()
	}
}

// chromium returns the program of the browser.
func chromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("Chromium is missing: install it, or set CHROMIUM to its program")
}

// matrices serves a checkpoint of so many matrices.
func matrices(n, outs, ins int) http.HandlerFunc {
	file := sync.OnceValue(func() []byte { return checkpoint(n, outs, ins) })
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(file()) }
}

// The steps of a job, each a promise of milliseconds.
const script = `
	var bench = {
		async start(alone) {
			const page = new DOMParser().parseFromString(await (await fetch("index.html")).text(), "text/html");
			const { files } = JSON.parse(page.getElementById("site").textContent);
			for (const name in files) files[name] = new URL(files[name], location).href;
			const script = files["worker.js"];
			this.engine = new Worker(alone ? "alone.js?" + script : script);
			navigator.locks.request("bench", () => new Promise(() => {})); // as the page: it may keep files
			this.engine.postMessage({ files, pageName: "bench" });
			await new Promise((ok, no) => { this.engine.onmessage = ({ data }) => data.ready ? ok() : no(data.error); });
		},
		stop() { this.engine.terminate(); return true; },
		async load(url, name) {
			this.file = new File([await (await fetch(url)).blob()], name);
			return true;
		},
		ask(request, files, done) {
			return new Promise((ok, no) => {
				const from = performance.now();
				this.engine.onmessage = ({ data }) => {
					if (data.exit) return no(data.reason);
					const reply = JSON.parse(data.text);
					if (reply.error) return no(reply.error);
					if (done(reply, data)) ok(performance.now() - from);
				};
				this.engine.postMessage({ text: JSON.stringify(request), files });
			});
		},
		open() { return this.ask({ id: 1, do: "open", name: this.file.name }, [this.file], (r) => r.model); },
		run() { return this.ask({ id: 2, do: "run" }, undefined, (r, data) => r.final && data.blob); },
		async both() { const open = await this.open(); return open + await this.run(); },
	}; true`

func (t *tab) measure(model string, rounds int) (all []rows.Row, err error) {
	if _, err := eval[bool](t, script); err != nil {
		return nil, err
	}
	add := func(what, unit, goal string, values []float64) {
		all = append(all, rows.Of(what, "Chromium", unit, goal, values))
	}

	seconds, err := t.runs(false, "square", rounds)
	if err != nil {
		return nil, err
	}
	add("kmeans, INT2, 4096 x 4096 float32, from click to file", "s", "under 0.28", seconds)

	var ratios []float64
	for range rounds { // neighbours in time share what else the machine does
		one, err := t.runs(true, "ten", 1)
		if err != nil {
			return nil, err
		}
		two, err := t.runs(false, "ten", 1)
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, one[0]/two[0])
	}
	add("one worker against all, ten layers of 4096 x 1024", "x", "at least 1.7 on two cores", ratios)

	if _, err := os.Stat(model); err != nil {
		return all, nil
	}
	if seconds, err = t.jobs("model", rounds); err != nil {
		return nil, err
	}
	add("a model of 17.6 MB from drop to file, INT2 kmeans", "s", "under 0.40", seconds)
	return all, nil
}

// runs opens a model in an engine of its own, quantizes it once to warm up, and
// measures it some times.
func (t *tab) runs(alone bool, url string, times int) (seconds []float64, err error) {
	if _, err := eval[bool](t, fmt.Sprintf(`(async () => {
		await bench.start(%v);
		await bench.load(%q, "model.safetensors");
		await bench.open();
		await bench.run();
		return true;
	})()`, alone, url)); err != nil {
		return nil, err
	}
	return t.each("bench.run()", times)
}

// jobs opens and quantizes a model, in an engine that is warm.
func (t *tab) jobs(url string, times int) (seconds []float64, err error) {
	if _, err := eval[bool](t, fmt.Sprintf(`(async () => {
		await bench.start(false);
		await bench.load(%q, "model.onnx");
		await bench.both();
		return true;
	})()`, url)); err != nil {
		return nil, err
	}
	return t.each("bench.both()", times)
}

// each measures what an expression tells, and ends the engine.
func (t *tab) each(expression string, times int) (seconds []float64, err error) {
	for range times {
		ms, err := eval[float64](t, expression)
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, ms/1000)
	}
	_, err = eval[bool](t, "bench.stop()")
	return seconds, err
}

// eval returns what the promise of a script comes to.
func eval[T any](t *tab, script string) (v T, err error) {
	ctx, cancel := context.WithTimeout(t.ctx, 5*time.Minute)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}
