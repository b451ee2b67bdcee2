package plan

import (
	"context"
	"io"
	"strconv"

	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// A File is an opened model, of whatever format.
type File struct {
	format
	size   int64
	inside string
	source io.ReaderAt
}

// A format is an opened file of one format.
type format interface {
	// Model describes the file. It is the same value at every call.
	Model() *model.Model
	// External lists the files beside the model that hold data of its tensors.
	External() []string

	// write writes the file with what a run has made, and all else as it was.
	write(io.Writer, made) (written, error)
	// result says what kind of file write writes, and the endings of such files,
	// the usual one first.
	result() (what string, endings []string)
	// lay says what write would write. The changes need no data.
	lay(made) (written, error)
}

// made is what a run has made for a file.
type made struct {
	options     recipe.Options
	changes     []model.Change
	activations []int         // those of the model to cut into chunks, by their index
	static      *model.Static // how activations are quantized, nil where they are not
	properties  []model.Property
	beside      Beside
}

// written says what a file became.
type written struct {
	bytes   int64
	beside  int64  // bytes in a file of their own
	opset   int64  // of an ONNX model
	needs   string // what runs it, in words; empty where that has not changed
	runtime string // the oldest ONNX Runtime that does; empty where any does
	warning string
	rounded int    // activations that are rounded to codes
	left    int    // those that should be and have no range
	first   string // of these
}

// Open indexes the model in the size bytes of r. external opens files that
// the model keeps tensors in, by the name that the model gives them; it may
// be nil.
func Open(r io.ReaderAt, size int64, external func(name string) (io.ReaderAt, int64, error)) (*File, error) {
	f, err := open(r, size, external)
	if err != nil {
		return nil, err
	}
	if p, ok := f.(*inArchive); ok {
		return &File{p.format, p.size, p.name, p.source}, nil
	}
	if c, ok := f.(*checkpointFile); ok && c.size > size {
		size = c.size // an index is small, what it names is not
	}
	return &File{format: f, size: size}, nil
}

// Inside is the name of the model in the ZIP archive that was opened, empty
// where it is no such archive.
func (f *File) Inside() string { return f.inside }

// Source reads that model; nil where it is no such archive.
func (f *File) Source() io.ReaderAt { return f.source }

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Quantize does a whole run: it plans, works on the units, at most jobs at a
// time, and writes the result to w.
func Quantize(ctx context.Context, w io.Writer, f *File, o recipe.Options, spool Spool, jobs int, progress func(Progress)) (*report.Report, error) {
	return QuantizeBeside(ctx, w, Beside{}, f, o, spool, jobs, progress)
}

// QuantizeBeside is [Quantize] for results of any size.
func QuantizeBeside(ctx context.Context, w io.Writer, b Beside, f *File, o recipe.Options, spool Spool, jobs int, progress func(Progress)) (*report.Report, error) {
	p, err := New(f.Model(), o)
	if err != nil {
		return nil, err
	}
	r, err := p.Run(ctx, spool, jobs, progress)
	if err != nil {
		return nil, err
	}
	return f.FinishBeside(w, b, r)
}

// Finish writes the file with what a run has made, and completes its report.
func (f *File) Finish(w io.Writer, r *Result) (*report.Report, error) {
	return f.FinishBeside(w, Beside{}, r)
}

// properties are what the result says about how it was made.
func (p *Plan) properties(r *report.Report) []model.Property {
	sqnr := "exact"
	if r.SQNR != nil {
		sqnr = strconv.FormatFloat(*r.SQNR, 'f', 2, 64)
	}
	return []model.Property{
		{Key: versionKey, Value: r.Version},
		{Key: optionsKey, Value: p.Options.String()},
		{Key: sqnrKey, Value: sqnr},
	}
}

const (
	versionKey = "splitquant.version"
	optionsKey = "splitquant.options"
	sqnrKey    = "splitquant.sqnr_db"
)

// Made returns what a result in an ONNX file says of how it was made: by which
// version, and by which options, in the sense of [recipe.Parse]. Both are empty
// for a file that is no result.
func (f *File) Made() (version, options string, err error) {
	g, ok := f.format.(onnxFile)
	if !ok {
		return "", "", nil
	}
	all, err := g.Properties()
	for _, p := range all {
		switch p.Key {
		case versionKey:
			version = p.Value
		case optionsKey:
			options = p.Value
		}
	}
	return version, options, err
}
