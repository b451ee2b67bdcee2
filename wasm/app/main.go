//go:build js && wasm

// Command app is the page: it mounts package ui/page where index.html says.
package main

import (
	"log"
	"runtime"
	"runtime/debug"
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
	debug.SetGCPercent(400) // a collection makes a task long: it had better come when nobody waits
	host := browser.New()
	view := page.New(host, renderer.EventEnv(), time.Now)
	host.Attach(view)
	due := make(chan bool, 1) // one render shows all that came before it
	draw := func() {
		host.Draws()
		select {
		case due <- true:
		default:
		}
	}
	draw()
	go func() {
		for renderer.EventWait() {
			draw()
		}
	}()
	renders := 0
	for range due {
		host.Yield() // the event, and the render before, were tasks of their own
		view.Begin()
		if err := renderer.Render(build.RunBuild(view)); err != nil {
			log.Fatal(err)
		}
		switch renders++; {
		case len(due) > 0:
		case view.Unfinished():
			draw()
		default:
			host.Drawn()
			if renders > 8 {
				renders = 0
				host.WhenIdle(runtime.GC)
			}
		}
	}
}
