package modelstep

import (
	"splitquant/ui/format"
	"splitquant/ui/words"

	"github.com/vugu/vugu"
)

const (
	textFolder  words.Text = "Choose a folder"
	textKeep    words.Text = "Keep the model for my next visit, on this machine"
	textKeepTip words.Text = "The browser keeps a copy of the file and your choices until you open another model or untick this. Nothing is sent anywhere."
	// accept lists the endings of models, and leaves all others open: the
	// content tells what a file is.
	accept = ".onnx,.safetensors,.gguf,.pt,.pth,.ckpt,.bin,.tar,.npz,.npy,.zip,.json,*/*"
)

// FolderInput names the file input for folders.
const FolderInput = "folder-input"

func (c *View) textGoOn() string { return words.F("Go on with %s", format.Name(c.S.Kept)) }

func (c *View) keep(event vugu.DOMEvent) { c.Keep(event.PropBool("target", "checked")) }
