//go:build !unix

package main

import "time"

func processor() time.Duration { return wall() }
func resident() int64          { return 0 }
