//go:build js && wasm

// Command app is the page: it mounts package ui/page where index.html says.
package main

import (
	"log"
	"time"

	"splitquant/ui/browser"
	"splitquant/ui/page"

	"github.com/vugu/vugu"
	"github.com/vugu/vugu/domrender"
)

func main() {
	renderer, err := domrender.New("#app")
	if err != nil {
		log.Fatal(err)
	}
	build, err := vugu.NewBuildEnv(renderer.EventEnv())
	if err != nil {
		log.Fatal(err)
	}
	host := browser.New()
	view := page.New(host, renderer.EventEnv(), time.Now)
	host.Attach(view)
	for ok := true; ok; ok = renderer.EventWait() {
		if err := renderer.Render(build.RunBuild(view)); err != nil {
			log.Fatal(err)
		}
	}
}
