package measure

import "strings"

// Histogram counts the values in each of bins equal intervals from lo to hi,
// for a figure. The last one includes hi; what lies outside, or is NaN, is not
// counted. Where lo equals hi, the first interval has all that is there.
func Histogram(values []float32, lo, hi float32, bins int) []int64 {
	counts := make([]int64, bins)
	perUnit := float64(bins) / (float64(hi) - float64(lo))
	for _, v := range values {
		if v < lo || v > hi || v != v {
			continue
		}
		bin := 0
		if hi > lo {
			bin = min(int((float64(v)-float64(lo))*perUnit), bins-1)
		}
		counts[bin]++
	}
	return counts
}

// Sparkline draws counts as a line of as many block characters, the highest
// for the largest. What is there at all is seen: only 0 is a space.
func Sparkline(counts []int64) string {
	top := int64(1)
	for _, c := range counts {
		top = max(top, c)
	}
	var line strings.Builder
	for _, c := range counts {
		if c <= 0 {
			line.WriteByte(' ')
			continue
		}
		eighths := 1 + int(7*float64(c)/float64(top))
		line.WriteRune('▁' + rune(eighths-1))
	}
	return line.String()
}
