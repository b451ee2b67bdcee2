package session

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

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
	Ask(r message.Request, files []File) (message.Reply, [][]byte, error)
	Stop()
}

// worthHands is the number of weights to work on from which on it pays to have
// hands. Tests make it small.
var worthHands = int64(4 << 20)

// ahead is how many tasks a hand is given at a time, so that it has one when it
// has done another.
const ahead = 2

// A crew is the hands of a session, all of which have opened its model.
type crew struct {
	hands []Hand
	idle  chan Hand // each as often as it can be given another task; nil is this engine itself
	plan  *plan.Plan
}

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
	c := &crew{}
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

// prepare makes the plan in every hand. In the place of one that cannot there is
// nil: its tasks are done here.
func (c *crew) prepare(p *plan.Plan, o recipe.Options) {
	c.plan = p
	able := make([]Hand, len(c.hands))
	var asked sync.WaitGroup
	for i, h := range c.hands {
		asked.Go(func() {
			if r, _, err := h.Ask(message.Request{Do: message.Prepare, Options: &o}, nil); err == nil && r.Error == "" {
				able[i] = h
			}
		})
	}
	asked.Wait()
	c.idle = make(chan Hand, ahead*len(able))
	for range ahead {
		for _, h := range able {
			c.idle <- h
		}
	}
}

// jobs is how many tasks the crew takes at a time.
func (c *crew) jobs() int { return ahead * len(c.hands) }

// do has a hand do a task.
func (c *crew) do(ctx context.Context, t plan.Task) (plan.Done, error) {
	h := <-c.idle
	defer func() { c.idle <- h }()
	if h != nil {
		d, err := ask(h, t)
		if !errors.Is(err, errGone) {
			return d, err
		}
		h = nil
	}
	return c.plan.Do(ctx, t)
}

var errGone = errors.New("the hand is gone")

func ask(h Hand, t plan.Task) (d plan.Done, err error) {
	text, err := json.Marshal(t)
	if err != nil {
		return d, err
	}
	r, parts, err := h.Ask(message.Request{Do: message.Task, Task: text}, nil)
	switch {
	case err != nil:
		return d, errGone
	case r.Error != "":
		return d, errors.New(r.Error)
	}
	if err := json.Unmarshal(r.Done, &d); err != nil {
		return d, err
	}
	if d.Encoded != nil {
		d.Encoded.Parts = parts
	}
	return d, nil
}

// prepare makes the plan whose tasks are asked for next: this engine is a hand.
func (s *Session) prepare(id int, o recipe.Options) (err error) {
	if s.plan, err = plan.New(s.file.Model(), o); err == nil {
		s.host.Reply(message.Reply{ID: id, Final: true}, nil)
	}
	return err
}

// task does a task and sends the bytes beside the reply.
func (s *Session) task(r message.Request) error {
	var t plan.Task
	if err := json.Unmarshal(r.Task, &t); err != nil {
		return err
	}
	if s.plan == nil {
		return errors.New("no plan was made")
	}
	d, err := s.plan.Do(context.Background(), t)
	if err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var parts [][]byte
	if d.Encoded != nil {
		parts = d.Encoded.Parts
	}
	s.host.ReplyParts(message.Reply{ID: r.ID, Final: true, Done: text}, parts)
	return nil
}
