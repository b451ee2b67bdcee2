package main

import "github.com/syumai/workers/cloudflare"

// getenv returns a variable or secret of the Worker, which are known only
// while it answers a request: so is main, each time anew.
func getenv(name string) string { return cloudflare.Getenv(name) }
