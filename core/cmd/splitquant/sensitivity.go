package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/rows"
	"splitquant/core/version"
)

type sensitivityCmd struct {
	Model string `arg:"" help:"The model file."`
	dataFlags
	runFlags

	Bits        *number  `help:"Bits of a code: 2 (default), 3, 4, 5, 6 or 8." placeholder:"N"`
	Strategy    string   `default:"none" help:"How a weight is split: none (default), kmeans, resolution or residual."`
	Form        *string  `help:"What takes a layer's place."`
	Granularity *string  `help:"What has a scale of its own: tensor (default), channel or group:N."`
	Clip        *string  `help:"The range that codes span: minmax (default), percentile:P or mse."`
	Recipe      string   `help:"Take the options from a JSON file; those given here prevail." placeholder:"FILE"`
	Exclude     []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`
	Out         string   `short:"o" help:"Write a recipe that keeps the most sensitive layers at more bits." placeholder:"RECIPE"`
	Keep        number   `default:"2" help:"How many layers the recipe keeps at more bits: 2 (default)." placeholder:"N"`
	KeepBits    number   `default:"8" help:"At how many bits: 8 (default)." placeholder:"N"`
	Rows        number   `help:"Use so many rows of the data, evenly spread; 0 (default) for all." placeholder:"N"`
}

func (c *sensitivityCmd) Run(ctx context.Context, s streams) error {
	write, err := report.RankingWriterFor(c.Report)
	if err != nil {
		return usageError{err}
	}
	var fl files
	o, err := c.options(&fl)
	if err != nil {
		return usageError{err}
	}
	if err := ort.Load(c.ORT); err != nil {
		return err
	}
	start := time.Now()
	f, closeModel, err := fl.openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	if err := somethingToDo(f.Model(), o); err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	models, err := fl.openSessions([]string{c.Model})
	if err != nil {
		return err
	}
	defer models.Close()
	out, err := c.create(ctx, &fl)
	if err != nil {
		return err
	}
	defer out.discard()
	var kept *output
	if c.Out != "" {
		if kept, err = fl.create(ctx, c.Out); err != nil {
			return err
		}
		defer kept.discard()
	}
	r, err := c.study(ctx, s, f, models.models[0], o)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	if kept != nil {
		if err := r.Keep(int(c.Keep), int(c.KeepBits)).Write(kept); err != nil {
			return fmt.Errorf("%s: %w", c.Out, err)
		}
		if err := kept.commit(); err != nil {
			return err
		}
	}
	return finish(&c.runFlags, s, r.Warnings, out,
		func() error { return write(out, r) }, func() error { return report.RankingJSON(s.out, r) }, func() error { return r.Text(s.out) })
}

// options puts together a recipe and the flags.
func (c *sensitivityCmd) options(fl *files) (recipe.Options, error) {
	o, err := fl.readRecipe(c.Recipe)
	if err != nil {
		return o, err
	}
	if c.Recipe == "" {
		o.Strategy, o.Form = c.Strategy, "summed"
	}
	give(&o.Bits, (*int)(c.Bits))
	give(&o.Form, c.Form)
	give(&o.Granularity, c.Granularity)
	give(&o.Clip, c.Clip)
	o.Exclude = append(o.Exclude, c.Exclude...)
	return o, o.Validate()
}

// study runs one model after another.
func (c *sensitivityCmd) study(ctx context.Context, s streams, f *plan.File, m *evaluate.Model, o recipe.Options) (*report.Ranking, error) {
	r := &report.Ranking{Version: version.Version, Runtime: "ONNX Runtime " + ort.Version(), Model: filepath.Base(c.Model)}
	study := &evaluate.Study{Original: m, Options: o, Output: c.Output, Try: trier(f)}
	p, err := plan.New(f.Model(), o)
	if err != nil {
		return nil, err
	}
	for _, u := range p.Units {
		study.Layers = append(study.Layers, p.Names(u))
	}
	if c.Data != "" {
		set, warnings, err := c.open(m)
		if err != nil {
			return nil, err
		}
		if !rows.Labelled(set) {
			return nil, fmt.Errorf("%s: %w", c.Data, errors.New("the rows have no labels"))
		}
		study.Set = rows.Thin(set, int(c.Rows))
		r.Data, r.Tokenizer, r.Warnings = filepath.Base(c.Data), base(c.Tokenizer), warnings
	} else {
		g := c.generate()
		if study.Inputs, err = evaluate.Inputs(m, g); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Model, err)
		}
		r.Inputs = g.Describe(m.Inputs)
	}
	progress, done := c.progress(s, "model")
	defer done()
	study.Progress = progress
	ranking, err := study.Run(ctx)
	if err != nil {
		return nil, err
	}
	r.Ranking = *ranking
	return r, nil
}

// trier quantizes the model in memory and opens the result.
func trier(f *plan.File) func(context.Context, recipe.Options) (*evaluate.Model, func(), error) {
	return func(ctx context.Context, o recipe.Options) (*evaluate.Model, func(), error) {
		var result bytes.Buffer
		if _, err := plan.Quantize(ctx, &result, f, o, plan.Memory{}, runtime.NumCPU(), nil); err != nil {
			return nil, nil, err
		}
		session, err := ort.OpenBytes("the result", result.Bytes(), ort.Options{})
		if err != nil {
			return nil, nil, refused("the result", err)
		}
		return running("the result", session), func() { session.Close() }, nil
	}
}
