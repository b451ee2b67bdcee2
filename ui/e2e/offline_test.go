//go:build !js

package e2e

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// folder serves the site from a folder, without any header of ours.
func folder() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/some/folder/", http.StripPrefix("/some/folder/", http.FileServer(http.Dir(siteDir))))
	return mux
}

// kept waits until the service worker keeps the whole site.
func (k *tab) kept() {
	k.Helper()
	k.until("navigator.serviceWorker.controller")
	files := 1 // the page
	k.check(filepath.WalkDir(siteDir, func(name string, d fs.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case err != nil || d.IsDir() || base[0] == '_' || base[0] == '.' || name == filepath.Join(siteDir, "index.html") || base == "sw.js":
		case strings.HasSuffix(base, ".br") || strings.HasSuffix(base, ".gz"):
		default:
			files++
		}
		return err
	}))
	if n := eval[int](k, "(async () => (await (await caches.open((await caches.keys()).at(-1))).keys()).length)()"); n != files {
		k.Errorf("%d files are kept, the site has %d", n, files)
	}
}

// proveAndTeach does what needs more of the site than the main job does: it
// runs original and result in ONNX Runtime Web, on inputs that the page makes,
// and opens a lesson.
func (k *tab) proveAndTeach() {
	k.Helper()
	if rows := k.prove("proof-run"); len(rows["original"]) == 0 || len(rows["result"]) == 0 {
		k.Errorf("the proof shows %v", rows)
	}
	eval[string](k, `location.hash = "#learn/1"`)
	k.wait("fact-scale")
	k.until("document.querySelector('#lesson-figure svg')")
}

// The site works from a folder of a server that knows nothing of it, and
// again when the server is no more, and then even isolated, for threads.
func TestAnyFolderOfAnyServer(t *testing.T) {
	t.Parallel()
	k := newTab(t, folder())
	k.open("some/folder/")
	k.load(digits)
	k.runToEnd()
	k.compare(digits)
	k.kept()
	k.quiet()

	k.server.CloseClientConnections()
	k.server.Close()
	k.open("some/folder/")
	if !eval[bool](k, "crossOriginIsolated") {
		t.Error("the page is not isolated")
	}
	k.click("sample-digits")
	k.wait("layer-row")
	k.runToEnd()
	k.compare(digits)
	k.proveAndTeach()
	k.quiet()
}

// A newer version is announced, and waits until it is asked for.
func TestNewerVersion(t *testing.T) {
	t.Parallel()
	var newer atomic.Bool
	old := folder()
	k := newTab(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if newer.Load() && strings.HasSuffix(r.URL.Path, "/sw.js") {
			script, err := os.ReadFile(siteDir + "/sw.js")
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "text/javascript")
			w.Write(bytes.Replace(script, []byte(`"version":"`), []byte(`"version":"newer-`), 1))
			return
		}
		old.ServeHTTP(w, r)
	}))
	k.open("some/folder/")
	k.kept()
	newer.Store(true)
	k.open("some/folder/")
	k.load(digits)
	k.wait("newer")
	k.axe("a newer version")
	k.runToEnd() // nobody is interrupted
	k.compare(digits)
	k.run(chromedp.Evaluate[chromedp.Void]("window.before = true"))
	k.click("renew")
	k.until("!window.before && %s", find("file-input"))
	if names := eval[[]string](k, "caches.keys()"); len(names) != 2 || !strings.Contains(names[1], "newer-") {
		t.Errorf("the caches are %v", names)
	}
	k.quiet()
}
