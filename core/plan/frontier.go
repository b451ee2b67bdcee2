package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// Point quantizes the model by one setting, keeps nothing of it, and returns
// what it would store and keep.
func Point(ctx context.Context, m *model.Model, base recipe.Options, setting recipe.Rule, jobs int) (report.Point, error) {
	setting.Layer = "*"
	base.Layers = append(base.Layers[:len(base.Layers):len(base.Layers)], setting)
	p, err := New(m, base)
	if err != nil {
		return report.Point{}, err
	}
	r, err := p.Run(ctx, discard{}, jobs, nil)
	if err != nil {
		return report.Point{}, err
	}
	if len(r.Changes) == 0 {
		return report.Point{}, errors.New("nothing was quantized: " + strings.Join(r.Report.Reasons(), "; "))
	}
	return report.Point{Series: Series(setting), Bits: setting.Bits, BitsPerWeight: r.Report.BitsPerWeight, SQNR: r.Report.SQNR}, nil
}

// Series names a setting but for its bits.
func Series(s recipe.Rule) string {
	name := "plain"
	switch {
	case s.Palette != 0:
		name = fmt.Sprintf("palette of %d", s.Palette)
	case s.Strategy != "none" && s.Form != "plain":
		name = s.Strategy + " " + s.Form
	}
	if s.Parts != 0 {
		name += fmt.Sprintf(" in %d parts", s.Parts)
	}
	if s.Granularity != "tensor" && s.Granularity != "" {
		name += ", per " + s.Granularity
	}
	if s.Clip != "" && s.Clip != "minmax" {
		name += ", " + s.Clip
	}
	return name
}

// Frontier tries all settings on the model: bits per weight against SQNR.
// Settings that fail are listed; if all do, that is an error.
func Frontier(ctx context.Context, m *model.Model, base recipe.Options, settings []recipe.Rule, jobs int, progress func(Progress)) (*report.Frontier, error) {
	f := new(report.Frontier)
	for i, s := range settings {
		point, err := Point(ctx, m, base, s, jobs)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			f.Failed = append(f.Failed, fmt.Sprintf("%s, %d bits: %v", Series(s), s.Bits, err))
		default:
			f.Points = append(f.Points, point)
		}
		progress(Progress{Unit: i, Units: len(settings), Done: float64(i+1) / float64(len(settings))})
	}
	if len(f.Points) == 0 && len(f.Failed) > 0 {
		return nil, errors.New(f.Failed[0])
	}
	f.Sort()
	return f, nil
}
