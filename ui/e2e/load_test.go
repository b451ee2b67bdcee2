//go:build !js

package e2e

import (
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"splitquant/wasm/site"
)

// A meter counts what a server sends.
type meter struct {
	http.Handler
	mu    sync.Mutex
	sent  int
	files []string
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	counted := &counter{ResponseWriter: w}
	m.Handler.ServeHTTP(counted, r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent += counted.n
	m.files = append(m.files, r.URL.Path)
}

// so returns what was sent so far.
func (m *meter) so() (bytes int, files []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent, slices.Clone(m.files)
}

type counter struct {
	http.ResponseWriter
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += n
	return n, err
}

// The page can be used after few bytes, and the engine and the runtime are not
// among them: the engine comes with the first model. The time it takes is
// logged, and checked where SPLITQUANT_FULL asks for it, on an idle machine.
func TestFirstLoad(t *testing.T) {
	h, err := site.Handler(siteDir)
	if err != nil {
		t.Skip("needs the site: run ./build.sh build")
	}
	m := &meter{Handler: withoutServiceWorker(h)}
	k := newTab(t, m)
	_, err = chromedp.Call(k.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		new MutationObserver((_, observer) => {
			if (!document.getElementById("file-input")) return;
			performance.mark("usable");
			observer.disconnect();
		}).observe(document, { childList: true, subtree: true });`})
	k.check(err)
	k.open("")
	took := eval[float64](k, `performance.getEntriesByName("usable")[0].startTime`)
	sent, files := m.so()
	t.Logf("usable after %.0f ms and %d bytes: %v", took, sent, files)
	if sent > 1.3e6 {
		t.Errorf("%d bytes are sent before the page is usable, 1.3 MB are allowed", sent)
	}
	if os.Getenv("SPLITQUANT_FULL") != "" && took > 1500 {
		t.Errorf("usable after %.0f ms, 1500 are allowed", took)
	}
	later := func(files []string) []string {
		return slices.DeleteFunc(files, func(f string) bool {
			return !strings.HasPrefix(path.Base(f), "engine-") && !strings.Contains(f, "/runtime/")
		})
	}
	time.Sleep(time.Second)
	if _, files := m.so(); len(later(files)) > 0 {
		t.Errorf("loaded before they are needed: %v", later(files))
	}
	k.load(digits)
	if _, files := m.so(); len(later(files)) != 1 {
		t.Errorf("loaded for a model: %v, want the engine alone", later(files))
	}
	k.quiet()
}

// withoutServiceWorker has none, which would load everything in time.
func withoutServiceWorker(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/sw.js") {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
