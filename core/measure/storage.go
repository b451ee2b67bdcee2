package measure

// Storage is what some weights take in a file: codes, scales, zero points and
// tables. The zero Storage is ready to add to.
type Storage struct {
	Weights int64 // weights of the layer; not three times as many where it is split
	Bytes   int64 // all that stands for them in the file
}

// Add takes in other weights.
func (s *Storage) Add(o Storage) {
	s.Weights += o.Weights
	s.Bytes += o.Bytes
}

// BitsPerWeight returns the stored bits per weight, 0 without weights.
func (s Storage) BitsPerWeight() float64 {
	if s.Weights == 0 {
		return 0
	}
	return 8 * float64(s.Bytes) / float64(s.Weights)
}
