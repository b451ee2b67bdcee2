//go:build js && wasm

package browser

import (
	"syscall/js"

	"splitquant/ui/page"
)

// watchHandles follows the pointer while it drags a handle of a drawing: an
// element whose data-drag names a setting, and whose data-lo and data-hi are
// the values at the places data-from and data-to of the drawing.
func (h *Host) watchHandles(p *page.View) {
	var setting string // empty where nothing is dragged
	var lo, hi, from, to float64
	var plot js.Value
	move := func(e js.Value) {
		drawing := plot.Get("firstElementChild") // made anew when the value changes
		if !drawing.Truthy() {
			return
		}
		box := drawing.Call("getBoundingClientRect")
		scale := drawing.Get("viewBox").Get("baseVal").Get("width").Float() / box.Get("width").Float()
		at := (e.Get("clientX").Float() - box.Get("left").Float()) * scale
		value, name := lo+(at-from)/(to-from)*(hi-lo), setting
		go p.Drag(name, value)
	}
	listen(h.document, "pointerdown", func(e js.Value) {
		handle := e.Get("target").Call("closest", "[data-drag]")
		if !handle.Truthy() {
			return
		}
		number := func(name string) float64 {
			return h.window.Get("Number").Invoke(handle.Call("getAttribute", "data-"+name)).Float()
		}
		setting = handle.Call("getAttribute", "data-drag").String()
		lo, hi, from, to = number("lo"), number("hi"), number("from"), number("to")
		plot = handle.Call("closest", ".plot")
		e.Call("preventDefault")
	})
	listen(h.document, "pointermove", func(e js.Value) {
		if setting != "" {
			e.Call("preventDefault")
			move(e)
		}
	})
	for _, end := range []string{"pointerup", "pointercancel"} {
		listen(h.document, end, func(js.Value) { setting = "" })
	}
}

// styled are the properties that a drawing gets from the page's style sheet,
// and must take along when it leaves the page.
var styled = []string{"fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "paint-order",
	"font-family", "font-size", "font-weight", "text-anchor"}

// Print prints the page, once the click that asked for it is over.
func (h *Host) Print() { h.later(0, func() { h.window.Call("print") }) }

// SaveFigure saves the drawing in an element: as SVG with its looks written
// into it, or as PNG twice as large.
func (h *Host) SaveFigure(id, name, kind string) {
	drawing := h.element(id).Get("firstElementChild")
	if !drawing.Truthy() {
		return
	}
	text := h.standalone(drawing)
	if kind == "svg" {
		h.saveBlob(name, h.window.Get("Blob").New([]any{text}, map[string]any{"type": "image/svg+xml"}))
		return
	}
	const twice = 2
	box := drawing.Get("viewBox").Get("baseVal")
	image := h.window.Get("Image").New()
	canvas := h.document.Call("createElement", "canvas")
	canvas.Set("width", box.Get("width").Float()*twice)
	canvas.Set("height", box.Get("height").Float()*twice)
	var loaded, made js.Func
	made = js.FuncOf(func(_ js.Value, args []js.Value) any {
		made.Release()
		h.saveBlob(name, args[0])
		return nil
	})
	loaded = js.FuncOf(func(js.Value, []js.Value) any {
		loaded.Release()
		c := canvas.Call("getContext", "2d")
		c.Call("drawImage", image, 0, 0, canvas.Get("width"), canvas.Get("height"))
		canvas.Call("toBlob", made, "image/png")
		return nil
	})
	image.Set("onload", loaded)
	image.Set("src", "data:image/svg+xml;charset=utf-8,"+h.window.Call("encodeURIComponent", text).String())
}

// standalone returns a drawing as the text of a file of its own.
func (h *Host) standalone(drawing js.Value) string {
	copied := drawing.Call("cloneNode", true)
	from, to := drawing.Call("querySelectorAll", "*"), copied.Call("querySelectorAll", "*")
	for i := range from.Length() {
		looks := h.window.Call("getComputedStyle", from.Index(i))
		for _, property := range styled {
			to.Index(i).Call("setAttribute", property, looks.Call("getPropertyValue", property))
		}
	}
	box := drawing.Get("viewBox").Get("baseVal")
	copied.Call("setAttribute", "xmlns", "http://www.w3.org/2000/svg")
	copied.Call("setAttribute", "width", box.Get("width"))
	copied.Call("setAttribute", "height", box.Get("height"))
	ground := h.document.Call("createElementNS", "http://www.w3.org/2000/svg", "rect")
	for name, value := range map[string]any{"width": "100%", "height": "100%",
		"fill": h.window.Call("getComputedStyle", drawing.Call("closest", ".step")).Get("backgroundColor")} {
		ground.Call("setAttribute", name, value)
	}
	copied.Call("prepend", ground)
	return h.window.Get("XMLSerializer").New().Call("serializeToString", copied).String()
}
