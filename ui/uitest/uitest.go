// Package uitest renders components without a browser, for tests, and finds
// things in what they render.
package uitest

import (
	"bytes"
	"strings"

	"github.com/vugu/html"
	"github.com/vugu/vugu"
	"github.com/vugu/vugu/staticrender"
)

// Render builds a component once and returns its root.
func Render(b vugu.Builder) *html.Node {
	env, err := vugu.NewBuildEnv()
	if err != nil {
		panic(err)
	}
	var buf bytes.Buffer
	if err := staticrender.New(&buf).Render(env.RunBuild(b)); err != nil {
		panic(err)
	}
	root, err := html.Parse(&buf)
	if err != nil {
		panic(err)
	}
	return root
}

// Find returns the elements whose attribute has the value, in order.
func Find(n *html.Node, attribute, value string) []*html.Node {
	var found []*html.Node
	Walk(n, func(e *html.Node) {
		if Attr(e, attribute) == value {
			found = append(found, e)
		}
	})
	return found
}

// Tags returns the elements of that tag name, in order.
func Tags(n *html.Node, tag string) []*html.Node {
	var found []*html.Node
	Walk(n, func(e *html.Node) {
		if e.Data == tag {
			found = append(found, e)
		}
	})
	return found
}

// Walk calls f for n and every element below it.
func Walk(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		Walk(c, f)
	}
}

// Attr returns an attribute, empty if it is not there.
func Attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Has reports whether an attribute is there.
func Has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// Text returns what a node says, with single plain spaces.
func Text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " ")
}

// ByTestID returns the text of the element of that data-testid; ok tells
// whether there is exactly one.
func ByTestID(n *html.Node, id string) (text string, ok bool) {
	found := Find(n, "data-testid", id)
	if len(found) != 1 {
		return "", false
	}
	return Text(found[0]), true
}
