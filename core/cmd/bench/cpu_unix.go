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

// resident is the most memory in bytes that this process has had at a time.
func resident() int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return int64(r.Maxrss) << 10 // Linux; others count bytes
}
