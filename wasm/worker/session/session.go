package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"splitquant/core/checkpoint"
	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/wasm/message"
)

// A File is a file that the page sent along.
type File struct {
	Name string
	Size int64
	io.ReaderAt
}

// A Store collects bytes: what a run has made so far, and then its result.
type Store interface {
	io.Writer
	plan.Spool
}

// Host is where a session runs.
type Host struct {
	// Reply sends a reply; result is nil but with the last reply to a Run.
	Reply    func(r message.Reply, result Store)
	NewStore func() Store
	// ReplyParts sends a reply with bytes beside it.
	ReplyParts func(r message.Reply, parts [][]byte)
	// ReplyKept sends a reply with what NewStore's stores have Put.
	ReplyKept func(r message.Reply, kept []io.ReaderAt) error
	// Hands is how many hands work on large models, which NewHand starts. With
	// none, this engine does everything itself.
	Hands   int
	NewHand func() Hand
	// Open opens models to run; nil where nothing runs them.
	Open Opener
	// Most is how many bytes of an ONNX model go to one file, 0 for 2 GiB.
	Most int64
	// Yield lets requests that have arrived meanwhile reach [Session.Add].
	Yield func()
}

// A Session works on requests about one model, one after another.
type Session struct {
	host   Host
	queue  *queue
	name   string
	file   *plan.File  // nil until one is open
	crew   *crew       // nil where there is none
	source io.ReaderAt // the bytes of file
	beside []Beside    // where else it keeps tensors

	files  []File                     // that were sent with the model
	digits map[message.Way]digitModel // the model in ways that lessons asked for
	texter *texter                    // likewise; nil before it is asked

	// Of a hand: the plan that it works on, and what it made and was not asked for.
	plan  *plan.Plan
	store Store
	kept  []io.ReaderAt
}

// New returns a session that has no model yet.
func New(host Host) *Session { return &Session{host: host, queue: newQueue()} }

// Add puts a request in line and never waits.
func (s *Session) Add(j Job) {
	for _, old := range s.queue.add(j) {
		s.fail(old.Request.ID, errors.New("another model takes the place of this one"))
	}
}

// Serve works on requests as they come and never returns.
func (s *Session) Serve() {
	for {
		s.work(s.queue.next())
	}
}

// work answers one request. A panic is a fault of ours; the page gets to read
// it, and the session goes on.
func (s *Session) work(j Job) {
	defer func() {
		if fault := recover(); fault != nil {
			s.fail(j.Request.ID, fmt.Errorf("the engine failed: %v", fault))
		}
	}()
	if err := s.answer(j); err != nil {
		s.fail(j.Request.ID, err)
	}
}

func (s *Session) answer(j Job) error {
	r := j.Request
	if r.Do == message.Open {
		return s.open(r, j.Files)
	}
	if r.Do == message.Lesson {
		return s.lesson(r)
	}
	if s.file == nil {
		return errors.New("no model is open")
	}
	o := recipe.Defaults()
	if r.Options != nil {
		o = *r.Options
	}
	switch r.Do {
	case message.Look:
		return s.look(r)
	case message.Estimate:
		return s.estimate(r.ID, o)
	case message.Run:
		return s.run(r.ID, o)
	case message.Prepare:
		return s.prepare(r.ID, o)
	case message.Task:
		return s.task(r)
	case message.Settle:
		return s.settle(r.ID)
	case message.Figure:
		return s.figure(r, o)
	case message.Compare:
		return s.compare(r, o)
	case message.Suggest:
		return s.suggest(r, o)
	case message.Frontier:
		return s.frontier(r.ID, o)
	case message.Verify:
		return s.verify(r, o, j.Files)
	case message.Sensitivity:
		return s.sensitivity(r, o, j.Files)
	}
	return fmt.Errorf("the engine does not know how to %q", r.Do)
}

func (s *Session) fail(id int, err error) {
	r := message.Reply{ID: id, Final: true, Error: err.Error()}
	var m missing
	if errors.As(err, &m) {
		r.Missing = string(m)
	}
	s.host.Reply(r, nil)
}

// open makes a file the session's model. If that fails, the one before stays.
func (s *Session) open(r message.Request, files []File) error {
	for i := range files {
		if i < len(r.Names) {
			files[i].Name = r.Names[i]
		}
	}
	main, name, err := mainOf(files, r.Name)
	if err != nil {
		return err
	}
	var all []Beside
	asked := map[string]string{} // paths that the model gives, by the files for them
	f, err := plan.Open(main.ReaderAt, main.Size, func(name string) (io.ReaderAt, int64, error) {
		beside, err := find(files, path.Dir(r.Name), name)
		if other, ok := asked[beside.Name]; ok && other != name && err == nil {
			return nil, 0, fmt.Errorf("the model needs the files %q and %q, which cannot be told apart here: drop the folder that they are in", other, name)
		}
		asked[beside.Name] = name
		all = append(all, Beside{name, beside.ReaderAt})
		return beside.ReaderAt, beside.Size, err
	})
	if err != nil {
		return err
	}
	if f.Inside() != "" {
		name = f.Inside()
	}
	if w := f.Misnamed(name); w != "" {
		f.Model().Warnings = append(f.Model().Warnings, w)
	}
	s.name, s.file, s.source, s.beside = path.Base(name), f, main.ReaderAt, all
	if inside := f.Source(); inside != nil {
		s.source = inside
	}
	plan.Keep(keep(f.Size()))
	s.texter.close()
	s.files, s.digits, s.texter = files, nil, nil
	s.hire(r, files)
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Model: s.info()}, nil)
	return nil
}

// keep is how many bytes of weights an engine keeps: enough for two hands to hold
// all of a file that is not large, otherwise as much as they need between rounds.
func keep(file int64) int64 {
	if file <= 256<<20 {
		return 144 << 20 // hands do not share evenly
	}
	return 64 << 20
}

// mainOf returns the file to open and what it is called: that of the given name,
// or an index of it and the other parts of its model.
func mainOf(files []File, name string) (File, string, error) {
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if shards, whole := model.Shards(name, names); shards != nil {
		index := checkpoint.Index(shards)
		return File{whole, int64(len(index)), bytes.NewReader(index)}, whole, nil
	}
	main, err := find(files, "", name)
	return main, name, err
}

// find returns the file of that name, seen from a folder. Browsers do not tell
// which folder a single file is in: else only the last part of a path counts.
func find(files []File, folder, name string) (File, error) {
	for _, f := range files {
		if f.Name == path.Join(folder, name) {
			return f, nil
		}
	}
	for _, f := range files {
		if path.Base(f.Name) == path.Base(name) {
			return f, nil
		}
	}
	return File{}, missing(path.Base(name))
}

// missing is the name of a file that was not sent along.
type missing string

func (m missing) Error() string {
	return fmt.Sprintf("the file %q is missing; choose or drop it now", string(m))
}

// info describes the model for the page.
func (s *Session) info() *message.ModelInfo {
	info := message.Describe(s.file.Model(), s.file.Size())
	info.Name = s.name
	return info
}

// Bins of what the page draws: one bar of the sparkline or of the histogram
// is a few pixels wide.
const (
	lookBins   = 32
	figureBins = 200
)

// look glances at layers until something more urgent arrives.
func (s *Session) look(r message.Request) error {
	if len(r.Layers) == 0 {
		return errors.New("no layers to look at")
	}
	for i, layer := range r.Layers {
		s.host.Yield()
		rest := r
		rest.Layers = r.Layers[i:]
		if s.queue.interrupt(Job{Request: rest}) {
			return nil
		}
		info := s.lookAt(layer)
		s.host.Reply(message.Reply{ID: r.ID, Final: i == len(r.Layers)-1, Look: &info}, nil)
	}
	return nil
}

func (s *Session) lookAt(layer int) message.LookInfo {
	info := message.LookInfo{Layer: layer}
	if err := s.known(layer); err != nil {
		info.Error = err.Error()
		return info
	}
	look, err := plan.LookAt(s.file.Model().Layers[layer].Weight, lookBins)
	if err != nil {
		info.Error = err.Error()
		return info
	}
	info.Min, info.Max, info.Bars = float64(look.Min), float64(look.Max), look.Bars
	return info
}

// known reports layers that the model does not have, or not the values of.
func (s *Session) known(layer int) error {
	layers := s.file.Model().Layers
	if layer < 0 || layer >= len(layers) {
		return fmt.Errorf("there is no layer %d, the model has %d", layer, len(layers))
	}
	if w := layers[layer].Weight; w == nil || w.Data == nil {
		return fmt.Errorf("layer %q has no weight to read", layers[layer].Name)
	}
	return nil
}

func (s *Session) estimate(id int, o recipe.Options) error {
	e, err := s.file.Estimate(o)
	if err != nil {
		return err
	}
	info := message.EstimateInfo{
		BytesAfter: e.BytesAfter, BitsPerWeight: e.BitsPerWeight, Layers: e.Layers, Weights: e.Weights, FileName: s.file.Download(s.name, o, e),
	}
	s.host.Reply(message.Reply{ID: id, Final: true, Estimate: &info}, nil)
	return nil
}

func (s *Session) run(id int, o recipe.Options) error {
	start := time.Now()
	result := s.host.NewStore()
	progress := func(p plan.Progress) {
		if p.Done == 1 {
			p.Stage = message.StageWrite
		}
		s.progress(id)(p)
	}
	p, err := plan.New(s.file.Model(), o)
	if err != nil {
		return err
	}
	made, err := s.carryOut(p, o, progress)
	if err != nil {
		return err
	}
	download, rep, err := s.write(result, made)
	if err != nil {
		return err
	}
	rep.Model.Name = s.name
	rep.Seconds = time.Since(start).Seconds()
	s.host.Reply(message.Reply{ID: id, Final: true, Report: rep, FileName: download}, result)
	return nil
}

// carryOut does what a plan says, with hands if there are any. If what one of them
// made is lost, all is made again here.
func (s *Session) carryOut(p *plan.Plan, o recipe.Options, progress func(plan.Progress)) (*plan.Result, error) {
	if c := s.crew; c != nil {
		c.prepare(p, o)
		w := p.Work(s.host.NewStore(), progress)
		if err := w.Run(context.Background(), c.jobs(), c.do); err != nil {
			return nil, err
		}
		if c.settle() {
			return w.Result(), nil
		}
	}
	return p.Run(context.Background(), s.host.NewStore(), 1, progress)
}

// write writes a result as one download, and returns its name: a model that is
// too large for one file goes into an archive with its data.
func (s *Session) write(w io.Writer, r *plan.Result) (name string, rep *report.Report, err error) {
	z := plan.NewZip(w, s.file.FileName(s.name, r.Report.Options))
	beside := z.Beside()
	beside.Most = s.host.Most
	if rep, err = s.file.FinishBeside(z, beside, r); err == nil {
		err = z.Close()
	}
	return z.Name(), rep, err
}

func (s *Session) figure(r message.Request, o recipe.Options) error {
	if len(r.Layers) != 1 {
		return fmt.Errorf("a figure shows one layer, not %d", len(r.Layers))
	}
	layer := r.Layers[0]
	if err := s.known(layer); err != nil {
		return err
	}
	p, err := plan.New(s.file.Model(), o)
	if err != nil {
		return err
	}
	info, err := figureOf(p, layer)
	if err != nil {
		return err
	}
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Figure: info}, nil)
	return nil
}

// figureOf works out what the histogram of a layer shows.
func figureOf(p *plan.Plan, layer int) (*message.FigureInfo, error) {
	f, err := p.Figure(layer, figureBins)
	if err != nil {
		return nil, err
	}
	info := &message.FigureInfo{
		Layer: layer, Min: float64(f.Min), Max: float64(f.Max), Counts: f.Bars, Of: f.Of,
		Bounds: float64s(f.Bounds), Centers: f.Centers, Sizes: f.Sizes, Plain: float64s(f.Plain), Note: f.Note,
		Mean: f.Spread.Mean, Std: f.Spread.Std, Kurtosis: f.Spread.Kurtosis,
	}
	for _, l := range f.Levels {
		info.Levels = append(info.Levels, float64s(l))
	}
	return info, nil
}

func float64s(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}
