//go:build !js

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"splitquant/ui/learn"
)

// openLesson opens an address of the classroom, from its # on, and waits for
// the picture.
func (k *tab) openLesson(hash string) {
	k.Helper()
	k.run(chromedp.Navigate("about:blank"), chromedp.Navigate(k.url+hash))
	k.until("document.querySelector('#lesson-figure svg')")
}

// slide moves a slider as a person would.
func (k *tab) slide(id, value string) {
	k.Helper()
	eval[bool](k, `(() => { const s = %s; s.value = %q; return s.dispatchEvent(new Event("input", { bubbles: true })); })()`, find(id), value)
}

// Pictures of every lesson, for people to look at.
func TestLessonScreens(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("set SCREENSHOTS to a folder for pictures of every lesson")
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, size := range [][2]int64{{1280, 800}, {390, 844}} {
			name := fmt.Sprintf("%s-%d", scheme, size[0])
			t.Run(name, func(t *testing.T) {
				k := newTab(t, theSite(t))
				_, err := chromedp.Call(k.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				k.check(err)
				shot := func(screen string) {
					k.Helper()
					k.run(chromedp.EmulateViewport(size[0], size[1]))
					height := eval[int64](k, "document.documentElement.scrollHeight")
					k.run(chromedp.EmulateViewport(size[0], max(size[1], height)))
					picture, err := chromedp.Run(k.ctx, chromedp.CaptureScreenshot())
					k.check(err)
					k.check(os.WriteFile(filepath.Join(dir, "learn-"+name+"-"+screen+".png"), picture, 0o644))
					k.run(chromedp.EmulateViewport(size[0], size[1]))
				}
				k.run(chromedp.EmulateViewport(size[0], size[1]))
				for i := range learn.Lessons {
					k.openLesson(fmt.Sprintf("#learn/%d", i+1))
					shot(fmt.Sprint(i + 1))
				}
				k.open("#learn")
				shot("list")
				k.open("#about")
				shot("about")
			})
		}
	}
}
