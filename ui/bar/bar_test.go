package bar

import (
	"strings"
	"testing"
	"time"

	"splitquant/core/report"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"

	"github.com/vugu/vugu"
)

func TestText(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		progress message.ProgressInfo
		took     time.Duration
		want     string
	}{
		{message.ProgressInfo{}, 0, "starting"},
		{message.ProgressInfo{Stage: message.StageEncode, Unit: 6, Units: 26, Layer: "encoder.0.attn.q", Done: 0.25}, 4 * time.Second,
			"layer 7 of 26, encoder.0.attn.q, about 12 s left"},
		{message.ProgressInfo{Stage: message.StageLearn, Unit: 0, Units: 2, Layer: "a", Done: 0.25}, time.Second / 2, "layer 1 of 2, a"},
		{message.ProgressInfo{Stage: message.StageWrite, Unit: 1, Units: 2, Done: 1}, time.Minute, "writing the file"},
	} {
		s := state.New()
		s.Progress, s.Started = c.progress, start
		if got := strings.ReplaceAll(Text(&s, start.Add(c.took)), "\u00a0", " "); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for done, want := range map[float64]int{-1: 0, 0: 0, 0.999: 99, 1: 100, 2: 100} {
		s := state.New()
		s.Progress.Done = done
		if got := Percent(&s); got != want {
			t.Errorf("%v is %d %%, want %d", done, got, want)
		}
	}
}

// What is there when: Run before and after, Cancel and progress meanwhile,
// Download only for a result that is up to date with nothing running.
func TestStages(t *testing.T) {
	s := state.New()
	c := &View{S: &s, Now: time.Now}
	check := func(stage string, want ...string) {
		t.Helper()
		root := uitest.Render(c)
		for _, id := range []string{"run", "cancel", "progress", "download", "error"} {
			wanted := strings.Contains(" "+strings.Join(want, " ")+" ", " "+id+" ")
			if _, ok := uitest.ByTestID(root, id); ok != wanted {
				t.Errorf("%s: %s is there: %v", stage, id, ok)
			}
		}
		if _, ok := uitest.ByTestID(root, "status"); !ok {
			t.Errorf("%s: no status", stage)
		}
	}
	check("start", "run")
	if b := uitest.Find(uitest.Render(c), "data-testid", "run")[0]; !uitest.Has(b, "disabled") {
		t.Error("Run can be pressed without a model")
	}
	s.SetModel(&message.ModelInfo{Layers: []message.LayerInfo{{Name: "a"}}})
	check("open", "run")
	if b := uitest.Find(uitest.Render(c), "data-testid", "run")[0]; uitest.Has(b, "disabled") {
		t.Error("Run cannot be pressed")
	}
	s.SetOption("parts", "9")
	if root := uitest.Render(c); !uitest.Has(uitest.Find(root, "data-testid", "run")[0], "disabled") || !strings.Contains(uitest.Text(root), "parts 9") {
		t.Error("options that are refused can be run, or are not explained")
	}
	s.SetOption("parts", "3")
	s.TakeAll(false)
	if root := uitest.Render(c); !uitest.Has(uitest.Find(root, "data-testid", "run")[0], "disabled") || !strings.Contains(uitest.Text(root), "Tick one") {
		t.Error("a run of no layer can be started, or is not explained")
	}
	s.TakeAll(true)
	s.Running = true
	check("running", "cancel", "progress")
	s.Running = false
	s.Result = &state.Result{URL: "blob:x", Name: "out.onnx", Report: &report.Report{BytesAfter: 1234}}
	check("done", "run", "download")
	a := uitest.Find(uitest.Render(c), "data-testid", "download")[0]
	if a.Data != "a" || uitest.Attr(a, "href") != "blob:x" || uitest.Attr(a, "download") != "out.onnx" {
		t.Errorf("Download is <%s> with %v", a.Data, a.Attr)
	}
	s.Running = true
	check("running again", "cancel", "progress")
	s.Running, s.Error = false, "no"
	check("error", "run", "download", "error")
}

// A double click on Run must not cancel what it has started.
func TestClick(t *testing.T) {
	s := state.New()
	did := ""
	c := &View{S: &s, Run: func() { did += "run "; s.Running = true }, Cancel: func() { did += "cancel "; s.Running = false }}
	for _, clicks := range []float64{1, 2, 1, 2, 0} { // 0 from the keyboard
		c.goClick(vugu.NewDOMEvent(nil, map[string]any{"detail": clicks}))
	}
	if did != "run cancel run " {
		t.Errorf("did %s", did)
	}
}

func TestProgressBar(t *testing.T) {
	s := state.New()
	s.Running, s.Progress = true, message.ProgressInfo{Stage: message.StageLearn, Unit: 2, Units: 4, Layer: "x", Done: 0.5}
	bar := uitest.Find(uitest.Render(&View{S: &s, Now: func() time.Time { return s.Started }}), "data-testid", "progress")[0]
	for key, want := range map[string]string{"role": "progressbar", "aria-valuenow": "50", "aria-valuetext": "layer 3 of 4, x"} {
		if got := uitest.Attr(bar, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
