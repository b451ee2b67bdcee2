package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/tensor"
)

// weights returns n values of the distribution on which the reference
// implementation was timed: N(0, 0.02) with 0.1 % of N(0, 0.2).
func weights(n int) []float32 {
	r := random(1)
	w := make([]float32, n)
	for i := range w {
		sigma := 0.02
		if r.next()%1000 == 0 {
			sigma = 0.2
		}
		w[i] = float32(sigma * r.normal())
	}
	return w
}

// random is a generator of pseudo-random numbers, splitmix64.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// normal returns about a normally distributed number (Box and Muller).
func (r *random) normal() float64 {
	u, v := float64(r.next()>>11+1)*0x1p-53, float64(r.next()>>11)*0x1p-53
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

func raw(w []float32) []byte {
	b := make([]byte, 4*len(w))
	for i, v := range w {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return b
}

// network returns a model of layers of rows x columns, all with the weights raw.
func network(raw []byte, typ tensor.Type, layers, rows, columns int) *model.Model {
	m := new(model.Model)
	shape := tensor.Shape{int64(rows), int64(columns)}
	for i := range layers {
		w := &model.Tensor{Name: fmt.Sprint("w", i), Type: typ, Shape: shape, Data: model.Bytes(raw)}
		m.Layers = append(m.Layers, model.Layer{Name: w.Name, Op: "Gemm", Kind: model.Linear, Shape: shape, Weight: w})
	}
	return m
}

// run returns a function that quantizes m to INT2 in three layers.
func run(m *model.Model, strategy string, jobs int, spool plan.Spool) func() {
	return func() {
		o := recipe.Defaults()
		o.Strategy = strategy
		if strategy == "none" {
			o.Form = "plain"
		}
		p, err := plan.New(m, o)
		if err != nil {
			panic(err)
		}
		if _, err := p.Run(context.Background(), spool, jobs, nil); err != nil {
			panic(err)
		}
	}
}

// discard keeps nothing.
type discard struct{}

func (discard) Put([]byte) (io.ReaderAt, error) { return nil, nil }

// matrix measures strategies on a 4096 x 4096 matrix, on one core.
func (b *bench) matrix() {
	const side = 4096
	w := weights(side * side)
	m := network(raw(w), tensor.Float32, 1, side, side)
	plain := run(m, "none", 1, plan.Memory{})
	var seconds []float64
	for _, s := range []struct{ strategy, goal string }{{"kmeans", "at most 2.5"}, {"resolution", "at most 3.5"}, {"residual", "at most 2.5"}} {
		ratios, _ := b.pairs(processor, run(m, s.strategy, 1, plan.Memory{}), plain)
		b.add(s.strategy+" against plain, INT2, 4096 x 4096 float32, one core", "x", s.goal, ratios)
	}
	for range b.rounds {
		seconds = append(seconds, clock(processor).took(plain).Seconds())
	}
	b.add("plain, the same", "M weights/s", "at least 250", rates(len(w), seconds))
	ratios, seconds := b.pairs(processor, run(m, "kmeans", 1, plan.Memory{}), func() { minmax(w) })
	b.add("kmeans against one read by a plain min/max loop", "x", "at most 7", ratios)
	b.add("kmeans, the same", "M weights/s", "", rates(len(w), seconds))
}

//go:noinline
func minmax(w []float32) (lo, hi float32) {
	for _, v := range w {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	return lo, hi
}

// cores measures what two cores make of it.
func (b *bench) cores() {
	const side = 4096
	m := network(raw(weights(side*side)), tensor.Float32, 1, side, side)
	var seconds, bytes []float64
	for range b.rounds {
		bytes = append(bytes, memory(run(m, "kmeans", 2, discard{}))/(1<<20))
		seconds = append(seconds, clock(wall).took(run(m, "kmeans", 2, plan.Memory{})).Seconds())
	}
	b.add("kmeans, INT2, 4096 x 4096 float32, two cores", "s", "under 0.14", seconds)
	b.add("memory beyond weights and result, the same", "MiB", "under 200", bytes)
	runtime.GC()
	ten := network(raw(weights(side*1024)), tensor.Float32, 10, side, 1024)
	ratios, _ := b.pairs(wall, run(ten, "kmeans", 1, plan.Memory{}), run(ten, "kmeans", 2, plan.Memory{}))
	b.add("one worker against two, ten layers of 4096 x 1024", "x", "at least 1.7", ratios)
}

// sizes measures how the cost of a weight grows with their number.
func (b *bench) sizes() {
	all := bytes.Repeat(raw(weights(1<<24)), 1<<4)
	each := func(rows int) func() {
		return run(network(all[:4*4096*rows], tensor.Float32, 1, rows, 4096), "kmeans", 1, discard{})
	}
	small := func() {
		for range 16 {
			each(256)()
		}
	}
	ratios, _ := b.pairs(processor, each(4096), small)
	b.add("a weight of 16 M against one of 1 M", "x", "at most 1.5", ratios)
	long := *b
	long.rounds = min(3, b.rounds)
	ratios, seconds := long.pairs(processor, each(1<<16), each(4096))
	for i := range ratios {
		ratios[i] /= 16
	}
	b.add("a weight of 256 M against one of 16 M", "x", "at most 1.5", ratios)
	b.add("kmeans, 256 M weights", "M weights/s", "", rates(1<<28, seconds))
}
