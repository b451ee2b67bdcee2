package plan

import (
	"fmt"
	"io"

	"splitquant/core/onnx"
)

// onnxFile is an ONNX model as a format.
type onnxFile struct{ *onnx.File }

func openONNX(r io.ReaderAt, size int64, external openExternal) (format, error) {
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
	return onnxFile{f}, nil
}

func (f onnxFile) write(w io.Writer, m made) (written, error) {
	return describeONNX(f.Write(w, m.changes, writeOptions(m)))
}

func (f onnxFile) result() (what string, endings []string) { return "an ONNX model", []string{".onnx"} }

func (f onnxFile) lay(m made) (written, error) {
	return describeONNX(f.File.Size(m.changes, writeOptions(m)))
}

func writeOptions(m made) onnx.WriteOptions {
	return onnx.WriteOptions{
		Target: onnx.Target(m.options.Target), Properties: m.properties, Activations: m.activations, Static: m.static,
		Data: m.beside.Data, DataName: m.beside.Name, Most: m.beside.Most,
	}
}

func describeONNX(w onnx.Written, err error) (written, error) {
	d := written{bytes: w.Bytes, beside: w.Beside, opset: w.Opset, rounded: w.Rounded, left: w.NoGrid, first: w.FirstLeft}
	if w.Quantized {
		d.needs, d.runtime = needs(w), w.Runtime
	}
	if w.Kept != "" && w.Unpacked {
		d.warning = "the codes are unpacked by standard operators: " + w.Kept
	}
	return d, err
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
