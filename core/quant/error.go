package quant

// Error returns the squared error of the grid: the sum of (w - w')^2 over the
// weights, where w' is what the code of w stands for. It is added up in float64,
// in order.
func (g Grid) Error(w []float32) float64 { return SplitError(w, nil, []Grid{g}) }

// SplitError returns the squared error of a split whose parts have the given
// grids, as [EncodeSplit] codes them. The grids have up to 16 bits.
func SplitError(w, thresholds []float32, grids []Grid) float64 {
	lanes := make([]errorLane, len(grids))
	for p, g := range grids {
		lo, hi := g.Limits()
		lanes[p] = errorLane{g.rounder(), lo, hi, g.Zero}
	}
	cuts := make([]float32, len(thresholds))
	for p := range cuts {
		cuts[p] = cut(thresholds, p)
	}
	sum := 0.0
	for _, v := range w {
		p := uint32(0)
		for _, c := range cuts {
			p += beyond(v, c)
		}
		l := &lanes[p]
		code := min(max(int32(l.code(v)), l.lo), l.hi)
		d := float64(v) - float64(float32(code-l.zero)*l.scale)
		sum += float64(d * d)
	}
	return sum
}

type errorLane struct {
	rounder
	lo, hi, zero int32
}
