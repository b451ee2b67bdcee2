package corpus

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"testing"

	"splitquant/core/model"
	"splitquant/core/onnx"
	"splitquant/core/plan"
	"splitquant/core/tensor"
)

// TestDequantized runs every model with plain 8-bit weights, and again with
// float weights of the same values, worked out here by the definition of
// DequantizeLinear. The float file needs no new operator and no newer opset, so
// whatever the writer does to nodes, graphs and versions must not show.
func TestDequantized(t *testing.T) {
	dir := shared(t, "models")
	library(t)
	for _, path := range onnxFiles(t, dir, 39) {
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			ref, err := readReference(path)
			if err != nil {
				t.Fatal(err)
			}
			if ref.Status != "ok" || stem(path) == "external-mixed" {
				t.Skip("it is not run")
			}
			in, err := ref.inputs()
			if err != nil {
				t.Fatal(err)
			}
			quantized, floats := twins(t, path)
			a, err := run(t, path, quantized, in)
			if err != nil {
				t.Fatal(err)
			}
			b, err := run(t, path, floats, in)
			if err != nil {
				t.Fatal(err)
			}
			if d := distance(a, b); !(d < 1e-3) {
				t.Errorf("outputs differ by %.2g of the largest value", d)
			}
		})
	}
}

// twins writes the model at path with plain 8-bit weights, and with floats of
// the same values.
func twins(t *testing.T, path string) (quantized, floats []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := onnx.Open(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(f.Model(), options(8, "plain", "auto"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(context.Background(), plan.Memory{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	write := func() []byte {
		var out bytes.Buffer
		if _, err := f.Write(&out, r.Changes, onnx.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	quantized = write()
	for i, c := range r.Changes {
		r.Changes[i].Parts = []model.Stored{dequantized(t, c.Weight.Type, c.Parts[0])}
	}
	return quantized, write()
}

// dequantized is s, per tensor and in unsigned bytes, as floats.
func dequantized(t *testing.T, typ tensor.Type, s model.Stored) model.Stored {
	t.Helper()
	n, err := s.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	codes, values := make([]byte, n), make([]float32, n)
	if _, err := s.Data.ReadAt(codes, 0); err != nil {
		t.Fatal(err)
	}
	for i, c := range codes {
		values[i] = s.Scale[0] * float32(int32(c)-s.Zero[0])
	}
	size, err := typ.Bytes(n)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, size)
	if typ == tensor.Float64 { // which PutFloat does not write
		for i, v := range values {
			binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(float64(v)))
		}
	} else if err := tensor.PutFloat(raw, values, typ); err != nil {
		t.Fatal(err)
	}
	return model.Stored{Type: typ, Shape: s.Shape, Data: bytes.NewReader(raw)}
}
