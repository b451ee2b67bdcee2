package corpus

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// A reference is what a model's .json and .ref.npz say about one run of it in
// ONNX Runtime 1.30 (onnxruntime-node, one thread).
type reference struct {
	Status  string         // "ok", "not run" or "error"
	Inputs  []inputRule    // how to make the inputs
	Outputs []storedOutput // what came out
	// Varies is the largest difference that ONNX Runtime itself makes when its
	// optimizations are turned off.
	Varies float64 `json:"max_abs_difference_with_optimizations_off"`
}

type inputRule struct {
	Name, Type string
	Dims       tensor.Shape
	Seed       uint32
	Range      []float64 // values are lo + floor(u*(hi-lo))
	Const      *float64
	SHA256     string // of the bytes, where it is known
}

type storedOutput struct {
	Name, Type string
	Dims       tensor.Shape
	Every      int      `json:"stored_every"`
	Values     []string // of a tensor of strings
	numbers    []float32
}

// readReference reads the reference of the model at path.
func readReference(path string) (*reference, error) {
	text, err := os.ReadFile(path + ".json")
	if err != nil {
		return nil, err
	}
	var meta struct{ Reference reference }
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, err
	}
	ref := &meta.Reference
	if ref.Status != "ok" {
		return ref, nil
	}
	arrays, err := readNPZ(strings.TrimSuffix(path, ".onnx") + ".ref.npz")
	if err != nil {
		return nil, err
	}
	for i := range ref.Outputs {
		out := &ref.Outputs[i]
		if out.Values != nil {
			continue
		}
		v, ok := arrays["out."+out.Name]
		if !ok {
			return nil, fmt.Errorf("output %q is not stored", out.Name)
		}
		if out.numbers, err = v.Floats(); err != nil {
			return nil, err
		}
	}
	return ref, nil
}

// inputs makes the reference's inputs.
func (r *reference) inputs() (map[string]ort.Value, error) {
	values := map[string]ort.Value{}
	for _, in := range r.Inputs {
		v, err := in.make()
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
		values[in.Name] = v
	}
	return values, nil
}

// make makes an input by the rule of ../shared/models/README.md and compares
// its bytes with the stored sum.
func (in inputRule) make() (ort.Value, error) {
	n, err := in.Dims.Elems()
	if err != nil {
		return ort.Value{}, err
	}
	v := ort.Value{Shape: in.Dims}
	for i := range uint32(n) {
		x := in.value(hash(i + in.Seed*0x9E3779B9))
		switch in.Type {
		case "float32":
			v.Type, v.Data = tensor.Float32, binary.LittleEndian.AppendUint32(v.Data, math.Float32bits(float32(x)))
		case "float16":
			v.Type, v.Data = tensor.Float16, append(v.Data, 0, 0)
			if err := tensor.PutFloat(v.Data[2*i:], []float32{float32(x)}, tensor.Float16); err != nil {
				return ort.Value{}, err
			}
		case "int32":
			v.Type, v.Data = tensor.Int32, binary.LittleEndian.AppendUint32(v.Data, uint32(int32(x)))
		case "int64":
			v.Type, v.Data = tensor.Int64, binary.LittleEndian.AppendUint64(v.Data, uint64(int64(x)))
		default:
			return ort.Value{}, fmt.Errorf("no rule for type %s", in.Type)
		}
	}
	if sum := sha256.Sum256(v.Data); in.SHA256 != "" && hex.EncodeToString(sum[:]) != in.SHA256 {
		return ort.Value{}, fmt.Errorf("sha256 is %x, expected %s", sum, in.SHA256)
	}
	return v, nil
}

// value turns u, uniform in [0, 1), into an element.
func (in inputRule) value(u float64) float64 {
	switch {
	case in.Const != nil:
		return *in.Const
	case in.Range != nil:
		lo, hi := in.Range[0], in.Range[1]
		return lo + math.Floor(u*(hi-lo))
	}
	return 2*u - 1
}

func hash(x uint32) float64 {
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	x ^= x >> 16
	return float64(x) / (1 << 32)
}

// step is how finely ONNX Runtime computes a Sigmoid, however small its values
// are: it adds 0.5 to a fraction (mlas, logistic.cpp).
const step = 0x1p-24

// differs says how outputs differ from the reference, or nothing where each is
// within max(relative of its largest value, Varies, step).
func (r *reference) differs(outputs map[string]ort.Value, relative float64) string {
	for _, want := range r.Outputs {
		got, ok := outputs[want.Name]
		if !ok {
			return fmt.Sprintf("output %q is missing", want.Name)
		}
		if !slices.Equal(got.Shape, want.Dims) {
			return fmt.Sprintf("output %q has shape %v, want %v", want.Name, got.Shape, want.Dims)
		}
		if want.Values != nil {
			if !slices.Equal(got.Strings, want.Values) {
				return fmt.Sprintf("output %q is %q, want %q", want.Name, got.Strings, want.Values)
			}
			continue
		}
		floats, err := got.Floats()
		if err != nil {
			return fmt.Sprintf("output %q: %v", want.Name, err)
		}
		var largest, worst float64
		for i, w := range want.numbers {
			d := math.Abs(float64(floats[i*want.Every]) - float64(w))
			if math.IsNaN(d) {
				return fmt.Sprintf("output %q: element %d is %v, want %v", want.Name, i*want.Every, floats[i*want.Every], w)
			}
			largest, worst = max(largest, math.Abs(float64(w))), max(worst, d)
		}
		if tolerance := max(relative*largest, r.Varies, step); worst > tolerance {
			return fmt.Sprintf("output %q differs by %.3g, of largest value %.3g; at most %.3g expected", want.Name, worst, largest, tolerance)
		}
	}
	return ""
}

// readNPZ reads the arrays of an .npz file, by name.
func readNPZ(path string) (map[string]ort.Value, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	arrays := map[string]ort.Value{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(f.Name, ".npy")
		if arrays[name], err = parseNPY(b); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return arrays, nil
}

// parseNPY reads a C-ordered array of NumPy's format, version 1 or 2; its
// shape is left out, since the models' .json has it.
func parseNPY(b []byte) (ort.Value, error) {
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return ort.Value{}, fmt.Errorf("no NumPy array")
	}
	end := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] >= 2 {
		end = 12 + int(binary.LittleEndian.Uint32(b[8:]))
	}
	if end > len(b) {
		return ort.Value{}, fmt.Errorf("the header is cut")
	}
	descr := map[string]tensor.Type{
		"<f2": tensor.Float16, "<f4": tensor.Float32, "<f8": tensor.Float64, "<i4": tensor.Int32, "<i8": tensor.Int64, "|b1": tensor.Bool,
	}
	header := b[10:end]
	for word, t := range descr {
		if bytes.Contains(header, []byte("'"+word+"'")) && bytes.Contains(header, []byte("'fortran_order': False")) {
			return ort.Value{Type: t, Data: b[end:]}, nil
		}
	}
	return ort.Value{}, fmt.Errorf("header %s is not known", header)
}

// TestOriginals runs the models as they are: the harness, the inputs and the
// references must agree before anything is said about our own files.
func TestOriginals(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	for _, path := range onnxFiles(t, dir, 39) {
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			ref, err := readReference(path)
			if err != nil {
				t.Fatal(err)
			}
			if ref.Status != "ok" {
				t.Skipf("there is no reference: %s", ref.Status)
			}
			if d := ref.run(t, path, nil, 1e-5); d != "" {
				t.Error(d)
			}
		})
	}
}

// run runs the model at path, or model in its place, on the reference's inputs
// and says how the outputs differ.
func (r *reference) run(t *testing.T, path string, model []byte, relative float64) string {
	t.Helper()
	s, err := open(t, path, model)
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.inputs()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	return r.differs(out, relative)
}
