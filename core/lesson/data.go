package lesson

import (
	"fmt"
	"math/rand/v2"
)

// MostValues is how many values an ask may be about.
const MostValues = 1 << 16

// Data are values as the weights of a layer lie: a bell, and outliers.
type Data struct {
	Bell     int       `json:"bell,omitempty"`   // so many values around 0
	Spread   float64   `json:"spread,omitempty"` // their standard deviation, 1 where 0
	Outliers []float64 `json:"outliers,omitempty"`
}

// Draw returns given values and behind them those of the data, always the
// same. small tells which of them are no outliers.
func Draw(given []float32, data ...Data) (v []float32, small []bool, err error) {
	n := len(given)
	for _, d := range data {
		if d.Bell < 0 || d.Bell > MostValues {
			return nil, nil, fmt.Errorf("a bell of %d values", d.Bell)
		}
		n += d.Bell + len(d.Outliers)
	}
	if n > MostValues {
		return nil, nil, fmt.Errorf("a lesson has up to %d values", MostValues)
	}
	v = append(make([]float32, 0, n), given...)
	r := rand.New(rand.NewPCG(2501, 12428))
	small = make([]bool, n)
	for i := range given {
		small[i] = true
	}
	for _, d := range data {
		spread := d.Spread
		if spread == 0 {
			spread = 1
		}
		for range d.Bell {
			small[len(v)] = true
			v = append(v, float32(spread*bell(r)))
		}
		for _, x := range d.Outliers {
			v = append(v, float32(x))
		}
	}
	return v, small, nil
}

// bell draws from nearly the normal distribution: the sum of twelve even ones,
// whose variance is 1. Unlike a logarithm it is the same on every processor.
func bell(r *rand.Rand) float64 {
	s := -6.0
	for range 12 {
		s += r.Float64()
	}
	return s
}
