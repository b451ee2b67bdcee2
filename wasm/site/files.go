package site

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Files are the contents of files by their names, which have slashes.
type Files map[string][]byte

// A Build says what a site is made from.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // empty where it is not known
}

// bundles are scripts that go out as one, so that a page or a worker starts
// after one request and from one address.
var bundles = map[string][]string{
	"page.js":    {"wasm_exec.js", "assets.js", "offline.js", "go.js", "vugu.js", "page.js"},
	"worker.js":  {"wasm_exec.js", "assets.js", "go.js", "worker.js"},
	"runtime.js": {"assets.js", "runtime.js"},
}

// fixed are the files whose address is known outside of the page and must stay
// the same from version to version.
var fixed = map[string]bool{
	"index.html": true, "sw.js": true, "manifest.webmanifest": true, "icon-192.png": true, "icon-512.png": true,
	"learn/guide/index.html": true,
}

// Read reads the files of a folder, as build.sh puts them together, and makes
// the bundles.
func Read(dir string) (Files, error) {
	all := Files{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".md" {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		all[filepath.ToSlash(relative)], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, size := range []int{192, 512} {
		if all[fmt.Sprintf("icon-%d.png", size)], err = icon(size); err != nil {
			return nil, err
		}
	}
	return all.bundle()
}

// bundle returns the files with each bundle in place of its parts.
func (f Files) bundle() (Files, error) {
	whole := maps.Clone(f)
	for _, parts := range bundles {
		for _, part := range parts {
			delete(whole, part)
		}
	}
	for name, parts := range bundles {
		var b bytes.Buffer
		for _, part := range parts {
			content, ok := f[part]
			if !ok {
				return nil, fmt.Errorf("%s needs %s, which is missing", name, part)
			}
			// A function of its own keeps the names of each part to itself.
			fmt.Fprintf(&b, "(() => {\n%s\n})();\n", content)
		}
		whole[name] = b.Bytes()
	}
	return whole, nil
}

// Site returns the files of the static site: all but the fixed ones under
// addresses that hold a hash of their content, so that they may be kept for
// ever, and the page, which knows these addresses.
func (f Files) Site(b Build) (Files, error) {
	out := Files{"_headers": []byte(headersFile()), ".assetsignore": []byte("*.br\n*.gz\n")}
	addresses := map[string]string{}
	for name, content := range f {
		if fixed[name] {
			out[name] = content
			continue
		}
		addresses[name] = address(name, content)
		out[addresses[name]] = content
	}
	page, err := f.page(known{b, addresses, "sw.js"})
	if err != nil {
		return nil, err
	}
	out["index.html"] = link.ReplaceAllFunc(page, func(l []byte) []byte {
		attribute, name, _ := strings.Cut(strings.Trim(string(l), `"`), `="`)
		return fmt.Appendf(nil, `%s="%s"`, attribute, cmp.Or(addresses[name], name))
	})
	out["sw.js"], err = out.serviceWorker()
	return out, err
}

// serviceWorker returns sw.js with what it wants to know before it.
func (f Files) serviceWorker() ([]byte, error) {
	version := sha256.New()
	files := []string{"./"}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(version, "%s %x\n", name, sha256.Sum256(f[name]))
		if name != "index.html" && name != "sw.js" && name[0] != '_' && name[0] != '.' {
			files = append(files, strings.TrimSuffix(name, "index.html")) // folders go by their own name
		}
	}
	told, err := json.Marshal(map[string]any{"version": fmt.Sprintf("%.5x", version.Sum(nil)), "files": files, "headers": Headers})
	return fmt.Appendf(nil, "const site = %s;\n%s", told, f["sw.js"]), err
}

// link is an attribute of the page that names a file.
var link = regexp.MustCompile(`\b(href|src)="[^"]*"`)

// address returns where a file goes: assets/samples/digits.onnx becomes
// assets/samples/digits-0123456789.onnx.
func address(name string, content []byte) string {
	ext := path.Ext(name)
	return fmt.Sprintf("%s/%s-%.5x%s", hashedDir, strings.TrimSuffix(name, ext), sha256.Sum256(content), ext)
}

// hashedDir holds the files that never change.
const hashedDir = "assets"

// known is what public/assets.js wants to know, in the element "site".
type known struct {
	Build
	Files         map[string]string `json:"files"`
	ServiceWorker string            `json:"serviceWorker,omitempty"`
}

// page returns index.html with what is known in it.
func (f Files) page(k known) ([]byte, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	return replace(f["index.html"], `id="site">{}<`, `id="site">`+string(text)+`<`)
}

// replace replaces what must be in the page once.
func replace(page []byte, old, new string) ([]byte, error) {
	if n := bytes.Count(page, []byte(old)); n != 1 {
		return nil, fmt.Errorf("index.html holds %q %d times, want once", old, n)
	}
	return bytes.Replace(page, []byte(old), []byte(new), 1), nil
}

// Write makes dir hold the files and nothing else. What is there already is
// left untouched, with its compressed forms: see [Compress].
func (f Files) Write(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, f[name]) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, f[name], 0o644); err != nil {
			return err
		}
	}
	var stale []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		relative = filepath.ToSlash(relative)
		for _, c := range encodings {
			relative = strings.TrimSuffix(relative, c.ext)
		}
		if _, ok := f[relative]; !ok {
			stale = append(stale, name)
		}
		return err
	})
	for _, name := range stale {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
