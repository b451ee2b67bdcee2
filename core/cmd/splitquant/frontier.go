package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

type frontierCmd struct {
	Model   string   `arg:"" help:"The model file."`
	Out     []string `short:"o" help:"A file to write, ending in .html, .svg, .md, .csv or .json; may be repeated. Standard output if not given."`
	Exclude []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`
	Jobs    number   `help:"Layers to work on at a time; 0 (default) means one for each processor." placeholder:"N"`
	Quiet   bool     `short:"q" help:"No progress."`
}

func (c *frontierCmd) Run(ctx context.Context, s streams) error {
	var writers []func(io.Writer, *report.Frontier) error
	for _, name := range c.Out {
		w, err := report.FrontierWriterFor(name)
		if err != nil {
			return usageError{err}
		}
		writers = append(writers, w)
	}
	var fl files
	f, closeModel, err := fl.openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	base := recipe.Defaults()
	base.Exclude = c.Exclude
	if err := somethingToDo(f.Model(), base); err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	if w := unmatched(base, f.Model()); w != "" {
		fmt.Fprintln(s.err, "splitquant: warning:", w)
	}
	var outs []*output
	for _, name := range c.Out {
		out, err := fl.create(ctx, name)
		if err != nil {
			return err
		}
		defer out.discard()
		outs = append(outs, out)
	}
	progress, done := progressBar(s, c.Quiet, "setting")
	defer done()
	frontier, err := plan.Frontier(ctx, f.Model(), base, plan.Settings(), c.Jobs.workers(), func(p plan.Progress) {
		if progress != nil {
			progress(p)
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	done()
	for _, failed := range frontier.Failed {
		fmt.Fprintln(s.err, "splitquant: warning:", report.Printable(failed))
	}
	frontier.Model = filepath.Base(c.Model)
	if len(c.Out) == 0 {
		return report.FrontierTable(s.out, frontier)
	}
	for i, out := range outs {
		if err := writers[i](out, frontier); err != nil {
			return fmt.Errorf("%s: %w", c.Out[i], err)
		}
		if err := out.commit(); err != nil {
			return err
		}
	}
	return nil
}
