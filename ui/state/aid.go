package state

import (
	"slices"

	"splitquant/core/report"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// Aid is what helps a person to choose.
type Aid struct {
	Suggesting bool    // the goal for a suggestion is shown
	ByNoise    bool    // the goal is MinSQNR, not Budget
	Budget     float64 // bits per weight
	MinSQNR    float64 // dB

	Frontier *report.Frontier // all settings side by side; nil until they are measured
	Points   bool             // the frontier's numbers are shown as a table
}

func newAid() Aid { return Aid{Budget: 4.5, MinSQNR: 20} }

// Goal returns what a suggestion has to meet.
func (a *Aid) Goal() message.Goal {
	if a.ByNoise {
		return message.Goal{MinSQNR: a.MinSQNR}
	}
	return message.Goal{Budget: a.Budget}
}

// SetGoal takes what a suggestion has to meet, in bits or dB.
func (a *Aid) SetGoal(v float64) {
	if a.ByNoise {
		a.MinSQNR = v
	} else {
		a.Budget = v
	}
}

// Busy reports whether something goes on that can be cancelled.
func (s *State) Busy() bool { return s.Running || s.Task != "" }

// Larger reports whether the result would be larger than the file is now.
func (s *State) Larger() bool {
	return s.Model != nil && s.Estimate != nil && s.Estimate.BytesAfter > s.Model.Bytes
}

// Worse reports whether plain quantization keeps more in no more room.
func (s *State) Worse() bool { return s.Comparison != nil && Beaten(s.Comparison) }

// Beaten reports whether plain quantization keeps more in no more room.
func Beaten(c *message.ComparisonInfo) bool {
	return c.Plain.Bits != 0 && decibels(c.Plain.SQNR) > decibels(c.Own.SQNR)
}

// Side returns the frontier with the last run, if there was one, as a point
// of its own.
func (s *State) Side() *report.Frontier {
	f := s.Aid.Frontier
	if f == nil || s.Result == nil || s.Result.Report.BitsPerWeight == 0 {
		return f
	}
	r := s.Result.Report
	with := *f
	with.Points = append(slices.Clone(f.Points), report.Point{
		Series: words.T("your last run"), Bits: r.Options.Bits, BitsPerWeight: r.BitsPerWeight, SQNR: r.SQNR,
	})
	with.Sort()
	return &with
}
