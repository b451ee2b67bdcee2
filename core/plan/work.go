package plan

import (
	"context"
	"io"
	"sync"
)

// Work is a plan being carried out: it hands out tasks and takes in what came of
// them. Who does the tasks, how many at a time and in which order they are finished
// makes no difference to the result. Its methods may be called from several
// goroutines.
type Work struct {
	plan     *Plan
	spool    Spool
	progress func(Progress)

	mu    sync.Mutex
	units []*unitWork
	first int   // units before this one are finished
	done  int64 // weights, in either stage
	total int64
}

// unitWork is what is known of a unit that is being worked on.
type unitWork struct {
	unit    *Unit
	pieces  int      // in the second stage
	learner *learner // of a weight in several pieces, until it is learned
	asked   int      // pieces that have been handed out in this round
	learned *Learned
	encoded []*Encoded
	data    [][]io.ReaderAt // for each part, its pieces
	missing int             // pieces that are not encoded yet
	outcome *outcome        // at last
	done    int64           // weights, in either stage
}

// Work starts to carry out the plan. What is made is kept in spool; progress, if
// not nil, is told when a task is handed out and after the last; calls do not
// overlap.
func (p *Plan) Work(spool Spool, progress func(Progress)) *Work {
	w := &Work{plan: p, spool: spool, progress: progress}
	if progress == nil {
		w.progress = func(Progress) {}
	}
	for _, u := range p.Units {
		w.units = append(w.units, newUnitWork(u))
		w.total += 2 * u.elems
	}
	return w
}

func newUnitWork(u *Unit) *unitWork {
	n := len(u.Pieces())
	w := &unitWork{unit: u, pieces: n, missing: n, encoded: make([]*Encoded, n), data: make([][]io.ReaderAt, u.parts())}
	if n > 1 {
		w.learner = newLearner(u, len(u.learnPieces()))
	}
	for p := range w.data {
		w.data[p] = make([]io.ReaderAt, n)
	}
	return w
}

// Next returns a task to do now. There is none, and ok is false, where all that
// can be done has been handed out: then some of it has to be [Work.Put] first,
// or everything is [Work.Finished].
func (w *Work) Next() (t Task, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := w.first; i < len(w.units); i++ {
		if t, ok := w.units[i].next(); ok {
			t.Unit = i
			w.tell(t)
			return t, true
		}
	}
	return Task{}, false
}

func (u *unitWork) next() (Task, bool) {
	t := Task{Piece: u.asked}
	switch {
	case u.learner != nil && u.asked < len(u.learner.answers):
		t.Stage, t.Question = Learn, u.learner.ask
	case u.learner != nil || u.asked == u.pieces:
		return Task{}, false
	case u.learned == nil:
		t.Stage = Whole
	default:
		t.Stage, t.Learned = Encode, u.learned
	}
	u.asked++
	return t, true
}

// Put takes in what came of a task that Next has returned.
func (w *Work) Put(t Task, d Done) error {
	u := w.units[t.Unit]
	var data []io.ReaderAt
	if d.Encoded != nil {
		data = make([]io.ReaderAt, len(d.Encoded.Parts))
		copy(data, d.Encoded.Readers)
		for i, p := range d.Encoded.Parts { // outside of the lock: it may take long
			if data[i] != nil {
				continue
			}
			var err error
			if data[i], err = w.spool.Put(p); err != nil {
				return err
			}
		}
		d.Encoded.Parts, d.Encoded.Readers = nil, nil
		for i := range d.Encoded.Biases {
			b := &d.Encoded.Biases[i]
			r, err := w.spool.Put(b.Raw)
			if err != nil {
				return err
			}
			b.Stored.Data, b.Raw = r, nil
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.Stage == Learn {
		round := u.learner.round
		if err := u.learner.put(t.Piece, d.Answer); err != nil {
			return err
		}
		if u.learner.round != round {
			u.goOn()
		}
	} else {
		u.encodedPiece(t.Piece, d, data)
	}
	w.advance(t)
	return nil
}

// goOn starts the next round or stage.
func (u *unitWork) goOn() {
	u.asked = 0
	if l := u.learner; l.done {
		u.learned, u.learner = l.learned, nil
		if u.learned.Refused != "" {
			u.finish()
		}
	}
}

func (u *unitWork) encodedPiece(piece int, d Done, data []io.ReaderAt) {
	if d.Learned != nil {
		u.learned = d.Learned
	}
	u.encoded[piece] = d.Encoded
	for p, r := range data {
		u.data[p][piece] = r
	}
	if u.missing--; u.missing == 0 {
		u.finish()
	}
}

// finish puts the parts together.
func (u *unitWork) finish() {
	u.asked = u.pieces
	parts := make([]io.ReaderAt, len(u.data))
	for p, pieces := range u.data {
		if parts[p] = pieces[0]; len(pieces) > 1 {
			parts[p] = joined{pieces, pieceSize * int64(u.unit.width()) / 8}
		}
	}
	u.outcome = u.unit.outcome(u.learned, u.encoded, parts)
	u.learned, u.encoded, u.data = nil, nil, nil
}

// width is how many bits an element of a part has.
func (u *Unit) width() int {
	if u.float() {
		return u.Weight.Type.Bits()
	}
	return u.params.Type().Bits()
}

// Finished reports whether all is done.
func (w *Work) Finished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first == len(w.units)
}

// Result is what has been made, once all is done.
func (w *Work) Result() *Result {
	outcomes := make([]*outcome, len(w.units))
	for i, u := range w.units {
		outcomes[i] = u.outcome
	}
	return w.plan.result(outcomes)
}

// Run has do do all tasks, at most jobs at a time, such as [Plan.Do]. After an
// error it waits for those that have begun.
func (w *Work) Run(ctx context.Context, jobs int, do func(context.Context, Task) (Done, error)) error {
	if err := w.plan.needsRanges(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	ended := make(chan error)
	for running := 0; ; {
		for running < max(jobs, 1) && failed == nil {
			t, ok := w.Next()
			if !ok {
				break
			}
			running++
			go func() {
				d, err := do(ctx, t)
				if err == nil {
					err = w.Put(t, d)
				}
				ended <- err
			}()
		}
		if running == 0 {
			return failed
		}
		err := <-ended
		running--
		if err != nil && failed == nil {
			failed = err
			cancel()
		}
	}
}

// tell reports that a task starts, or that a unit ends.
func (w *Work) tell(t Task) {
	stage := t.Stage
	if stage == Whole {
		stage = Learn
	}
	w.progress(Progress{stage, t.Unit, len(w.units), w.plan.Units[t.Unit].layer.Name, float64(w.done) / float64(w.total)})
}

// advance counts what a task did, and reports the end of units.
func (w *Work) advance(t Task) {
	for w.first < len(w.units) && w.units[w.first].outcome != nil {
		w.first++
	}
	u := w.units[t.Unit]
	w.done -= u.done
	u.done = max(u.done, u.weightsDone())
	w.done += u.done
	if u.outcome != nil {
		w.tell(Task{Unit: t.Unit, Stage: Encode})
	}
}

// weightsDone is about how many weights of the unit have gone through a stage.
func (u *unitWork) weightsDone() int64 {
	n := u.unit.elems
	switch l := u.learner; {
	case u.outcome != nil:
		return 2 * n
	case l != nil: // most need three rounds
		return n * int64(min(3*len(l.answers), l.round*len(l.answers)+l.merged)) / int64(3*len(l.answers))
	}
	return n + n*int64(u.pieces-u.missing)/int64(u.pieces)
}

// joined reads pieces of equal size, but for the last, as one.
type joined struct {
	pieces []io.ReaderAt
	size   int64
}

// Sections returns n bytes from byte off on as the pieces have them.
func (j joined) Sections(off, n int64) (sections []*io.SectionReader) {
	for n > 0 {
		m := min(n, j.size-off%j.size)
		sections = append(sections, io.NewSectionReader(j.pieces[off/j.size], off%j.size, m))
		off, n = off+m, n-m
	}
	return sections
}

// ReadAt implements io.ReaderAt.
func (j joined) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		i := off / j.size
		if i >= int64(len(j.pieces)) {
			return n, io.EOF
		}
		want := min(int64(len(p)-n), j.size-off%j.size)
		m, err := j.pieces[i].ReadAt(p[n:n+int(want)], off%j.size)
		n, off = n+m, off+int64(m)
		if err != nil && int64(m) < want {
			return n, err
		}
	}
	return n, nil
}
