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
	Form string `help:"layers (default), summed, codebook, plain or float."`
}

// common holds what quantize and split have in common. Options that are not
// given are as in the recipe, or else as in recipe.Defaults.
type common struct {
	Model string `arg:"" help:"The model file."`
	Out   string `short:"o" required:"" help:"The file to write."`

	Recipe      string   `help:"Take the options from a JSON file; those given here prevail." placeholder:"FILE"`
	Bits        int      `help:"2 (default), 3, 4, 5, 6 or 8." placeholder:"N"`
	Strategy    string   `help:"kmeans (default), resolution, residual or none."`
	Granularity string   `help:"tensor (default), channel or group:N."`
	Cluster     string   `help:"auto (default), kernel or tensor."`
	Symmetric   bool     `help:"Zero point 0, as many levels below it as above."`
	Clip        string   `help:"minmax (default), percentile:P or mse."`
	Parts       int      `help:"How many parts a weight is split into: 3 (default), 2 to 4, in a codebook 2 to 16." placeholder:"K"`
	Palette     int      `help:"Quantize to N free values instead of a grid." placeholder:"N"`
	Activations string   `help:"keep (default) or split."`
	Bias        string   `help:"float (default), 8 or same."`
	Embeddings  bool     `help:"Quantize embeddings too."`
	NoFold      bool     `help:"Leave normalisations and factors where they are, instead of folding them into weights first."`
	Target      string   `help:"auto (default), web, ort1.20 or any: what the result must run on."`
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

// options puts together a recipe and the flags, and refuses what is not built
// yet.
func (c *common) options(form string) (recipe.Options, error) {
	if c.Embeddings {
		return recipe.Options{}, errors.New("--embeddings is not built yet")
	}
	o, err := readRecipe(c.Recipe)
	if err != nil {
		return o, err
	}
	give(&o.Bits, c.Bits)
	give(&o.Strategy, c.Strategy)
	give(&o.Form, form)
	give(&o.Granularity, c.Granularity)
	give(&o.Cluster, c.Cluster)
	give(&o.Symmetric, c.Symmetric)
	give(&o.Clip, c.Clip)
	give(&o.Parts, c.Parts)
	give(&o.Palette, c.Palette)
	give(&o.Activations, c.Activations)
	give(&o.Bias, c.Bias)
	give(&o.Target, c.Target)
	give(&o.NoFold, c.NoFold)
	o.Include = append(o.Include, c.Include...)
	o.Exclude = append(o.Exclude, c.Exclude...)
	return o, o.Validate()
}

// give sets an option to the value of a flag that was given.
func give[T comparable](option *T, flag T) {
	var none T
	if flag != none {
		*option = flag
	}
}

// readRecipe reads a recipe; without a name it is the defaults.
func readRecipe(name string) (recipe.Options, error) {
	if name == "" {
		return recipe.Defaults(), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return recipe.Options{}, err
	}
	defer f.Close()
	o, err := recipe.Read(f)
	if err != nil {
		return recipe.Options{}, fmt.Errorf("%s: %w", name, err)
	}
	return o, nil
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
	progress, done := progressBar(s, c.Quiet)
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

// progressBar draws a bar where standard error is a terminal.
func progressBar(s streams, quiet bool) (tell func(plan.Progress), done func()) {
	f, ok := s.err.(*os.File)
	if !ok || quiet || !term.IsTerminal(int(f.Fd())) {
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
