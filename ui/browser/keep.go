//go:build js && wasm

package browser

import (
	"errors"
	"syscall/js"

	"splitquant/ui/page"
)

// What is kept for the next visit lies in IndexedDB, in one store of one
// database: the files under "files", the choices under "recipe". The browser
// copies the files. Where it keeps nothing, as in a private window, nothing
// happens.

const (
	database = "splitquant"
	keptIn   = "kept"
	keepsKey = "keeps"
)

// Keeps reports whether anything is to be kept.
func (h *Host) Keeps() bool {
	keeps := true
	try(func() { keeps = h.window.Get("localStorage").Call("getItem", keepsKey).Equal(js.Null()) })
	return keeps
}

// SetKeeps changes that.
func (h *Host) SetKeeps(keeps bool) {
	try(func() {
		if storage := h.window.Get("localStorage"); keeps {
			storage.Call("removeItem", keepsKey)
		} else {
			storage.Call("setItem", keepsKey, "no")
		}
	})
}

// Keep remembers files.
func (h *Host) Keep(picked page.Picked) {
	names, files := h.window.Get("Array").New(), h.window.Get("Array").New()
	for i, f := range picked.Files {
		names.Call("push", picked.Names[i])
		files.Call("push", f)
	}
	h.kept("readwrite", func(store js.Value) {
		store.Call("put", map[string]any{"names": names, "files": files}, "files")
	})
}

// KeepRecipe remembers the choices for them.
func (h *Host) KeepRecipe(recipe string) {
	h.kept("readwrite", func(store js.Value) { store.Call("put", recipe, "recipe") })
}

// Forget forgets both.
func (h *Host) Forget() {
	h.kept("readwrite", func(store js.Value) { store.Call("clear") })
}

// Kept calls back with both, from a goroutine of its own.
func (h *Host) Kept(done func(page.Picked, string)) {
	h.kept("readonly", func(store js.Value) {
		request := store.Call("getAll")
		go func() {
			all, err := settled(request)
			if err != nil {
				return
			}
			var picked page.Picked
			recipe := ""
			for i := range all.Length() {
				one := all.Index(i)
				if one.Type() == js.TypeString {
					recipe = one.String()
					continue
				}
				for j := range one.Get("names").Length() {
					picked.Names = append(picked.Names, one.Get("names").Index(j).String())
					picked.Files = append(picked.Files, one.Get("files").Index(j))
				}
			}
			done(picked, recipe)
		}()
	})
}

// kept does something to the store, from a goroutine of its own, once it is
// open.
func (h *Host) kept(mode string, do func(store js.Value)) {
	go try(func() {
		open := h.window.Get("indexedDB").Call("open", database, 1)
		upgrade := js.FuncOf(func(js.Value, []js.Value) any {
			open.Get("result").Call("createObjectStore", keptIn)
			return nil
		})
		defer upgrade.Release()
		open.Set("onupgradeneeded", upgrade)
		db, err := settled(open)
		if err != nil {
			return
		}
		do(db.Call("transaction", keptIn, mode).Call("objectStore", keptIn))
		db.Call("close") // when the transaction is over
	})
}

// settled waits for a request of IndexedDB.
func settled(request js.Value) (js.Value, error) {
	over := make(chan error, 1)
	done := js.FuncOf(func(js.Value, []js.Value) any { over <- nil; return nil })
	fail := js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		over <- errors.New("the browser keeps nothing here")
		return nil
	})
	defer done.Release()
	defer fail.Release()
	request.Set("onsuccess", done)
	request.Set("onerror", fail)
	if err := <-over; err != nil {
		return js.Undefined(), err
	}
	return request.Get("result"), nil
}
