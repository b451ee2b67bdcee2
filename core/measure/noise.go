package measure

import "math"

// Piece is the number of weights whose error is summed on its own, before the
// sums of pieces are added in order.
const Piece = 65536

// Noise compares weights with what is left of them after quantization.
//
// The sums are of float64 and so depend, in their last bits, on the order of
// additions. It is fixed: a call of [Noise.Add] sums each run of Piece weights
// on its own. Work that is shared out gives the same bits as one call if it is
// cut at multiples of Piece, one Noise to a piece, and merged in their order.
type Noise struct {
	Signal float64 // sum of w^2
	Noise  float64 // sum of (w - w')^2
	MaxAbs float64 // largest |w - w'|
	N      int64   // weights seen
}

// Add takes in the weights w and their dequantized values, of which there are
// as many.
func (s *Noise) Add(w, dequantized []float32) {
	for len(w) > Piece {
		s.Merge(measure(w[:Piece], dequantized[:Piece]))
		w, dequantized = w[Piece:], dequantized[Piece:]
	}
	s.Merge(measure(w, dequantized))
}

// Merge takes in what was measured on the weights that follow.
func (s *Noise) Merge(o Noise) {
	s.Signal += o.Signal
	s.Noise += o.Noise
	s.MaxAbs = max(s.MaxAbs, o.MaxAbs)
	s.N += o.N
}

// Exact reports whether every weight came back as it was.
func (s Noise) Exact() bool { return s.Noise == 0 }

// SQNR returns the signal-to-quantization-noise ratio in dB,
// 10 log10(sum w^2 / sum (w-w')^2): +Inf when exact, -Inf when nothing but noise
// is there.
func (s Noise) SQNR() float64 {
	if s.Exact() {
		return math.Inf(1)
	}
	return Decibels(s.Signal / s.Noise)
}

// measure sums up one piece, in four interleaved sums of either kind: they need
// not wait for each other.
func measure(w, dequantized []float32) Noise {
	var s0, s1, s2, s3, n0, n1, n2, n3 float64
	var worst int64
	i := 0
	for ; i+4 <= len(w); i += 4 {
		v, q := (*[4]float32)(w[i:i+4:i+4]), (*[4]float32)(dequantized[i:i+4:i+4])
		w0, w1, w2, w3 := float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
		d0, d1, d2, d3 := w0-float64(q[0]), w1-float64(q[1]), w2-float64(q[2]), w3-float64(q[3])
		s0 += float64(w0 * w0)
		s1 += float64(w1 * w1)
		s2 += float64(w2 * w2)
		s3 += float64(w3 * w3)
		n0 += float64(d0 * d0)
		n1 += float64(d1 * d1)
		n2 += float64(d2 * d2)
		n3 += float64(d3 * d3)
		worst = max(worst, max(max(magnitude(d0), magnitude(d1)), max(magnitude(d2), magnitude(d3))))
	}
	for ; i < len(w); i++ {
		v := float64(w[i])
		d := v - float64(dequantized[i])
		s0 += float64(v * v)
		n0 += float64(d * d)
		worst = max(worst, magnitude(d))
	}
	return Noise{
		Signal: (s0 + s1) + (s2 + s3),
		Noise:  (n0 + n1) + (n2 + n3),
		MaxAbs: math.Float64frombits(uint64(worst)),
		N:      int64(len(w)),
	}
}

// magnitude returns the bits of |d|, which are ordered as the numbers are and
// whose maximum needs no branch.
func magnitude(d float64) int64 { return int64(math.Float64bits(d) &^ (1 << 63)) }

// Decibels returns 10 log10(ratio). Unlike math.Log10, whose logarithm is
// assembly on some processors, it returns the same bits on every platform, for
// what it says is written into files.
func Decibels(ratio float64) float64 {
	switch {
	case ratio < 0 || ratio != ratio:
		return math.NaN()
	case ratio == 0:
		return math.Inf(-1)
	case ratio > math.MaxFloat64:
		return ratio
	}
	m, e := math.Frexp(ratio) // ratio = m * 2^e with m in [1/2, 1)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	// ln m = 2 atanh(x), x = (m-1)/(m+1), |x| < 0.172: the term after the last
	// of the series is below 10^-17.
	x := (m - 1) / (m + 1)
	square := float64(x * x)
	sum := 0.0
	for k := 21; k >= 1; k -= 2 {
		sum = float64(sum*square) + 1/float64(k)
	}
	ln := float64(2 * float64(x*sum))
	return float64(10*math.Log10E*ln) + float64(10*math.Ln2*math.Log10E*float64(e))
}
