package split

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// sumOf decodes the parts of w with the arithmetic of three DequantizeLinear and
// two additions in float32.
func sumOf(codes [][]uint8, n int, grids [][]quant.Grid) []float32 {
	sum := make([]float32, len(codes[0]))
	for p := range codes {
		for i, c := range codes[p] {
			g := grids[p][min(i/n, len(grids[p])-1)]
			code := int32(c)
			if g.Symmetric {
				shift := 32 - g.Params().Type().Bits()
				code = code << shift >> shift // sign extension
			}
			sum[i] += float32(code-g.Zero) * g.Scale
		}
	}
	return sum
}

func threeCodes(n int) [][]uint8 {
	return [][]uint8{make([]uint8, n), make([]uint8, n), make([]uint8, n)}
}

func squaredError(w, values []float32) (sum float64) {
	for i, v := range w {
		d := float64(v) - float64(values[i])
		sum += d * d
	}
	return sum
}

// Asymmetric parts are, digit by digit, the code and the zero point of INT-3b,
// whose error they have.
func TestResidualIsTheWholeCode(t *testing.T) {
	const rows, n = 3, 400
	for _, bits := range []int{2, 3, 4, 5, 6, 8} {
		for _, perRow := range []bool{false, true} {
			for _, dist := range distributions {
				w := draw(dist.value, rows*n, 31)
				params := quant.Params{Bits: bits}
				grids := ResidualGrids(w, rows, perRow, params, quant.Clip{})
				codes := threeCodes(len(w))
				EncodeResidual(codes, w, rows, grids)
				whole := quant.Params{Bits: 3 * bits}
				plain := make([]float32, len(w))
				for i, v := range w {
					values := w
					if perRow {
						values = w[i/n*n : (i/n+1)*n]
					}
					lo, hi, _ := quant.MinMax(values)
					g := whole.Fit(lo, hi)
					row := min(i/n, len(grids[0])-1)
					code, zero := 0, 0
					for p := 2; p >= 0; p-- {
						code = code<<bits | int(codes[p][i])
						zero = zero<<bits | int(grids[p][row].Zero)
					}
					// Code divides in float32, which ends in ties where there are none.
					want := int(g.Code(v))
					quotient := float64(v) / float64(g.Scale)
					tie := math.Abs(math.Abs(quotient-math.Trunc(quotient))-0.5) < 1e-7*math.Abs(quotient)
					if code != want && bits < 8 && !(tie && (code == want+1 || code == want-1)) {
						t.Fatalf("%d bits, %s: the digits of %v are those of %d, want %d", bits, dist.name, v, code, want)
					}
					if zero != int(g.Zero) && bits < 8 { // then the scale is rounded
						t.Fatalf("%d bits, %s: zero points are the digits of %d, want %d", bits, dist.name, zero, g.Zero)
					}
					if v == 0 {
						for p := range codes {
							if int32(codes[p][i]) != grids[p][row].Zero {
								t.Fatalf("%d bits, %s: a weight of 0 is not 0 in part %d", bits, dist.name, p)
							}
						}
					}
					plain[i] = g.Value(g.Code(v))
				}
				limit := 0.1
				if bits == 8 {
					limit = 0.2
				}
				got, want := squaredError(w, sumOf(codes, n, grids)), squaredError(w, plain)
				// The few values of a lattice have the luck of their places on a grid.
				if dist.name != "lattice" && got > want*math.Pow(10, limit/10)+1e-30 {
					t.Errorf("%d bits, %s, per row %v: %.3f dB below INT%d", bits, dist.name, perRow, 10*math.Log10(got/want), 3*bits)
				}
			}
		}
	}
}

// Symmetric parts write every integer of a grid of (2^b-1)^3 levels.
func TestSymmetricResidual(t *testing.T) {
	for _, bits := range []int{2, 3, 4, 5, 6, 8} {
		params := quant.Params{Bits: bits, Symmetric: true}
		base := 1<<bits - 1
		most := (base*base*base - 1) / 2
		w := []float32{float32(most), -float32(most), 0}
		r := rand.New(rand.NewPCG(5, 6))
		for range 3000 {
			w = append(w, float32(r.IntN(2*most+1)-most))
		}
		grids := ResidualGrids(w, 1, false, params, quant.Clip{})
		codes := threeCodes(len(w))
		EncodeResidual(codes, w, 1, grids)
		for i, v := range sumOf(codes, len(w), grids) {
			if math.Abs(float64(v-w[i])) > float64(most)*1e-6 {
				t.Fatalf("%d bits: %v came back as %v", bits, w[i], v)
			}
		}
		for p := range grids {
			if g := grids[p][0]; g.Zero != 0 || g.Params() != params {
				t.Errorf("%d bits: part %d has grid %+v", bits, p, g)
			}
		}
	}
}

func TestResidualAtTheLimits(t *testing.T) {
	for _, symmetric := range []bool{false, true} {
		for _, bits := range []int{2, 4, 8} {
			params := quant.Params{Bits: bits, Symmetric: symmetric}
			for _, w := range [][]float32{
				{0, 0}, {1e-42, -1e-42}, {5}, {-5}, {math.MaxFloat32, -math.MaxFloat32}, {-math.MaxFloat32, math.MaxFloat32 / 3, 1}, {math.MaxFloat32, 0}, {1e-30, -3e-31},
			} {
				grids := ResidualGrids(w, 1, false, params, quant.Clip{})
				codes := threeCodes(len(w))
				EncodeResidual(codes, w, 1, grids)
				largest := 0.0
				for _, v := range w {
					largest = max(largest, math.Abs(float64(v)))
				}
				for i, v := range sumOf(codes, len(w), grids) {
					if d := math.Abs(float64(v) - float64(w[i])); !(d <= largest/8 || largest < 1e-36) {
						t.Errorf("%+v: %v of %v came back as %v", params, w[i], w, v)
					}
				}
			}
		}
	}
}

// A clipped range is clipped: all codes are those of the range.
func TestClippedResidual(t *testing.T) {
	w := draw(distributions[1].value, 1000, 8)
	params := quant.Params{Bits: 2}
	errorWith := func(clip quant.Clip) float64 {
		grids := ResidualGrids(w, 1, false, params, clip)
		codes := threeCodes(len(w))
		EncodeResidual(codes, w, 1, grids)
		return squaredError(w, sumOf(codes, len(w), grids))
	}
	if clipped, all := errorWith(quant.Clip{MSE: true}), errorWith(quant.Clip{}); clipped >= all {
		t.Errorf("least squared error %v, min/max %v", clipped, all)
	}
}

// The oracle of the table is EncodeResidual.
func TestResidualCoder(t *testing.T) {
	for _, bits := range []int{2, 3, 4} {
		for _, symmetric := range []bool{false, true} {
			w := draw(distributions[0].value, 5003, 7)
			params := quant.Params{Bits: bits, Symmetric: symmetric}
			grids := ResidualGrids(w, 1, false, params, quant.Clip{})
			codes := threeCodes(len(w))
			EncodeResidual(codes, w, 1, grids)
			coder := ResidualCoder(ofRow(grids, 0), false)
			if (coder == nil) != (bits > 3) {
				t.Fatalf("%d bits: coder %v", bits, coder)
			}
			if coder == nil {
				continue
			}
			raw, width := make([]byte, 4*len(w)), params.Type().Bits()
			if err := tensor.PutFloat(raw, w, tensor.Float32); err != nil {
				t.Fatal(err)
			}
			got := make([][]byte, K)
			for p := range got {
				got[p] = make([]byte, (len(w)*width+7)/8)
			}
			coder.Pack(got, raw)
			for p := range got {
				want := make([]byte, len(got[p]))
				tensor.Pack(want, codes[p], width)
				if !bytes.Equal(got[p], want) {
					t.Errorf("%d bits, symmetric %v: other codes in part %d", bits, symmetric, p)
				}
			}
		}
	}
}
