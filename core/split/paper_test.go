package split

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"splitquant/core/quant"
)

type matrix struct {
	w    []float32
	rows int
}

// paperWeights returns the 14 matrices on which METHOD and RESULTS measure
// (emotion_encoder_original.safetensors: eight bytes, the length of a JSON
// header, the header, the data).
func paperWeights(t *testing.T) []matrix {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	for {
		if raw, err = os.ReadFile(filepath.Join(dir, "shared/paper/emotion_encoder_original.safetensors")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("../shared is not there: no weights of the paper's model")
		}
		dir = filepath.Dir(dir)
	}
	size := binary.LittleEndian.Uint64(raw)
	var header map[string]struct {
		Shape   []int
		Offsets []int `json:"data_offsets"`
	}
	if err := json.Unmarshal(raw[8:8+size], &header); err != nil {
		t.Fatal(err)
	}
	data := raw[8+size:]
	var names []string
	for name, tensor := range header {
		if len(tensor.Shape) == 2 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) != 14 {
		t.Fatalf("%d matrices, want 14", len(names))
	}
	var all []matrix
	for _, name := range names {
		tensor := header[name]
		m := matrix{make([]float32, tensor.Shape[0]*tensor.Shape[1]), tensor.Shape[0]}
		for i := range m.w {
			m.w[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[tensor.Offsets[0]+4*i:]))
		}
		all = append(all, m)
	}
	return all
}

// pooled returns the SQNR over all matrices in dB, of what dequantize makes of each.
func pooled(t *testing.T, all []matrix, dequantize func(m matrix) []float32) float64 {
	t.Helper()
	var signal, noise float64
	for _, m := range all {
		noise += squaredError(m.w, dequantize(m))
		signal += squaredError(m.w, make([]float32, len(m.w)))
	}
	return 10 * math.Log10(signal/noise)
}

// layers quantizes the parts of a division, and adds them up.
func layers(t *testing.T, m matrix, d Division, err error, params quant.Params, clip quant.Clip) []float32 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	grids := d.ClippedGrids(m.w, 1, false, params, clip)
	codes := make([][]uint8, d.Parts())
	for p := range codes {
		codes[p] = make([]uint8, len(m.w))
	}
	d.Encode(codes, m.w, 1, grids)
	return sumOf(codes, len(m.w), grids)
}

// Figures of METHOD over the paper's matrices, in dB; least where an exact search
// may be better than the coarse one that METHOD measured. Those that take seconds
// need SPLITQUANT_FULL.
func TestPaperFigures(t *testing.T) {
	all := paperWeights(t)
	book := func(make func(w []float32, rows, parts, bits int) (*Codebook, error), scaled bool, parts, bits int) func(m matrix) []float32 {
		return func(m matrix) []float32 {
			rows := 1
			if scaled {
				rows = m.rows
			}
			c, err := make(m.w, rows, parts, bits)
			if err != nil {
				t.Fatal(err)
			}
			return lookedUp(c, m.w)
		}
	}
	palette := func(make func(w []float32, rows, n int) (*Codebook, error), scaled bool, n int) func(m matrix) []float32 {
		return book(func(w []float32, rows, _, _ int) (*Codebook, error) { return make(w, rows, n) }, scaled, 0, 0)
	}
	kmeansLayers := func(bits int) func(m matrix) []float32 {
		return func(m matrix) []float32 {
			d, _, err := KMeans(m.w, 1)
			return layers(t, m, d, err, quant.Params{Bits: bits}, quant.Clip{})
		}
	}
	resolutionLayers := func(bits int) func(m matrix) []float32 {
		return func(m matrix) []float32 {
			d, err := Resolution(m.w, 1, K, quant.Params{Bits: bits}, quant.Clip{})
			return layers(t, m, d, err, quant.Params{Bits: bits}, quant.Clip{})
		}
	}
	slow := []string{"resolution INT8, kmeans", "palette of 16", "palette of 16, channel scales", "palette of 16, channel scales, alternating"}
	residual := func(bits int) func(m matrix) []float32 {
		return func(m matrix) []float32 {
			grids := ResidualGrids(m.w, m.rows, false, quant.Params{Bits: bits}, quant.Clip{})
			codes := threeCodes(len(m.w))
			EncodeResidual(codes, m.w, m.rows, grids)
			return sumOf(codes, len(m.w), grids)
		}
	}
	for _, c := range []struct {
		name       string
		want       float64
		least      bool
		dequantize func(m matrix) []float32
	}{
		{"kmeans INT2", 4.47, false, kmeansLayers(2)},
		{"kmeans INT3", 11.23, false, kmeansLayers(3)},
		{"kmeans INT4", 18.41, false, kmeansLayers(4)},
		{"kmeans INT8", 43.27, false, kmeansLayers(8)},
		{"resolution INT2, 256 x 256", 9.05, true, resolutionLayers(2)},
		{"resolution INT3", 16.65, true, resolutionLayers(3)},
		{"resolution INT4, 256 x 256", 23.13, true, resolutionLayers(4)},
		{"resolution INT8, kmeans", 43.27, true, resolutionLayers(8)},
		{"residual INT2, plain INT6", 22.02, true, residual(2)},
		{"residual INT8, plain INT24 less 0.2", 130.405 - 0.2, true, residual(8)},
		{"kmeans codebook INT2", 8.21, false, book(KMeansCodebook, false, 3, 2)},
		{"kmeans codebook INT3", 13.42, false, book(KMeansCodebook, false, 3, 3)},
		{"kmeans codebook INT4", 19.37, false, book(KMeansCodebook, false, 3, 4)},
		{"kmeans codebook INT8", 43.83, false, book(KMeansCodebook, false, 3, 8)},
		{"resolution codebook INT2", 10.58, true, book(ResolutionCodebook, false, 3, 2)},
		{"resolution codebook INT3", 17.24, true, book(ResolutionCodebook, false, 3, 3)},
		{"resolution codebook INT4", 23.70, true, book(ResolutionCodebook, false, 3, 4)},
		{"3 x INT2, fitted", 15.18, true, book(FittedCodebook, false, 3, 2)},
		{"4 x INT2, fitted", 17.75, true, book(FittedCodebook, false, 4, 2)},
		{"4 x INT2, fitted, channel scales", 19.56, true, book(FittedCodebook, true, 4, 2)},
		{"palette of 4", 8.08, false, palette(Palette, false, 4)},
		{"palette of 12", 16.13, false, palette(Palette, false, 12)},
		{"palette of 16", 18.45, false, palette(Palette, false, 16)},
		{"palette of 16, channel scales", 19.91, true, palette(Palette, true, 16)},
		{"palette of 16, channel scales, alternating", 20.09, true, palette(AlternatingPalette, true, 16)},
		{"plain INT4, channels, least squares", 19.04, true, func(m matrix) []float32 {
			values := make([]float32, len(m.w))
			n := len(m.w) / m.rows
			for r := range m.rows {
				g := quant.Clip{MSE: true}.Grid(m.w[r*n:(r+1)*n], quant.Params{Bits: 4})
				for i := r * n; i < (r+1)*n; i++ {
					values[i] = g.Value(g.Code(m.w[i]))
				}
			}
			return values
		}},
	} {
		if os.Getenv("SPLITQUANT_FULL") == "" && slices.Contains(slow, c.name) {
			continue
		}
		got := pooled(t, all, c.dequantize)
		t.Logf("%-45s %7.3f dB, METHOD has %.2f", c.name, got, c.want)
		if got < c.want-0.005 || !c.least && math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s: %.3f dB, want %.2f", c.name, got, c.want)
		}
	}
}
