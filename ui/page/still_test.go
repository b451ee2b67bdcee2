package page

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vugu/vugu"
)

// list is a component with one item per word, an id and a handler on each.
type list struct {
	words []string
	class string
	first int // the number in the id of the first item
}

func (l *list) Build(*vugu.BuildIn) *vugu.BuildOut {
	root := &vugu.VGNode{Type: vugu.ElementNode, Data: "ul"}
	root.AddAttrInterface("class", l.class)
	for i, w := range l.words {
		item := &vugu.VGNode{Type: vugu.ElementNode, Data: "li"}
		item.AddAttrInterface("id", l.first+i)
		item.SetInnerHTML(w)
		item.DOMEventHandlerSpecList = []vugu.DOMEventHandlerSpec{{EventType: "click", Func: func(vugu.DOMEvent) {}}}
		root.AppendChild(item)
	}
	return &vugu.BuildOut{Out: []*vugu.VGNode{root}}
}

// written counts the items whose text vugu would write, and tells the root's class.
func written(b vugu.Builder) (n int, class string) {
	root := b.Build(nil).Out[0]
	for c := root.FirstChild; c != nil; c = c.NextSibling {
		if c.InnerHTML != nil {
			n++
		}
	}
	return n, root.Attr[0].Val
}

func TestStill(t *testing.T) {
	l := &list{words: []string{"a", "b"}, class: "x"}
	unseen := false
	s := &still{of: l, unseen: func() bool { return unseen }, pen: new(pen)}
	for _, step := range []struct {
		what   string
		change func()
		want   int
	}{
		{"first", func() {}, 2},
		{"nothing changed", func() {}, 0},
		{"one word changed", func() { l.words[1] = "c" }, 1},
		{"nothing changed again", func() {}, 0},
		{"one word more", func() { l.words = append(l.words, "d") }, 1},
		{"one word less", func() { l.words = l.words[:1] }, 0},
		{"another class", func() { l.class = "y" }, 0},
		{"another id, whose element may have been filled without a render", func() { l.first = 7 }, 1},
		{"at last nothing", func() {}, 0},
		{"a change that nobody sees", func() { l.words, unseen = []string{"q"}, true }, 0},
		{"and sees at last", func() { unseen = false }, 1},
		{"more than one render writes", func() { l.words = strings.Split(strings.Repeat("w", mostNodes+30), "") }, mostNodes},
		{"and the rest", func() {}, 30},
	} {
		step.change()
		s.pen.begin()
		if n, class := written(s); n != step.want || class != l.class {
			t.Errorf("%s: %d items written with class %s, want %d with %s", step.what, n, class, step.want, l.class)
		}
	}
}

// A document does what vugu does with what is written: an element is known by
// its position and name, and keeps its children when none are written.
type document struct {
	node     *vugu.VGNode
	handlers []vugu.DOMEventHandlerSpec
	html     string
	children []*document
}

func (d *document) write(n *vugu.VGNode) *document {
	if d == nil || d.node.Type != n.Type || d.node.Type == vugu.ElementNode && d.node.Data != n.Data {
		d = new(document)
	}
	d.node, d.handlers = n, n.DOMEventHandlerSpecList
	switch {
	case n.InnerHTML != nil:
		d.html, d.children = *n.InnerHTML, nil
	case n.FirstChild != nil:
		var children []*document
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			var was *document
			if i := len(children); i < len(d.children) {
				was = d.children[i]
			}
			children = append(children, was.write(c))
		}
		d.html, d.children = "", children
	}
	return d
}

// String shows the document, and whose its handlers are.
func (d *document) String() string {
	if d.node.Type == vugu.TextNode {
		return d.node.Data
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%s %v", d.node.Data, d.node.Attr)
	for _, h := range d.handlers {
		h.Func(vugu.NewDOMEvent(nil, map[string]any{"to": &b}))
	}
	b.WriteString(">" + d.html)
	for _, c := range d.children {
		b.WriteString(c.String())
	}
	return b.String() + "</>"
}

// Whatever a component builds one time after another, the document shows it
// when the renders have come to an end, and its handlers are the newest.
func TestStillShowsWhatIsBuilt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		c := new(thicket)
		s := &still{of: c, unseen: func() bool { return false }, pen: new(pen)}
		var d *document
		for range 6 {
			c.next(r)
			s.pen.unfinished = true
			for renders := 0; s.pen.unfinished; renders++ {
				if renders > 500 {
					t.Fatal("the renders come to no end")
				}
				s.pen.begin()
				s.pen.written = mostNodes - 1 - r.IntN(20)
				d = d.write(s.Build(nil).Out[0])
			}
			var whole *document
			if got, want := d.String(), whole.write(c.node()).String(); got != want {
				t.Fatalf("the document shows\n%s\nwhere this was built:\n%s", got, want)
			}
		}
	}
}

// A thicket builds some tree, and another one with much in common the next time.
type thicket struct {
	values map[string]int // by the path of a node
	time   int
}

func (t *thicket) next(r *rand.Rand) {
	t.time++
	old := t.values
	t.values = maps.Clone(old)
	if t.values == nil {
		t.values = map[string]int{}
	}
	for range 1 + r.IntN(5) {
		path := ""
		for range r.IntN(4) {
			path += fmt.Sprint("/", r.IntN(3))
		}
		t.values[path] = r.IntN(1000)
	}
}

func (t *thicket) node() *vugu.VGNode { return t.grow("", 4) }

func (t *thicket) Build(*vugu.BuildIn) *vugu.BuildOut {
	return &vugu.BuildOut{Out: []*vugu.VGNode{t.node()}}
}

func (t *thicket) grow(path string, depth int) *vugu.VGNode {
	v := t.values[path]
	n := &vugu.VGNode{Type: vugu.ElementNode, Data: "div"}
	if path != "" && v%7 == 1 {
		n.Data = "p"
	}
	n.AddAttrInterface("class", v%3)
	if v%2 == 0 {
		time := t.time // the handler's name is seen nowhere else
		n.DOMEventHandlerSpecList = []vugu.DOMEventHandlerSpec{{EventType: "click", Func: func(e vugu.DOMEvent) {
			fmt.Fprint(e.EventSummary()["to"].(*strings.Builder), " clicked at ", time)
		}}}
	}
	if v%5 == 2 {
		n.SetInnerHTML(fmt.Sprint(v))
		return n
	}
	n.AppendChild(&vugu.VGNode{Type: vugu.TextNode, Data: fmt.Sprint(v % 11)})
	if depth > 0 {
		for i := range (v + depth) % 4 {
			n.AppendChild(t.grow(fmt.Sprint(path, "/", i), depth-1))
		}
	}
	return n
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
