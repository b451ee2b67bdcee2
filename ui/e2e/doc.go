// Package e2e has no code of its own. Its tests drive the built site in a
// headless Chromium, as a person would: build.sh test builds the site first.
//
// SCREENSHOTS=DIR go test ./ui/e2e also leaves pictures of every screen in DIR.
package e2e
