//go:build js && wasm

package web

import (
	"fmt"
	"syscall/js"
)

// A disk is a file of the origin private file system, which can only grow. A nil
// or closed one takes nothing.
type disk struct {
	handle js.Value // of goHost.disk; null where there is none
	end    int64
	whole  js.Value // the File, once it is closed
}

// openDisk makes a file. Private windows, pages from a disk and some browsers
// have none; then the disk is nil.
func openDisk() *disk {
	handle, err := await(host().Call("disk"))
	if err != nil || !handle.Truthy() {
		return &disk{handle: js.Null()}
	}
	return &disk{handle: handle}
}

// open reports whether the disk takes something.
func (d *disk) open() bool { return d != nil && d.handle.Truthy() }

// append writes p and returns where it lies; -1 where the disk takes nothing.
func (d *disk) append(p []byte) (int64, error) {
	if !d.open() {
		return -1, nil
	}
	answer := d.handle.Call("write", address(p), len(p), d.end)
	if why := answer.String(); answer.Type() == js.TypeString {
		return 0, fmt.Errorf("%s", why)
	}
	at := d.end
	d.end += int64(len(p))
	return at, nil
}

// read fills p with what lies at byte at.
func (d *disk) read(p []byte, at int64) error {
	if d.whole.Truthy() {
		_, err := readBlob(d.whole, at, at+int64(len(p)), p)
		return err
	}
	if got := d.handle.Call("read", address(p), len(p), at).Int(); got != len(p) {
		return fmt.Errorf("got %d bytes of %d back from the disk", got, len(p))
	}
	return nil
}

// file closes the disk and returns what was written.
func (d *disk) file() (js.Value, error) {
	if d.open() {
		file, err := await(d.handle.Call("close"))
		if err != nil {
			return js.Undefined(), err
		}
		d.whole, d.handle = file, js.Null()
	}
	return d.whole, nil
}
