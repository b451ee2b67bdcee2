package page

import (
	"strings"
	"testing"

	"github.com/vugu/vugu"
)

// list is a component with one item per word and a handler on each.
type list struct {
	words []string
	class string
}

func (l *list) Build(*vugu.BuildIn) *vugu.BuildOut {
	root := &vugu.VGNode{Type: vugu.ElementNode, Data: "ul"}
	root.AddAttrInterface("class", l.class)
	for _, w := range l.words {
		item := &vugu.VGNode{Type: vugu.ElementNode, Data: "li"}
		item.SetInnerHTML(w)
		item.DOMEventHandlerSpecList = []vugu.DOMEventHandlerSpec{{EventType: "click", Func: func(vugu.DOMEvent) {}}}
		root.AppendChild(item)
	}
	return &vugu.BuildOut{Out: []*vugu.VGNode{root}}
}

// written counts the elements that vugu would write, and tells the root's class.
func written(b vugu.Builder) (n int, class string) {
	root := b.Build(nil).Out[0]
	for c := root.FirstChild; c != nil; c = c.NextSibling {
		n++
	}
	return n, root.Attr[0].Val
}

func TestStill(t *testing.T) {
	l := &list{words: []string{"a", "b"}, class: "x"}
	s := &still{of: l}
	for _, step := range []struct {
		what   string
		change func()
		want   int
	}{
		{"first", func() {}, 2},
		{"nothing changed", func() {}, 0},
		{"one word changed", func() { l.words[1] = "c" }, 2},
		{"nothing changed again", func() {}, 0},
		{"one word more", func() { l.words = append(l.words, "d") }, 3},
		{"one word less", func() { l.words = l.words[:1] }, 1},
		{"another class", func() { l.class = "y" }, 1},
		{"at last nothing", func() {}, 0},
	} {
		step.change()
		if n, class := written(s); n != step.want || class != l.class {
			t.Errorf("%s: %d items written with class %s, want %d with %s", step.what, n, class, step.want, l.class)
		}
	}
}

func TestSame(t *testing.T) {
	text := "t"
	base := func() *vugu.VGNode {
		return &vugu.VGNode{
			Type: vugu.ElementNode, Data: "a", Attr: []vugu.VGAttribute{{Key: "k", Val: "v"}},
			Prop:                    []vugu.VGProperty{{Key: "p", JSONVal: []byte("1")}},
			DOMEventHandlerSpecList: []vugu.DOMEventHandlerSpec{{EventType: "click"}},
			InnerHTML:               &text,
		}
	}
	other := strings.Repeat("u", 1)
	for name, change := range map[string]func(*vugu.VGNode){
		"type": func(n *vugu.VGNode) { n.Type = vugu.TextNode }, "data": func(n *vugu.VGNode) { n.Data = "b" },
		"namespace": func(n *vugu.VGNode) { n.Namespace = "svg" }, "attribute": func(n *vugu.VGNode) { n.Attr[0].Val = "w" },
		"property": func(n *vugu.VGNode) { n.Prop[0].JSONVal = []byte("2") }, "event": func(n *vugu.VGNode) { n.DOMEventHandlerSpecList[0].EventType = "change" },
		"content": func(n *vugu.VGNode) { n.InnerHTML = &other }, "no content": func(n *vugu.VGNode) { n.InnerHTML = nil },
		"child": func(n *vugu.VGNode) { n.AppendChild(base()) },
	} {
		a, b := base(), base()
		if !same(a, b) {
			t.Fatal("two nodes alike are not the same")
		}
		if change(b); same(a, b) || same(b, a) {
			t.Errorf("another %s is not noticed", name)
		}
	}
}
