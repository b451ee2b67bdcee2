package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
)

// Activations are matrices with one row per feature and one column per image.
// Features are ordered by channel, then row, then column of the picture, so
// that the same data read with one row per channel is what a convolution works
// on, and flattening is no work at all.

// network is the layers in order; parameters are those that training changes.
type network struct {
	layers     []layer
	parameters []*parameter
}

// layer is one step of the network. backward takes the gradient of the loss by
// the output of the last forward, stores the gradients of its parameters and
// returns the gradient by its input.
type layer interface {
	forward(x matrix) matrix
	backward(dy matrix) matrix
}

// parameter is a weight or a bias: its ONNX name and shape, its values, the
// last gradient, and the velocity of gradient descent.
type parameter struct {
	name                      string
	shape                     []int
	value, gradient, velocity []float64
}

// matrix views values, or gradients, with one row per output.
func (p *parameter) matrix(data []float64) matrix {
	rows := p.shape[0]
	return matrix{Rows: rows, Cols: len(data) / rows, Stride: len(data) / rows, Data: data}
}

// newNetwork returns the network of the sample with random weights.
func newNetwork(seed uint64) *network {
	n := &network{}
	random := rand.NewPCG(seed, math.MaxUint64)
	add := func(name string, shape ...int) *parameter {
		size := 1
		for _, d := range shape {
			size *= d
		}
		p := &parameter{
			name:     name,
			shape:    shape,
			value:    make([]float64, size),
			gradient: make([]float64, size),
			velocity: make([]float64, size),
		}
		n.parameters = append(n.parameters, p)
		return p
	}
	weight := func(name string, shape ...int) *parameter {
		p := add(name, shape...)
		// He et al. 2015: keep the variance of what a ReLU lets through.
		limit := math.Sqrt(6 / float64(len(p.value)/shape[0]))
		for i := range p.value {
			u := float64(random.Uint64()>>11) / (1 << 53)
			p.value[i] = (u - 0.5) * 2 * limit
		}
		return p
	}
	n.layers = []layer{
		&conv{linear: linear{weight: weight("conv1.weight", 8, 1, 3, 3), bias: add("conv1.bias", 8)}, side: 28, first: true},
		&relu{}, &pool{side: 28},
		&conv{linear: linear{weight: weight("conv2.weight", 16, 8, 3, 3), bias: add("conv2.bias", 16)}, side: 14},
		&relu{}, &pool{side: 14},
		&linear{weight: weight("fc1.weight", 64, 16*7*7), bias: add("fc1.bias", 64)},
		&relu{},
		&linear{weight: weight("fc2.weight", 10, 64), bias: add("fc2.bias", 10)},
	}
	return n
}

// forward returns the logits, ten rows, of images in columns.
func (n *network) forward(x matrix) matrix {
	for _, l := range n.layers {
		x = l.forward(x)
	}
	return x
}

// backward stores the gradients, given that by the logits.
func (n *network) backward(dy matrix) {
	for i := len(n.layers) - 1; i >= 0; i-- {
		dy = n.layers[i].backward(dy)
	}
}

// linear is weight times input plus bias: Gemm in ONNX.
type linear struct {
	weight, bias *parameter
	x            matrix
}

func (l *linear) forward(x matrix) matrix {
	l.x = x
	y := newMatrix(l.weight.shape[0], x.Cols)
	multiply(blas.NoTrans, blas.NoTrans, l.weight.matrix(l.weight.value), x, y)
	for i, b := range l.bias.value {
		row := y.Data[i*y.Cols : (i+1)*y.Cols]
		for j := range row {
			row[j] += b
		}
	}
	return y
}

func (l *linear) backward(dy matrix) matrix {
	l.learn(dy)
	dx := newMatrix(l.x.Rows, l.x.Cols)
	multiply(blas.Trans, blas.NoTrans, l.weight.matrix(l.weight.value), dy, dx)
	return dx
}

// learn stores the gradients of weight and bias.
func (l *linear) learn(dy matrix) {
	multiply(blas.NoTrans, blas.Trans, dy, l.x, l.weight.matrix(l.weight.gradient))
	for i := range l.bias.gradient {
		var sum float64
		for _, g := range dy.Data[i*dy.Cols : (i+1)*dy.Cols] {
			sum += g
		}
		l.bias.gradient[i] = sum
	}
}

// conv is a 3x3 convolution over square pictures with a border of zeros: a
// linear layer on the 3x3 neighbourhoods of all pixels. The first layer of a
// network passes no gradient on.
type conv struct {
	linear
	side  int
	first bool
}

func (c *conv) forward(x matrix) matrix {
	images := x.Cols
	patches := newMatrix(c.weight.shape[1]*9, c.side*c.side*images)
	c.neighbours(images, func(pixel, patch, n int) {
		copy(patches.Data[patch:patch+n], x.Data[pixel:pixel+n])
	})
	y := c.linear.forward(patches)
	return reshape(y, y.Rows*c.side*c.side)
}

func (c *conv) backward(dy matrix) matrix {
	images := dy.Cols
	dy = reshape(dy, c.weight.shape[0])
	if c.first {
		c.learn(dy)
		return matrix{}
	}
	patches := c.linear.backward(dy)
	dx := newMatrix(c.weight.shape[1]*c.side*c.side, images)
	c.neighbours(images, func(pixel, patch, n int) {
		to := dx.Data[pixel : pixel+n]
		for i, g := range patches.Data[patch : patch+n] {
			to[i] += g
		}
	})
	return dx
}

// neighbours calls f for every run of n values that lie together both in the
// picture, from pixel on, and in the matrix of its neighbourhoods, from patch on.
func (c *conv) neighbours(images int, f func(pixel, patch, n int)) {
	row := c.side * images
	patch := 0
	for channel := range c.weight.shape[1] {
		for ky := -1; ky <= 1; ky++ {
			for kx := -1; kx <= 1; kx++ {
				left, right := max(0, -kx)*images, max(0, kx)*images
				for y := range c.side {
					if 0 <= y+ky && y+ky < c.side {
						pixel := (channel*c.side+y+ky)*row + kx*images
						f(pixel+left, patch+left, row-left-right)
					}
					patch += row
				}
			}
		}
	}
}

func reshape(m matrix, rows int) matrix {
	cols := len(m.Data) / rows
	return matrix{Rows: rows, Cols: cols, Stride: cols, Data: m.Data}
}

// relu is max(x, 0).
type relu struct{ y matrix }

func (r *relu) forward(x matrix) matrix {
	r.y = newMatrix(x.Rows, x.Cols)
	for i, v := range x.Data {
		r.y.Data[i] = max(v, 0)
	}
	return r.y
}

func (r *relu) backward(dy matrix) matrix {
	dx := newMatrix(dy.Rows, dy.Cols)
	for i, v := range r.y.Data {
		if v > 0 {
			dx.Data[i] = dy.Data[i]
		}
	}
	return dx
}

// pool is the largest of each 2x2 square of a picture side pixels wide.
type pool struct {
	side int
	from []int // where in the input each output came from
}

func (p *pool) forward(x matrix) matrix {
	y := newMatrix(x.Rows/4, x.Cols)
	p.from = make([]int, len(y.Data))
	half, down := p.side/2, p.side*x.Cols
	for i := range y.Rows {
		top := (i/half*2*p.side + i%half*2) * x.Cols
		for j := range x.Cols {
			best := top + j
			for _, k := range [3]int{top + x.Cols + j, top + down + j, top + down + x.Cols + j} {
				if x.Data[k] > x.Data[best] {
					best = k
				}
			}
			y.Data[i*x.Cols+j] = x.Data[best]
			p.from[i*x.Cols+j] = best
		}
	}
	return y
}

func (p *pool) backward(dy matrix) matrix {
	dx := newMatrix(dy.Rows*4, dy.Cols)
	for i, k := range p.from {
		dx.Data[k] = dy.Data[i]
	}
	return dx
}
