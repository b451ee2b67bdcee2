//go:build js && wasm

package browser

import (
	"strconv"
	"strings"
	"syscall/js"

	"splitquant/core/dataset/digits"
	"splitquant/ui/page"
)

// canvasID names the sheet that pupils draw on; pen is the width of their
// stroke, as a part of its side, like that of the digits that the model knows.
const (
	canvasID = "digit-canvas"
	pen      = 0.085
)

// watchCanvas lets people draw on the canvas, and gives the page what they
// drew while they draw.
func (h *Host) watchCanvas(p *page.View) {
	var x, y float64
	drawing, waits := false, false
	at := func(e js.Value) (float64, float64) {
		canvas := h.element(canvasID)
		box := canvas.Call("getBoundingClientRect")
		scale := canvas.Get("width").Float() / box.Get("width").Float()
		return (e.Get("clientX").Float() - box.Get("left").Float()) * scale, (e.Get("clientY").Float() - box.Get("top").Float()) * scale
	}
	read := func() {
		if waits {
			return
		}
		waits = true
		h.later(0, func() { // with all that the pointer has done until then
			waits = false
			image := h.read()
			go p.Draw(image)
		})
	}
	stroke := func(e js.Value) {
		c := h.element(canvasID).Call("getContext", "2d")
		toX, toY := at(e)
		c.Set("lineWidth", h.element(canvasID).Get("width").Float()*pen)
		c.Set("lineCap", "round")
		c.Set("strokeStyle", "white")
		c.Call("beginPath")
		c.Call("moveTo", x, y)
		c.Call("lineTo", toX, toY)
		c.Call("stroke")
		x, y = toX, toY
		read()
	}
	listen(h.document, "pointerdown", func(e js.Value) {
		if e.Get("target").Get("id").String() != canvasID {
			return
		}
		e.Call("preventDefault")
		if h.painted {
			h.painted = false
			h.blank()
		}
		drawing = true
		x, y = at(e)
		stroke(e)
	})
	listen(h.document, "pointermove", func(e js.Value) {
		if drawing {
			stroke(e)
		}
	})
	for _, end := range []string{"pointerup", "pointercancel"} {
		listen(h.document, end, func(js.Value) { drawing = false })
	}
}

// blank makes the sheet black: the model knows white ink.
func (h *Host) blank() {
	canvas := h.element(canvasID)
	c := canvas.Call("getContext", "2d")
	c.Set("fillStyle", "black")
	c.Call("fillRect", 0, 0, canvas.Get("width"), canvas.Get("height"))
}

// read returns the drawing at the size of the model's images.
func (h *Host) read() []byte {
	if h.small.IsUndefined() {
		canvas := h.document.Call("createElement", "canvas")
		canvas.Set("width", digits.Size)
		canvas.Set("height", digits.Size)
		h.small = canvas.Call("getContext", "2d", map[string]any{"willReadFrequently": true})
		h.small.Set("imageSmoothingQuality", "high")
		h.small.Set("globalCompositeOperation", "copy") // nothing of the drawing before
	}
	c := h.small
	c.Call("drawImage", h.element(canvasID), 0, 0, digits.Size, digits.Size)
	data := h.window.Get("Uint8Array").New(c.Call("getImageData", 0, 0, digits.Size, digits.Size).Get("data").Get("buffer"))
	rgba := make([]byte, data.Length())
	js.CopyBytesToGo(rgba, data)
	image := make([]byte, digits.Size*digits.Size)
	for i := range image {
		image[i] = rgba[4*i]
	}
	return image
}

// Paint shows an image on the canvas, once that is there.
func (h *Host) Paint(image []byte) {
	paint := func() { h.paint(image) }
	if h.element(canvasID).Truthy() {
		h.later(0, paint)
	} else {
		h.whenDrawn = append(h.whenDrawn, paint)
	}
}

func (h *Host) paint(image []byte) {
	canvas := h.element(canvasID)
	if !canvas.Truthy() {
		return
	}
	h.painted = false
	h.blank()
	c := canvas.Call("getContext", "2d")
	size := canvas.Get("width").Int() / digits.Size
	for i, ink := range image {
		if ink > 0 {
			h.painted = true
			c.Set("fillStyle", "rgb("+strings.Repeat(strconv.Itoa(int(ink))+" ", 3)+")")
			c.Call("fillRect", i%digits.Size*size, i/digits.Size*size, size, size)
		}
	}
}
