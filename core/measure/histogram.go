package measure

// Histogram counts the values in each of bins equal intervals from lo to hi.
func Histogram(values []float32, lo, hi float32, bins int) []int64 {
	counts := make([]int64, bins)
	width := (float64(hi) - float64(lo)) / float64(bins)
	for _, v := range values {
		i := 0
		if width > 0 {
			i = min(max(int((float64(v)-float64(lo))/width), 0), bins-1)
		}
		counts[i]++
	}
	return counts
}

// Sparkline draws counts as one line of block characters.
func Sparkline(counts []int64) string { panic("coming") }
