package measure

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
func (s *Noise) Add(w, dequantized []float32) { panic("coming") }

// Merge takes in what was measured on the pieces that follow.
func (s *Noise) Merge(o Noise) { panic("coming") }

// Exact reports whether every weight came back as it was.
func (s Noise) Exact() bool { panic("coming") }

// SQNR returns the signal-to-quantization-noise ratio in dB, +Inf when exact.
func (s Noise) SQNR() float64 { panic("coming") }

// Decibels returns 10 log10(ratio), the same bits on every platform.
func Decibels(ratio float64) float64 { panic("coming") }
