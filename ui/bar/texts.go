package bar

import (
	"fmt"
	"time"

	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/wasm/message"
)

const (
	textBar      = "Run"
	textProgress = "Progress"
	textDismiss  = "Dismiss"
	textPickTip  = "Choose before the run where the result is saved. It can be downloaded as well."
)

func (c *View) textGo() string {
	if c.S.Running {
		return "Cancel"
	}
	return "Run"
}

func (c *View) textPick() string {
	if c.S.SaveName != "" {
		return "Saving to " + c.S.SaveName
	}
	return "Save to …"
}

func (c *View) textDownload() string {
	if c.S.Outdated() {
		return "Download last run (" + format.Bytes(c.S.Result.Report.BytesAfter) + ")"
	}
	return "Download (" + format.Bytes(c.S.Result.Report.BytesAfter) + ")"
}

// status is what happened last, or why there is no run to be had.
func (c *View) status() string {
	if blocked := c.S.Blocked(); blocked != "" && !c.S.Running {
		return blocked
	}
	return c.S.Status
}

// Text says how far a run is: layer 7 of 26, encoder.0.attn.q, about 12 s left.
func Text(s *state.State, now time.Time) string {
	p := &s.Progress
	text := "starting"
	switch {
	case p.Stage == message.StageWrite:
		text = "writing the file"
	case p.Units > 0:
		text = fmt.Sprintf("layer %s of %s, %s", format.Count(int64(p.Unit)+1), format.Count(int64(p.Units)), format.Name(p.Layer))
	}
	if left := format.TimeLeft(p.Done, now.Sub(s.Started)); left != "" {
		text += ", " + left
	}
	return text
}
