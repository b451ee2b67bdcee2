//go:build !unix && !js

package main

import "time"

func processor() time.Duration { return wall() }
