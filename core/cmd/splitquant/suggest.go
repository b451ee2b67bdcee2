package main

import (
	"context"
	"errors"
	"fmt"

	"splitquant/core/plan"
)

type suggestCmd struct {
	Model   string   `arg:"" help:"The model file."`
	Out     string   `short:"o" help:"The recipe to write; standard output if not given."`
	Budget  float64  `help:"At most so many stored bits per weight." placeholder:"BITS"`
	MinSQNR float64  `name:"min-sqnr" help:"At least so many dB over all weights." placeholder:"DB"`
	Recipe  string   `help:"A recipe that says what the suggestion does not choose." placeholder:"FILE"`
	Target  *string  `help:"auto (default), web, ort1.20 or any: what the result must run on."`
	Exclude []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`
	Jobs    number   `help:"Layers to work on at a time; 0 (default) means one for each processor." placeholder:"N"`
	Quiet   bool     `short:"q" help:"No progress and no summary."`
}

func (c *suggestCmd) Run(ctx context.Context, s streams) error {
	if (c.Budget > 0) == (c.MinSQNR > 0) {
		return usageError{errors.New("give either --budget or --min-sqnr, above 0")}
	}
	var fl files
	base, err := fl.readRecipe(c.Recipe)
	if err != nil {
		return usageError{err}
	}
	give(&base.Target, c.Target)
	base.Exclude = append(base.Exclude, c.Exclude...)
	if err := base.Validate(); err != nil {
		return usageError{err}
	}
	f, closeModel, err := fl.openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	if err := somethingToDo(f.Model(), base); err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	var out *output
	if c.Out != "" {
		if out, err = fl.create(ctx, c.Out); err != nil {
			return err
		}
		defer out.discard()
	}
	if w := unmatched(base, f.Model()); w != "" {
		fmt.Fprintln(s.err, "splitquant: warning:", w)
	}
	progress, done := progressBar(s, c.Quiet, "layer")
	defer done()
	goal := plan.Goal{Budget: c.Budget, MinSQNR: c.MinSQNR}
	suggestion, err := plan.Suggest(ctx, f.Model(), base, plan.Settings(), goal, c.Jobs.workers(), progress)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	done()
	if !c.Quiet {
		fmt.Fprintf(s.err, "%.2f bits per weight, SQNR %.2f dB\n", suggestion.BitsPerWeight, suggestion.SQNR)
	}
	if c.Out == "" {
		return suggestion.Recipe.Write(s.out)
	}
	if err := suggestion.Recipe.Write(out); err != nil {
		return fmt.Errorf("%s: %w", c.Out, err)
	}
	return out.commit()
}
