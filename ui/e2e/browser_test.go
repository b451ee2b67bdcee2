//go:build !js

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"splitquant/wasm/site"
)

const (
	root    = "../.."
	siteDir = root + "/dist/site"
	patient = 3 * time.Minute // how long a test waits for what must happen
)

// full says that there is time for all tests.
var full = os.Getenv("SPLITQUANT_FULL") != ""

// chromium returns the program of the browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("needs Chromium: install it, or set CHROMIUM to its program")
	return ""
}

// strangers is a proxy that everything goes through which is not for the site.
// It lets nothing out and remembers what was asked for.
type strangers struct {
	mu    sync.Mutex
	asked []string
}

// ofChromium are the hosts that Chromium itself asks whatever its flags say,
// on a blank page too.
var ofChromium = map[string]bool{"update.googleapis.com": true, "accounts.google.com": true}

func (s *strangers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !ofChromium[r.URL.Hostname()] {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.RequestURI)
		s.mu.Unlock()
	}
	http.Error(w, "nothing leaves this machine", http.StatusForbidden)
}

// A tab is a page of the site in a browser of its own.
type tab struct {
	*testing.T
	ctx       context.Context
	server    *httptest.Server
	url       string // of the site
	downloads string // a folder
	strangers *strangers
}

// newTab starts a browser. The site is served by h, the models of the tests
// beside it in /models/.
func newTab(t *testing.T, h http.Handler) *tab {
	t.Helper()
	program := chromium(t)
	if _, err := os.Stat(siteDir); err != nil {
		t.Skip("needs the site: run ./build.sh build")
	}
	k := &tab{T: t, downloads: t.TempDir(), strangers: &strangers{}}
	k.server = httptest.NewServer(h)
	t.Cleanup(k.server.Close)
	k.url = k.server.URL + "/"
	proxy := httptest.NewServer(k.strangers)
	t.Cleanup(proxy.Close)

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.ProxyServer(proxy.URL), // all but loopback
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,NetworkTimeServiceQuerying,AutofillServerCommunication"),
		chromedp.UserDataDir(t.TempDir()),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // waits until the browser has ended and left its folder
		cancel()
	})
	k.ctx = ctx
	k.check(chromedp.Do(ctx)) // starts the browser
	enabled := true
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: k.downloads, EventsEnabled: &enabled,
	})
	k.check(err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	k.check(err)
	return k
}

// watch notes what must not happen on the page, and the workers that it starts.
const watch = `
	window.workers = [];
	window.Worker = class extends Worker {
		constructor(...args) { super(...args); workers.push(this); }
	};
	window.complaints = [];
	addEventListener("securitypolicyviolation", (e) => complaints.push("blocked by the policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
	addEventListener("error", (e) => complaints.push(e.message));
	addEventListener("unhandledrejection", (e) => complaints.push(String(e.reason)));
	for (const level of ["error", "warn"]) {
		const print = console[level];
		console[level] = (...args) => { complaints.push(args.join(" ")); print(...args); };
	}`

// theSite serves the built site, and the models of the tests. There is no service
// worker, which would load all files of the site in every test.
func theSite(t *testing.T, models ...string) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	if h, err := site.Handler(siteDir); err == nil {
		mux.Handle("/", withoutServiceWorker(h))
	}
	for _, m := range models {
		mux.HandleFunc("/models/"+filepath.Base(m), func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, m) })
	}
	return mux
}

func (k *tab) check(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// run does the actions.
func (k *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.ctx, patient)
	defer cancel()
	k.check(chromedp.Do(ctx, actions...))
}

// eval returns what a JavaScript expression, or the promise it makes, comes to.
func eval[T any](k *tab, expression string, args ...any) T {
	k.Helper()
	v, err := tryEval[T](k, expression, args...)
	if err != nil {
		k.Fatalf("%v in %s", err, fmt.Sprintf(expression, args...))
	}
	return v
}

func tryEval[T any](k *tab, expression string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(k.ctx, patient)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, args...), chromedp.EvalAwaitPromise, asUser))
}

// asUser makes a script count as done by a person, as what opens files asks for.
func asUser(p *runtime.EvaluateParams) {
	yes := true
	p.UserGesture = &yes
}

// until waits for a JavaScript condition, or for what its promise comes to. The
// page is asked when it has drawn all there is, and again if another one took its
// place meanwhile.
func (k *tab) until(condition string, args ...any) {
	k.Helper()
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		ok, err := tryEval[bool](k, "(async () => document.documentElement?.hasAttribute('data-drawing') === false && !!(await ("+condition+")))()", args...)
		switch {
		case err != nil && !strings.Contains(err.Error(), "navigated or closed"):
			k.Fatalf("%v in %s", err, fmt.Sprintf(condition, args...))
		case err == nil && ok:
			return
		}
	}
	k.Fatalf("waited %v for %s; the page shows:\n%s", patient, fmt.Sprintf(condition, args...), eval[string](k, "document.body.innerText"))
}

// find is an expression for the element of a test id.
func find(id string) string { return fmt.Sprintf(`document.querySelector('[data-testid=%q]')`, id) }

// wait waits until an element is shown.
func (k *tab) wait(id string) { k.Helper(); k.until("%s?.checkVisibility()", find(id)) }

// text returns the text of an element, empty where there is none.
func (k *tab) text(id string) string {
	k.Helper()
	return eval[string](k, "%s?.innerText ?? ''", find(id))
}

// click clicks on an element as soon as a pointer can reach it. What is asked
// and what is done are one script, so that a page that moves meanwhile makes no
// difference.
func (k *tab) click(id string) {
	k.Helper()
	k.until(`((e) => {
		if (!e?.checkVisibility() || e.disabled) return false;
		e.scrollIntoView({ block: "center", behavior: "instant" }); // from under the bar
		const { x, y, width, height } = e.getBoundingClientRect();
		if (!e.contains(document.elementFromPoint(x + width / 2, y + height / 2))) return false;
		e.focus();
		e.click();
		return true;
	})(%s)`, find(id))
	k.until("true") // the page shows what it did
}

// choose picks a word in a select, as a person would with the keyboard.
func (k *tab) choose(id, word string) {
	k.Helper()
	eval[bool](k, `(() => { const s = %s; s.value = %q; return s.dispatchEvent(new Event("change", { bubbles: true })); })()`, find(id), word)
	k.until("%s.value === %q", find(id), word)
}

// open navigates and waits until the page can be used.
func (k *tab) open(path string) {
	k.Helper()
	k.run(chromedp.Navigate(k.url + path))
	k.until("%s || document.querySelector('main.learn:not([hidden]), main.about:not([hidden])')", find("file-input"))
}

// upload gives the page a file, as if it was chosen from the disk.
func (k *tab) upload(file string) {
	k.Helper()
	file, err := filepath.Abs(file)
	k.check(err)
	k.run(chromedp.SetUploadFiles(chromedp.CSS("[data-testid=file-input]"), []string{file}, chromedp.NodeReady))
}

// load gives the page a model and waits for its layers.
func (k *tab) load(file string) {
	k.Helper()
	k.upload(file)
	k.until("%s?.innerText.includes(%q)", find("model-name"), filepath.Base(file))
	k.wait("layer-row")
}

// download clicks on Download and returns the file's name and bytes.
func (k *tab) download() (name string, content []byte) {
	k.Helper()
	return k.received(func() { k.click("download") })
}

// received returns the file that f makes the browser save. Until that is complete,
// Chromium keeps its name with an empty file.
func (k *tab) received(f func()) (name string, content []byte) {
	k.Helper()
	before := k.files()
	f()
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for name := range k.files() {
			if !before[name] && !strings.HasSuffix(name, ".crdownload") {
				content, err := os.ReadFile(filepath.Join(k.downloads, name))
				k.check(err)
				if len(content) == 0 {
					continue
				}
				k.check(os.Remove(filepath.Join(k.downloads, name)))
				return name, content
			}
		}
	}
	k.Fatalf("waited %v for a download", patient)
	return "", nil
}

func (k *tab) files() map[string]bool {
	entries, err := os.ReadDir(k.downloads)
	k.check(err)
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names
}

// quiet fails the test if something was asked of another place, or if the page
// complained.
func (k *tab) quiet() {
	k.Helper()
	k.strangers.mu.Lock()
	defer k.strangers.mu.Unlock()
	for _, r := range k.strangers.asked {
		k.Errorf("a request to another origin: %s", r)
	}
	for _, c := range eval[[]string](k, "complaints") {
		k.Errorf("the page complains: %s", c)
	}
}

// commandLine builds the command line once and runs it.
func commandLine(t *testing.T, args ...string) {
	t.Helper()
	program, err := buildCommandLine()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("splitquant %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

var buildCommandLine = sync.OnceValues(func() (string, error) {
	program, err := filepath.Abs(filepath.Join(root, "dist", "splitquant-for-tests"))
	if err != nil {
		return "", err
	}
	c := exec.Command("go", "build", "-o", program, "./core/cmd/splitquant")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return program, nil
})

// quantized returns what the command line makes of a model.
func quantized(t *testing.T, model string, flags ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.onnx")
	commandLine(t, append([]string{"quantize", model, "-o", out, "--quiet"}, flags...)...)
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
