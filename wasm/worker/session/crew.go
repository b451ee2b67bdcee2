package session

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// A Hand is another engine, in a worker of its own, that does tasks for this
// one. It has a session too, which is told what to do as the page tells this
// one.
type Hand interface {
	// Ask sends a request with files, and waits for the last reply and the bytes
	// beside it. What is asked meanwhile waits in line. The error is that of a
	// hand that is no more.
	Ask(r message.Request, files []File) (Answer, error)
	Stop()
}

// An Answer is a last reply and what came beside it.
type Answer struct {
	message.Reply
	Parts [][]byte
	Kept  []io.ReaderAt
}

// worthHands is the number of weights to work on from which on it pays to have
// hands. Tests make it small.
var worthHands = int64(4 << 20)

// ahead is how many tasks a hand is given at a time, so that it has one when it
// has done another.
const ahead = 2

// gone is the room of a hand that is given no tasks.
const gone = -1

// A crew is the hands of a session, all of which have opened its model.
type crew struct {
	hands []Hand
	plan  *plan.Plan

	mu    sync.Mutex
	ended sync.Cond           // of tasks
	room  []int               // how many more tasks each hand can be given
	last  map[place]int       // which hand had a piece last: it may still hold its bytes
	kept  []map[int]*keptPart // what each hand keeps, by its numbers
}

// A keptPart is what a hand has made and keeps. It can be read once the hand has
// given it out.
type keptPart struct{ io.ReaderAt }

// Sections tells what copies from the part where it really lies.
func (k *keptPart) Sections(off, n int64) []*io.SectionReader {
	return []*io.SectionReader{io.NewSectionReader(k.ReaderAt, off, n)}
}

// A place is a piece of a layer's weight.
type place struct{ layer, piece int }

// hire starts hands if the model is worth it. They open it while nobody waits.
func (s *Session) hire(r message.Request, files []File) {
	if s.crew != nil {
		s.crew.dismiss()
		s.crew = nil
	}
	weights := int64(0)
	for i := range s.file.Model().Layers {
		if l := &s.file.Model().Layers[i]; l.Skipped == "" {
			weights += l.Parameters()
		}
	}
	if s.host.Hands == 0 || r.Hand || weights < worthHands {
		return
	}
	c := &crew{last: map[place]int{}}
	c.ended.L = &c.mu
	for range s.host.Hands {
		h := s.host.NewHand()
		c.hands = append(c.hands, h)
		go h.Ask(message.Request{Do: message.Open, Name: r.Name, Names: r.Names, Hand: true}, files) // fails as ours would have, or shows in prepare
	}
	s.crew = c
}

func (c *crew) dismiss() {
	for _, h := range c.hands {
		h.Stop()
	}
}

// prepare makes the plan in every hand. A hand that cannot is given no tasks.
func (c *crew) prepare(p *plan.Plan, o recipe.Options) {
	c.plan = p
	c.room, c.kept = make([]int, len(c.hands)), make([]map[int]*keptPart, len(c.hands))
	c.each(func(i int, h Hand) {
		c.room[i], c.kept[i] = ahead, map[int]*keptPart{}
		if a, err := h.Ask(message.Request{Do: message.Prepare, Options: &o}, nil); err != nil || a.Error != "" {
			c.room[i] = gone
		}
	})
}

// settle has the hands give out what they made. It reports whether all did.
func (c *crew) settle() bool {
	var lost atomic.Bool
	c.each(func(i int, h Hand) {
		if len(c.kept[i]) == 0 {
			return
		}
		a, err := h.Ask(message.Request{Do: message.Settle}, nil)
		if err != nil || len(a.Kept) != len(c.kept[i]) {
			lost.Store(true)
			return
		}
		for n, part := range c.kept[i] {
			part.ReaderAt = a.Kept[n-1]
		}
	})
	return !lost.Load()
}

// each calls f for all hands at once.
func (c *crew) each(f func(i int, h Hand)) {
	var all sync.WaitGroup
	for i, h := range c.hands {
		all.Go(func() { f(i, h) })
	}
	all.Wait()
}

// jobs is how many tasks the crew takes at a time: more than it works on, as some
// wait for the hand that holds their piece.
func (c *crew) jobs() int { return 2 * ahead * len(c.hands) }

// do has a hand do a task; this engine where there is none.
func (c *crew) do(ctx context.Context, t plan.Task) (plan.Done, error) {
	if i := c.choose(t); i >= 0 {
		d, err := c.ask(i, t)
		c.free(i, err)
		if !errors.Is(err, errGone) {
			return d, err
		}
	}
	return c.plan.Do(ctx, t)
}

// choose waits until the hand that had the task's piece last can be given another
// task, or any hand if none had it. It returns -1 where there are no hands.
func (c *crew) choose(t plan.Task) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := place{c.plan.Units[t.Unit].Layers[0], t.Piece}
	for {
		i, known := c.last[at]
		if !known || c.room[i] == gone {
			i = c.freest()
		}
		switch {
		case c.room[i] == gone:
			return -1
		case c.room[i] > 0:
			c.room[i]--
			c.last[at] = i
			return i
		}
		c.ended.Wait()
	}
}

func (c *crew) freest() int {
	best := 0
	for i, n := range c.room {
		if n > c.room[best] {
			best = i
		}
	}
	return best
}

// free takes note that a hand has ended a task, with the error of it.
func (c *crew) free(i int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(err, errGone):
		c.room[i] = gone
	case c.room[i] != gone:
		c.room[i]++
	}
	c.ended.Broadcast()
}

var errGone = errors.New("the hand is gone")

func (c *crew) ask(i int, t plan.Task) (plan.Done, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return plan.Done{}, err
	}
	a, err := c.hands[i].Ask(message.Request{Do: message.Task, Task: text}, nil)
	switch {
	case err != nil:
		return plan.Done{}, errGone
	case a.Error != "":
		return plan.Done{}, errors.New(a.Error)
	}
	d, err := plan.Unpack(a.Done, a.Parts)
	if err != nil || d.Encoded == nil {
		return d, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d.Encoded.Readers = make([]io.ReaderAt, len(a.Reply.Kept))
	for p, n := range a.Reply.Kept {
		if n > 0 {
			c.kept[i][n] = new(keptPart)
			d.Encoded.Readers[p] = c.kept[i][n]
		}
	}
	return d, nil
}
