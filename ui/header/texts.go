package header

import "splitquant/ui/state"

const (
	textName   = "SplitQuant"
	textClaim  = "smaller models, outliers kept"
	textThemes = "Colours"
)

func themeName(theme string) string {
	switch theme {
	case state.ThemeLight:
		return "Light"
	case state.ThemeDark:
		return "Dark"
	}
	return "Auto"
}
