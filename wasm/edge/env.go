//go:build !js

package main

import "os"

func getenv(name string) string { return os.Getenv(name) }
