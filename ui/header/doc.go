// Package header is the top of the page: its name and the switch of themes.
package header

import (
	"strconv"

	"splitquant/ui/state"
)

// View is the header. Theme is called with the theme that was chosen.
type View struct {
	S     *state.State
	Theme func(string)
}

func themes() []string { return state.Themes }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
