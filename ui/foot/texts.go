package foot

import (
	"splitquant/core/version"
	"splitquant/ui/words"
)

const (
	textMethod   words.Text = "The method is"
	textPaper    words.Text = "SplitQuant (Song and Lin, 2025)"
	textFooter   words.Text = ". This page works without a server: models are read, quantized and written in your browser."
	textVersion  words.Text = "Version %s"
	textCommit   words.Text = "Version %s, commit %s"
	textNewer    words.Text = "A new version of this page is ready."
	textCloses   words.Text = "A new version of this page is ready. To load it closes the model that is open."
	textRenew    words.Text = "Reload"
	textNotRenew words.Text = "Later"
)

func (c *View) textVersion() string {
	if c.S.Commit == "" {
		return words.F(textVersion, version.Version)
	}
	return words.F(textCommit, version.Version, c.S.Commit)
}

func (c *View) textNews() words.Text {
	if c.S.Model == nil {
		return textNewer
	}
	return textCloses
}
