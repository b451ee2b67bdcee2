package site

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
)

// Policy is the site's Content-Security-Policy: nothing is loaded from, or
// sent to, any other place. index.html holds it too, for hosts that send none.
const Policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'"

// Headers are sent with every answer. The two Cross-Origin headers isolate the
// page, which gives ONNX Runtime Web its threads; frame-ancestors works only
// in a header.
var Headers = map[string]string{
	"Content-Security-Policy":      Policy + "; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}

// How long browsers keep files: those with a hash in their address for ever;
// others are asked for again each time, which the ETag makes cheap.
const (
	forever = "public, max-age=31536000, immutable"
	noCache = "no-cache"
)

// headersFile says the same to hosts that read a file _headers, such as
// Cloudflare's and Netlify's. They ask again each time if nothing is said.
func headersFile() string {
	var b strings.Builder
	b.WriteString("/*\n")
	for _, name := range slices.Sorted(maps.Keys(Headers)) {
		fmt.Fprintf(&b, "  %s: %s\n", name, Headers[name])
	}
	fmt.Fprintf(&b, "/%s/*\n  Cache-Control: %s\n", hashedDir, forever)
	return b.String()
}

// types are the content types that matter here, whatever the machine's own
// table says.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".mjs": "text/javascript; charset=utf-8", ".onnx": "application/octet-stream",
	".png": "image/png", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}

// Handler serves the files of a folder, compressed where the browser accepts
// it and [Compress] made such a file.
func Handler(dir string) (http.Handler, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return handler{root.FS()}, nil
}

type handler struct{ files fs.FS }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range Headers {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if strings.HasSuffix(r.URL.Path, "/") || name == "" {
		name = path.Join(name, "index.html")
	}
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Set("Cache-Control", noCache)
	if strings.HasPrefix(name, hashedDir+"/") {
		w.Header().Set("Cache-Control", forever)
	}
	w.Header().Set("Vary", "Accept-Encoding")
	for _, c := range encodings {
		if accepts(r, c.name) && h.serve(w, r, name+c.ext, c.name) {
			return
		}
	}
	if !h.serve(w, r, name, "") {
		http.Error(w, "no such file", http.StatusNotFound)
	}
}

// serve sends a file and reports whether there is one.
func (h handler) serve(w http.ResponseWriter, r *http.Request, name, encoding string) bool {
	f, err := h.files.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return false
	}
	if encoding != "" {
		w.Header().Set("Content-Encoding", encoding)
	}
	sum := sha256.New() // of the content: two versions may have the same time
	if _, err := io.Copy(sum, f); err != nil {
		return false
	}
	if _, err := f.(*os.File).Seek(0, io.SeekStart); err != nil {
		return false
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x%s"`, sum.Sum(nil)[:8], encoding))
	http.ServeContent(w, r, name, noTime, f.(*os.File))
	return true
}

func contentType(name string) string {
	ext := path.Ext(name)
	if t, ok := types[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// accepts reports whether the browser takes a content encoding: names it, and
// not with the weight 0.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == encoding {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}
