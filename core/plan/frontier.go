package plan

import (
	"context"
	"fmt"

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
func Frontier(ctx context.Context, m *model.Model, base recipe.Options, settings []recipe.Rule, jobs int, progress func(done float64)) (*report.Frontier, error) {
	f := new(report.Frontier)
	for i, s := range settings {
		point, err := Point(ctx, m, base, s, jobs)
		if err != nil {
			return nil, fmt.Errorf("%s, %d bits: %w", Series(s), s.Bits, err)
		}
		f.Points = append(f.Points, point)
		progress(float64(i+1) / float64(len(settings)))
	}
	f.Sort()
	return f, nil
}
