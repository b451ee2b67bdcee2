package page

import (
	"bytes"
	"slices"

	"github.com/vugu/vugu"
)

// still keeps vugu from writing what has not changed: it shows only the root
// element of a component that builds the same as last time. vugu leaves the
// children of an element alone that has none, so they stay in the document,
// with their handlers, the focus, an open select and whatever text is marked.
//
// A component in it has no components of its own. What its handlers depend on
// can be seen in its markup, since they are not renewed either.
type still struct {
	of   vugu.Builder
	last *vugu.VGNode
}

// Build implements vugu.Builder.
func (s *still) Build(in *vugu.BuildIn) *vugu.BuildOut {
	out := s.of.Build(in)
	root := out.Out[0]
	if s.last == nil || !same(s.last, root) {
		s.last = root
		return out
	}
	empty := *root
	empty.FirstChild, empty.LastChild = nil, nil
	return &vugu.BuildOut{Out: []*vugu.VGNode{&empty}}
}

// same reports whether two nodes are written alike.
func same(a, b *vugu.VGNode) bool {
	if a.Type != b.Type || a.Data != b.Data || a.Namespace != b.Namespace ||
		!slices.Equal(a.Attr, b.Attr) || !slices.EqualFunc(a.Prop, b.Prop, sameProperty) ||
		!slices.EqualFunc(a.DOMEventHandlerSpecList, b.DOMEventHandlerSpecList, sameEvent) ||
		(a.InnerHTML == nil) != (b.InnerHTML == nil) || a.InnerHTML != nil && *a.InnerHTML != *b.InnerHTML {
		return false
	}
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
