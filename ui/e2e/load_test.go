//go:build !js

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"splitquant/wasm/site"
)

// A meter notes what a server is asked for, and when.
type meter struct {
	http.Handler
	mu    sync.Mutex
	asked []asked
}

type asked struct {
	path string
	at   time.Time
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.asked = append(m.asked, asked{r.URL.Path, time.Now()})
	m.mu.Unlock()
	m.Handler.ServeHTTP(w, r)
}

// so returns what was asked for so far.
func (m *meter) so() []asked {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

// size returns how many bytes a file of the site takes: what build.sh dist makes
// of it where SPLITQUANT_FULL has time for that, and otherwise what is served.
func size(t *testing.T, name string) int {
	t.Helper()
	if strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	if info, err := os.Stat(siteDir + name + ".br"); err == nil && !full {
		return int(info.Size())
	}
	content, err := os.ReadFile(siteDir + name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	w.Write(content)
	w.Close()
	return b.Len()
}

// The page can be used after few bytes. The engine comes after that, while the
// person reads, and the runtime not before it is asked for. The time it takes
// is logged, and checked where SPLITQUANT_FULL asks for it, on an idle machine.
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
	usable := time.UnixMilli(eval[int64](k, `Math.floor(performance.timeOrigin + performance.getEntriesByName("usable")[0].startTime)`))
	k.load(digits)

	sent := 0
	for _, a := range m.so() {
		switch {
		case strings.Contains(a.path, "/runtime"):
			t.Errorf("%s is loaded, and nobody needs it", a.path)
		case strings.HasPrefix(path.Base(a.path), "engine-") || strings.HasPrefix(path.Base(a.path), "worker-"):
			if a.at.Before(usable) {
				t.Errorf("%s is loaded %v before the page is usable", a.path, usable.Sub(a.at))
			}
		case a.at.Before(usable):
			sent += size(t, a.path)
		}
	}
	t.Logf("usable after %.0f ms and %d bytes: %v", took, sent, m.so())
	most := 1_500_000 // compressed in haste
	if full {
		most = 1_300_000
	}
	if sent == 0 || sent > most {
		t.Errorf("%d bytes are sent before the page is usable, %d are allowed", sent, most)
	}
	if full && took > 1500 {
		t.Errorf("usable after %.0f ms, 1500 are allowed", took)
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
