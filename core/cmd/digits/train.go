package main

import (
	"math"

	"splitquant/core/dataset/digits"
)

// Stochastic gradient descent with momentum; the rate falls linearly to 0.
const (
	batchSize = 40
	rate      = 0.1
	momentum  = 0.9
	decay     = 1e-4
)

// train returns a network that has seen count drawn digits, each once, and
// whose weights are float32 numbers. It calls progress after each batch.
func train(seed uint64, count int, progress func(seen int, loss float64)) *network {
	n := newNetwork(seed)
	for seen := 0; seen < count; {
		size := min(batchSize, count-seen)
		x, labels := batch(seed, seen, size)
		loss, dy := crossEntropy(n.forward(x), labels)
		n.backward(dy)
		n.step(rate * (1 - float64(seen)/float64(count)))
		seen += size
		progress(seen, loss)
	}
	n.round()
	return n
}

// batch draws size digits from index first on.
func batch(seed uint64, first, size int) (x matrix, labels []int) {
	x = newMatrix(digits.Size*digits.Size, size)
	labels = make([]int, size)
	for j := range size {
		image, label := digits.Draw(seed, first+j)
		labels[j] = label
		for i, v := range image.Float32() {
			x.Data[i*size+j] = float64(v)
		}
	}
	return x, labels
}

// crossEntropy returns the mean of -log softmax(logits)[label] over the images
// and its gradient by the logits.
func crossEntropy(logits matrix, labels []int) (loss float64, gradient matrix) {
	gradient = newMatrix(logits.Rows, logits.Cols)
	for j, label := range labels {
		largest := math.Inf(-1)
		for i := range logits.Rows {
			largest = max(largest, logits.Data[i*logits.Cols+j])
		}
		var sum float64
		for i := range logits.Rows {
			e := exp(logits.Data[i*logits.Cols+j] - largest)
			gradient.Data[i*logits.Cols+j] = e
			sum += e
		}
		for i := range logits.Rows {
			g := &gradient.Data[i*logits.Cols+j]
			*g /= sum
			if i == label {
				loss -= math.Log(*g)
				*g -= 1
			}
			*g /= float64(len(labels))
		}
	}
	return loss / float64(len(labels)), gradient
}

// exp returns e^x for x <= 0, with a relative error below 1e-6 down to -30: that
// of package math differs between processors in the last bit.
func exp(x float64) float64 {
	x = max(x, -500) / (1 << 10)
	y := 1 + float64(x*(1+float64(x/2*(1+float64(x/3*(1+x/4))))))
	for range 10 {
		y *= y
	}
	return y
}

// step moves every parameter along its gradient.
func (n *network) step(rate float64) {
	for _, p := range n.parameters {
		for i, w := range p.value {
			g := p.gradient[i] + float64(decay*w)
			v := float64(momentum*p.velocity[i]) - float64(rate*g)
			p.velocity[i] = v
			p.value[i] = w + v
		}
	}
}

// round makes every parameter the float32 that is written to the file.
func (n *network) round() {
	for _, p := range n.parameters {
		for i, w := range p.value {
			p.value[i] = float64(float32(w))
		}
	}
}

// accuracy returns the share of the first count test digits that the network
// names rightly.
func (n *network) accuracy(count int) float64 {
	right := 0
	for seen := 0; seen < count; {
		size := min(batchSize, count-seen)
		x, labels := batch(digits.TestSeed, seen, size)
		y := n.forward(x)
		for j, label := range labels {
			best := 0
			for i := range y.Rows {
				if y.Data[i*size+j] > y.Data[best*size+j] {
					best = i
				}
			}
			if best == label {
				right++
			}
		}
		seen += size
	}
	return float64(right) / float64(count)
}
