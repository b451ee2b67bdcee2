package fold

import (
	"fmt"
	"math"
	"slices"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// BatchNorm returns what a BatchNormalization in inference mode does to each
// channel (ONNX operator BatchNormalization): y = scale (x - mean) / sqrt(variance
// + epsilon) + bias. The four slices have one entry per channel. The error says
// which channel has no finite answer.
func BatchNorm(scale, bias, mean, variance []float32, epsilon float32) (model.Affine, error) {
	n := len(scale)
	if len(bias) != n || len(mean) != n || len(variance) != n {
		return model.Affine{}, fmt.Errorf("scale, bias, mean and variance have %d, %d, %d and %d channels", n, len(bias), len(mean), len(variance))
	}
	a := model.Affine{Scale: make([]float64, n), Offset: make([]float64, n)}
	for i := range scale {
		a.Scale[i] = float64(scale[i]) / math.Sqrt(float64(variance[i])+float64(epsilon))
		a.Offset[i] = float64(bias[i]) - float64(a.Scale[i]*float64(mean[i]))
		if !finite(a.Scale[i]) || !finite(a.Offset[i]) {
			return model.Affine{}, fmt.Errorf("channel %d has scale %v, mean %v, variance %v", i, scale[i], mean[i], variance[i])
		}
	}
	return a, nil
}

func finite(x float64) bool { return x-x == 0 }

// Then returns the affine map that does a and then b, both of which have the
// same number of channels; a may be empty.
func Then(a, b model.Affine) model.Affine {
	if a.Empty() {
		return b
	}
	c := model.Affine{Scale: make([]float64, len(a.Scale)), Offset: make([]float64, len(a.Scale))}
	for i := range a.Scale {
		c.Scale[i] = b.Scale[i] * a.Scale[i]
		c.Offset[i] = float64(b.Scale[i]*a.Offset[i]) + b.Offset[i]
	}
	return c
}

// Alike reports whether two layers that share a weight fold to the same weight.
// Their biases may differ.
func Alike(a, b *model.Layer) bool {
	f, g := a.Fold, b.Fold
	return f != nil && g != nil && a.OutAxis == b.OutAxis && f.InAxis == g.InAxis &&
		slices.Equal(f.Before.Scale, g.Before.Scale) && slices.Equal(f.After.Scale, g.After.Scale)
}

// HasBias reports whether a layer with a Fold has a bias once it is folded.
func HasBias(l *model.Layer) bool {
	offset := func(x float64) bool { return x != 0 }
	return l.Bias != nil || slices.ContainsFunc(l.Fold.Before.Offset, offset) || slices.ContainsFunc(l.Fold.After.Offset, offset)
}

// slab is how many weights are held in float64 at a time.
const slab = 4096

// Weight folds into w, values of l.Weight from flat index from on, what l.Fold
// says. The results are values of the weight's type.
func Weight(l *model.Layer, w []float32, from int) {
	var wide [slab]float64
	for start := 0; start < len(w); start += slab {
		part, off := w[start:min(start+slab, len(w))], from+start
		for i, v := range part {
			wide[i] = float64(v)
		}
		for i, c := range channels(l.Shape, l.Fold.InAxis, l.Fold.Before.Scale, off, len(part)) {
			wide[i] *= l.Fold.Before.Scale[c]
		}
		for i, c := range channels(l.Shape, l.OutAxis, l.Fold.After.Scale, off, len(part)) {
			wide[i] *= l.Fold.After.Scale[c]
		}
		round(part, wide[:len(part)], l.Weight.Type)
	}
}

// Bias returns the bias that l has once l.Fold is folded in, one value of the
// weight's type for each output channel. bias is the one it had, of one value
// for each channel or for all, or none. w are the values of l.Weight before
// they are folded; only a Fold with something in front of the layer needs them.
func Bias(l *model.Layer, bias, w []float32) []float32 {
	sum := make([]float64, l.Rows())
	for i := range sum {
		if len(bias) > 0 {
			sum[i] = float64(bias[i%len(bias)])
		}
	}
	if before := l.Fold.Before; !before.Empty() {
		out := make([]int, slab)
		for off := 0; off < len(w); off += slab {
			n := min(slab, len(w)-off)
			for i, c := range channels(l.Shape, l.OutAxis, sum, off, n) {
				out[i] = c
			}
			for i, c := range channels(l.Shape, l.Fold.InAxis, before.Offset, off, n) {
				sum[out[i]] += float64(float64(w[off+i]) * before.Offset[c])
			}
		}
	}
	if after := l.Fold.After; !after.Empty() {
		for i, s := range sum {
			sum[i] = float64(after.Scale[i]*s) + after.Offset[i]
		}
	}
	folded := make([]float32, len(sum))
	round(folded, sum, l.Weight.Type)
	return folded
}

// channels yields for n elements of a weight, the first of which has flat index
// off, their position among the n and their channel, an index of of; nothing
// where that is empty. The channels lie along an axis of the shape. If there are
// more than the axis is long, the weights before that axis fall into groups,
// each with channels of its own, as in grouped convolutions.
func channels(shape tensor.Shape, axis int, of []float64, off, n int) func(yield func(i, c int) bool) {
	return func(yield func(i, c int) bool) {
		if len(of) == 0 {
			return
		}
		outer, dim, inner := shape.Axis(axis)
		groups := len(of) / dim
		for c, r := range tensor.Runs(int64(off), n, dim, inner) {
			if groups > 1 {
				c += (off + r.From) / (dim * inner) * groups / outer * dim
			}
			for i := r.From; i < r.To; i++ {
				if !yield(i, c) {
					return
				}
			}
		}
	}
}

// round sets dst to the values of type t nearest to wide. For a type shorter
// than float32 that is first rounded to an odd last bit, which makes the second
// rounding what a single one would have been (Boldo and Melquiond, "Emulation
// of FMA and correctly rounded sums", 2008).
func round(dst []float32, wide []float64, t tensor.Type) {
	if t == tensor.Float32 {
		for i, x := range wide {
			dst[i] = float32(x)
		}
		return
	}
	for i, x := range wide {
		dst[i] = odd(x)
	}
	raw := make([]byte, len(dst)*t.Bits()/8)
	if tensor.PutFloat(raw, dst, t) == nil { // t is a float type
		_ = tensor.Float32s(dst, raw, t)
	}
}

// odd returns x if it is a float32, and otherwise the one of its two neighbours
// whose last bit is 1.
func odd(x float64) float32 {
	f := float32(x)
	b := math.Float32bits(f)
	switch {
	case float64(f) == x || b&1 == 1 || !finite(x):
		return f
	case math.Abs(float64(f)) > math.Abs(x): // an infinity, too
		return math.Float32frombits(b - 1)
	}
	return math.Float32frombits(b + 1)
}
