package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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
	Form *string `help:"What takes a layer's place: layers (default), summed, codebook, matmulnbits, plain or float."`

	ActivationBits *number `help:"Also round activations to codes of 8 or 4 bits, by --ranges or --calibrate; 0 (default) leaves them in float." placeholder:"N"`
	Ranges         string  `help:"Ranges of activations: a JSON file of names and [min, max], as calibrate writes it." placeholder:"FILE"`
	Calibrate      string  `help:"Find the ranges of activations on these data, as splitquant calibrate does, which has more options." placeholder:"FILE"`
	Method         string  `default:"minmax" help:"How a range is found then: minmax (default), percentile:P, mse or entropy."`
	Tokenizer      string  `help:"The vocab.txt or tokenizer.json of the model, for texts to calibrate on." placeholder:"FILE"`
	ORT            string  `name:"ort" help:"The ONNX Runtime library to calibrate with; otherwise as ORT_LIB says, or npm's onnxruntime-node." placeholder:"LIB"`
}

// common holds what quantize and split have in common. Options that are not
// given are as in the recipe, or else as in recipe.Defaults.
type common struct {
	Model string `arg:"" help:"The model file."`
	Out   string `short:"o" help:"The file to write. An old one is replaced when the new one is complete." placeholder:"OUT"`

	Recipe      string   `help:"Take the options from a JSON file; those given here prevail." placeholder:"FILE"`
	Bits        *number  `help:"Bits of a code: 2 (default), 3, 4, 5, 6 or 8." placeholder:"N"`
	Strategy    *string  `help:"How a weight is split: kmeans (default), resolution, residual or none."`
	Granularity *string  `help:"What has a scale of its own: tensor (default), channel or group:N, N inputs of a channel."`
	Cluster     *string  `help:"What is clustered at a time: auto (default), kernel or tensor."`
	Symmetric   *bool    `help:"Zero point 0, as many levels below it as above; --symmetric=false where a recipe says otherwise."`
	Clip        *string  `help:"The range that codes span: minmax (default), percentile:P or mse."`
	Parts       *number  `help:"How many parts a weight is split into: 3 (default), 2 to 4, in a codebook 2 to 16." placeholder:"K"`
	Palette     *number  `help:"Quantize to N free values, 2 to 256, instead of a grid." placeholder:"N"`
	Activations *string  `help:"keep (default), or split them into three chunks of channels."`
	Bias        *string  `help:"Bits of biases: float (default), 8 or same."`
	Embeddings  *bool    `help:"Quantize embeddings too, plain."`
	NoFold      *bool    `help:"Leave normalisations and factors where they are, instead of folding them into weights first."`
	Target      *string  `help:"What the result must run on: auto (default), web, ort1.20 or any."`
	Include     []string `sep:"none" help:"Only layers whose name matches; may be repeated." placeholder:"GLOB"`
	Exclude     []string `sep:"none" help:"Leave out layers whose name matches; may be repeated." placeholder:"GLOB"`

	AsLinear    []string `sep:"none" help:"Layers of a checkpoint that are Linear or Conv, whatever their names; may be repeated." placeholder:"GLOB"`
	AsEmbedding []string `sep:"none" help:"Layers of a checkpoint that are embeddings; may be repeated." placeholder:"GLOB"`

	Report string `help:"Write a report: .html, .md, .csv or .json." placeholder:"FILE"`
	Jobs   number `help:"Layers to work on at a time; 0 (default) means one for each processor." placeholder:"N"`
	Quiet  bool   `short:"q" help:"No progress and no summary."`

	files files `kong:"-"`
	// prepare, if not nil, completes the options when the model is open.
	prepare func(context.Context, streams, *plan.File, *recipe.Options) error `kong:"-"`
}

func (c *quantizeCmd) Run(ctx context.Context, s streams) error {
	if err := needOut(c.Out, "quantize"); err != nil {
		return err
	}
	o, err := c.options(c.Form)
	if err == nil {
		err = c.addActivations(&o)
	}
	if err != nil {
		return usageError{err}
	}
	return c.run(ctx, s, o)
}

func (c *splitCmd) Run(ctx context.Context, s streams) error {
	if err := needOut(c.Out, "split"); err != nil {
		return err
	}
	float := "float"
	o, err := c.options(&float)
	if err == nil && !o.Splits() && o.Activations != "split" {
		err = fmt.Errorf("strategy %s makes no parts: split needs kmeans, resolution or residual", o.Strategy)
	}
	if err != nil {
		return usageError{err}
	}
	return c.run(ctx, s, o)
}

func (c *common) run(ctx context.Context, s streams, o recipe.Options) error {
	writeReport, err := report.WriterFor(c.Report)
	if err != nil {
		return usageError{err}
	}
	start := time.Now()
	f, closeModel, err := c.files.openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	out, err := c.files.create(ctx, c.Out)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := f.CheckName(c.Out); err != nil && out.path != "" {
		return usageError{err}
	}
	if c.prepare != nil {
		if err := c.prepare(ctx, s, f, &o); err != nil {
			return err
		}
	}
	var about *output
	if c.Report != "" {
		if about, err = c.files.create(ctx, c.Report); err != nil {
			return err
		}
		defer about.discard()
	}
	if e, err := f.Estimate(o); err == nil && ctx.Err() == nil && !c.Quiet { // an error will be met again
		for _, w := range e.Warnings {
			fmt.Fprintln(s.err, "splitquant: note:", w)
		}
	}
	data := &besideFile{create: func() (*output, error) { return c.files.create(ctx, c.Out+".data") }}
	defer data.discard()
	rep, err := c.work(ctx, s, f, o, out, data.of(out))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	if err := data.commit(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	rep.Seconds = time.Since(start).Seconds()
	rep.Model.Name = filepath.Base(c.Model)
	if w := unmatched(o, f.Model()); w != "" {
		rep.Warnings = append(rep.Warnings, w)
	}
	if w := leftBehind(f, rep, c.Model, c.Out); w != "" {
		rep.Warnings = append(rep.Warnings, w)
	}
	for _, w := range rep.Messages() {
		fmt.Fprintln(s.err, "splitquant: warning:", report.Printable(w))
	}
	if !c.Quiet {
		rep.Summary(s.out)
	}
	if c.Report == "" {
		return nil
	}
	if err := writeReport(about, rep); err != nil {
		return fmt.Errorf("%s: %w", c.Report, err)
	}
	return about.commit()
}

// options puts together a recipe and the flags.
func (c *common) options(form *string) (recipe.Options, error) {
	if c.Palette != nil && *c.Palette == 0 {
		return recipe.Options{}, errors.New("palette 0: want 2 to 256 values")
	}
	o, err := c.files.readRecipe(c.Recipe)
	if err != nil {
		return o, err
	}
	give(&o.Bits, (*int)(c.Bits))
	give(&o.Strategy, c.Strategy)
	give(&o.Form, form)
	give(&o.Granularity, c.Granularity)
	give(&o.Cluster, c.Cluster)
	give(&o.Symmetric, c.Symmetric)
	give(&o.Clip, c.Clip)
	give(&o.Parts, (*int)(c.Parts))
	give(&o.Palette, (*int)(c.Palette))
	give(&o.Activations, c.Activations)
	give(&o.Bias, c.Bias)
	give(&o.Target, c.Target)
	give(&o.Embeddings, c.Embeddings)
	give(&o.NoFold, c.NoFold)
	o.Include = append(o.Include, c.Include...)
	o.Exclude = append(o.Exclude, c.Exclude...)
	o.AsLinear = append(o.AsLinear, c.AsLinear...)
	o.AsEmbedding = append(o.AsEmbedding, c.AsEmbedding...)
	return o, o.Validate()
}

// work writes the result of the model f to w.
func (c *common) work(ctx context.Context, s streams, f *plan.File, o recipe.Options, w io.Writer, b plan.Beside) (*report.Report, error) {
	spool, err := plan.NewTempFile("")
	if err != nil {
		return nil, err
	}
	defer spool.Close()
	progress, done := progressBar(s, c.Quiet, "layer")
	defer done()
	return plan.QuantizeBeside(ctx, w, b, f, o, spool, c.Jobs.workers(), progress)
}

// progressBar draws a bar where standard error is a terminal.
func progressBar(s streams, quiet bool, unit string) (tell func(plan.Progress), done func()) {
	f, ok := s.err.(*os.File)
	if !ok || quiet || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(f), progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(false))
	tell = func(p plan.Progress) {
		bar.Describe(fmt.Sprintf("%s %d of %d", unit, min(p.Unit+1, p.Units), p.Units))
		bar.Set(int(p.Done * steps))
	}
	return tell, func() { bar.Finish() }
}

// leftBehind warns of an unchanged copy in another folder that still reads the
// data files beside the model; a changed one has taken them in.
func leftBehind(f *plan.File, rep *report.Report, model, out string) string {
	files := f.External()
	if len(files) == 0 || rep.BytesAfter != rep.BytesBefore || filepath.Dir(model) == filepath.Dir(out) {
		return ""
	}
	return fmt.Sprintf("the copy needs %s beside it", strings.Join(files, ", "))
}
