package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// inlined are the files that stand in the one file where the page names them.
var inlined = map[string]bool{"style.css": true, "page.js": true, "icon.svg": true}

// OneFile returns the page with everything inside, for a disk or a USB stick:
// its address begins with file://, so it can fetch nothing. Scripts and style
// are inlined, the other files are elements that public/assets.js reads.
// Its policy allows these scripts only, and no request at all.
func (f Files) OneFile(b Build) ([]byte, error) {
	style, script := string(f["style.css"]), string(f["page.js"])
	for _, end := range []string{"</script", "</style", "<!--"} {
		if strings.Contains(script+style, end) {
			return nil, fmt.Errorf("a script or the style holds %q, which would end its element in the page", end)
		}
	}
	addresses, elements, err := f.elements()
	if err != nil {
		return nil, err
	}
	page, err := f.page(known{b, addresses, ""})
	for _, r := range [][2]string{
		{Policy, fileOnlyPolicy(script, style)},
		{`href="icon.svg"`, `href="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(f["icon.svg"]) + `"`},
		{`<link rel="stylesheet" href="style.css">`, "<style>" + style + "</style>"},
		{`<link rel="manifest" href="manifest.webmanifest">` + "\n", ""},
		{`<link rel="preload" href="app.wasm" as="fetch" type="application/wasm" crossorigin>` + "\n", ""},
		{`<script defer src="page.js"></script>` + "\n", ""},
		{"</body>", elements + "<script>" + script + "</script>\n</body>"},
	} {
		if err == nil {
			page, err = replace(page, r[0], r[1])
		}
	}
	return page, err
}

// elements returns the files that are not inlined as elements, and their
// addresses, which name them.
func (f Files) elements() (addresses map[string]string, html string, err error) {
	var b strings.Builder
	addresses = map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(f)) {
		if fixed[name] || inlined[name] {
			continue
		}
		content := f[name]
		kind, _, _ := strings.Cut(contentType(name), ";")
		if kind != "text/javascript" {
			if content, err = compressed(content); err != nil {
				return nil, "", err
			}
		}
		addresses[name] = fmt.Sprint("#file-", i)
		fmt.Fprintf(&b, "<script type=\"text/plain\" id=\"file-%d\" data-name=%q data-type=%q>", i, path.Base(name), kind)
		b.WriteString(base64.StdEncoding.EncodeToString(content))
		b.WriteString("</script>\n")
	}
	return addresses, b.String(), nil
}

// fileOnlyPolicy allows the page's own script and style, and what they make.
func fileOnlyPolicy(script, style string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash(script) + " 'wasm-unsafe-eval' blob:; style-src " + hash(style) +
		"; worker-src blob:; connect-src blob:; img-src data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
}

// compressed returns the content in gzip's format, with no time in it.
func compressed(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a constant level is never refused
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
