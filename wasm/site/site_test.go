package site_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"splitquant/wasm/site"
)

// text is long and dull enough to become smaller.
var text = strings.Repeat("console.log('lower, middle, upper');\n", 100)

func newSite(t *testing.T) (dir string, get func(method, path, accept string) *http.Response) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{
		"index.html": "<p>top", "sub/index.html": "<p>sub", "page.js": text, "app.wasm": "\x00asm", "m.onnx": text, "x.bin": "x",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := site.Compress(dir, 4); err != nil {
		t.Fatal(err)
	}
	h, err := site.Handler(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, func(method, path, accept string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		if accept != "" {
			r.Header.Set("Accept-Encoding", accept)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
}

func TestHandler(t *testing.T) {
	_, get := newSite(t)
	for _, c := range []struct {
		method, path, accept  string
		status                int
		contentType, encoding string
	}{
		{"GET", "/", "", 200, "text/html; charset=utf-8", ""},
		{"GET", "/sub/", "", 200, "text/html; charset=utf-8", ""},
		{"GET", "/app.wasm", "", 200, "application/wasm", ""},
		{"GET", "/page.js", "gzip, deflate, br, zstd", 200, "text/javascript; charset=utf-8", "br"},
		{"GET", "/page.js", "gzip;q=1, br;q=0", 200, "text/javascript; charset=utf-8", "gzip"},
		{"GET", "/page.js", "identity", 200, "text/javascript; charset=utf-8", ""},
		{"GET", "/x.bin", "br", 200, "application/octet-stream", ""},
		{"HEAD", "/m.onnx", "br", 200, "application/octet-stream", "br"},
		{"GET", "/none.js", "br", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/sub", "", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/../handler.go", "", 404, "text/plain; charset=utf-8", ""},
		{"POST", "/", "", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(c.method+c.path+" "+c.accept, func(t *testing.T) {
			r := get(c.method, c.path, c.accept)
			if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.contentType || r.Header.Get("Content-Encoding") != c.encoding {
				t.Errorf("got %d %q %q, want %d %q %q", r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"),
					c.status, c.contentType, c.encoding)
			}
			if r.StatusCode == 200 && r.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("a cache may mix up the encodings: Vary is %q", r.Header.Get("Vary"))
			}
			if p := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, site.Policy) {
				t.Errorf("policy %q", p)
			}
		})
	}
}

func TestCompressedIsTheFile(t *testing.T) {
	_, get := newSite(t)
	open := map[string]func(io.Reader) (io.Reader, error){
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	}
	for encoding, reader := range open {
		r, err := reader(get("GET", "/page.js", encoding).Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, error %v; want the %d bytes of the file", encoding, len(got), err, len(text))
		}
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	dir, get := newSite(t)
	h, err := site.Handler(dir)
	if err != nil {
		t.Fatal(err)
	}
	tag := get("GET", "/page.js", "br").Header.Get("ETag")
	again := func(accept string) int {
		r := httptest.NewRequest("GET", "/page.js", nil)
		r.Header.Set("If-None-Match", tag)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if got := again("br"); got != http.StatusNotModified {
		t.Errorf("same file: status %d, want 304", got)
	}
	if got := again("gzip"); got != http.StatusOK {
		t.Errorf("other encoding: status %d, want 200", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "page.js"), []byte(text+"changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := site.Compress(dir, 4); err != nil {
		t.Fatal(err)
	}
	if got := again("br"); got != http.StatusOK {
		t.Errorf("changed file: status %d, want 200", got)
	}
}

func TestCompressIsReproducible(t *testing.T) {
	one, _ := newSite(t)
	two, _ := newSite(t)
	for _, name := range []string{"page.js.br", "page.js.gz"} {
		a, err := os.ReadFile(filepath.Join(one, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(two, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two folders", name)
		}
	}
}

// The page carries the policy itself, for hosts that send no headers.
func TestPageHoldsThePolicy(t *testing.T) {
	page, err := os.ReadFile("../../public/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), `content="`+site.Policy+`"`) {
		t.Errorf("public/index.html lacks the policy %q", site.Policy)
	}
}

func TestVuguScript(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/vugu/vugu").Output()
	if err != nil {
		t.Fatal(err)
	}
	script, err := site.VuguScript(strings.TrimSpace(string(dir)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vuguRender", "vuguGetRenderArray", "vuguSetEventHandler", "vuguSetCallbackHandler"} {
		if !strings.Contains(script, "window."+name+"=") {
			t.Errorf("the script does not define %s", name)
		}
	}
	if _, err := site.VuguScript(t.TempDir()); err == nil {
		t.Error("no error where there is no vugu")
	}
}
