package lesson

import (
	"fmt"
	"math"

	"splitquant/core/quant"
	"splitquant/core/split"
)

// LayerAsk asks for the split of a small Linear layer, y = W x, without bias.
type LayerAsk struct {
	Weight []float32 `json:"weight"` // row by row
	Input  []float32 `json:"input"`  // one number for each column
	Bits   int       `json:"bits"`   // 0: the parts stay in float
}

// Layer is the layer in three.
type Layer struct {
	Parts   [][]float32 `json:"parts"`   // lower, middle, upper, as the weight
	Outputs [][]float32 `json:"outputs"` // of each part
	Sum     []float32   `json:"sum"`     // of these outputs
	Whole   []float32   `json:"whole"`   // the output of the layer before
	Of      []int       `json:"of"`      // the part of each weight
	Bounds  []float32   `json:"bounds"`
	// Rebuilt is the largest difference between the weight and the sum of its
	// parts, Apart the largest between the outputs.
	Rebuilt float64 `json:"rebuilt"`
	Apart   float64 `json:"apart"`
}

func layer(a LayerAsk) (Answer, error) {
	cols := len(a.Input)
	if cols == 0 || len(a.Weight)%cols != 0 || len(a.Weight) > MostValues {
		return Answer{}, fmt.Errorf("a weight of %d numbers does not fit an input of %d", len(a.Weight), cols)
	}
	if a.Bits != 0 && (a.Bits < 2 || a.Bits > 8) {
		return Answer{}, fmt.Errorf("%d bits: want 2 to 8, or 0 for float", a.Bits)
	}
	d, _, err := split.KMeans(a.Weight, 1)
	if err != nil {
		return Answer{}, err
	}
	bounds := d.Of(0)
	l := &Layer{Bounds: reached(bounds), Of: parts(a.Weight, bounds), Whole: times(a.Weight, a.Input)}
	l.Sum = make([]float32, len(l.Whole))
	sum := make([]float32, len(a.Weight))
	var grids [][]quant.Grid
	if a.Bits != 0 {
		grids = d.Grids(a.Weight, 1, false, quant.Params{Bits: a.Bits})
	}
	for p := range d.Parts() {
		part := make([]float32, len(a.Weight))
		for i, w := range a.Weight {
			if l.Of[i] != p {
				continue
			}
			part[i] = w
			if grids != nil {
				g := grids[p][0]
				part[i] = g.Value(g.Code(w))
			}
		}
		y := times(part, a.Input)
		l.Parts, l.Outputs = append(l.Parts, part), append(l.Outputs, y)
		for i := range part {
			sum[i] += part[i]
		}
		for i := range y {
			l.Sum[i] += y[i]
		}
	}
	l.Rebuilt, l.Apart = farthest(sum, a.Weight), farthest(l.Sum, l.Whole)
	return Answer{Layer: l}, nil
}

// times returns w x, in float32, column by column.
func times(w, x []float32) []float32 {
	y := make([]float32, len(w)/len(x))
	for i := range y {
		for j, v := range x {
			y[i] += float32(w[i*len(x)+j] * v)
		}
	}
	return y
}

func farthest(a, b []float32) float64 {
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i])))
	}
	return most
}
