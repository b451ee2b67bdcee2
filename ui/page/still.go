package page

import (
	"bytes"
	"slices"

	"github.com/vugu/vugu"
)

// still keeps vugu from writing what has not changed: of a component it shows
// only the elements on the way to what builds otherwise than last time. vugu
// leaves the children of an element alone that has none, so they stay in the
// document, with the focus, an open select and whatever text is marked.
//
// A component in it has no components of its own.
type still struct {
	of     vugu.Builder
	unseen func() bool // not on the screen: it is built when it is there
	pen    *pen
	shown  *vugu.VGNode // what the document shows of it
}

// Build implements vugu.Builder.
func (s *still) Build(in *vugu.BuildIn) *vugu.BuildOut {
	if s.unseen() || s.pen.dry() {
		if s.shown == nil { // the page can be used before all of it is built
			return &vugu.BuildOut{Out: []*vugu.VGNode{{Type: vugu.ElementNode, Data: "div"}}}
		}
		return &vugu.BuildOut{Out: []*vugu.VGNode{bare(s.shown)}}
	}
	root := s.of.Build(in).Out[0]
	if s.shown != nil && same(s.shown, root) {
		return &vugu.BuildOut{Out: []*vugu.VGNode{bare(s.shown)}}
	}
	write, shown := s.pen.draw(s.shown, root)
	s.shown = shown
	return &vugu.BuildOut{Out: []*vugu.VGNode{write}}
}

// mostNodes is how many nodes one render writes at most: few enough that it is
// no long task, many enough that what fits on a screen comes at once.
const mostNodes = 100

// A pen writes what has changed, and stops when it has written enough for one
// render; the next one goes on.
type pen struct {
	written    int  // in this render
	unfinished bool // there is more to write than this render does
}

// begin starts a render.
func (p *pen) begin() { *p = pen{} }

// dry reports whether no more is to be written, and notes that there is more.
func (p *pen) dry() bool {
	if p.written < mostNodes {
		return false
	}
	p.unfinished = true
	return true
}

// draw returns the part of n that is to be written where old is shown, which
// is nil where nothing is, and what is shown then. That is old where the pen
// runs dry, and nothing where there was nothing.
func (p *pen) draw(old, n *vugu.VGNode) (write, shown *vugu.VGNode) {
	if old == nil || !alike(old, n) {
		p.written++
	}
	if old != nil && (old.Type != n.Type || old.Data != n.Data || old.Namespace != n.Namespace) {
		old = nil // vugu makes another element
	}
	write, shown = bare(n), bare(n)
	shown.InnerHTML = n.InnerHTML
	if n.InnerHTML != nil {
		// What has an id may have been filled without a render, as [Host.SetCell] does.
		if old == nil || old.InnerHTML == nil || *old.InnerHTML != *n.InnerHTML || id(old) != id(n) {
			write.InnerHTML = n.InnerHTML
		}
		return write, shown
	}
	var was *vugu.VGNode
	if old != nil && old.InnerHTML == nil {
		was = old.FirstChild
		if sameChildren(old, n) {
			move(old, shown)
			return write, shown
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w, s := was, was
		if was != nil {
			was = was.NextSibling
		}
		switch {
		case !p.dry():
			w, s = p.draw(w, c)
		case s == nil:
			return write, shown
		default:
			w = bare(s)
			s.Parent, s.PrevSibling, s.NextSibling = nil, nil, nil
		}
		write.AppendChild(w)
		shown.AppendChild(s)
	}
	return write, shown
}

// bare returns a node without what is in it.
func bare(n *vugu.VGNode) *vugu.VGNode {
	return &vugu.VGNode{
		Type: n.Type, Data: n.Data, Namespace: n.Namespace, Attr: n.Attr, Prop: n.Prop,
		DOMEventHandlerSpecList: n.DOMEventHandlerSpecList,
	}
}

// id is the attribute of that name, empty where there is none.
func id(n *vugu.VGNode) string {
	for _, a := range n.Attr {
		if a.Key == "id" {
			return a.Val
		}
	}
	return ""
}

// move gives the children of one node to another, which has none.
func move(from, to *vugu.VGNode) {
	to.FirstChild, to.LastChild = from.FirstChild, from.LastChild
	for c := to.FirstChild; c != nil; c = c.NextSibling {
		c.Parent = to
	}
}

// same reports whether two nodes are written alike. As far as they are, the
// first one's events are handled as the second's from now on: vugu keeps the
// list of handlers that was written.
func same(a, b *vugu.VGNode) bool {
	if !alike(a, b) {
		return false
	}
	copy(a.DOMEventHandlerSpecList, b.DOMEventHandlerSpecList)
	return sameChildren(a, b)
}

// alike is same but for the nodes in them.
func alike(a, b *vugu.VGNode) bool {
	return a.Type == b.Type && a.Data == b.Data && a.Namespace == b.Namespace &&
		slices.Equal(a.Attr, b.Attr) && slices.EqualFunc(a.Prop, b.Prop, sameProperty) &&
		slices.EqualFunc(a.DOMEventHandlerSpecList, b.DOMEventHandlerSpecList, sameEvent) &&
		(a.InnerHTML == nil) == (b.InnerHTML == nil) && (a.InnerHTML == nil || *a.InnerHTML == *b.InnerHTML)
}

func sameChildren(a, b *vugu.VGNode) bool {
	x, y := a.FirstChild, b.FirstChild
	for ; x != nil && y != nil; x, y = x.NextSibling, y.NextSibling {
		if !same(x, y) {
			return false
		}
	}
	return x == nil && y == nil
}

func sameProperty(a, b vugu.VGProperty) bool {
	return a.Key == b.Key && bytes.Equal(a.JSONVal, b.JSONVal)
}

func sameEvent(a, b vugu.DOMEventHandlerSpec) bool { return a.EventType == b.EventType }
