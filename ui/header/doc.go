// Package header is the top of the page: its name, the screens, and the
// switches of language and theme.
package header

import (
	"strconv"

	"splitquant/ui/route"
	"splitquant/ui/state"
	"splitquant/ui/words"
)

// View is the header. Theme and Language are called with what was chosen.
type View struct {
	S        *state.State
	Theme    func(string)
	Language func(string)
}

func themes() []string { return state.Themes }

// A link leads to a screen.
type link struct {
	href, current string
	name          words.Text
}

func (c *View) links() []link {
	var links []link
	for _, s := range route.Screens {
		current := "false"
		if s == c.S.Screen {
			current = "page"
		}
		links = append(links, link{"#" + s, current, screenNames[s]})
	}
	return links
}

func languages() []words.Name { return words.Languages }

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool
