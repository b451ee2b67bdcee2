package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"splitquant/core/calibrate"
	"splitquant/core/evaluate"
	"splitquant/core/model"
	"splitquant/core/ort"
	"splitquant/core/plan"
	"splitquant/core/quant"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/rows"
)

type calibrateCmd struct {
	Model string `arg:"" help:"The model file."`
	Out   string `short:"o" help:"The file of ranges to write." placeholder:"RANGES.json"`
	dataFlags
	rangeFlags

	Samples number           `help:"How many inputs to make up where there are no data; 0 (default) for 8." placeholder:"N"`
	Seed    uint64           `help:"Of made-up inputs." placeholder:"N"`
	Dim     map[string]int64 `help:"The size of a dimension that the model leaves open, for made-up inputs." placeholder:"NAME=N"`
	Quiet   bool             `short:"q" help:"No progress and no summary."`
}

// rangeFlags say how ranges are found.
type rangeFlags struct {
	Method string `default:"minmax" help:"How a range is found: minmax (default), percentile:P, mse (least squared error) or entropy."`
	Rows   number `default:"4096" help:"Rows of the data to run, evenly spread: 4096 (default), 0 for all." placeholder:"N"`
	ORT    string `name:"ort" help:"The ONNX Runtime library; otherwise as ORT_LIB says, or npm's onnxruntime-node." placeholder:"LIB"`

	ActivationBits number `default:"8" help:"Bits of a code, which matter to mse and entropy: 8 (default) or 4." placeholder:"N"`
}

func (c *calibrateCmd) Run(ctx context.Context, s streams) error {
	if err := needOut(c.Out, "calibrate"); err != nil {
		return err
	}
	var fl files
	f, closeModel, err := fl.openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	out, err := fl.create(ctx, c.Out)
	if err != nil {
		return err
	}
	defer out.discard()
	progress, done := progressBar(s, c.Quiet, "batch")
	defer done()
	w, err := c.watch(f, c.Model)
	if err != nil {
		return err
	}
	defer w.close()
	if c.Data == "" {
		inputs, err := evaluate.Inputs(w.model, evaluate.Generate{Samples: int(c.Samples), Seed: c.Seed, Sizes: c.Dim})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Model, err)
		}
		fmt.Fprintln(s.err, "splitquant: warning: there are no data (--data): the ranges are those of made-up inputs")
		w.batches, w.count = calibrate.Inputs(inputs), len(inputs)
	} else if err := w.read(&c.dataFlags, int(c.Rows), s); err != nil {
		return err
	}
	ranges, err := w.ranges(ctx, progress)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	if err := ranges.Write(out); err != nil {
		return fmt.Errorf("%s: %w", c.Out, err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	if !c.Quiet {
		fmt.Fprintf(s.out, "ranges            %d, of %d activations and their chunks, by %s\n", len(ranges), len(w.values), c.Method)
	}
	return nil
}

// A watched model is one that gives out its activations.
type watched struct {
	model   *evaluate.Model
	values  []model.Value
	method  calibrate.Method
	params  quant.Params
	batches iter.Seq2[map[string]ort.Value, error]
	count   int // of batches, where that is known
	close   func()
}

// watch opens a model to watch its activations.
func (c *rangeFlags) watch(f *plan.File, name string) (w *watched, err error) {
	w = &watched{values: f.Values(), params: quant.Params{Bits: int(c.ActivationBits)}}
	if w.method, err = calibrate.ParseMethod(c.Method); err != nil {
		return nil, usageError{err}
	}
	if b := c.ActivationBits; b != 4 && b != 8 {
		return nil, usageError{fmt.Errorf("activation-bits %d: want 8 or 4", b)}
	}
	if len(w.values) == 0 {
		return nil, fmt.Errorf("%s: %w", name, errors.New("it has no activations to watch: no layers that can be quantized, and no element-wise functions"))
	}
	if err := ort.Load(c.ORT); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "splitquant-*")
	if err != nil {
		return nil, err
	}
	w.close = func() { os.RemoveAll(dir) }
	path := filepath.Join(dir, "watched.onnx")
	if err := writeFile(path, func(out io.Writer) error { return f.WriteWatched(out, calibrate.Outputs(w.values)) }); err != nil {
		w.close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	session, err := ort.Open(path, ort.Options{})
	if err != nil {
		w.close()
		return nil, refused(name, err)
	}
	w.close = func() {
		session.Close()
		os.RemoveAll(dir)
	}
	w.model = running(filepath.Base(name), session)
	w.model.Know(f.Model().Inputs)
	return w, nil
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// read takes the rows of a data set.
func (w *watched) read(d *dataFlags, most int, s streams) error {
	set, warnings, err := d.open(w.model)
	if err != nil {
		return err
	}
	for _, about := range warnings {
		fmt.Fprintln(s.err, "splitquant: warning:", report.Printable(about))
	}
	w.batches, w.count = calibrate.Rows(w.model, rows.Thin(set, most))
	return nil
}

// ranges runs the model.
func (w *watched) ranges(ctx context.Context, progress func(plan.Progress)) (model.Ranges, error) {
	seen, err := calibrate.Run(ctx, w.model, w.values, w.batches, func(done int) {
		if progress != nil {
			progress(plan.Progress{Unit: done - 1, Units: max(w.count, done), Done: float64(done) / float64(max(w.count, done+1))})
		}
	})
	if err != nil {
		return nil, err
	}
	return seen.Ranges(w.method, w.params), nil
}

// addActivations adds what the flags say of activations to the options.
func (c *quantizeCmd) addActivations(o *recipe.Options) (err error) {
	give(&o.ActivationBits, (*int)(c.ActivationBits))
	if c.Ranges != "" && c.Calibrate != "" {
		return errors.New("--ranges and --calibrate: give one of the two")
	}
	if c.Ranges != "" {
		if o.Ranges, err = c.files.readRanges(c.Ranges); err != nil {
			return err
		}
	}
	if c.Ranges+c.Calibrate != "" && o.ActivationBits == 0 && c.ActivationBits == nil {
		o.ActivationBits = 8
	}
	if o.ActivationBits != 0 && len(o.Ranges) == 0 && c.Calibrate == "" {
		return errors.New("--activation-bits needs ranges: --ranges FILE, or data to find them on, --calibrate FILE")
	}
	if c.Calibrate != "" && o.ActivationBits != 0 {
		c.prepare = c.findRanges
	}
	return o.Validate()
}

// findRanges calibrates.
func (c *quantizeCmd) findRanges(ctx context.Context, s streams, f *plan.File, o *recipe.Options) error {
	flags := rangeFlags{Method: c.Method, Rows: 4096, ORT: c.ORT, ActivationBits: number(o.ActivationBits)}
	w, err := flags.watch(f, c.Model)
	if err != nil {
		return err
	}
	defer w.close()
	w.params.Symmetric = o.Symmetric
	if err := w.read(&dataFlags{Data: c.Calibrate, Tokenizer: c.Tokenizer}, int(flags.Rows), s); err != nil {
		return err
	}
	progress, done := progressBar(s, c.Quiet, "batch")
	defer done()
	o.Ranges, err = w.ranges(ctx, progress)
	return err
}
