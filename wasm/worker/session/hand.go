package session

import (
	"context"
	"encoding/json"
	"errors"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// What an engine does when it is the hand of another one.

// prepare makes the plan whose tasks are asked for next: this engine is a hand.
func (s *Session) prepare(id int, o recipe.Options) (err error) {
	s.store, s.kept = s.host.NewStore(), nil
	if s.plan, err = plan.New(s.file.Model(), o); err == nil {
		s.host.Reply(message.Reply{ID: id, Final: true}, nil)
	}
	return err
}

// task does a task and sends the bytes beside the reply, but for large parts.
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
	reply := message.Reply{ID: r.ID, Final: true}
	if d.Encoded != nil {
		if reply.Kept, err = s.keep(d.Encoded.Parts); err != nil {
			return err
		}
	}
	text, beside, err := d.Pack()
	if err != nil {
		return err
	}
	reply.Done = text
	s.host.ReplyParts(reply, beside)
	return nil
}

// worthKeeping is the size from which on it pays not to send a part around. Tests
// make it small.
var worthKeeping = 64 << 10

// keep keeps large parts until they are asked for. In their place it leaves nil. It
// returns their numbers, from 1 on; 0 for the others.
func (s *Session) keep(parts [][]byte) (numbers []int, err error) {
	numbers = make([]int, len(parts))
	for i, p := range parts {
		if len(p) < worthKeeping {
			continue
		}
		r, err := s.store.Put(p)
		if err != nil {
			return nil, err
		}
		s.kept = append(s.kept, r)
		parts[i], numbers[i] = nil, len(s.kept)
	}
	return numbers, nil
}

// settle gives out what was kept.
func (s *Session) settle(id int) error {
	kept := s.kept
	s.store, s.kept = nil, nil
	return s.host.ReplyKept(message.Reply{ID: id, Final: true}, kept)
}
