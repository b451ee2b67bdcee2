package measure

// Histogram counts the values in each of bins equal intervals from lo to hi.
func Histogram(values []float32, lo, hi float32, bins int) []int64 { panic("coming") }

// Sparkline draws counts as one line of block characters.
func Sparkline(counts []int64) string { panic("coming") }
