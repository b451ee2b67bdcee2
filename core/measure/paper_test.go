package measure_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"splitquant/core/measure"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// matrix is a two-dimensional weight, a row for each output channel.
type matrix struct {
	rows, columns int
	values        []float32
}

// paperMatrices reads the weights of the paper's emotion model: the
// two-dimensional tensors of a safetensors file, which is the length of a JSON
// header in 8 bytes, the header, and the data its offsets point into.
func paperMatrices(t *testing.T) []matrix {
	path := filepath.Join("..", "..", "..", "shared", "paper", "emotion_encoder_original.safetensors")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the paper's weights are not here: %v", err)
	}
	n := binary.LittleEndian.Uint64(file)
	var header map[string]struct {
		DType   string
		Shape   tensor.Shape
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	var found []matrix
	for name, h := range header {
		if len(h.Shape) != 2 {
			continue
		}
		m := matrix{int(h.Shape[0]), int(h.Shape[1]), make([]float32, h.Shape[0]*h.Shape[1])}
		if h.DType != "F32" {
			t.Fatalf("%s is %s, want F32", name, h.DType)
		}
		if err := tensor.Float32s(m.values, file[8+n:][h.Offsets[0]:h.Offsets[1]], tensor.Float32); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found = append(found, m)
	}
	if len(found) != 14 {
		t.Fatalf("%d matrices, want 14", len(found))
	}
	return found
}

// The SQNR of plain quantization of the paper's weights, pooled over 14
// matrices, as measured with NumPy (shared/paper/RESULTS.md, "Extra").
func TestPaperSQNR(t *testing.T) {
	weights := paperMatrices(t)
	for _, c := range []struct {
		name      string
		symmetric bool
		perRow    bool
		want      map[int]float64
	}{
		{"per-tensor affine", false, false, map[int]float64{2: 1.04, 3: 4.67, 4: 9.88, 6: 22.02, 8: 34.18}},
		{"per-row affine", false, true, map[int]float64{2: 4.88, 4: 18.28, 8: 42.90}},
		{"per-tensor symmetric", true, false, map[int]float64{2: 0.24, 4: 8.59, 8: 33.30}},
	} {
		for bits, want := range c.want {
			t.Run(fmt.Sprint(c.name, " INT", bits), func(t *testing.T) {
				p := quant.Params{Bits: bits, Symmetric: c.symmetric}
				var noise measure.Noise
				for _, m := range weights {
					run := len(m.values)
					if c.perRow {
						run = m.columns
					}
					for at := 0; at < len(m.values); at += run {
						noise.Add(m.values[at:at+run], roundTrip(p, m.values[at:at+run]))
					}
				}
				if got := noise.SQNR(); math.Abs(got-want) > 0.005+0.01 {
					t.Errorf("%.3f dB, want %.2f", got, want)
				}
			})
		}
	}
}

// roundTrip quantizes w, through the bytes of a file, and returns what comes back.
func roundTrip(p quant.Params, w []float32) []float32 {
	lo, hi, _ := quant.MinMax(w)
	g, bits := p.Fit(lo, hi), p.Type().Bits()
	codes, packed, values := make([]uint8, len(w)), make([]byte, (len(w)*bits+7)/8), make([]float32, len(w))
	g.Encode(codes, w)
	tensor.Pack(packed, codes, bits)
	tensor.Unpack(codes, packed, bits)
	g.Decode(values, codes)
	return values
}
