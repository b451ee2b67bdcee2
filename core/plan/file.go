package plan

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/recipe"
	"splitquant/core/report"
)

// A File is an opened model, of whatever format.
type File struct {
	*onnx.File
	size int64
}

// Open indexes the model in the size bytes of r. external opens files that
// the model keeps tensors in, by the name that the model gives them; it may
// be nil.
func Open(r io.ReaderAt, size int64, external func(name string) (io.ReaderAt, int64, error)) (*File, error) {
	f, err := onnx.Open(r, size, external)
	if err != nil {
		return nil, err
	}
	if err := f.CanQuantize(); err != nil {
		f.Model().FloatOnly = err.Error()
	}
	for i := range f.Model().Layers {
		if err := f.CanNBits(i); err != nil {
			f.Model().Layers[i].NBits = err.Error()
		}
	}
	return &File{f, size}, nil
}

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Quantize does a whole run: it plans, works on the units, at most jobs at a
// time, and writes the result to w.
func Quantize(ctx context.Context, w io.Writer, f *File, o recipe.Options, spool Spool, jobs int, progress func(Progress)) (*report.Report, error) {
	p, err := New(f.Model(), o)
	if err != nil {
		return nil, err
	}
	r, err := p.Run(ctx, spool, jobs, progress)
	if err != nil {
		return nil, err
	}
	return r.Report, f.write(w, r)
}

// write frames the file and completes the report.
func (f *File) write(w io.Writer, r *Result) error {
	o := r.Report.Options
	written, err := f.Write(w, r.Changes, writeOptions(o, r.Properties, r.Activations))
	if err != nil {
		return err
	}
	r.Report.BytesBefore, r.Report.BytesAfter = f.size, written.Bytes
	r.Report.Opset = int(written.Opset)
	if written.Quantized {
		r.Report.Needs = needs(written)
	}
	if written.Kept != "" {
		r.Report.Warnings = append(r.Report.Warnings, "the codes are unpacked by standard operators: "+written.Kept)
	}
	return nil
}

func writeOptions(o recipe.Options, properties []model.Property, activations []int) onnx.WriteOptions {
	return onnx.WriteOptions{Target: onnx.Target(o.Target), Properties: properties, Activations: activations}
}

// needs says what runs a quantized file.
func needs(w onnx.Written) string {
	if w.Runtime == "" {
		return fmt.Sprintf("any runtime of opset %d", w.Opset)
	}
	s := fmt.Sprintf("ONNX Runtime and ONNX Runtime Web %s or newer", w.Runtime)
	if w.Contrib {
		s += " alone: some operators are its own (com.microsoft)"
	}
	return s
}

// properties are what the result says about how it was made.
func (p *Plan) properties(r *report.Report) []model.Property {
	sqnr := "exact"
	if r.SQNR != nil {
		sqnr = strconv.FormatFloat(*r.SQNR, 'f', 2, 64)
	}
	return []model.Property{
		{Key: "splitquant.version", Value: r.Version},
		{Key: "splitquant.options", Value: p.Options.String()},
		{Key: "splitquant.sqnr_db", Value: sqnr},
	}
}
