package page

import (
	"errors"
	"strings"
	"testing"

	"splitquant/ui/engine"
	"splitquant/wasm/message"
)

// The address of the page can ask for a file beside it, and for nothing else.
func TestModelInTheAddress(t *testing.T) {
	for address, want := range map[string]string{
		"samples/x.onnx": "", "x.onnx": "", "./a%20b.onnx": "",
		"https://example.com/x.onnx": "only files beside this page", "//example.com/x.onnx": "only files beside this page",
		"/etc/x.onnx": "only files beside this page", "data:,x": "only files beside this page", "blob:x": "only files beside this page",
		"../x.onnx": "outside the folder", "a/../../x.onnx": "outside the folder", `\\example.com\x.onnx`: "no address", "samples/": "no address", "%": "no address",
	} {
		_, err := ownFile(address)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
	d := newDesk(t)
	d.Go("#model=samples/x.onnx")
	if d.fetched != "samples/x.onnx" {
		t.Errorf("fetched %q", d.fetched)
	}
	d.answer(Picked{}, errors.New("404 Not Found"))
	d.says("error", "samples/x.onnx was not opened: 404 Not Found.")
	d.fetched = ""
	d.Go("#model=https://example.com/x.onnx")
	d.says("error", "nothing is asked of any other place")
	if d.fetched != "" {
		t.Errorf("fetched %q", d.fetched)
	}
	d.Go("#tool?model=samples/y.onnx")
	d.answer(Picked{[]string{"y.onnx"}, engine.Files{"y"}}, nil)
	if d.last().Name != "y.onnx" {
		t.Errorf("opened %q", d.last().Name)
	}
}

// A model and its choices are kept for the next visit, until that is switched
// off.
func TestKeep(t *testing.T) {
	d := newDesk(t)
	d.open(model(2))
	d.serve("")
	d.Update(func() { d.take(1) })
	if d.keeps != "net.onnx" || !strings.Contains(d.keepsRecipe, "conv1") {
		t.Fatalf("keeps %q with %q", d.keeps, d.keepsRecipe)
	}
	kept := d.keepsRecipe

	next := newDesk(t)
	next.keepsRecipe = kept
	next.Remember()
	next.says("go-on", "Go on with old.onnx")
	next.Update(next.goOn)
	next.reply(message.Reply{Final: true, Model: model(2)}, nil)
	next.serve("")
	if !next.S.Left[1] || next.S.CanUndo() {
		t.Errorf("the choices are %v", next.S.Options)
	}

	d.Update(func() { d.setKeeps(false) })
	if d.keeps != "" || d.keepsRecipe != "" {
		t.Errorf("still keeps %q", d.keeps)
	}
	d.Update(func() { d.take(0) })
	if d.keepsRecipe != "" {
		t.Error("keeps choices after it was switched off")
	}
	d.Update(func() { d.setKeeps(true) })
	if d.keeps != "net.onnx" {
		t.Errorf("keeps %q", d.keeps)
	}
}
