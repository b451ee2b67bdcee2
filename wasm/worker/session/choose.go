package session

import (
	"context"
	"errors"
	"math"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// What helps a person to choose: how the options compare, what would meet a
// goal, and all settings side by side.

// progress returns a function that tells the page how far a request is.
func (s *Session) progress(id int) func(plan.Progress) {
	return func(p plan.Progress) {
		info := message.ProgressInfo(p)
		s.host.Reply(message.Reply{ID: id, Progress: &info}, nil)
	}
}

func (s *Session) compare(r message.Request, o recipe.Options) error {
	c, err := plan.Compare(context.Background(), s.file.Model(), o, r.Limit)
	if err != nil {
		return err
	}
	info := message.ComparisonInfo(*c)
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Comparison: &info}, nil)
	return nil
}

func (s *Session) suggest(r message.Request, o recipe.Options) error {
	if r.Goal == nil {
		return errors.New("a suggestion needs a goal")
	}
	got, err := plan.Suggest(context.Background(), s.file.Model(), o, plan.Settings(), plan.Goal(*r.Goal), 1, s.progress(r.ID))
	if err != nil {
		return err
	}
	info := &message.SuggestionInfo{Recipe: got.Recipe, BitsPerWeight: got.BitsPerWeight}
	if !math.IsInf(got.SQNR, 0) {
		info.SQNR = &got.SQNR
	}
	s.host.Reply(message.Reply{ID: r.ID, Final: true, Suggestion: info}, nil)
	return nil
}

// frontier tries all settings on the layers that the options choose.
func (s *Session) frontier(id int, o recipe.Options) error {
	base := recipe.Defaults()
	base.Include, base.Exclude, base.Embeddings = o.Include, o.Exclude, o.Embeddings
	f, err := plan.Frontier(context.Background(), s.file.Model(), base, plan.Settings(), 1, s.progress(id))
	if err != nil {
		return err
	}
	f.Model = s.name
	s.host.Reply(message.Reply{ID: id, Final: true, Frontier: f}, nil)
	return nil
}
