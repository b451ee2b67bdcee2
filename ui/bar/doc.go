// Package bar is the bar at the bottom that stays: Run or Cancel, how far a
// run is, what happened last, and the file that came of it.
//
// Run and Cancel are one button, so that it keeps the focus when it changes.
// While a run goes on, package browser moves the progress bar without a
// render; the next render writes the same.
package bar

import (
	"math"
	"time"

	"splitquant/ui/state"

	"github.com/vugu/vugu"
)

// View is the bar. CanPick says that the browser lets people pick a file to
// save to.
type View struct {
	S       *state.State
	CanPick bool
	Run     func()
	Cancel  func()
	Pick    func() // picks the file to save to
	Dismiss func() // takes the error away
	Use     func() // shows how to use the result
	Now     func() time.Time
}

// ID names the bar, for the focus.
const ID = "bar"

func (c *View) ready() bool { return c.S.Model != nil && c.S.Opening == "" && c.S.Blocked() == "" }

func (c *View) goID() string {
	if c.S.Busy() {
		return "cancel"
	}
	return "run"
}

func (c *View) goClass() string {
	if c.S.Busy() {
		return "go"
	}
	return "go primary"
}

// go starts or cancels. The second click of a double click does neither.
func (c *View) goClick(event vugu.DOMEvent) {
	switch {
	case event.PropFloat64("detail") > 1:
	case c.S.Busy():
		c.Cancel()
	default:
		c.Run()
	}
}

// Percent is how far a run is.
func Percent(s *state.State) int { return int(math.Floor(100 * min(max(s.Progress.Done, 0), 1))) }

func (c *View) percent() int     { return Percent(c.S) }
func (c *View) progress() string { return Text(c.S, c.Now()) }
