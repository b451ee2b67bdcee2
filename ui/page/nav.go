package page

import (
	"path"
	"strings"

	"splitquant/ui/engine"
	"splitquant/ui/learn"
	"splitquant/ui/route"
	"splitquant/ui/state"
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
func (r room) Load(samples []string, done func(why string)) { r.fetch(Picked{}, samples, done) }

// fetch gets one sample after another, and then opens them all.
func (r room) fetch(have Picked, samples []string, done func(why string)) {
	if len(samples) == 0 {
		r.load(have, done)
		return
	}
	r.host.Fetch(samples[0], path.Base(samples[0]), func(picked Picked, err error) {
		r.Update(func() {
			if err != nil {
				done(err.Error())
				return
			}
			r.fetch(have.With(picked), samples[1:], done)
		})
	})
}

// load opens files in the classroom's own worker.
func (r room) load(picked Picked, done func(why string)) {
	r.engine.Open(picked.Names[state.MainFile(picked.Names)], picked.Names, picked.Files, func(reply message.Reply, _ engine.Blob) {
		r.render = true
		done(reply.Error)
	})
}

// LoadOwn implements learn.Room.
func (r room) LoadOwn(done func(why string)) { r.load(r.opens, done) }

// Go implements learn.Room.
func (r room) Go(hash string) {
	r.follow(hash)
	r.host.SetAddress(hash)
}

// Paint implements learn.Room.
func (r room) Paint(image []byte) { r.host.Paint(image) }

// Draw takes what was drawn on the canvas; nothing else changes until that is
// answered. It takes the lock itself.
func (p *View) Draw(image []byte) { p.under(func() { p.class.view.Draw(image) }) }

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
