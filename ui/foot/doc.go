// Package foot is the bottom of the page: where the method comes from, which
// version of the page this is, and whether there is a newer one.
package foot

import "splitquant/ui/state"

// View is the foot. Renew is called to go to the newer version at once, Later
// to go on with this one until it is opened the next time.
type View struct {
	S     *state.State
	Renew func()
	Later func()
}
