package page

import (
	"strings"

	"splitquant/ui/engine"
	"splitquant/ui/learn"
	"splitquant/ui/route"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// The screens, for the markup.
const (
	toolScreen  = route.Tool
	learnScreen = route.Learn
	aboutScreen = route.About
)

func (p *View) off(screen string) bool { return p.S.Screen != screen }

// page is the class of the root: what is left away differs by screen.
func (p *View) page() string { return "page on-" + p.S.Screen }

// Go shows what an address asks for, from its # on. What makes no sense in it
// is ignored, and said. It takes the lock itself.
func (p *View) Go(hash string) { p.Update(func() { p.follow(hash) }) }

func (p *View) follow(hash string) {
	if model, ok := strings.CutPrefix(hash, "#model="); ok { // as people write it
		hash = "#tool?model=" + model
	}
	r, err := route.Parse(hash)
	if err != nil {
		p.S.Notice = textWrongAddress(err.Error())
		return
	}
	p.S.Notice = ""
	if language := r.Values["lang"]; language != "" {
		delete(r.Values, "lang")
		p.SetLanguage(language, false)
	}
	if r.Screen != p.S.Screen {
		p.host.ScrollTo("app")
	}
	p.S.Screen = r.Screen
	if address := r.Values["model"]; r.Screen == route.Tool && address != "" {
		p.openBeside(address)
	}
	if r.Screen == route.Learn {
		if ignored := p.class.view.Open(r); len(ignored) > 0 {
			p.S.Notice = textIgnored(strings.Join(ignored, words.T(", ")))
		}
	}
}

// SetLanguage changes the language, if there is such a one.
func (p *View) SetLanguage(code string, chosen bool) {
	for _, l := range words.Languages {
		if l.Code == code {
			words.Language, p.S.Language = code, code
			p.host.SetLanguage(code, chosen)
		}
	}
}

// A room is what the classroom is in. Its worker is one of its own: lessons go
// on while a model is quantized.
type room struct {
	*View
	view   *learn.View
	engine *engine.Client
}

func newRoom(p *View) room {
	r := room{View: p, engine: new(engine.Client)}
	p.S.Language, p.S.Screen = words.English, route.Tool
	r.engine.Start = p.startWorker
	r.view = learn.New(&p.S, r)
	return r
}

// Compute implements learn.Room.
func (r room) Compute(a *message.LessonAsk, done func(message.Reply)) {
	r.engine.Ask(message.Request{Do: message.Lesson, Lesson: a}, func(reply message.Reply, _ engine.Blob) {
		r.render = true
		done(reply)
	})
}

// Address implements learn.Room.
func (r room) Address(to route.Route) { r.host.SetAddress(to.String()) }

// SaveFigure implements learn.Room.
func (r room) SaveFigure(id, name, kind string) { r.host.SaveFigure(id, name, kind) }

// SaveText implements learn.Room.
func (r room) SaveText(name, text string) { r.host.Save(name, "text/csv", []byte(text)) }

// Copy implements learn.Room.
func (r room) Copy(done func(error)) {
	r.host.CopyAddress(func(err error) { r.Update(func() { done(err) }) })
}

// Load implements learn.Room.
func (r room) Load(sample string, done func(why string)) {
	name := sample[strings.LastIndexByte(sample, '/')+1:]
	r.host.Fetch(sample, name, func(picked Picked, err error) {
		r.Update(func() {
			if err != nil {
				done(err.Error())
				return
			}
			r.engine.Open(name, picked.Names, picked.Files, func(reply message.Reply, _ engine.Blob) {
				r.render = true
				done(reply.Error)
			})
		})
	})
}

// Paint implements learn.Room.
func (r room) Paint(image []byte) { r.host.Paint(image) }

// Draw takes what was drawn on the canvas. It takes the lock itself.
func (p *View) Draw(image []byte) { p.Update(func() { p.class.view.Draw(image) }) }

// Print implements learn.Room.
func (r room) Print() { r.host.Print() }

// Say implements learn.Room.
func (r room) Say(text string) { r.S.Notice = text }

// Drag sets a number of the lesson to where its handle was dragged. It takes
// the lock itself.
func (p *View) Drag(setting string, value float64) {
	p.Update(func() { p.class.view.Drag(setting, value) })
}

func textWrongAddress(why string) string {
	return words.F("The address of this page makes no sense and was ignored: %s.", why)
}

func textIgnored(what string) string {
	return words.F("This part of the address makes no sense and was ignored: %s.", what)
}
