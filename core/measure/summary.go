package measure

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Summary describes the distribution of some values, for people to read: its
// last bits may differ between platforms. The zero Summary has no values.
type Summary struct {
	N, Zeros         int64
	Min, Max, AbsMax float64
	Mean, Std        float64 // Std with divisor N
	Kurtosis         float64 // excess: 0 for a normal distribution, the higher the more outliers; 0 where all values are equal
}

// Summarize describes values, which are finite.
func Summarize(values []float32) Summary {
	var m Moments
	m.Add(values)
	return m.Summary()
}

// Moments gathers what a [Summary] needs from values that come in pieces.
type Moments struct {
	n, zeros         int64
	min, max         float64
	mean, m2, m3, m4 float64 // sums of powers of the deviations from mean
}

// Add takes in more values, which are finite.
func (m *Moments) Add(values []float32) {
	x, y := make([]float64, 0, min(len(values), Piece)), make([]float64, min(len(values), Piece))
	for len(values) > 0 {
		n := min(len(values), Piece)
		x = x[:0]
		for _, v := range values[:n] {
			x = append(x, float64(v))
			if v == 0 {
				m.zeros++
			}
		}
		m.merge(moments(x, y[:n]))
		values = values[n:]
	}
}

// moments are those of the values x, but that zeros are not counted. It
// overwrites x and scratch, which is as long.
func moments(x, scratch []float64) Moments {
	m := Moments{
		n:    int64(len(x)),
		min:  floats.Min(x),
		max:  floats.Max(x),
		mean: stat.Mean(x, nil),
	}
	floats.AddConst(-m.mean, x)
	squares := floats.MulTo(scratch, x, x)
	m.m2, m.m3, m.m4 = floats.Sum(squares), floats.Dot(squares, x), floats.Dot(squares, squares)
	return m
}

// merge adds up moments about different means by the formulas of Pébay,
// "Formulas for robust, one-pass parallel computation of covariances and
// arbitrary-order statistical moments", Sandia report SAND2008-6212.
func (m *Moments) merge(o Moments) {
	if m.n == 0 {
		m.min, m.max = o.min, o.max
	}
	na, nb := float64(m.n), float64(o.n)
	n := na + nb
	d := o.mean - m.mean
	m.m4 += o.m4 + d*d*d*d*na*nb*(na*na-na*nb+nb*nb)/(n*n*n) +
		6*d*d*(na*na*o.m2+nb*nb*m.m2)/(n*n) + 4*d*(na*o.m3-nb*m.m3)/n
	m.m3 += o.m3 + d*d*d*na*nb*(na-nb)/(n*n) + 3*d*(na*o.m2-nb*m.m2)/n
	m.m2 += o.m2 + d*d*na*nb/n
	m.mean += d * nb / n
	m.min, m.max = min(m.min, o.min), max(m.max, o.max)
	m.n += o.n
	m.zeros += o.zeros
}

// Summary describes the values taken in so far.
func (m *Moments) Summary() Summary {
	s := Summary{
		N: m.n, Zeros: m.zeros,
		Min: m.min, Max: m.max, AbsMax: max(-m.min, m.max),
		Mean: m.mean,
	}
	if m.m2 > 0 {
		n := float64(m.n)
		s.Std = math.Sqrt(m.m2 / n)
		s.Kurtosis = n*m.m4/(m.m2*m.m2) - 3
	}
	return s
}
