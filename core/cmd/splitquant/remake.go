package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// mostAgain is how many weights a model has at most that a report makes again and
// looks for the frontier of: more would take longer than the proof itself.
const mostAgain = 1 << 25

// remake adds to a proof how its models were made, by what their files say: it
// makes them again, which tells what became of each layer, and whether the bytes
// are the same. It also adds the frontier of the original.
func (c *verifyCmd) remake(ctx context.Context, fl *files, p *report.Proof) error {
	original, closeModel, err := fl.openModel(c.Original)
	if err != nil {
		return err
	}
	defer closeModel()
	small := original.Model().Parameters <= mostAgain
	for i, name := range c.Results {
		m, err := madeOf(fl, name)
		if err != nil {
			return err
		}
		m.Model = p.Models[i+1].Model
		switch {
		case m.Options == "":
			continue
		case !small:
			m.Again = "The model is too large to be made again for a report."
		default:
			again(ctx, original, name, m)
		}
		if m.Report != nil {
			m.Report.Model.Name = p.Models[0].Model
		}
		p.Made = append(p.Made, *m)
	}
	if !small || len(p.Made) == 0 {
		return nil
	}
	p.Frontier, err = plan.Frontier(ctx, original.Model(), recipe.Defaults(), plan.Settings(), number(0).workers(), func(plan.Progress) {})
	if err == nil {
		p.Frontier.Model = p.Models[0].Model
	}
	return err
}

// madeOf reads what a file says of how it was made.
func madeOf(fl *files, name string) (*report.Made, error) {
	f, closeModel, err := fl.openModel(name)
	if err != nil {
		return nil, err
	}
	defer closeModel()
	m := &report.Made{}
	m.Version, m.Options, err = f.Made()
	return m, about(name, err)
}

// again makes a result once more and notes what came of that.
func again(ctx context.Context, original *plan.File, name string, m *report.Made) {
	o, err := recipe.Parse(m.Options)
	if err != nil {
		m.Again = fmt.Sprintf("It was not made again: %v.", err)
		return
	}
	if o.ActivationBits != 0 {
		m.Again = "It was not made again, since the ranges of its activations are in none of the files."
		return
	}
	made := sha256.New()
	if m.Report, err = plan.Quantize(ctx, made, original, o, plan.Memory{}, number(0).workers(), nil); err != nil {
		m.Again = fmt.Sprintf("It could not be made again: %v.", err)
		return
	}
	m.Again = "Made again for this report, it has other bytes than the file: an older version wrote that, or the original is another."
	if sameBytes(made, name) {
		m.Again = "Made again for this report, it has the same bytes."
	}
}

// sameBytes reports whether a file has the bytes of a hash.
func sameBytes(made hash.Hash, name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && string(h.Sum(nil)) == string(made.Sum(nil))
}
