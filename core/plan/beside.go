package plan

import (
	"archive/zip"
	"io"
	"path"
	"strings"

	"splitquant/core/report"
)

// Beside is where the tensors of an ONNX model go that is too large for one file:
// protobuf holds 2 GiB. The zero value has no place for them, so that such a
// result is an error.
type Beside struct {
	Name string    // of the file, which the model expects beside it
	Data io.Writer // written to before the model, and only where it is needed
	Most int64     // bytes of a model in one file, 0 for 2 GiB
}

// FinishBeside is [File.Finish] for results of any size.
func (f *File) FinishBeside(w io.Writer, b Beside, r *Result) (*report.Report, error) {
	written, err := f.write(w, made{r.Report.Options, r.Changes, r.Activations, r.Static, r.Properties, b})
	if err != nil {
		return nil, err
	}
	r.Report.BytesBefore, r.Report.BytesAfter, r.Report.BytesBeside = f.size, written.bytes+written.beside, written.beside
	r.Report.Opset, r.Report.Needs, r.Report.Runtime = int(written.opset), written.needs, written.runtime
	noteStatic(r.Report, written)
	if written.warning != "" {
		r.Report.Warnings = append(r.Report.Warnings, written.warning)
	}
	return r.Report, nil
}

// A Zip makes one download of a result: the model itself, or, where that needs a
// file beside it, a ZIP archive of the two, stored as they are.
type Zip struct {
	w       io.Writer
	name    string
	archive *zip.Writer
	model   io.Writer // in the archive
}

// NewZip writes to w. The name is that of the model.
func NewZip(w io.Writer, name string) *Zip { return &Zip{w: w, name: name} }

// Beside is what to give to [File.FinishBeside], with the Zip as the writer.
func (z *Zip) Beside() Beside { return Beside{Name: z.name + ".data", Data: &zipped{zip: z}} }

// Archive reports whether it became an archive.
func (z *Zip) Archive() bool { return z.archive != nil }

// Name is what the download is called: "net.onnx", or "net.zip" where it became
// an archive.
func (z *Zip) Name() string {
	if z.Archive() {
		return zipName(z.name)
	}
	return z.name
}

func zipName(model string) string { return strings.TrimSuffix(model, path.Ext(model)) + ".zip" }

// Write implements [io.Writer] for the model.
func (z *Zip) Write(p []byte) (int, error) {
	w, err := z.modelWriter()
	if err != nil {
		return 0, err
	}
	return w.Write(p)
}

// ReadFrom implements [io.ReaderFrom] for the model: a writer that need not copy
// what it reads is given the chance.
func (z *Zip) ReadFrom(r io.Reader) (int64, error) {
	w, err := z.modelWriter()
	if err != nil {
		return 0, err
	}
	return io.Copy(w, r)
}

func (z *Zip) modelWriter() (w io.Writer, err error) {
	if z.archive == nil {
		return z.w, nil
	}
	if z.model == nil {
		z.model, err = z.entry(z.name)
	}
	return z.model, err
}

// Close ends the archive, if there is one.
func (z *Zip) Close() error {
	if z.archive == nil {
		return nil
	}
	return z.archive.Close()
}

func (z *Zip) entry(name string) (io.Writer, error) {
	return z.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
}

// zipped is the file beside the model, in the archive, which begins with it.
type zipped struct {
	zip *Zip
	w   io.Writer
}

// Write implements [io.Writer].
func (d *zipped) Write(p []byte) (int, error) {
	if d.w == nil {
		d.zip.archive = zip.NewWriter(d.zip.w)
		var err error
		if d.w, err = d.zip.entry(d.zip.name + ".data"); err != nil {
			return 0, err
		}
	}
	return d.w.Write(p)
}
