//go:build !js

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Pictures of every screen, for people to look at.
func TestScreens(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("set SCREENSHOTS to a folder for pictures of every screen")
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, size := range [][2]int64{{1280, 800}, {1000, 800}, {390, 844}, {320, 600}} {
			name := fmt.Sprintf("%s-%d", scheme, size[0])
			t.Run(name, func(t *testing.T) {
				k := newTab(t, theSite(t))
				_, err := chromedp.Call(k.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				k.check(err)
				k.run(chromedp.EmulateViewport(size[0], size[1]))
				shot := func(screen string) {
					k.Helper()
					height := eval[int64](k, "document.documentElement.scrollHeight")
					k.run(chromedp.EmulateViewport(size[0], max(size[1], height))) // the bar at the bottom stays there
					picture, err := chromedp.Run(k.ctx, chromedp.CaptureScreenshot())
					k.check(err)
					k.check(os.WriteFile(filepath.Join(dir, name+"-"+screen+".png"), picture, 0o644))
				}
				k.open("")
				shot("1-start")
				k.load(digits)
				k.until("[...document.querySelectorAll('[data-testid=layer-row]')].every((row) => row.querySelector('svg'))")
				shot("2-loaded")
				k.runToEnd()
				k.until("document.querySelector('svg') && !%s", find("progress"))
				shot("3-result")
				k.upload("job_test.go")
				k.wait("error")
				shot("4-error")
			})
		}
	}
}
