package site_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"splitquant/wasm/site"
)

// someFiles are enough of the project's to make a site of.
func someFiles(t *testing.T) site.Files {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"wasm_exec.js", "vugu.js", "app.wasm", "engine.wasm", "samples/digits.onnx", "samples/README.md"} {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), "/* "+name+" */")
	}
	public, err := filepath.Glob("../../public/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range public {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, filepath.Base(name)), string(content))
	}
	files, err := site.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func put(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// known returns what a page tells public/assets.js.
func known(t *testing.T, page []byte) (k struct {
	Version, Commit string
	Files           map[string]string
}) {
	t.Helper()
	found := regexp.MustCompile(`id="site">(.*)</script>`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("no element \"site\" in the page:\n%s", page)
	}
	if err := json.Unmarshal(found[1], &k); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSite(t *testing.T) {
	files := someFiles(t)
	made, err := files.Site(site.Build{Version: "1.2.3", Commit: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	page := string(made["index.html"])
	k := known(t, made["index.html"])
	if k.Version != "1.2.3" || k.Commit != "abc" {
		t.Errorf("the page says version %q of commit %q", k.Version, k.Commit)
	}
	for name, content := range files {
		at, ok := k.Files[name]
		if !ok {
			at = name // one of the fixed ones
		} else if !regexp.MustCompile(`^assets/.*-[0-9a-f]{10}\.\w+$`).MatchString(at) {
			t.Errorf("%s has the address %q", name, at)
		}
		if name != "index.html" && !strings.HasSuffix(string(made[at]), string(content)) {
			t.Errorf("%s is not at %s", name, at)
		}
	}
	for _, l := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if _, ok := made[l[1]]; !ok {
			t.Errorf("the page links to %s, which is not there", l[1])
		}
	}
	if !strings.Contains(string(made["_headers"]), "Content-Security-Policy: "+site.Policy) {
		t.Errorf("_headers lacks the policy:\n%s", made["_headers"])
	}
	for name := range made {
		if strings.HasSuffix(name, ".md") || strings.Contains(name, "/go-") {
			t.Errorf("the site has %s, which nobody asks for", name)
		}
	}
}

// The service worker keeps every file that is asked for, and its version
// changes with any of them.
func TestServiceWorker(t *testing.T) {
	files := someFiles(t)
	told := func() (k struct {
		Version string
		Files   []string
		Headers map[string]string
	}, made site.Files) {
		made, err := files.Site(site.Build{})
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := bytes.Cut(bytes.TrimPrefix(made["sw.js"], []byte("const site = ")), []byte(";\n"))
		if err := json.Unmarshal(line, &k); err != nil {
			t.Fatal(err)
		}
		return k, made
	}
	before, made := told()
	for name := range made {
		asked := !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && name != "index.html" && name != "sw.js"
		if slices.Contains(before.Files, name) != asked {
			t.Errorf("the service worker keeps %s: %v", name, !asked)
		}
	}
	if !slices.Contains(before.Files, "./") || before.Headers["Cross-Origin-Embedder-Policy"] != "require-corp" {
		t.Errorf("the service worker knows %v", before)
	}
	files["samples/digits.onnx"] = []byte("another")
	if after, _ := told(); after.Version == before.Version {
		t.Error("another sample, and the same version")
	}
}

// A changed file gets another address, and no other file does.
func TestAddressIsOfTheContent(t *testing.T) {
	files := someFiles(t)
	before, err := files.Site(site.Build{})
	if err != nil {
		t.Fatal(err)
	}
	files["style.css"] = append(files["style.css"], "\n"...)
	after, err := files.Site(site.Build{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := known(t, before["index.html"]).Files, known(t, after["index.html"]).Files
	for name := range a {
		if (a[name] != b[name]) != (name == "style.css") {
			t.Errorf("%s: %s before, %s after", name, a[name], b[name])
		}
	}
}

// What Write finds in place it leaves, and what has no place it removes.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	stays := filepath.Join(dir, "a", "stays.js")
	put(t, stays, text)
	put(t, stays+".br", "compressed")
	put(t, filepath.Join(dir, "a", "goes.js"), text)
	put(t, filepath.Join(dir, "a", "goes.js.gz"), "compressed")
	if err := (site.Files{"a/stays.js": []byte(text), "new.js": []byte("new")}).Write(dir); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, pattern := range []string{"*.*", "a/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			names = append(names, filepath.Base(f))
		}
	}
	if want := []string{"new.js", "stays.js", "stays.js.br"}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
}

// The one file holds every file, asks for none, and its policy lets its own
// script and style through and nobody else's.
func TestOneFile(t *testing.T) {
	files := someFiles(t)
	page, err := files.OneFile(site.Build{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range known(t, page).Files {
		element := regexp.MustCompile(`<script type="text/plain" id="` + strings.TrimPrefix(at, "#") + `"[^>]*>([^<]*)</script>`).FindSubmatch(page)
		if element == nil {
			t.Errorf("%s is not at %s", name, at)
			continue
		}
		content, err := base64.StdEncoding.DecodeString(string(element[1]))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "js") {
			content = inflate(t, content)
		}
		if !bytes.Equal(content, files[name]) {
			t.Errorf("%s is there with other content", name)
		}
	}
	for _, l := range regexp.MustCompile(`<[^>]*(?:href|src)="([^"]*)"`).FindAllSubmatch(page, -1) {
		if !bytes.HasPrefix(l[1], []byte("data:")) {
			t.Errorf("the page asks for %s", l[1])
		}
	}
	for _, tag := range []string{"style", "script"} {
		text := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindSubmatch(page)
		sum := sha256.Sum256(text[1])
		if hash := base64.StdEncoding.EncodeToString(sum[:]); !bytes.Contains(page, []byte(tag+"-src 'sha256-"+hash+"'")) {
			t.Errorf("the policy does not allow the %s", tag)
		}
	}
	files["style.css"] = []byte("</style><p>")
	if _, err := files.OneFile(site.Build{}); err == nil {
		t.Error("no error for a style that ends its element")
	}
}

func inflate(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
