package fold

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

func ExampleWeight() {
	// A layer of two rows, and a normalisation behind it.
	w := []float32{1, 2, 3, 4}
	after, err := BatchNorm([]float32{1, 2}, []float32{0, 5}, []float32{0, 10}, []float32{1, 16}, 0)
	if err != nil {
		fmt.Println(err)
	}
	l := &model.Layer{
		Kind: model.Linear, Shape: tensor.Shape{2, 2}, OutAxis: 0,
		Weight: &model.Tensor{Type: tensor.Float32}, Fold: &model.Fold{After: after},
	}
	bias := Bias(l, []float32{8, 8}, w)
	Weight(l, w, 0)
	fmt.Println(w, bias)
	// Output:
	// [1 2 1.5 2] [8 4]
}

// TestGrouped compares a grouped transposed convolution, whose output channels
// lie in its groups, and a grouped convolution, whose input channels do, with
// the formula written out.
func TestGrouped(t *testing.T) {
	const groups, out, in, kernel = 2, 3, 4, 1500 // more than one slab
	affine := func(n int) model.Affine {
		a := model.Affine{Scale: make([]float64, n), Offset: make([]float64, n)}
		for i := range n {
			a.Scale[i], a.Offset[i] = float64(i+1)/8, float64(i)-1.5
		}
		return a
	}
	l := &model.Layer{
		Kind: model.ConvTranspose, Shape: tensor.Shape{groups * in, out, kernel}, OutAxis: 1, Groups: groups,
		Weight: &model.Tensor{Type: tensor.Float32},
		Fold:   &model.Fold{Before: affine(groups * in), After: affine(groups * out), InAxis: 0},
	}
	conv := &model.Layer{
		Kind: model.Conv, Shape: tensor.Shape{groups * out, in, kernel}, OutAxis: 0, Weight: l.Weight,
		Fold: &model.Fold{Before: affine(groups * in), After: affine(groups * out), InAxis: 1},
	}
	w := make([]float32, groups*in*out*kernel)
	for i := range w {
		w[i] = float32(i%13) - 6
	}
	for _, l := range []*model.Layer{l, conv} {
		f := l.Fold
		folded := append([]float32(nil), w...)
		Weight(l, folded, 0)
		bias := Bias(l, []float32{7}, w)
		for g := range groups {
			for o := range out {
				c, sum := g*out+o, 7.0
				for i := range in {
					row := ((g*in+i)*out + o) * kernel
					if l == conv {
						row = ((g*out+o)*in + i) * kernel
					}
					for k := range kernel {
						x := float64(w[row+k])
						sum += x * f.Before.Offset[g*in+i]
						if want := x * f.Before.Scale[g*in+i] * f.After.Scale[c]; float64(folded[row+k]) != want {
							t.Fatalf("%s: weight %d is %v, want %v", l.Kind, row+k, folded[row+k], want)
						}
					}
				}
				// All numbers are eighths, so that nothing is rounded.
				if want := sum*f.After.Scale[c] + f.After.Offset[c]; float64(bias[c]) != want {
					t.Errorf("%s: bias %d is %v, want %v", l.Kind, c, bias[c], want)
				}
			}
		}
	}
}

// TestRound compares rounding to 16 bits with the nearest of all neighbours.
func TestRound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []tensor.Type{tensor.Float16, tensor.BFloat16} {
		for range 100000 {
			h := uint16(r.UintN(0x7a00)) // finite in both
			lo, hi := value16(t, typ, h), value16(t, typ, h+1)
			// Right beside the middle, where a second rounding would go wrong.
			mid := (lo + hi) / 2
			for _, x := range []float64{math.Nextafter(mid, lo), math.Nextafter(mid, hi), mid} {
				want := lo
				if x > mid || x == mid && h&1 == 1 {
					want = hi
				}
				got := []float32{0}
				round(got, []float64{x}, typ)
				if float64(got[0]) != want {
					t.Fatalf("%v of type %v rounds to %v, want %v", x, typ, got[0], want)
				}
			}
		}
	}
}

func value16(t *testing.T, typ tensor.Type, h uint16) float64 {
	v := []float32{0}
	if err := tensor.Float32s(v, []byte{byte(h), byte(h >> 8)}, typ); err != nil {
		t.Fatal(err)
	}
	return float64(v[0])
}

func TestBatchNormErrors(t *testing.T) {
	one := []float32{1}
	for name, variance := range map[string][]float32{
		"negative variance": {-1}, "no variance": {0}, "not a number": {float32(math.NaN())}, "another length": {1, 1},
	} {
		if a, err := BatchNorm(one, one, one, variance, 0); err == nil {
			t.Errorf("%s: got %v, want an error", name, a)
		}
	}
}
