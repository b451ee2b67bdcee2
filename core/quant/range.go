package quant

// MinMax returns the smallest and the largest of values, and whether all of
// them are finite; if not, lo and hi mean nothing. Without values it returns 0, 0, true.
func MinMax(values []float32) (lo, hi float32, finite bool) { panic("coming") }

// A Range is what is known of some weights before a grid is laid over them.
// The zero Range has seen none.
type Range struct {
	Lo, Hi    float32 // smallest and largest, 0 when N is 0
	N         int64   // how many
	NonFinite bool    // one of them is NaN or infinite; then Lo and Hi mean nothing
}

// Add widens the range by the values w.
func (r *Range) Add(w []float32) { panic("coming") }

// Merge widens the range by what another has seen.
func (r *Range) Merge(o Range) { panic("coming") }
