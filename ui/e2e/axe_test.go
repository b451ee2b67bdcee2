//go:build !js

package e2e

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const axeScript = root + "/public/vendor/node_modules/axe-core/axe.min.js"

// axe fails the test for everything that axe-core, the checker of Deque
// Systems for people's access to web pages, finds wrong with what is shown.
func (k *tab) axe(screen string) {
	k.Helper()
	if !eval[bool](k, "'axe' in window") {
		script, err := os.ReadFile(axeScript)
		if os.IsNotExist(err) {
			k.Skip("needs axe-core: run ./build.sh test")
		}
		k.check(err)
		k.run(chromedp.Evaluate[chromedp.Void](string(script)))
	}
	found := eval[[]violation](k, `(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => (
		{ id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(" ") + " " + n.html + "\n" + n.failureSummary) })))()`)
	for _, v := range found {
		k.Errorf("%s: axe-core's rule %s: %s", screen, v.ID, v.Help)
		for _, n := range v.Nodes {
			k.Logf("%s", n)
		}
	}
}

// prefer makes the browser prefer a colour scheme.
func (k *tab) prefer(scheme string) {
	k.Helper()
	_, err := chromedp.Call(k.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	k.check(err)
}

// A violation of a rule of axe-core's.
type violation struct {
	ID, Help string
	Nodes    []string
}

// schemes are the themes that are looked at: both where SPLITQUANT_FULL has the
// time for it.
func schemes() []string {
	if full {
		return []string{"light", "dark"}
	}
	return []string{"light"}
}

// expand opens all that can be opened on the page.
func (k *tab) expand() {
	k.Helper()
	eval[chromedp.Void](k, `document.querySelectorAll("main:not([hidden]) [aria-expanded=false], main:not([hidden]) details:not([open]) > summary").forEach((e) => e.click())`)
	k.until("true")
}

// Every screen of the tool can be used by everyone, with all opened that can be,
// as far as axe-core can tell.
func TestAccess(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes() {
		t.Run(scheme, func(t *testing.T) {
			k := newTab(t, theSite(t))
			k.prefer(scheme)
			k.open("")
			k.axe("start")
			k.load(digits)
			k.until("[...document.querySelectorAll('[data-testid=layer-row]')].every((row) => row.querySelector('svg')) && %s.innerText.includes('dB')", find("comparison"))
			k.axe("model")
			k.expand()
			k.axe("model, all options open")
			k.aim(1)
			k.choose("bits", "4")
			k.axe("choices of a layer")
			k.runToEnd()
			k.until("document.querySelector('#figure svg') && !%s && !%s.innerText.includes('…')", find("progress"), find("rival"))
			k.axe("result")
			if full {
				k.click("measure")
				k.until("%s.checkVisibility()", find("save-svg"))
				k.expand()
				k.axe("result and all settings, with their numbers")
			}
			k.click("proof-run")
			k.until("%s", find("proof-progress"))
			k.axe("proof under way")
			k.proofEnds()
			k.expand()
			k.axe("proof")
			k.upload("axe_test.go")
			k.wait("error")
			k.axe("error")
		})
	}
}
