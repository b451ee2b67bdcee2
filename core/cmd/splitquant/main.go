// Command splitquant splits and quantizes the layers of a model.
//
//	splitquant inspect  MODEL [--json]
//	splitquant quantize MODEL -o OUT [--bits N] [--strategy kmeans] [--form layers] ...
//	splitquant split    MODEL -o OUT
//	splitquant suggest  MODEL --budget 4.5 -o RECIPE
//	splitquant frontier MODEL -o FIGURE.svg
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

	"github.com/alecthomas/kong"

	"splitquant/core/version"
)

type cli struct {
	Inspect  inspectCmd  `cmd:"" help:"List the layers of a model."`
	Quantize quantizeCmd `cmd:"" help:"Split and quantize the layers of a model."`
	Split    splitCmd    `cmd:"" help:"Split the layers of a model in its own float type, for any other quantizer."`
	Suggest  suggestCmd  `cmd:"" help:"Write the recipe that meets a goal best, layer by layer."`
	Frontier frontierCmd `cmd:"" help:"Bits per weight against SQNR, for every way to quantize a model."`
	Bench    benchCmd    `cmd:"" help:"Measure on known models and data."`

	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("splitquant"),
		kong.Description("Low-bit quantization by splitting layers (arXiv 2501.12428)."),
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
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help and --version
		return exited
	}
	if err == nil {
		err = k.Run()
	} else {
		err = usageError{err}
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "splitquant:", err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

// usageError is an error in the command line rather than in a file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
