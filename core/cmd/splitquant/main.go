// Command splitquant splits and quantizes the layers of a model.
//
//	splitquant inspect  MODEL [--json]
//	splitquant quantize MODEL -o OUT [--bits N] [--strategy kmeans] [--form layers] ...
//	splitquant split    MODEL -o OUT
//	splitquant calibrate MODEL --data FILE -o RANGES.json
//	splitquant suggest  MODEL --budget 4.5 -o RECIPE
//	splitquant frontier MODEL -o FIGURE.svg
//	splitquant verify ORIGINAL RESULT... [--data FILE]
//	splitquant sensitivity MODEL [--data FILE]
//	splitquant bench paper DIR
//
// It exits with 0, with 1 and one line on standard error when something is
// wrong with a file, and with 2 when something is wrong with the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"splitquant/core/report"
	"splitquant/core/version"
)

type cli struct {
	Inspect     inspectCmd     `cmd:"" help:"List the layers of a model."`
	Quantize    quantizeCmd    `cmd:"" help:"Split and quantize the layers of a model."`
	Calibrate   calibrateCmd   `cmd:"" help:"Find the ranges of activations by running a model on data."`
	Split       splitCmd       `cmd:"" help:"Split the layers of a model in its own float type, for any other quantizer."`
	Suggest     suggestCmd     `cmd:"" help:"Write the recipe that meets a goal best, layer by layer."`
	Frontier    frontierCmd    `cmd:"" help:"Bits per weight against SQNR, for every way to quantize a model."`
	Verify      verifyCmd      `cmd:"" help:"Run a model and what became of it on the same data, and say what changed."`
	Sensitivity sensitivityCmd `cmd:"" help:"Quantize one layer at a time, and say which hurts most."`
	Bench       benchCmd       `cmd:"" help:"Measure on known models and data."`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Low-bit quantization by splitting layers (arXiv 2501.12428).

A part is one of the tensors that a weight is split into. A code is the small
integer that is stored for a weight; a scale and a zero point, for a tensor or
for each channel, turn codes into values again. SQNR is the power of the
weights over that of the error, in dB: 6 dB more is half the error. Bits per
weight count all that is stored: the codes of every part, scales and zero
points. A recipe is a JSON file with the options, also layer by layer. A GLOB
matches layer names: * any characters, slashes too, and ? one.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), signals()...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// signals are those that end a run in order; not a hang-up under nohup.
func signals() []os.Signal {
	s := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		s = append(s, syscall.SIGHUP)
	}
	return s
}

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("splitquant"),
		kong.Description(description),
		kong.Vars{"version": "splitquant " + version.Version},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "splitquant:", err)
		return 2
	}
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(args[1:len(args):len(args)], "--help")
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help and --version
		return exited
	}
	if err == nil {
		err = k.Run()
	} else {
		err = usageError{plainly(err, args[0])}
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "splitquant:", message(err))
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

// message is an error as a person reads it, on one line.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := err.Error()
	for _, reader := range []string{"onnx", "safetensors", "torch", "gguf", "npz"} { // the user knows what file it is
		text = strings.Replace(text, ": "+reader+": ", ": ", 1)
	}
	return report.Printable(text)
}

// usageError is an error in the command line rather than in a file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
