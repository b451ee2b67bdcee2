package calibrate

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"splitquant/core/model"
	"splitquant/core/quant"
)

// A Method finds the range of a value in its histogram. The zero Method is
// min/max.
type Method struct {
	quant.Clip      // minmax, percentile or mse
	Entropy    bool // takes the range with the least divergence instead
}

// ParseMethod returns the method that a word stands for: entropy, or one of
// [quant.ParseClip].
func ParseMethod(word string) (Method, error) {
	if word == "entropy" {
		return Method{Entropy: true}, nil
	}
	c, err := quant.ParseClip(word)
	if err != nil && !strings.HasPrefix(word, "percentile:") {
		err = fmt.Errorf("method %q is unknown; it is minmax, percentile:P, mse or entropy", word)
	}
	return Method{Clip: c}, err
}

// String returns the word for m.
func (m Method) String() string {
	if m.Entropy {
		return "entropy"
	}
	return m.Clip.String()
}

// Range returns the range of a histogram for a grid, which matters to the
// methods that weigh steps against what is clipped.
func (m Method) Range(h *Histogram, p quant.Params) model.Range {
	all := model.Range{Min: h.Min, Max: h.Max}
	if h.N == h.Zeros || p.Flushes(h.Min, h.Max) {
		return all
	}
	switch {
	case m.Entropy:
		return leastDivergence(h, p)
	case m.MSE:
		return leastError(h, p)
	case m.Percentile != 0:
		return percentile(h, m.Percentile)
	}
	return all
}

// percentile returns the range that keeps p percent of the values, to the width
// of a bin; as many are cut off below as above.
func percentile(h *Histogram, p float64) model.Range {
	out := float64(h.N) * (100 - p) / 200 // on either side
	bins := h.bins()
	at := sort.Search(len(bins), func(i int) bool { return bins[i].at > 0 })
	if h.Zeros > 0 {
		zeros := bin{0, float64(h.Zeros)}
		bins = append(bins[:at:at], append([]bin{zeros}, bins[at:]...)...)
	}
	lo, hi := 0, len(bins)-1
	for below := bins[lo].n; below <= out && lo < hi; below += bins[lo].n {
		lo++
	}
	for above := bins[hi].n; above <= out && hi > lo; above += bins[hi].n {
		hi--
	}
	r := model.Range{Min: float32(bins[lo].at), Max: float32(bins[hi].at)}
	if lo == 0 {
		r.Min = h.Min
	}
	if hi == len(bins)-1 {
		r.Max = h.Max
	}
	return r
}

// steps is how finely the ends of a range are searched for: in so many steps
// from zero to the outermost value.
const steps = 64

// leastError returns the range with the least squared error, as far as moving
// one end at a time finds it.
func leastError(h *Histogram, p quant.Params) model.Range {
	bins := h.bins()
	at := func(lo, hi int) model.Range {
		return model.Range{Min: h.Min * float32(lo) / steps, Max: h.Max * float32(hi) / steps}
	}
	lo, hi := steps, steps
	least := squaredError(bins, at(lo, hi), p)
	for improved := true; improved; {
		improved = false
		for _, end := range []*int{&lo, &hi} {
			best := *end
			for *end = 1; *end <= steps; *end++ {
				if e := squaredError(bins, at(lo, hi), p); e < least {
					least, best, improved = e, *end, true
				}
			}
			*end = best
		}
	}
	return at(lo, hi)
}

// squaredError is what rounding to a grid over a range costs.
func squaredError(bins []bin, r model.Range, p quant.Params) (sum float64) {
	g := p.Fit(r.Min, r.Max)
	first, last := g.Limits()
	scale, lo, hi := float64(g.Scale), float64(first-g.Zero), float64(last-g.Zero)
	for _, b := range bins {
		d := b.at - scale*min(max(math.RoundToEven(b.at/scale), lo), hi)
		sum += b.n * d * d
	}
	return sum
}

// leastDivergence returns the range, both ends drawn in alike, for which the
// values rounded to its levels are distributed most like the clipped values.
func leastDivergence(h *Histogram, p quant.Params) model.Range {
	best, least := model.Range{Min: h.Min, Max: h.Max}, math.Inf(1)
	bins := h.bins()
	const fine = 2 * steps
	for i := fine; i >= fine/8; i-- { // with less, the bins are as wide as the levels
		r := model.Range{Min: h.Min * float32(i) / fine, Max: h.Max * float32(i) / fine}
		if d := divergence(bins, r, p); d < least {
			best, least = r, d
		}
	}
	return best
}

// divergence is the Kullback-Leibler divergence, in nats, of P, the values
// clipped to a range, from Q, in which all bins of a level that hold values hold
// equally many of those inside of the range. Q lacks what P has clipped to its
// ends, which is what clipping costs.
func divergence(bins []bin, r model.Range, p quant.Params) float64 {
	g := p.Fit(r.Min, r.Max)
	from := sort.Search(len(bins), func(i int) bool { return bins[i].at >= float64(r.Min) })
	to := sort.Search(len(bins), func(i int) bool { return bins[i].at > float64(r.Max) })
	if from == to {
		return math.Inf(1)
	}
	clipped := make([]float64, to-from)
	inside, total := 0.0, 0.0
	for i, b := range bins {
		clipped[min(max(i, from), to-1)-from] += b.n
		total += b.n
		if i >= from && i < to {
			inside += b.n
		}
	}
	sum := 0.0
	for i := from; i < to; {
		level, end, n := g.Code(float32(bins[i].at)), i, 0.0
		for ; end < to && g.Code(float32(bins[end].at)) == level; end++ {
			n += bins[end].n
		}
		q := n / float64(end-i) / inside
		for ; i < end; i++ {
			if x := clipped[i-from] / total; x > 0 {
				sum += x * math.Log(x/q)
			}
		}
	}
	return sum
}
