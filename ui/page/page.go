// Package page is the root of the page: what a person can do, what is asked
// of the engine because of it, and what its answers change.
package page

import (
	"path"
	"slices"
	"time"

	"splitquant/core/recipe"
	"splitquant/ui/about"
	"splitquant/ui/bar"
	"splitquant/ui/engine"
	"splitquant/ui/figure"
	"splitquant/ui/foot"
	"splitquant/ui/frontier"
	"splitquant/ui/header"
	"splitquant/ui/layers"
	"splitquant/ui/learn"
	"splitquant/ui/modelstep"
	"splitquant/ui/options"
	"splitquant/ui/proof"
	"splitquant/ui/result"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"

	"github.com/vugu/vugu"
)

// tickTime is the least time between two movements of the progress bar.
const tickTime = 100 * time.Millisecond

// View is the page. Its methods are called with the lock of its environment
// held, as vugu's handlers are.
type View struct {
	S state.State

	host   Host
	env    vugu.EventEnv
	now    func() time.Time
	engine engine.Client
	prover prover
	render bool      // the answer that came changes more than cells and progress
	moved  time.Time // when the progress bar moved last
	saveTo any       // the picked file, or nil
	lacks  lack      // the model that waits for its data
	weighs int       // how often an estimate was asked for; older answers do not count
	draws  int       // the same for figures

	compares int // the same for comparisons

	beside     string // the address that was opened last, of a file beside the page
	opens      Picked // the files of the model
	kept       Picked // what was kept on the visit before
	keptRecipe string // its choices
	resumes    string // the choices to take over when it is open

	header, model, layers, options, result, figure, table, frontier, bar, foot still
	learn, sheet, about                                                        still
	class                                                                      room // the classroom
	proof, lines, hurt                                                         still

	pen pen
}

// A lack is a model that could not be opened for want of a file.
type lack struct {
	picked Picked
	file   string // empty: nothing is missing
}

// metBy reports whether the files are what is missing, and no other model.
func (l lack) metBy(more Picked) bool {
	if l.file == "" || !slices.ContainsFunc(more.Names, func(n string) bool { return path.Base(n) == l.file }) {
		return false
	}
	return l.picked.With(more).main() == l.picked.main()
}

// New returns a page without a model.
func New(host Host, env vugu.EventEnv, now func() time.Time) *View {
	p := &View{S: state.New(), host: host, env: env, now: now}
	p.engine.Start = p.startWorker
	p.prover.engine.Start = p.startWorker
	p.engine.Died = func(reason string) { p.S.Error, p.render = reason, true }
	s := &p.S
	p.header.of = &header.View{
		S:        s,
		Theme:    func(t string) { p.do(func() { p.setTheme(t) }) },
		Language: func(l string) { p.do(func() { p.SetLanguage(l, true) }) },
	}
	p.class = newRoom(p)
	p.learn.of, p.sheet.of, p.about.of = p.class.view, &learn.Sheet{View: p.class.view}, &about.View{}
	p.model.of = &modelstep.View{
		S:      s,
		Sample: func() { p.do(p.sample) },
		GoOn:   func() { p.do(p.goOn) },
		Keep:   func(keeps bool) { p.do(func() { p.setKeeps(keeps) }) },
	}
	s.Keeps = host.Keeps()
	p.layers.of = &layers.View{
		S:    s,
		Take: func(i int) { p.do(func() { p.take(i) }) },
		All:  func(in bool) { p.choose(func() { s.TakeAll(in) }) },
		Show: func(i int) { p.do(func() { p.show(i) }) },
		Turn: func(page int) { p.do(func() { s.Page = page; p.look(); p.host.ScrollTo(layers.TableID) }) },
		Fold: func(folded bool) { p.do(func() { s.Folded = folded; p.look() }) },
		Aim:  func(i int) { p.do(func() { s.AimAt(i); p.host.ScrollTo(OptionsID) }) },
		Kind: func(i int, kind string) { p.choose(func() { s.SetKind(i, kind) }) },
	}
	p.options.of = &options.View{
		S:     s,
		Set:   func(option, word string) { p.choose(func() { s.SetOption(option, word) }) },
		Start: func(o recipe.Options) { p.choose(func() { s.Start(o) }) },
		Reset: func() { p.choose(s.Reset) },
		More:  func(more bool) { s.More = more },
		Aim:   s.Aim,
		Drop:  func(glob string) { p.choose(func() { p.drop(glob) }) },
		Ask:   func() { p.do(p.suggest) },
		Undo:  func() { p.choose(s.Undo) },
		Redo:  func() { p.choose(s.Redo) },
		Save:  func() { p.do(p.saveRecipe) },
	}
	r := &result.View{
		S:    s,
		Show: func(i int) { p.do(func() { p.show(i) }) },
		Sort: func(by string) { s.Sort, s.RowPage = s.Sort.Click(by), 0 },
		Take: func(i int) { p.do(func() { p.take(i) }) },
		Turn: func(page int) { s.RowPage = page; p.host.ScrollTo(result.TableID) },

		Anywhere: func() { p.do(p.anywhere) },
		Copy:     func(text string) { p.do(func() { p.copy(text) }) },
	}
	p.result.of, p.table.of = r, &result.Table{View: r}
	p.figure.of = &figure.View{
		S:       s,
		Show:    func(i int) { p.do(func() { p.show(i) }) },
		Linear:  func(linear bool) { s.Linear = linear },
		Numbers: func(numbers bool) { s.Numbers = numbers },
	}
	p.frontier.of = &frontier.View{
		S:       s,
		Measure: func() { p.do(p.measure) },
		Save:    func(ending string) { p.do(func() { p.saveFrontier(ending) }) },
		Points:  func(points bool) { s.Aid.Points = points },
	}
	p.foot.of = &foot.View{S: s, Renew: host.Renew, Later: func() { s.Newer = false }}
	for screen, areas := range p.areas() {
		for _, a := range areas {
			a.pen, a.unseen = &p.pen, func() bool { return screen != "" && p.off(screen) }
		}
	}
	v := p.newProof()
	p.proof.of, p.lines.of, p.hurt.of = v, &proof.Lines{View: v}, &proof.Hurt{View: v}
	p.bar.of = &bar.View{
		S: s, CanPick: host.CanPick(), Now: now,
		Run:     func() { p.do(p.run) },
		Cancel:  func() { p.do(p.cancel) },
		Pick:    func() { p.do(p.pick) },
		Dismiss: func() { p.do(p.dismiss) },
		Use:     func() { p.host.ScrollTo(result.UseID) },
	}
	return p
}

// areas are the parts of the page by the screen that they are on; those of ""
// are on all.
func (p *View) areas() map[string][]*still {
	return map[string][]*still{
		"": {&p.header, &p.foot, &p.bar},
		toolScreen: {&p.model, &p.layers, &p.options, &p.result, &p.figure, &p.table, &p.frontier,
			&p.proof, &p.lines, &p.hurt},
		learnScreen: {&p.learn, &p.sheet},
		aboutScreen: {&p.about},
	}
}

// Begin starts a render.
func (p *View) Begin() { p.pen.begin() }

// Unfinished reports whether the render left something for the next one, so
// that none of them is a long task.
func (p *View) Unfinished() bool { return p.pen.unfinished }

// do runs what a person asked for. vugu would end the program at a panic; the
// page says what went wrong and goes on.
func (p *View) do(f func()) {
	defer func() {
		if r := recover(); r != nil {
			p.S.Error, p.render = textPanic(r), true
		}
	}()
	f()
}

// Update runs f with the lock and renders: for what does not come from vugu.
func (p *View) Update(f func()) {
	p.env.Lock()
	p.do(f)
	p.env.UnlockRender()
}

// startWorker starts a worker whose answers come under the lock, and are
// followed by a render only if they need one.
func (p *View) startWorker(h engine.Handlers) engine.Worker {
	return p.host.StartWorker(engine.Handlers{
		Reply: func(r message.Reply, b engine.Blob) { p.under(func() { h.Reply(r, b) }) },
		Died:  func(reason string) { p.under(func() { h.Died(reason) }) },
	})
}

// under runs f with the lock, and renders only if f says so.
func (p *View) under(f func()) {
	p.env.Lock()
	p.render = false
	p.do(f)
	if p.render {
		p.env.UnlockRender()
	} else {
		p.env.UnlockOnly()
	}
}

// Open opens the model among the files. It takes the lock itself.
func (p *View) Open(picked Picked) {
	switch {
	case len(picked.Names) == 0:
	case p.isRecipe(picked):
		p.OpenRecipe(picked)
	default:
		p.Update(func() { p.open(picked) })
	}
}

func (p *View) open(picked Picked) {
	if p.lacks.metBy(picked) {
		picked = p.lacks.picked.With(picked)
	}
	name := picked.main()
	p.S.Opening, p.S.Error = name, ""
	p.S.Status = textOpening(name)
	p.engine.Open(name, picked.Names, picked.Files, func(r message.Reply, _ engine.Blob) { p.opened(name, picked, r) })
}

func (p *View) opened(name string, picked Picked, r message.Reply) {
	p.render = true
	p.S.Opening = ""
	p.lacks = lack{picked, r.Missing}
	if r.Error != "" || r.Model == nil {
		p.S.Status, p.S.Error = "", textNotOpened(name, r.Error)
		if p.S.Running {
			p.S.Status = words.T(textRunning)
		}
		return
	}
	if r.Model.Name == "" {
		r.Model.Name = name
	}
	if p.S.Result != nil {
		p.host.RevokeURL(p.S.Result.URL)
	}
	stopped := p.S.Running
	p.S.SetModel(r.Model)
	p.prover.engine.Take(name, picked.Names, picked.Files)
	p.prover.result = nil
	p.saveTo, p.opens = nil, picked
	p.resume()
	p.keep(picked)
	p.S.Status = textOpened(r.Model, state.OtherModels(picked.Names), stopped)
	p.estimate()
	p.compare()
	p.look()
}

// dismiss takes the error away, and the focus to what remains.
func (p *View) dismiss() {
	p.S.Error = ""
	p.host.Focus(bar.ID)
}

// Escape takes an error away; in the bar, it cancels a run. It takes the lock
// itself.
func (p *View) Escape(inBar bool) {
	p.Update(func() {
		switch {
		case p.S.Error != "":
			p.dismiss()
		case inBar:
			p.cancel()
		}
	})
}

func (p *View) sample() {
	if p.S.Opening != "" {
		return
	}
	p.S.Opening, p.S.Error = textSample, ""
	p.host.Fetch(modelstep.SampleFile, textSample, func(picked Picked, err error) {
		p.Update(func() {
			if err != nil {
				p.S.Opening, p.S.Error = "", textNotFetched(err)
				return
			}
			p.open(picked)
		})
	})
}

func (p *View) setTheme(theme string) {
	p.S.Theme = theme
	p.host.SetTheme(theme)
}

func (p *View) take(layer int) {
	p.S.Take(layer)
	p.chosenAnew()
}

// choose makes a choice and asks for what follows from it.
func (p *View) choose(choice func()) {
	p.do(func() {
		choice()
		p.chosenAnew()
	})
}

// chosenAnew asks for what follows from other choices.
func (p *View) chosenAnew() {
	p.estimate()
	if p.S.Chosen >= 0 {
		p.draw()
	}
	p.compare()
	p.keepRecipe()
}

func (p *View) estimate() {
	if p.S.Model == nil {
		return
	}
	o := p.S.Asked()
	p.weighs++
	if refused := p.S.Refused(); refused != "" {
		p.S.Weighing, p.S.Estimate, p.S.NoEstimate = false, nil, refused
		return
	}
	p.S.Weighing = true
	this := p.weighs
	p.engine.Ask(message.Request{Do: message.Estimate, Options: &o}, func(r message.Reply, _ engine.Blob) {
		if this != p.weighs {
			return
		}
		p.render = true
		p.S.Weighing, p.S.Estimate, p.S.NoEstimate = false, r.Estimate, r.Error
	})
}

// look asks for range and sparkline of the rows that are shown.
func (p *View) look() {
	unseen := p.S.Unseen()
	if len(unseen) == 0 {
		return
	}
	p.engine.Ask(message.Request{Do: message.Look, Layers: unseen}, func(r message.Reply, _ engine.Blob) {
		l := r.Look
		if l == nil {
			p.S.Error, p.render = textNotSeen(r.Error), true
			return
		}
		p.S.Looks[l.Layer] = *l
		p.host.SetCell(layers.SpanID(l.Layer), layers.Span(*l))
		p.host.SetCell(layers.NoteID(l.Layer), layers.Note(&p.S.Model.Layers[l.Layer], *l))
		p.host.SetCell(layers.SparkID(l.Layer), layers.Spark(*l))
	})
}

// show draws a layer.
func (p *View) show(layer int) {
	if layer < 0 || layer >= len(p.S.Model.Layers) {
		return
	}
	if layer != p.S.Chosen {
		p.S.Figure = nil
	}
	p.S.Reveal(layer)
	p.look()
	p.draw()
	p.host.ScrollTo(FigureID)
}

func (p *View) draw() {
	o := p.S.Asked()
	p.draws++
	if refused := p.S.Refused(); refused != "" {
		p.S.Drawing, p.S.Figure, p.S.NoFigure = false, nil, refused
		return
	}
	p.S.Drawing = true
	this := p.draws
	p.engine.Ask(message.Request{Do: message.Figure, Layers: []int{p.S.Chosen}, Options: &o}, func(r message.Reply, _ engine.Blob) {
		if this != p.draws {
			return
		}
		p.render = true
		p.S.Drawing, p.S.Figure, p.S.NoFigure = false, r.Figure, r.Error
	})
}

func (p *View) run() {
	if p.S.Model == nil || p.S.Busy() || p.S.Opening != "" || p.S.Blocked() != "" {
		return
	}
	p.S.Running, p.S.Error, p.S.Status = true, "", words.T(textRunning)
	p.S.Progress, p.S.Started = message.ProgressInfo{}, p.now()
	asked := p.S.Asked()
	p.engine.Ask(message.Request{Do: message.Run, Options: &asked}, func(r message.Reply, b engine.Blob) {
		switch {
		case !r.Final:
			p.progress(r.Progress)
		case r.Error != "" || r.Report == nil:
			p.render = true
			p.S.Running, p.S.Status, p.S.Error = false, words.T(textFailed), textNoResult(r.Error)
		default:
			p.finished(r, b, asked)
		}
	})
}

func (p *View) progress(now *message.ProgressInfo) {
	if now == nil {
		return
	}
	p.S.Progress = *now
	if t := p.now(); t.Sub(p.moved) >= tickTime {
		p.moved = t
		p.host.SetProgress(bar.Percent(&p.S), bar.Text(&p.S, t))
	}
}

func (p *View) finished(r message.Reply, b engine.Blob, asked recipe.Options) {
	p.render = true
	s := &p.S
	if s.Result != nil {
		p.host.RevokeURL(s.Result.URL)
	}
	s.Result = &state.Result{Report: r.Report, Asked: asked, URL: p.host.ObjectURL(b), Name: r.FileName}
	p.prover.result = b
	s.Running, s.Folded, s.RowPage = false, true, 0
	s.Status = textDone(r.Report)
	if s.Chosen < 0 {
		s.Chosen = s.Worst()
	}
	if s.Chosen >= 0 {
		s.Reveal(s.Chosen)
		p.draw()
	}
	p.rival()
	p.host.ScrollTo(ResultID)
	if p.saveTo != nil {
		p.save(b)
	}
}

func (p *View) cancel() {
	switch {
	case p.S.Running:
		p.engine.Cancel(message.Run)
	case p.S.Task != "":
		p.engine.Cancel(p.S.Task)
	default:
		return
	}
	p.S.Running, p.S.Task, p.S.Status = false, "", words.T(textCancelled)
	p.look()
}

// pick lets a person choose before the run where its result is saved.
func (p *View) pick() {
	if p.S.Estimate == nil {
		return // there is no name yet
	}
	p.host.Pick(p.S.Estimate.FileName, func(name string, file any) {
		p.Update(func() { p.S.SaveName, p.saveTo = name, file })
	})
}

func (p *View) save(b engine.Blob) {
	name := p.S.SaveName
	p.host.Write(p.saveTo, b, func(err error) {
		p.Update(func() {
			if err != nil {
				p.S.Error = textNotSaved(name, err)
				return
			}
			p.S.Status = textSaved(name)
		})
	})
	p.S.SaveName, p.saveTo = "", nil
}

// The elements that the page scrolls to.
const (
	ResultID = "result"
	FigureID = "figure"
	// FrontierID is all settings side by side.
	FrontierID = "frontier"
	// OptionsID is what layers' own choices are made in.
	OptionsID = "options"
)

func (p *View) work() string {
	if p.S.Model == nil {
		return "start"
	}
	return "work"
}
