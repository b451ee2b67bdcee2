package measure

import "math"

// Piece is the number of weights whose error is summed on its own, before the
// sums of pieces are added in order.
const Piece = 65536

// Noise compares weights with what is left of them after quantization.
type Noise struct {
	Signal float64 // sum of w^2
	Noise  float64 // sum of (w - w')^2
	MaxAbs float64 // largest |w - w'|
	N      int64   // weights seen
}

// Add takes in the weights w and their dequantized values.
func (s *Noise) Add(w, dequantized []float32) {
	for len(w) > 0 {
		n := min(Piece, len(w))
		s.Merge(piece(w[:n], dequantized[:n]))
		w, dequantized = w[n:], dequantized[n:]
	}
}

func piece(w, dequantized []float32) (s Noise) {
	s.N = int64(len(w))
	for i, v := range w {
		x, d := float64(v), float64(v)-float64(dequantized[i])
		s.Signal += float64(x * x)
		s.Noise += float64(d * d)
		s.MaxAbs = max(s.MaxAbs, d, -d)
	}
	return s
}

// Merge takes in what was measured on the pieces that follow.
func (s *Noise) Merge(o Noise) {
	s.Signal += o.Signal
	s.Noise += o.Noise
	s.MaxAbs = max(s.MaxAbs, o.MaxAbs)
	s.N += o.N
}

// Exact reports whether every weight came back as it was.
func (s Noise) Exact() bool { return s.MaxAbs == 0 }

// SQNR returns the signal-to-quantization-noise ratio in dB, +Inf when exact.
func (s Noise) SQNR() float64 {
	if s.Exact() {
		return math.Inf(1)
	}
	return Decibels(s.Signal / s.Noise)
}

// Decibels returns 10 log10(ratio), the same bits on every platform.
func Decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }
