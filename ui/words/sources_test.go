package words

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"splitquant/core/recipe"
)

// Every text that the page shows has its translation, and every translation
// its text. The oracle is the type checker: whatever constant it takes for a
// Text, anywhere in the sources of the page, is one.
func TestEveryTextIsTranslated(t *testing.T) {
	texts := textsOfPage(t)
	if len(texts) < 200 {
		t.Fatalf("found only %d texts in the sources of the page", len(texts))
	}
	for _, language := range Languages {
		if language.Code == English {
			continue
		}
		known := Translations[language.Code]
		for text, where := range texts {
			if _, ok := known[text]; !ok {
				t.Errorf("%s: %q has no translation into %s", where, text, language.Code)
			}
		}
		for text, translation := range known {
			if _, ok := texts[text]; !ok {
				t.Errorf("%s: no text of the page is %q", language.Code, text)
			}
			if want, got := verbs(string(text)), verbs(translation); !slices.Equal(want, got) {
				t.Errorf("%s: %q has the verbs %v, its translation %v", language.Code, text, want, got)
			}
		}
	}
}

// verbs returns the verbs of a format in the order of their arguments.
func verbs(format string) []string {
	found := regexp.MustCompile(`%(\[(\d)\])?([.\d]*[a-zA-Z])`).FindAllStringSubmatch(strings.ReplaceAll(format, "%%", ""), -1)
	slices.SortStableFunc(found, func(a, b []string) int { return strings.Compare(a[2], b[2]) })
	var all []string
	for _, f := range found {
		all = append(all, f[3])
	}
	return all
}

// textsOfPage returns all texts of the page and where each is.
func textsOfPage(t *testing.T) map[Text]string {
	t.Helper()
	texts := map[Text]string{}
	// Package recipe speaks English to the command line too; the page
	// translates what it says.
	for _, option := range []string{"bits", "strategy", "form", "granularity", "cluster", "clip", "activations", "bias", "target"} {
		for _, c := range recipe.Choices(option) {
			texts[Text(c.Means)] = "core/recipe"
		}
	}
	for _, p := range recipe.Presets() {
		texts[Text(p.Name)], texts[Text(p.Means)] = "core/recipe", "core/recipe"
	}
	collect(t, "splitquant/ui/...", texts)
	delete(texts, "")
	return texts
}

// A listed package is what "go list" says of it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// collect type-checks the packages of the pattern, as the browser gets them,
// and adds the constants of type Text in them.
func collect(t *testing.T, pattern string, texts map[Text]string) {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", pattern)
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	var ours []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, strings.TrimSuffix(pattern, "...")) {
			ours = append(ours, p)
		}
	}
	set := token.NewFileSet()
	imports := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, p := range ours {
		var files []*ast.File
		for _, name := range p.GoFiles {
			if filepath.Base(p.Dir) == "words" && strings.HasPrefix(name, "zh_") {
				continue // the translations themselves
			}
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		if _, err := (&types.Config{Importer: imports}).Check(p.ImportPath, set, files, &info); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				if v := info.Types[e]; v.Value != nil && v.Value.Kind() == constant.String && v.Type.String() == "splitquant/ui/words.Text" {
					position := set.Position(e.Pos())
					texts[Text(constant.StringVal(v.Value))] = filepath.Base(filepath.Dir(position.Filename)) + "/" + filepath.Base(position.Filename)
					return false // parts of a sum of constants are no texts
				}
				return true
			})
		}
	}
}
