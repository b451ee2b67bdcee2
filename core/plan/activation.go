package plan

import "splitquant/core/report"

// activations returns the indices, in the model, of the activations that the
// options cut into chunks, and what is to say about all of them.
func (p *Plan) activations() (cut []int, all []report.Activation) {
	if p.Options.Activations != "split" {
		return nil, nil
	}
	for i, a := range p.Model.Activations {
		skipped := a.Skipped
		if reason, ok := p.Options.Selects(a.Name); !ok {
			skipped = reason
		}
		if skipped == "" {
			cut = append(cut, i)
		}
		all = append(all, report.Activation{Name: a.Name, Op: a.Op, Axis: a.Axis, Channels: a.Channels, Skipped: skipped})
	}
	return cut, all
}
