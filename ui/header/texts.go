package header

import (
	"splitquant/ui/state"
	"splitquant/ui/words"
)

const (
	textName              = "SplitQuant"
	textClaim  words.Text = "smaller models, outliers kept"
	textThemes words.Text = "Colours"
)

var themeNames = map[string]words.Text{
	state.ThemeAuto:  "Auto",
	state.ThemeLight: "Light",
	state.ThemeDark:  "Dark",
}
