//go:build unix

package main

import (
	"syscall"
	"time"
)

// processor is the time that this process has used processors for.
func processor() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return wall()
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
