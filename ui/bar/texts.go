package bar

import (
	"time"

	"splitquant/ui/format"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

const (
	textBar      words.Text = "Run"
	textRun      words.Text = "Run"
	textCancel   words.Text = "Cancel"
	textProgress words.Text = "Progress"
	textDismiss  words.Text = "Dismiss"
	textPick     words.Text = "Save to …"
	textPickTip  words.Text = "Choose before the run where the result is saved. It can be downloaded as well."
)

func (c *View) textGo() words.Text {
	if c.S.Busy() {
		return textCancel
	}
	return textRun
}

func (c *View) textPick() string {
	if c.S.SaveName != "" {
		return words.F("Saving to %s", c.S.SaveName)
	}
	return words.T(textPick)
}

func (c *View) textDownload() string {
	size := format.Bytes(c.S.Result.Report.BytesAfter)
	if c.S.Outdated() {
		return words.F("Download last run (%s)", size)
	}
	return words.F("Download (%s)", size)
}

// status is what happened last, or why there is no run to be had.
func (c *View) status() string {
	if blocked := c.S.Blocked(); blocked != "" && !c.S.Busy() {
		return blocked
	}
	return c.S.Status
}

// Text says how far a run is: layer 7 of 26, encoder.0.attn.q, about 12 s left.
func Text(s *state.State, now time.Time) string {
	p := &s.Progress
	text := words.T("starting")
	switch {
	case p.Stage == message.StageWrite:
		text = words.T("writing the file")
	case s.Task == message.Frontier && p.Units > 0:
		text = words.F("setting %s of %s", format.Count(int64(p.Unit)+1), format.Count(int64(p.Units)))
	case p.Units > 0:
		text = words.F("layer %s of %s, %s", format.Count(int64(p.Unit)+1), format.Count(int64(p.Units)), format.Name(p.Layer))
	}
	if left := format.TimeLeft(p.Done, now.Sub(s.Started)); left != "" {
		text += words.T(", ") + left
	}
	return text
}
