package main

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
)

func randomMatrix(seed uint64, rows, cols int) matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	m := newMatrix(rows, cols)
	for i := range m.Data {
		m.Data[i] = 2*r.Float64() - 1
	}
	return m
}

// The oracle is arithmetic with 300 bits on the same rounded factors: not one
// bit may differ.
func TestMultiplyMakesNoRoundingError(t *testing.T) {
	for _, terms := range []int{1, 9, 72, 784, 31360} {
		a, b, c := randomMatrix(1, 2, terms), randomMatrix(2, terms, 3), newMatrix(2, 3)
		b.Data[0] *= 1e-9
		multiply(blas.NoTrans, blas.NoTrans, a, b, c)
		bits := 0
		for float64(terms)*math.Exp2(float64(2*(bits+1))) <= 1<<53 {
			bits++
		}
		ra, rb := rounded(a, bits), rounded(b, bits)
		for i := range a.Data {
			if d := math.Abs(ra.Data[i] - a.Data[i]); d > math.Exp2(float64(-bits-1)) {
				t.Fatalf("%d terms: %v was rounded to %v, more than half of 2^-%d away", terms, a.Data[i], ra.Data[i], bits)
			}
		}
		for i := range 2 {
			for j := range 3 {
				want := new(big.Float).SetPrec(300)
				for k := range terms {
					x, y := big.NewFloat(ra.Data[i*terms+k]), big.NewFloat(rb.Data[k*3+j])
					want.Add(want, new(big.Float).SetPrec(300).Mul(x, y))
				}
				if got := big.NewFloat(c.Data[i*3+j]); got.Cmp(want) != 0 {
					t.Errorf("%d terms: element %d, %d is %v, exactly %v", terms, i, j, got, want)
				}
			}
		}
	}
}

// plain computes the logits of one image by the definitions of Conv, Relu,
// MaxPool and Gemm, without a thought for speed: the oracle of the network.
func plain(n *network, image []float64) []float64 {
	p := n.parameters
	x := image
	for i, side := range []int{28, 14} {
		weight, bias := p[2*i], p[2*i+1]
		outputs, inputs, half := weight.shape[0], weight.shape[1], side/2
		y := make([]float64, outputs*half*half)
		for o := range outputs {
			for py := range side {
				for px := range side {
					sum := bias.value[o]
					for c := range inputs {
						for k := range 9 {
							sy, sx := py+k/3-1, px+k%3-1
							if 0 <= sy && sy < side && 0 <= sx && sx < side {
								sum += weight.value[(o*inputs+c)*9+k] * x[(c*side+sy)*side+sx]
							}
						}
					}
					at := (o*half+py/2)*half + px/2
					y[at] = max(y[at], sum) // starts at 0, so it is relu too
				}
			}
		}
		x = y
	}
	for i := 4; i < 8; i += 2 {
		y := slices.Clone(p[i+1].value)
		for o := range y {
			for k, v := range x {
				y[o] += p[i].value[o*len(x)+k] * v
			}
			if i == 4 {
				y[o] = max(y[o], 0)
			}
		}
		x = y
	}
	return x
}

func column(m matrix, j int) []float64 {
	c := make([]float64, m.Rows)
	for i := range c {
		c[i] = m.Data[i*m.Cols+j]
	}
	return c
}

// biased returns a new network whose biases are not 0, where blank paper would
// lie on the kink of every relu.
func biased(seed uint64) *network {
	n := newNetwork(seed)
	for _, p := range n.parameters {
		for i := range p.value {
			p.value[i] += 0.01 * (float64(i%7) - 2.5)
		}
	}
	return n
}

func TestForward(t *testing.T) {
	n := biased(3)
	x, _ := batch(3, 0, 4)
	y := n.forward(x)
	for j := range 4 {
		for i, want := range plain(n, column(x, j)) {
			if got := y.Data[i*4+j]; math.Abs(got-want) > 1e-5 {
				t.Errorf("image %d, logit %d: %v, by definition %v", j, i, got, want)
			}
		}
	}
}

// The oracle is the difference quotient of the plain network's loss.
func TestGradients(t *testing.T) {
	const images = 3
	n := biased(4)
	x, labels := batch(4, 0, images)
	loss := func() float64 {
		var sum float64
		for j, label := range labels {
			y := plain(n, column(x, j))
			var e float64
			for _, v := range y {
				e += math.Exp(v - y[label])
			}
			sum += math.Log(e)
		}
		return sum / images
	}
	got, dy := crossEntropy(n.forward(x), labels)
	if want := loss(); math.Abs(got-want) > 1e-5 {
		t.Errorf("loss %v, by definition %v", got, want)
	}
	n.backward(dy)
	r := rand.New(rand.NewPCG(5, 5))
	for _, p := range n.parameters {
		var largest float64
		for _, g := range p.gradient {
			largest = max(largest, math.Abs(g))
		}
		for range 8 {
			i := r.IntN(len(p.value))
			const h = 1e-6
			keep := p.value[i]
			p.value[i] = keep + h
			up := loss()
			p.value[i] = keep - h
			down := loss()
			p.value[i] = keep
			want := (up - down) / (2 * h)
			if got := p.gradient[i]; math.Abs(got-want) > 1e-4*largest {
				t.Errorf("%s[%d]: gradient %v, difference quotient %v", p.name, i, got, want)
			}
		}
	}
}

func TestExp(t *testing.T) {
	for x := -30.0; x <= 0; x += 0.01 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-6*want {
			t.Errorf("exp(%v) = %v, math.Exp %v", x, got, want)
		}
	}
	if got := exp(-1e6); !(got >= 0 && got < 1e-12) {
		t.Errorf("exp(-1e6) = %v", got)
	}
}
