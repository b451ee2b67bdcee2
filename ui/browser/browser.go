//go:build js && wasm

package browser

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"syscall/js"

	"splitquant/ui/engine"
	"splitquant/ui/page"
	"splitquant/ui/state"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

// themeKey is what the theme is remembered as.
const themeKey = "theme"

// Host implements page.Host.
type Host struct {
	window, document js.Value
	painted          bool     // the canvas shows a digit that a program has drawn
	small            js.Value // draws what is on the canvas at the size of the model's images
	whenDrawn        []func()
}

// New returns the browser that the program runs in.
func New() *Host {
	w := js.Global()
	return &Host{window: w, document: w.Get("document")}
}

// Attach tells the page what happens to it beside vugu's events.
func (h *Host) Attach(p *page.View) {
	h.watchFiles(p)
	h.watchTips(p)
	h.watchWidth(p)
	h.watchVersion(p)
	h.watchHandles(p)
	h.watchCanvas(p)
	p.SetLanguage(h.language(), false)
	listen(h.window, "hashchange", func(js.Value) {
		hash := h.hash()
		go p.Go(hash)
	})
	if hash := h.hash(); hash != "" {
		go p.Go(hash)
	}
	p.Remember()
	h.warm(p)
	if theme := h.theme(); theme != "" {
		p.S.Theme = theme
	}
}

// warm starts the engine once the page can be used and the browser has nothing
// else to do, or as soon as a person does something.
func (h *Host) warm(p *page.View) {
	started := false
	start := func() {
		if !started {
			started = true
			go p.Warm()
		}
	}
	for _, event := range []string{"pointerdown", "keydown", "dragenter"} {
		listen(h.document, event, func(js.Value) { start() })
	}
	const soon = 500 // ms: after the first picture
	h.later(soon, func() { h.WhenIdle(start) })
}

// WhenIdle calls f once, when the browser has nothing else to do.
func (h *Host) WhenIdle(f func()) {
	if !h.window.Get("requestIdleCallback").Truthy() {
		h.later(200, f)
		return
	}
	var call js.Func
	call = js.FuncOf(func(js.Value, []js.Value) any {
		call.Release()
		f()
		return nil
	})
	h.window.Call("requestIdleCallback", call)
}

// Fetch gets a file of the site as if it had been chosen.
func (h *Host) Fetch(path, name string, done func(page.Picked, error)) {
	fail := func(err error) { done(page.Picked{}, err) }
	then(h.window.Call("fetchAsset", path), func(response js.Value) {
		then(response.Call("blob"), func(blob js.Value) {
			file := h.window.Get("File").New([]any{blob}, name)
			done(page.Picked{Names: []string{name}, Files: engine.Files{file}}, nil)
		}, fail)
	}, fail)
}

// FetchBeside gets a file of the page's own origin, as if it had been chosen.
// What the site brought with it is found under its name.
func (h *Host) FetchBeside(address string, done func(page.Picked, error)) {
	name := path.Base(address)
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	if h.window.Get("site").Get("files").Get(address).Truthy() {
		h.Fetch(address, name, done)
		return
	}
	fail := func(err error) { done(page.Picked{}, err) }
	then(h.window.Call("fetch", address, map[string]any{"redirect": "error", "credentials": "same-origin"}), func(response js.Value) {
		if !response.Get("ok").Bool() {
			fail(fmt.Errorf("%d %s", response.Get("status").Int(), response.Get("statusText").String()))
			return
		}
		then(response.Call("blob"), func(blob js.Value) {
			file := h.window.Get("File").New([]any{blob}, name)
			done(page.Picked{Names: []string{name}, Files: engine.Files{file}}, nil)
		}, fail)
	}, fail)
}

// ObjectURL makes an address for a Blob.
func (h *Host) ObjectURL(b engine.Blob) string {
	return h.window.Get("URL").Call("createObjectURL", b).String()
}

// RevokeURL lets go of the Blob.
func (h *Host) RevokeURL(url string) { h.window.Get("URL").Call("revokeObjectURL", url) }

// CanPick reports whether there is a dialog for saving.
func (h *Host) CanPick() bool { return h.window.Get("showSaveFilePicker").Type() == js.TypeFunction }

// Pick shows the dialog.
func (h *Host) Pick(suggested string, done func(name string, file any)) {
	promise := h.window.Call("showSaveFilePicker", map[string]any{"suggestedName": suggested})
	then(promise, func(file js.Value) { done(file.Get("name").String(), file) }, func(error) {})
}

// Write writes a Blob to a picked file.
func (h *Host) Write(file any, b engine.Blob, done func(error)) {
	then(file.(js.Value).Call("createWritable"), func(out js.Value) {
		then(b.(js.Value).Call("stream").Call("pipeTo", out), func(js.Value) { done(nil) }, done)
	}, done)
}

// Save downloads a small file.
func (h *Host) Save(name, kind string, content []byte) {
	bytes := h.window.Get("Uint8Array").New(len(content))
	js.CopyBytesToJS(bytes, content)
	blob := h.window.Get("Blob").New([]any{bytes}, map[string]any{"type": kind})
	h.saveBlob(name, blob)
}

// saveBlob saves a Blob where the browser saves what is downloaded.
func (h *Host) saveBlob(name string, blob js.Value) {
	url := h.ObjectURL(blob)
	a := h.document.Call("createElement", "a")
	a.Set("href", url)
	a.Set("download", name)
	a.Call("click")
	h.later(60_000, func() { h.RevokeURL(url) }) // by then the browser has it
}

// Read reads a small file.
func (h *Host) Read(file any, most int, done func([]byte, error)) {
	f := file.(js.Value)
	if size := f.Get("size").Int(); size > most {
		go done(nil, fmt.Errorf("it has %d bytes, %d at most are expected", size, most))
		return
	}
	then(f.Call("arrayBuffer"), func(buffer js.Value) {
		bytes := h.window.Get("Uint8Array").New(buffer)
		content := make([]byte, bytes.Length())
		js.CopyBytesToGo(content, bytes)
		done(content, nil)
	}, func(err error) { done(nil, err) })
}

// Copy puts a text on the clipboard. Pages that were not sent over a secure
// connection have no clipboard object; a hidden field does it there.
func (h *Host) Copy(text string, done func(error)) {
	if clipboard := h.window.Get("navigator").Get("clipboard"); clipboard.Truthy() {
		then(clipboard.Call("writeText", text), func(js.Value) { done(nil) }, done)
		return
	}
	field := h.document.Call("createElement", "textarea")
	field.Set("value", text)
	h.document.Get("body").Call("append", field)
	field.Call("select")
	ok := h.document.Call("execCommand", "copy").Bool()
	field.Call("remove")
	go func() {
		if !ok {
			done(errors.New("this browser does not allow it"))
			return
		}
		done(nil)
	}()
}

// Renew loads the newer version of the page.
func (h *Host) Renew() { h.window.Call("renew") }

// SetTheme shows a theme and remembers it.
func (h *Host) SetTheme(theme string) {
	data := h.document.Get("documentElement").Get("dataset")
	if theme == state.ThemeAuto {
		data.Delete("theme")
	} else {
		data.Set("theme", theme)
	}
	try(func() { h.window.Get("localStorage").Call("setItem", themeKey, theme) })
}

// theme returns the remembered theme and shows it.
func (h *Host) theme() (theme string) {
	try(func() { theme = h.window.Get("localStorage").Call("getItem", themeKey).String() })
	if theme != state.ThemeLight && theme != state.ThemeDark {
		return ""
	}
	h.SetTheme(theme)
	return theme
}

// languageKey is what the language is remembered as.
const languageKey = "language"

// SetLanguage tells readers of the page aloud how to speak.
func (h *Host) SetLanguage(code string, chosen bool) {
	h.document.Get("documentElement").Set("lang", code)
	if chosen {
		try(func() { h.window.Get("localStorage").Call("setItem", languageKey, code) })
	}
}

// language returns the remembered language, or else the first that the browser
// wants and the page has.
func (h *Host) language() string {
	var remembered string
	try(func() {
		if v := h.window.Get("localStorage").Call("getItem", languageKey); v.Type() == js.TypeString {
			remembered = v.String()
		}
	})
	wanted := []string{remembered}
	if list := h.window.Get("navigator").Get("languages"); list.Truthy() {
		for i := range list.Length() {
			wanted = append(wanted, list.Index(i).String())
		}
	}
	for _, w := range wanted {
		for _, l := range words.Languages {
			if code, _, _ := strings.Cut(w, "-"); code == l.Code {
				return code
			}
		}
	}
	return words.English
}

func (h *Host) hash() string { return h.window.Get("location").Get("hash").String() }

// SetAddress shows where the page is.
func (h *Host) SetAddress(hash string) {
	h.window.Get("history").Call("replaceState", js.Null(), "", hash)
}

// CopyAddress puts the address of the page on the clipboard.
func (h *Host) CopyAddress(done func(error)) {
	h.Copy(h.window.Get("location").Get("href").String(), done)
}

// SetCell replaces what an element holds, if it is there.
func (h *Host) SetCell(id string, content vugu.HTML) {
	if e := h.element(id); e.Truthy() {
		e.Set("innerHTML", string(content))
	}
}

// SetProgress moves the progress bar, if it is there.
func (h *Host) SetProgress(percent int, text string) {
	e := h.element("progress")
	if !e.Truthy() {
		return
	}
	e.Call("setAttribute", "aria-valuenow", percent)
	e.Call("setAttribute", "aria-valuetext", text)
	e.Get("firstElementChild").Set("value", percent)
	e.Get("lastElementChild").Set("textContent", text)
}

// Draws says in the document, as data-drawing of its root, that renders are to
// come; Drawn that they have come. Then is done what waited for them, in a task
// of its own, since it asks where things are.
func (h *Host) Draws() { h.drawing(true) }

// Drawn is the end of what Draws began.
func (h *Host) Drawn() {
	h.drawing(false)
	for _, f := range h.whenDrawn {
		h.later(0, f)
	}
	h.whenDrawn = nil
}

func (h *Host) drawing(on bool) {
	h.document.Get("documentElement").Call("toggleAttribute", "data-drawing", on)
}

// ScrollTo waits for the renders that come and brings the element to the top
// of the window, unless all of it is seen already.
func (h *Host) ScrollTo(id string) {
	h.whenDrawn = append(h.whenDrawn, func() {
		e := h.element(id)
		if !e.Truthy() {
			return
		}
		e.Set("scrollTop", 0)
		box := e.Call("getBoundingClientRect")
		if box.Get("top").Float() >= 0 && box.Get("bottom").Float() <= h.window.Get("innerHeight").Float() {
			return
		}
		how := "smooth"
		if h.matches("(prefers-reduced-motion: reduce)") {
			how = "auto"
		}
		e.Call("scrollIntoView", map[string]any{"block": "start", "behavior": how})
	})
}

// Focus waits for the renders that come and gives the element the focus.
func (h *Host) Focus(id string) {
	h.whenDrawn = append(h.whenDrawn, func() {
		if e := h.element(id); e.Truthy() {
			e.Call("focus", map[string]any{"preventScroll": true})
		}
	})
}

func (h *Host) element(id string) js.Value { return h.document.Call("getElementById", id) }

func (h *Host) matches(query string) bool {
	return h.window.Call("matchMedia", query).Get("matches").Bool()
}

// Yield lets the browser do what waits, and goes on in another task.
func (h *Host) Yield() {
	next := make(chan struct{})
	h.later(0, func() { close(next) })
	<-next
}

// later calls f once, so many milliseconds from now.
func (h *Host) later(ms int, f func()) {
	var call js.Func
	call = js.FuncOf(func(js.Value, []js.Value) any {
		call.Release()
		f()
		return nil
	})
	h.window.Call("setTimeout", call, ms)
}

// listen calls f for the events of a target as long as the page lives, which
// a fault in f must not end.
func listen(target js.Value, event string, f func(event js.Value)) {
	target.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
		try(func() { f(args[0]) })
		return nil
	}))
}

// then calls one of the two, from a goroutine of its own, when the promise is
// settled.
func then(promise js.Value, done func(js.Value), fail func(error)) {
	var resolved, rejected js.Func
	settle := func(f func()) {
		resolved.Release()
		rejected.Release()
		go f()
	}
	resolved = js.FuncOf(func(_ js.Value, args []js.Value) any {
		settle(func() { done(args[0]) })
		return nil
	})
	rejected = js.FuncOf(func(_ js.Value, args []js.Value) any {
		settle(func() { fail(errors.New(args[0].Get("message").String())) })
		return nil
	})
	promise.Call("then", resolved, rejected)
}

// try calls f and lets it fail, as where a browser keeps no data and throws
// when it is asked to.
func try(f func()) {
	defer func() {
		if r := recover(); r != nil {
			js.Global().Get("console").Call("warn", fmt.Sprint(r))
		}
	}()
	f()
}
