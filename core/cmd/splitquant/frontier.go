package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

type frontierCmd struct {
	Model   string   `arg:"" help:"The model file."`
	Out     []string `short:"o" help:"A file to write, ending in .svg, .md, .csv or .json; may be repeated. Standard output if not given."`
	Exclude []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`
	Jobs    int      `help:"Layers to work on at a time; 0 means one for each processor."`
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
	f, closeModel, err := openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	if c.Jobs <= 0 {
		c.Jobs = runtime.NumCPU()
	}
	base := recipe.Defaults()
	base.Exclude = c.Exclude
	progress, done := progressBar(s, c.Quiet)
	defer done()
	frontier, err := plan.Frontier(ctx, f.Model(), base, plan.Settings(), c.Jobs, func(share float64) {
		if progress != nil {
			progress(plan.Progress{Done: share})
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	done()
	frontier.Model = filepath.Base(c.Model)
	if len(c.Out) == 0 {
		return report.FrontierTable(s.out, frontier)
	}
	for i, name := range c.Out {
		if err := replaceFile(name, func(w io.Writer) error { return writers[i](w, frontier) }); err != nil {
			return err
		}
	}
	return nil
}
