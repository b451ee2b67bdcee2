package header

import (
	"splitquant/ui/route"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

const (
	textName                 = "SplitQuant"
	textClaim     words.Text = "smaller models, outliers kept"
	textScreens   words.Text = "Screens"
	textLanguages words.Text = "Language"
	textThemes    words.Text = "Colours"
)

var screenNames = map[string]words.Text{
	route.Tool:  "Tool",
	route.Learn: "Learn",
	route.About: "About",
}

var themeNames = map[string]words.Text{
	state.ThemeAuto:  "Auto",
	state.ThemeLight: "Light",
	state.ThemeDark:  "Dark",
}
