package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/report"
	"splitquant/core/version"
)

type verifyCmd struct {
	Original string   `arg:"" help:"The original model."`
	Results  []string `arg:"" optional:"" help:"What became of it, one file or several."`
	dataFlags

	runFlags
}

// runFlags are those of commands that run models.
type runFlags struct {
	Output  string           `help:"The output with a score for each class; the first such if not given." placeholder:"NAME"`
	Samples number           `help:"How many inputs to make up where there are no data; 0 (default) for 8." placeholder:"N"`
	Seed    uint64           `help:"Of made-up inputs." placeholder:"N"`
	Dim     map[string]int64 `help:"The size of a dimension that the model leaves open, for made-up inputs." placeholder:"NAME=N"`
	ORT     string           `name:"ort" help:"The ONNX Runtime library; otherwise as ORT_LIB says, or npm's onnxruntime-node." placeholder:"LIB"`
	JSON    bool             `name:"json" help:"Print JSON."`
	Report  string           `help:"Write a report: .html, .md, .csv or .json." placeholder:"FILE"`
	Quiet   bool             `short:"q" help:"No progress."`
}

func (c *runFlags) generate() evaluate.Generate {
	return evaluate.Generate{Samples: int(c.Samples), Seed: c.Seed, Sizes: c.Dim}
}

// create starts the report, if one is asked for.
func (c *runFlags) create(ctx context.Context, fl *files) (*output, error) {
	if c.Report == "" {
		return nil, nil
	}
	return fl.create(ctx, c.Report)
}

// progress draws a bar of things of a kind.
func (c *runFlags) progress(s streams, unit string) (tell func(done, total int), done func()) {
	bar, done := progressBar(s, c.Quiet, unit)
	return func(n, of int) {
		if bar != nil {
			bar(plan.Progress{Unit: n, Units: of, Done: float64(n) / float64(of)})
		}
	}, done
}

// finish writes the report and prints what was found.
func finish(c *runFlags, s streams, warnings []string, out *output, write, asJSON, asText func() error) error {
	for _, w := range warnings {
		fmt.Fprintln(s.err, "splitquant: warning:", report.Printable(w))
	}
	if out != nil {
		if err := write(); err != nil {
			return fmt.Errorf("%s: %w", c.Report, err)
		}
		if err := out.commit(); err != nil {
			return err
		}
	}
	if c.JSON {
		return asJSON()
	}
	return asText()
}

func (c *verifyCmd) Run(ctx context.Context, s streams) error {
	write, err := report.ProofWriterFor(c.Report)
	if err != nil {
		return usageError{err}
	}
	if err := ort.Load(c.ORT); err != nil {
		return err
	}
	start := time.Now()
	var fl files
	models, err := fl.openSessions(append([]string{c.Original}, c.Results...))
	if err != nil {
		return err
	}
	defer models.Close()
	out, err := c.create(ctx, &fl)
	if err != nil {
		return err
	}
	defer out.discard()
	p, err := c.prove(ctx, s, models)
	if err != nil {
		return err
	}
	p.Seconds = time.Since(start).Seconds()
	if c.Report != "" {
		if err := c.remake(ctx, &fl, p); err != nil {
			return err
		}
	}
	return finish(&c.runFlags, s, p.Warnings, out,
		func() error { return write(out, p) }, func() error { return report.ProofJSON(s.out, p) }, func() error { return p.Text(s.out) })
}

// prove runs the models on the data, or else on inputs that are made up.
func (c *verifyCmd) prove(ctx context.Context, s streams, m *sessions) (*report.Proof, error) {
	p := &report.Proof{Version: version.Version, Runtime: "ONNX Runtime " + ort.Version()}
	progress, done := c.progress(s, "row")
	defer done()
	var table *evaluate.Table
	if c.Data != "" {
		set, warnings, err := c.open(m.models[0])
		if err != nil {
			return nil, err
		}
		p.Data, p.Tokenizer, p.Warnings = filepath.Base(c.Data), base(c.Tokenizer), warnings
		table, err = evaluate.Accuracy(ctx, m.models, set, evaluate.AccuracyOptions{Output: c.Output, Progress: progress})
		if err != nil {
			return nil, err
		}
	} else {
		g := c.generate()
		inputs, err := evaluate.Inputs(m.models[0], g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Original, err)
		}
		p.Inputs = g.Describe(m.models[0].Inputs)
		if table, err = evaluate.Compare(ctx, m.models, inputs, progress); err != nil {
			return nil, err
		}
	}
	p.Table = *table
	for i := range p.Models {
		p.Models[i].Bytes = m.bytes[i]
	}
	return p, nil
}

// base is the last part of a file's name; an empty name stays empty.
func base(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Base(name)
}
