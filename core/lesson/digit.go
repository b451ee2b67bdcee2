package lesson

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"splitquant/core/dataset/digits"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// A Digits is the sample model public/samples/digits.onnx with its weights as
// float32, ready to run: two 3x3 convolutions, each with Relu and a 2x2
// MaxPool, and two dense layers with a Relu between them. It is computed here,
// so that a pupil's stroke is answered at once; a test holds it to ONNX
// Runtime.
type Digits struct {
	layers [4]digitLayer
}

type digitLayer struct{ weight, bias []float32 }

// digitShapes are those of the four weights.
var digitShapes = [4][]int64{{8, 1, 3, 3}, {16, 8, 3, 3}, {64, 784}, {10, 64}}

// NewDigits reads the weights of a model, which is the sample or one of its
// shape. changes replaces some of them by what is left after quantization.
func NewDigits(m *model.Model, changes []model.Change) (*Digits, error) {
	if len(m.Layers) != len(digitShapes) {
		return nil, fmt.Errorf("a model of %d layers is not the sample digits.onnx, which has %d", len(m.Layers), len(digitShapes))
	}
	n := &Digits{}
	for i := range m.Layers {
		l := &m.Layers[i]
		if l.Weight == nil || l.Bias == nil || !slices.Equal(l.Weight.Shape, digitShapes[i]) {
			return nil, fmt.Errorf("layer %q is none of the sample digits.onnx", l.Name)
		}
		var err error
		if n.layers[i].bias, err = readFloats(l.Bias.Data, l.Bias.Type, l.Bias.Shape); err != nil {
			return nil, fmt.Errorf("layer %q: bias: %w", l.Name, err)
		}
		at := slices.IndexFunc(changes, func(c model.Change) bool { return c.Weight == l.Weight })
		if at >= 0 {
			n.layers[i].weight, err = sumOf(changes[at].Parts)
		} else {
			n.layers[i].weight, err = readFloats(l.Weight.Data, l.Weight.Type, l.Weight.Shape)
		}
		if err != nil {
			return nil, fmt.Errorf("layer %q: weight: %w", l.Name, err)
		}
	}
	return n, nil
}

func readFloats(r io.ReaderAt, t tensor.Type, s tensor.Shape) ([]float32, error) {
	count, err := s.Elems()
	if err != nil {
		return nil, err
	}
	raw, err := readAll(r, t, count)
	if err != nil {
		return nil, err
	}
	values := make([]float32, count)
	return values, tensor.Float32s(values, raw, t)
}

func readAll(r io.ReaderAt, t tensor.Type, count int64) ([]byte, error) {
	size, err := t.Bytes(count)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, size)
	if n, err := r.ReadAt(raw, 0); n < len(raw) {
		return nil, err
	}
	return raw, nil
}

// sumOf adds up parts that have one scale each.
func sumOf(parts []model.Stored) ([]float32, error) {
	var sum []float32
	for _, p := range parts {
		count, err := p.Shape.Elems()
		if err != nil {
			return nil, err
		}
		if len(p.Scale) != 1 || p.Table != nil {
			return nil, errors.New("want one scale for each part")
		}
		raw, err := readAll(p.Data, p.Type, count)
		if err != nil {
			return nil, err
		}
		codes := make([]uint8, count)
		tensor.Unpack(codes, raw, p.Type.Bits())
		if sum == nil {
			sum = make([]float32, count)
		}
		g := quant.Grid{Scale: p.Scale[0], Bits: p.Type.Bits()}
		if p.Zero != nil {
			g.Zero = p.Zero[0]
		}
		g.AddDecoded(sum, codes)
	}
	return sum, nil
}

// Logits runs the model on one image.
func (n *Digits) Logits(image *digits.Image) []float32 {
	pixels := image.Float32()
	x := convolve(pixels[:], 1, 28, n.layers[0])
	x = convolve(pool(x, 28), 8, 14, n.layers[1])
	x = dense(pool(x, 14), n.layers[2])
	for i := range x {
		x[i] = max(x[i], 0)
	}
	return dense(x, n.layers[3])
}

// Probabilities are the softmax of logits.
func Probabilities(logits []float32) []float64 {
	largest, sum := slices.Max(logits), 0.0
	p := make([]float64, len(logits))
	for i, l := range logits {
		p[i] = math.Exp(float64(l) - float64(largest))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Likeliest returns the place of the largest logit, of equal ones the first.
func Likeliest(logits []float32) int {
	at := 0
	for i, l := range logits {
		if l > logits[at] {
			at = i
		}
	}
	return at
}

// convolve is a 3x3 convolution with a border of zeros, and Relu.
func convolve(x []float32, channels, side int, l digitLayer) []float32 {
	y := make([]float32, len(l.bias)*side*side)
	for o := range l.bias {
		out := y[o*side*side : (o+1)*side*side]
		for i := range out {
			out[i] = l.bias[o]
		}
		for c := range channels {
			in := x[c*side*side : (c+1)*side*side]
			for k, w := range l.weight[(o*channels+c)*9 : (o*channels+c+1)*9] {
				if w == 0 {
					continue
				}
				dy, dx := k/3-1, k%3-1
				from, to := max(0, -dx), side-max(0, dx)
				for r := max(0, -dy); r < side-max(0, dy); r++ {
					add := in[(r+dy)*side+from+dx : (r+dy)*side+to+dx]
					row := out[r*side+from : r*side+to][:len(add)]
					for i, v := range add {
						row[i] += float32(w * v)
					}
				}
			}
		}
		for i := range out {
			out[i] = max(out[i], 0)
		}
	}
	return y
}

// pool takes the largest of each 2x2 square.
func pool(x []float32, side int) []float32 {
	half := side / 2
	y := make([]float32, len(x)/4)
	for i := range y {
		at := i/half*2*side + i%half*2
		y[i] = max(x[at], x[at+1], x[at+side], x[at+side+1])
	}
	return y
}

func dense(x []float32, l digitLayer) []float32 {
	y := make([]float32, len(l.bias))
	for o := range y {
		var a, b, c, d float32
		w := l.weight[o*len(x) : (o+1)*len(x)]
		for i := 0; i+4 <= len(x); i += 4 {
			w, x := (*[4]float32)(w[i:]), (*[4]float32)(x[i:])
			a += float32(w[0] * x[0])
			b += float32(w[1] * x[1])
			c += float32(w[2] * x[2])
			d += float32(w[3] * x[3])
		}
		y[o] = a + b + (c + d) + l.bias[o]
	}
	return y
}
