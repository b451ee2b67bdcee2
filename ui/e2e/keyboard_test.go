//go:build !js

package e2e

import (
	"bytes"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The whole job without a pointer: open the sample, choose other options, run,
// download. Where the focus is can be seen at every step.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	k := newTab(t, theSite(t))
	k.open("")
	k.tabTo("file-input")
	k.tabTo("sample-digits")
	k.press(kb.Enter)
	k.wait("layer-row")

	k.tabTo("bits")
	k.press(kb.ArrowDown)
	k.press(kb.ArrowDown)
	k.until("%s.value === '4'", find("bits"))
	k.tabTo("run")
	k.press(kb.Enter)
	k.wait("download")

	k.tabTo("download")
	name, got := k.received(func() { k.press(kb.Enter) })
	if want := quantized(t, digits, "--bits", "4"); !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, the command line's are %d, and they differ", name, len(got), len(want))
	}
	k.quiet()
}

func (k *tab) press(key string) {
	k.Helper()
	k.run(chromedp.KeyEvent(key))
}

// tabTo presses Tab until the element has the focus.
func (k *tab) tabTo(id string) {
	k.Helper()
	for range 300 { // more than there are elements to stop at
		k.press(kb.Tab)
		if where := eval[string](k, unseenFocus); where != "" {
			k.Errorf("on the way to %s nobody sees the focus on %s", id, where)
		}
		if eval[bool](k, "document.activeElement === %s", find(id)) {
			return
		}
	}
	k.Fatalf("Tab does not lead to %s", id)
}

// unseenFocus is the element that has the focus if neither it, nor a label for
// it, has an outline or lies in the window; else it is empty.
const unseenFocus = `(() => {
	const e = document.activeElement;
	if (e === document.body) return "";
	const seen = (e) => {
		const { left, top, right, bottom, width, height } = e.getBoundingClientRect();
		return getComputedStyle(e).outlineStyle !== "none" && width * height > 1 && right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
	};
	return [e, ...(e.labels ?? [])].some(seen) ? "" : e.outerHTML.slice(0, 200);
})()`
