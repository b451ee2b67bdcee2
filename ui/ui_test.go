package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vugu/html"
	"github.com/vugu/html/atom"
)

// vugu leaves the children of an element in the document when the element has
// none any more. So each element keeps one that does not come and go; a blank
// will do.
func TestNoElementBecomesEmpty(t *testing.T) {
	files, err := filepath.Glob("*/*.vugu")
	if err != nil || len(files) == 0 {
		t.Fatalf("no markup found: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := html.ParseFragment(strings.NewReader(string(text)), &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, n := range nodes {
			checkChildren(t, file, n)
		}
	}
}

func checkChildren(t *testing.T, file string, n *html.Node) {
	stays := n.FirstChild == nil
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		stays = stays || c.Type != html.ElementNode || !comesAndGoes(c)
		checkChildren(t, file, c)
	}
	// The rows of a table are never none: the table is left out then.
	if !stays && n.Data != "tbody" && n.Data != "select" {
		t.Errorf("%s: <%s> may lose all its children, put a blank into it", file, n.Data)
	}
}

func comesAndGoes(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "vg-if" || strings.HasPrefix(a.Key, "vg-for") {
			return true
		}
	}
	return false
}
