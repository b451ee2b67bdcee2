//go:build js && wasm

package browser

import (
	"strconv"
	"strings"
	"syscall/js"

	"splitquant/ui/bar"
	"splitquant/ui/modelstep"
	"splitquant/ui/options"
	"splitquant/ui/page"
	"splitquant/ui/proof"
	"splitquant/ui/state"
)

// watchFiles opens what is chosen in a file input, and what is dropped anywhere
// on the page: a model, or data for a proof.
func (h *Host) watchFiles(p *page.View) {
	listen(h.document, "change", func(e js.Value) {
		input := e.Get("target")
		open := map[string]func(page.Picked){
			"file-input": p.Open, modelstep.FolderInput: p.Open, options.RecipeInput: p.OpenRecipe, proof.InputID: p.OpenData,
		}[input.Get("id").String()]
		if open == nil {
			return
		}
		picked := pick(input.Get("files"))
		input.Set("value", "") // so that the same file can be chosen again
		go open(picked)
	})
	over := func(on bool) {
		h.document.Get("body").Get("classList").Call("toggle", "over", on)
	}
	listen(h.document, "dragover", func(e js.Value) {
		e.Call("preventDefault")
		over(true)
	})
	listen(h.document, "dragleave", func(e js.Value) {
		if e.Get("relatedTarget").IsNull() { // the pointer left the window
			over(false)
		}
	})
	listen(h.document, "drop", func(e js.Value) {
		e.Call("preventDefault")
		over(false)
		inProof := e.Get("target").Call("closest", "#"+proof.ID).Truthy()
		dropped(e.Get("dataTransfer"), func(picked page.Picked) {
			if inProof || state.IsProofData(picked.Names) {
				p.OpenData(picked)
				return
			}
			p.Open(picked)
		})
	})
}

// dropped calls done, from a goroutine of its own, with the files that were
// dropped, and with those in folders.
func dropped(data js.Value, done func(page.Picked)) {
	items := data.Get("items")
	var entries []js.Value // they are gone when the event is over
	folder := false
	for i := range items.Length() {
		if entry := items.Index(i).Call("webkitGetAsEntry"); entry.Truthy() {
			entries = append(entries, entry)
			folder = folder || entry.Get("isDirectory").Bool()
		}
	}
	if !folder {
		picked := pick(data.Get("files"))
		go done(picked)
		return
	}
	go func() {
		var picked page.Picked
		for _, e := range entries {
			walk(e, &picked)
		}
		done(picked)
	}()
}

// mostFiles is how many files of a folder are looked at.
const mostFiles = 10_000

// walk adds the files at and below an entry of a file system. It waits for the
// browser.
func walk(entry js.Value, picked *page.Picked) {
	if len(picked.Names) >= mostFiles {
		return
	}
	if entry.Get("isFile").Bool() {
		if file := answer(entry, "file"); file.Truthy() {
			picked.Names = append(picked.Names, strings.TrimPrefix(entry.Get("fullPath").String(), "/"))
			picked.Files = append(picked.Files, file)
		}
		return
	}
	reader := entry.Call("createReader")
	for { // it gives a hundred at a time
		some := answer(reader, "readEntries")
		if !some.Truthy() || some.Length() == 0 {
			return
		}
		for i := range some.Length() {
			walk(some.Index(i), picked)
		}
	}
}

// answer calls a method that takes a callback for its answer and one for an
// error, and waits for either; undefined stands for the error.
func answer(of js.Value, method string) js.Value {
	got := make(chan js.Value, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any { got <- args[0]; return nil })
	fail := js.FuncOf(func(js.Value, []js.Value) any { got <- js.Undefined(); return nil })
	defer done.Release()
	defer fail.Release()
	of.Call(method, done, fail)
	return <-got
}

// pick keeps the files of a FileList, which changes with its input.
func pick(list js.Value) page.Picked {
	var picked page.Picked
	for i := range list.Length() {
		file := list.Index(i)
		name := file.Get("name").String()
		if in := file.Get("webkitRelativePath"); in.Truthy() { // chosen with its folder
			name = in.String()
		}
		picked.Names = append(picked.Names, name)
		picked.Files = append(picked.Files, file)
	}
	return picked
}

// watchWidth tells the page how wide it is. Below 640 px style.css changes to
// what suits a phone, too.
func (h *Host) watchWidth(p *page.View) {
	phone, small := h.window.Call("matchMedia", "(max-width: 640px)"), h.window.Call("matchMedia", "(max-width: 1150px)")
	room := func() state.Room {
		switch {
		case phone.Get("matches").Bool():
			return state.Narrow
		case small.Get("matches").Bool():
			return state.Middle
		}
		return state.Wide
	}
	p.S.Room = room()
	for _, query := range []js.Value{phone, small} {
		listen(query, "change", func(js.Value) {
			now := room()
			go p.Update(func() { p.S.Room = now })
		})
	}
}

// watchVersion tells the page what it was built from, and when a newer version
// of it waits: see public/offline.js.
func (h *Host) watchVersion(p *page.View) {
	if commit := h.window.Get("site").Get("commit"); commit.Truthy() {
		p.S.Commit = commit.String()
	}
	h.window.Call("keepOffline", js.FuncOf(func(js.Value, []js.Value) any {
		go p.Update(func() { p.S.Newer = true })
		return nil
	}))
}

// watchTips shows what a term means while it is pointed at or has the focus.
// The tip lies over the page, in no table's scroll box, and goes with Escape.
func (h *Host) watchTips(p *page.View) {
	tip := h.document.Call("createElement", "div")
	tip.Set("id", "tip")
	tip.Call("setAttribute", "role", "tooltip")
	tip.Set("hidden", true)
	h.document.Get("body").Call("append", tip)

	term := js.Null()
	hide := func() {
		if term.Truthy() {
			term.Call("removeAttribute", "aria-describedby")
			term = js.Null()
			tip.Set("hidden", true)
		}
	}
	show := func(e js.Value) {
		target := e.Get("target")
		if target.Get("closest").IsUndefined() || target.Equal(tip) {
			return
		}
		found := target.Call("closest", "[data-tip]")
		if found.Equal(term) {
			return
		}
		hide()
		if found.IsNull() {
			return
		}
		term = found
		term.Call("setAttribute", "aria-describedby", "tip")
		tip.Set("textContent", term.Get("dataset").Get("tip"))
		tip.Set("hidden", false)
		h.place(tip, term)
	}
	listen(h.document, "mouseover", show)
	listen(h.document, "focusin", show)
	listen(h.document, "focusout", func(js.Value) { hide() })
	listen(h.document, "scroll", func(js.Value) { hide() })
	listen(h.document, "keydown", func(e js.Value) {
		if e.Get("key").String() != "Escape" {
			return
		}
		if term.Truthy() {
			hide()
			return
		}
		inBar := e.Get("target").Call("closest", "#"+bar.ID).Truthy()
		go p.Escape(inBar)
	})
}

// place puts the tip above the term, where it hides neither the rows of a
// table nor the next term, or below where there is no room, within the window.
func (h *Host) place(tip, term js.Value) {
	const edge = 8
	t, box := term.Call("getBoundingClientRect"), tip.Call("getBoundingClientRect")
	width, height := box.Get("width").Float(), box.Get("height").Float()
	x := min(t.Get("left").Float(), h.window.Get("innerWidth").Float()-width-edge)
	y := t.Get("top").Float() - height - edge/2
	if y < edge {
		y = t.Get("bottom").Float() + edge/2
	}
	style := tip.Get("style")
	style.Set("left", px(max(x, edge)))
	style.Set("top", px(max(y, edge)))
}

func px(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + "px" }
