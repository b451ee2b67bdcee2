package page

import (
	"slices"

	"splitquant/ui/engine"
	"splitquant/ui/state"

	"github.com/vugu/vugu"
)

// A Host is the browser, as far as the page needs one. What takes time calls
// back from a goroutine of its own, without the page's lock.
type Host interface {
	// StartWorker starts the engine's worker.
	StartWorker(engine.Handlers) engine.Worker
	// Fetch gets a file of the site.
	Fetch(path, name string, done func(Picked, error))

	// ObjectURL makes an address for a Blob; RevokeURL lets go of both.
	ObjectURL(engine.Blob) string
	RevokeURL(url string)

	// CanPick reports whether people can pick a file to write to; Pick lets
	// them, and calls back with a name unless they thought better of it.
	CanPick() bool
	Pick(suggested string, done func(name string, file any))
	Write(file any, b engine.Blob, done func(error))

	// Save hands a person a small file; Read reads one that was picked.
	Save(name, kind string, content []byte)
	Read(file any, most int, done func([]byte, error))
	// Copy puts a text on the clipboard.
	Copy(text string, done func(error))

	// Renew loads the newer version of the page.
	Renew()

	// Keep remembers files for the next visit, with the choices made for them;
	// KeepRecipe changes those. Kept calls back with what is there, and Forget
	// forgets it. Nothing happens where a browser keeps nothing.
	Keep(Picked)
	KeepRecipe(recipe string)
	Kept(done func(files Picked, recipe string))
	Forget()
	// Keeps reports whether anything is to be kept, which SetKeeps changes.
	Keeps() bool
	SetKeeps(bool)
	// FetchBeside gets a file of the page's own origin by its address.
	FetchBeside(address string, done func(Picked, error))
	// SetTheme shows a theme and remembers it.
	SetTheme(string)

	// SetLanguage tells the browser the language of the page, and remembers it
	// if a person chose it.
	SetLanguage(code string, chosen bool)
	// SetAddress shows where the page is, without leaving the entry of the
	// history that it is at.
	SetAddress(hash string)
	// CopyAddress puts the address of the page on the clipboard.
	CopyAddress(done func(error))
	// Print prints the page.
	Print()
	// Paint shows an image of 28 x 28 pixels on the canvas.
	Paint(image []byte)
	// SaveFigure saves the drawing in the element of that id, as svg or png.
	SaveFigure(id, name, kind string)

	// SetCell and SetProgress change the document without a render.
	SetCell(id string, content vugu.HTML)
	SetProgress(percent int, text string)

	// ScrollTo brings an element into view once it is there, and the start of
	// what it scrolls itself.
	ScrollTo(id string)
	// Focus gives an element the focus once it is there.
	Focus(id string)
}

// Picked are files that a person chose or dropped.
type Picked struct {
	Names []string
	Files engine.Files
}

// main is the name of the model among them.
func (p Picked) main() string { return p.Names[state.MainFile(p.Names)] }

// With returns the files of both.
func (p Picked) With(more Picked) Picked {
	return Picked{append(slices.Clone(p.Names), more.Names...), append(slices.Clone(p.Files), more.Files...)}
}
