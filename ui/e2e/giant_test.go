//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// A checkpoint like Llama-3.2-1B, 2.5 GB, is quantized in a tab: its processes
// take 1 GB beyond those of an empty page, and the page answers all the while.
func TestGiant(t *testing.T) {
	needsTime(t)
	file := filepath.Join(t.TempDir(), "giant.safetensors")
	if printed, err := exec.Command("go", "run", "splitquant/core/cmd/giant", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	k := newTab(t, theSite(t))
	k.run(chromedp.Navigate("about:blank"))
	empty := k.memory()
	k.open("")
	k.load(file)
	k.choose("bits", "4")
	start, weighed, peak, slowest := time.Now(), time.Now(), int64(0), time.Duration(0)
	k.click("run")
	for ended := false; !ended; time.Sleep(200 * time.Millisecond) {
		asked := time.Now()
		ended = eval[bool](k, "!!%s?.checkVisibility()", find("download"))
		slowest = max(slowest, time.Since(asked))
		if time.Since(weighed) > time.Second { // which takes a while itself, and holds up who is weighed
			peak, weighed = max(peak, k.memory()-empty), time.Now()
		}
		if e := k.text("error"); e != "" {
			t.Fatalf("the page says %q", e)
		}
		if time.Since(start) > 30*time.Minute {
			t.Fatal("the run does not end")
		}
	}
	t.Logf("%v, %d MB beyond the %d of an empty page, the page answered within %v", time.Since(start).Round(time.Second), peak/1e6, empty/1e6, slowest)
	t.Log(k.text("result-size"))
	if peak > 1e9 {
		t.Errorf("%d MB, 1000 are allowed", peak/1e6)
	}
	k.quiet()
}

// memory is what the browser's renderers take, in which pages and workers are:
// memory that processes share is counted once.
func (k *tab) memory() (bytes int64) {
	k.Helper()
	all, err := chromedp.CallBrowser(k.ctx, systeminfo.GetProcessInfo, cdp.Empty{})
	k.check(err)
	for _, p := range all.ProcessInfo {
		if p.Type == "renderer" {
			bytes += proportional(p.ID)
		}
	}
	return bytes
}

// proportional is the proportional set size of a process, 0 where it has ended.
func proportional(pid int64) (bytes int64) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if line, ok := strings.CutPrefix(s.Text(), "Pss:"); ok {
			fmt.Sscan(line, &bytes)
			return bytes << 10
		}
	}
	return 0
}
