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
	s.kept, s.keptSize = s.host.NewStore(), 0
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

// keep keeps large parts, in whose place it leaves nil, until they are asked for.
func (s *Session) keep(parts [][]byte) ([]message.Span, error) {
	kept := make([]message.Span, len(parts))
	any := false
	for i, p := range parts {
		if len(p) < worthKeeping {
			continue
		}
		if _, err := s.kept.Write(p); err != nil {
			return nil, err
		}
		kept[i] = message.Span{At: s.keptSize, Size: int64(len(p))}
		s.keptSize += int64(len(p))
		parts[i], any = nil, true
	}
	if !any {
		return nil, nil
	}
	return kept, nil
}

// settle gives out what was kept.
func (s *Session) settle(id int) error {
	if s.kept == nil {
		return errors.New("nothing was kept")
	}
	s.host.Reply(message.Reply{ID: id, Final: true}, s.kept)
	s.kept = nil
	return nil
}
