package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
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

	Output  string           `help:"The output with a score for each class; the first such if not given." placeholder:"NAME"`
	Samples number           `help:"How many inputs to make up where there are no data; 0 (default) for 8." placeholder:"N"`
	Seed    uint64           `help:"Of made-up inputs." placeholder:"N"`
	Dim     map[string]int64 `help:"The size of a dimension that the model leaves open, for made-up inputs." placeholder:"NAME=N"`
	ORT     string           `name:"ort" help:"The ONNX Runtime library; otherwise as ORT_LIB says, or npm's onnxruntime-node." placeholder:"LIB"`
	JSON    bool             `name:"json" help:"Print JSON."`
	Report  string           `help:"Write a report: .html, .md, .csv or .json." placeholder:"FILE"`
	Quiet   bool             `short:"q" help:"No progress."`
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
	var out *output
	if c.Report != "" {
		if out, err = fl.create(ctx, c.Report); err != nil {
			return err
		}
		defer out.discard()
	}
	p, err := c.prove(ctx, s, models)
	if err != nil {
		return err
	}
	p.Seconds = time.Since(start).Seconds()
	for _, w := range p.Warnings {
		fmt.Fprintln(s.err, "splitquant: warning:", report.Printable(w))
	}
	if write != nil {
		if err := write(out, p); err != nil {
			return fmt.Errorf("%s: %w", c.Report, err)
		}
		if err := out.commit(); err != nil {
			return err
		}
	}
	if c.JSON {
		return report.ProofJSON(s.out, p)
	}
	return p.Text(s.out)
}

// prove runs the models on the data, or else on inputs that are made up.
func (c *verifyCmd) prove(ctx context.Context, s streams, m *sessions) (*report.Proof, error) {
	p := &report.Proof{Version: version.Version, Runtime: "ONNX Runtime " + ort.Version()}
	tell, done := progressBar(s, c.Quiet, "row")
	defer done()
	progress := func(n, of int) {
		if tell != nil {
			tell(plan.Progress{Unit: n, Units: of, Done: float64(n) / float64(of)})
		}
	}
	var table *evaluate.Table
	if c.Data != "" {
		set, warnings, err := c.open(m.models[0])
		if err != nil {
			return nil, err
		}
		p.Data, p.Warnings = filepath.Base(c.Data), warnings
		if c.Tokenizer != "" {
			p.Tokenizer = filepath.Base(c.Tokenizer)
		}
		table, err = evaluate.Accuracy(ctx, m.models, set, evaluate.AccuracyOptions{Output: c.Output, Progress: progress})
		if err != nil {
			return nil, err
		}
	} else {
		g := evaluate.Generate{Samples: int(c.Samples), Seed: c.Seed, Sizes: c.Dim}
		inputs, err := evaluate.Inputs(m.models[0], g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Original, err)
		}
		p.Inputs = describeInputs(m.models[0], g)
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

// describeInputs says how inputs are made up, in words that repeat it.
func describeInputs(m *evaluate.Model, g evaluate.Generate) string {
	words := []string{fmt.Sprintf("seed %d", g.Seed)}
	for _, d := range evaluate.Dimensions(m.Inputs) {
		if size, ok := g.Sizes[d.Name]; ok {
			words = append(words, fmt.Sprintf("%s %d", d.Name, size))
		} else {
			words = append(words, fmt.Sprintf("%s from %d on", d.Name, d.Size))
		}
	}
	sort.Strings(words[1:])
	return strings.Join(words, ", ")
}
