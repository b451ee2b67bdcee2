package measure

// Storage is what some weights take in a file: codes, scales, zero points and tables.
type Storage struct {
	Weights int64 // weights of the layer; not three times as many where it is split
	Bytes   int64 // all that stands for them in the file
}

// Add takes in another layer.
func (s *Storage) Add(o Storage) { panic("coming") }

// BitsPerWeight returns the stored bits per weight, 0 without weights.
func (s Storage) BitsPerWeight() float64 { panic("coming") }
