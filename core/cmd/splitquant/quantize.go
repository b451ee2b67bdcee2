package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

type splitCmd struct {
	common
}

type quantizeCmd struct {
	common
	Form string `default:"layers" help:"float, layers, summed, codebook, matmulnbits or plain."`
}

// common holds what quantize and split have in common.
type common struct {
	Model string `arg:"" help:"The model file."`
	Out   string `short:"o" required:"" help:"The file to write."`

	Bits        int      `default:"2" help:"2, 3, 4, 5, 6 or 8."`
	Strategy    string   `default:"kmeans" help:"none, kmeans, resolution or residual."`
	Granularity string   `default:"tensor" help:"tensor, channel or group:N."`
	Cluster     string   `default:"auto" help:"auto, kernel or tensor."`
	Symmetric   bool     `help:"Zero point 0, as many levels below it as above."`
	Clip        string   `default:"minmax" help:"minmax, percentile:P or mse."`
	Parts       int      `default:"3" help:"How many parts a weight is split into."`
	Palette     int      `help:"Quantize to N free values instead of a grid."`
	Activations string   `default:"keep" help:"keep or split."`
	Bias        string   `default:"float" help:"float, 8 or same."`
	Embeddings  bool     `help:"Quantize embeddings too."`
	NoFold      bool     `help:"Leave normalisations where they are, as this version always does."`
	Target      string   `default:"auto" help:"auto, web, ort1.20 or any: what the result must run on."`
	Include     []string `sep:"none" help:"Only layers whose name matches; may be repeated." placeholder:"GLOB"`
	Exclude     []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`

	Report string `help:"Write a report: .json, .csv or .md." placeholder:"FILE"`
	Jobs   int    `help:"Layers to work on at a time; 0 means one for each processor."`
	Quiet  bool   `short:"q" help:"No progress and no summary."`
}

func (c *quantizeCmd) Run(ctx context.Context, s streams) error { return c.run(ctx, s, c.Form) }
func (c *splitCmd) Run(ctx context.Context, s streams) error    { return c.run(ctx, s, "float") }

func (c *common) run(ctx context.Context, s streams, form string) error {
	o, err := c.options(form)
	if err != nil {
		return usageError{err}
	}
	writeReport, err := report.WriterFor(c.Report)
	if err != nil {
		return usageError{err}
	}
	start := time.Now()
	rep, err := c.work(ctx, s, o)
	if err != nil {
		return err
	}
	rep.Seconds = time.Since(start).Seconds()
	rep.Model.Name = filepath.Base(c.Model)
	for _, w := range rep.Warnings {
		fmt.Fprintln(s.err, "splitquant: warning:", w)
	}
	if !c.Quiet {
		rep.Summary(s.out)
	}
	if c.Report == "" {
		return nil
	}
	return replaceFile(c.Report, func(w io.Writer) error { return writeReport(w, rep) })
}

// options turns the flags into a recipe, and refuses what is not built yet.
func (c *common) options(form string) (recipe.Options, error) {
	o := recipe.Options{
		Bits: c.Bits, Strategy: c.Strategy, Form: form, Granularity: c.Granularity, Cluster: c.Cluster,
		Symmetric: c.Symmetric, Clip: c.Clip, Parts: c.Parts, Activations: c.Activations, Bias: c.Bias,
		Target: c.Target, Include: c.Include, Exclude: c.Exclude,
	}
	switch {
	case c.Palette != 0:
		return o, errors.New("--palette is not built yet")
	case c.Embeddings:
		return o, errors.New("--embeddings is not built yet")
	}
	return o, o.Validate()
}

// work reads the model and writes the result.
func (c *common) work(ctx context.Context, s streams, o recipe.Options) (*report.Report, error) {
	f, closeModel, err := openModel(c.Model)
	if err != nil {
		return nil, err
	}
	defer closeModel()
	spool, err := plan.NewTempFile("")
	if err != nil {
		return nil, err
	}
	defer spool.Close()
	jobs := c.Jobs
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	progress, done := c.progress(s)
	defer done()
	var rep *report.Report
	err = replaceFile(c.Out, func(w io.Writer) (err error) {
		rep, err = plan.Quantize(ctx, w, f, o, spool, jobs, progress)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Model, err)
	}
	return rep, nil
}

// progress draws a bar where standard error is a terminal.
func (c *common) progress(s streams) (tell func(plan.Progress), done func()) {
	f, ok := s.err.(*os.File)
	if !ok || c.Quiet || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(f), progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(false))
	tell = func(p plan.Progress) {
		bar.Describe(fmt.Sprintf("layer %d of %d", p.Unit+1, p.Units))
		bar.Set(int(p.Done * steps))
	}
	return tell, func() { bar.Finish() }
}

// openModel opens a model file, and beside it the files it keeps tensors in.
func openModel(name string) (*plan.File, func(), error) {
	var open []*os.File
	closeAll := func() {
		for _, f := range open {
			f.Close()
		}
	}
	openFile := func(name string) (io.ReaderAt, int64, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, 0, err
		}
		open = append(open, f)
		info, err := f.Stat()
		if err == nil && info.IsDir() {
			err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is a folder, not a model file")}
		}
		if err != nil {
			return nil, 0, err
		}
		return f, info.Size(), nil
	}
	r, size, err := openFile(name)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	f, err := plan.Open(r, size, func(beside string) (io.ReaderAt, int64, error) {
		return openFile(filepath.Join(filepath.Dir(name), filepath.FromSlash(beside)))
	})
	if err != nil {
		closeAll()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, closeAll, nil
}

// replaceFile writes a file beside the target and renames it when it is
// complete: a failure leaves nothing behind, and the old target as it was.
func replaceFile(target string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), target)
}
