package lesson

import (
	"errors"
	"fmt"

	"splitquant/core/measure"
	"splitquant/core/quant"
	"splitquant/core/split"
)

// QuantizeAsk asks what becomes of some values that share their scales.
type QuantizeAsk struct {
	Values []float32 `json:"values,omitempty"`
	Data   []Data    `json:"data,omitempty"` // further values
	Ways   []Way     `json:"ways"`
}

// A Way is how to quantize, in the words of package recipe.
type Way struct {
	Bits int `json:"bits"`
	// Strategy is none, kmeans, resolution or residual, or chunks: three grids
	// for a third of the values each, by their place, as activations have them.
	Strategy  string `json:"strategy"`
	Symmetric bool   `json:"symmetric,omitempty"`
	Clip      string `json:"clip,omitempty"` // minmax where empty
	// First is how many of the values are quantized; 0: all.
	First int `json:"first,omitempty"`
	// Brief leaves out what becomes of each value.
	Brief bool `json:"brief,omitempty"`
}

// Quantized is what one way makes of the values.
type Quantized struct {
	Parts  []Part    `json:"parts"`            // one without a split
	Bounds []float32 `json:"bounds,omitempty"` // thresholds between the parts
	Of     []int     `json:"of,omitempty"`     // the part of each value; 0 for residual, whose parts have all
	Codes  []int32   `json:"codes,omitempty"`  // of each value, in its part; of the first part for residual
	Become []float32 `json:"become,omitempty"` // what is left of each value
	Error
	Small     Error   `json:"small"`      // of the values that are no outliers
	SmallUsed int     `json:"small_used"` // different numbers that these became
	Lost      float64 `json:"lost"`       // the squared error of the outliers
	Bits      float64 `json:"bits"`       // stored for each value, scales and zero points left out
	// Thirds are the errors of the first, the second and the last third.
	Thirds [split.K]Error `json:"thirds"`
}

// A Part is a grid and how many values lie on it.
type Part struct {
	Scale  float32   `json:"scale"`
	Zero   int32     `json:"zero"`
	Lo     int32     `json:"lo"` // smallest code
	Levels []float32 `json:"levels"`
	N      int       `json:"n"`
	Used   int       `json:"used"` // levels that some value became
}

// Error says how far values are from what they became.
type Error struct {
	Squared float64  `json:"squared"` // the sum of the squared errors
	Largest float64  `json:"largest"`
	N       int      `json:"n"`
	SQNR    *float64 `json:"sqnr,omitempty"` // in dB; nil without error
}

func quantizeAll(a QuantizeAsk) (Answer, error) {
	v, small, err := Draw(a.Values, a.Data...)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Values: v}
	for i, w := range a.Ways {
		n := len(v)
		if w.First != 0 {
			n = w.First
		}
		if n < 0 || n > len(v) {
			return Answer{}, fmt.Errorf("way %d: there are %d values, not %d", i, len(v), n)
		}
		q, err := quantize(v[:n], w)
		if err != nil {
			return Answer{}, fmt.Errorf("way %d: %w", i, err)
		}
		q.measure(v[:n], small)
		if w.Brief {
			q.Of, q.Codes, q.Become = nil, nil, nil
		}
		answer.Quantize = append(answer.Quantize, q)
	}
	return answer, nil
}

// quantize does with values what package plan does with a weight in one row.
func quantize(v []float32, w Way) (Quantized, error) {
	if w.Bits < 2 || w.Bits > 8 {
		return Quantized{}, fmt.Errorf("%d bits: want 2 to 8", w.Bits)
	}
	if len(v) == 0 {
		return Quantized{}, errors.New("no values to quantize")
	}
	if _, _, finite := quant.MinMax(v); !finite {
		return Quantized{}, errors.New("a value is not finite")
	}
	word := w.Clip
	if word == "" {
		word = "minmax"
	}
	clip, err := quant.ParseClip(word)
	if err != nil {
		return Quantized{}, err
	}
	p := quant.Params{Bits: w.Bits, Symmetric: w.Symmetric}
	var d split.Division
	switch w.Strategy {
	case "none":
		return encoded(v, nil, make([]int, len(v)), []quant.Grid{clip.Grid(v, p)}), nil
	case "residual":
		return byDigits(v, split.ResidualGrids(v, 1, false, p, clip)), nil
	case "chunks":
		return chunks(v, p, clip), nil
	case "kmeans":
		d, _, err = split.KMeans(v, 1)
	case "resolution":
		d, err = split.Resolution(v, 1, split.K, p, clip)
	default:
		return Quantized{}, fmt.Errorf("strategy %q is unknown", w.Strategy)
	}
	if err != nil {
		return Quantized{}, err
	}
	var grids []quant.Grid
	for _, g := range d.ClippedGrids(v, 1, false, p, clip) {
		grids = append(grids, g[0])
	}
	return encoded(v, d.Of(0), parts(v, d.Of(0)), grids), nil
}

// chunks gives each third of the values a grid, the first ones one value more
// where it does not come out even.
func chunks(v []float32, p quant.Params, clip quant.Clip) Quantized {
	of := make([]int, len(v))
	var grids []quant.Grid
	for c := range split.K {
		from, to := third(len(v), c)
		for i := from; i < to; i++ {
			of[i] = c
		}
		grids = append(grids, clip.Grid(v[from:to], p))
	}
	q := encoded(v, nil, of, grids)
	q.Bits = float64(p.Type().Bits()) // each value has one code only
	return q
}

// encoded puts each value on the grid of its part.
func encoded(v, bounds []float32, of []int, grids []quant.Grid) Quantized {
	q := Quantized{
		Bounds: reached(bounds), Of: of, Codes: make([]int32, len(v)), Become: make([]float32, len(v)),
		Bits: float64(len(grids) * grids[0].Params().Type().Bits()),
	}
	used := make([]map[int32]bool, len(grids))
	for p, g := range grids {
		used[p] = map[int32]bool{}
		q.Parts = append(q.Parts, newPart(g))
	}
	for i, x := range v {
		p := of[i]
		c := grids[p].Code(x)
		q.Codes[i], q.Become[i] = c, grids[p].Value(c)
		used[p][c] = true
		q.Parts[p].N++
	}
	for p := range q.Parts {
		q.Parts[p].Used = len(used[p])
	}
	return q
}

// byDigits puts each value on the sum of three grids.
func byDigits(v []float32, grids [][]quant.Grid) Quantized {
	q := Quantized{Of: make([]int, len(v)), Codes: make([]int32, len(v)), Become: make([]float32, len(v))}
	codes := make([][]uint8, len(grids))
	for p := range codes {
		codes[p] = make([]uint8, len(v))
	}
	split.EncodeResidual(codes, v, 1, grids)
	for p, g := range grids {
		q.Parts = append(q.Parts, newPart(g[0]))
		q.Parts[p].N = len(v)
		q.Bits += float64(g[0].Params().Type().Bits())
		g[0].AddDecoded(q.Become, codes[p])
		used := map[uint8]bool{}
		for _, c := range codes[p] {
			used[c] = true
		}
		q.Parts[p].Used = len(used)
	}
	for i, c := range codes[0] {
		q.Codes[i] = int32(c)
	}
	return q
}

// third returns where third number c of n values starts and ends.
func third(n, c int) (from, to int) {
	return (n*c + split.K - 1) / split.K, (n*(c+1) + split.K - 1) / split.K
}

// measure fills in how far the values are from what they became.
func (q *Quantized) measure(v []float32, small []bool) {
	var all, few measure.Noise
	all.Add(v, q.Become)
	became := map[float32]bool{}
	for i := range v {
		if small[i] {
			few.Add(v[i:i+1], q.Become[i:i+1])
			became[q.Become[i]] = true
		}
	}
	q.Error, q.Small, q.SmallUsed, q.Lost = newError(all), newError(few), len(became), 0
	for c := range q.Thirds {
		var noise measure.Noise
		from, to := third(len(v), c)
		noise.Add(v[from:to], q.Become[from:to])
		q.Thirds[c] = newError(noise)
	}
	for i := range v {
		if d := float64(v[i]) - float64(q.Become[i]); !small[i] {
			q.Lost += d * d
		}
	}
}

func newPart(g quant.Grid) Part {
	lo, hi := g.Limits()
	p := Part{Scale: g.Scale, Zero: g.Zero, Lo: lo}
	for c := lo; c <= hi; c++ {
		p.Levels = append(p.Levels, g.Value(c))
	}
	return p
}

func newError(n measure.Noise) Error {
	e := Error{Squared: n.Noise, Largest: n.MaxAbs, N: int(n.N)}
	if !n.Exact() && n.Signal > 0 {
		db := n.SQNR()
		e.SQNR = &db
	}
	return e
}

// reached leaves out thresholds that no value reaches, which are infinite.
func reached(bounds []float32) []float32 {
	var all []float32
	for _, b := range bounds {
		if b-b == 0 {
			all = append(all, b)
		}
	}
	return all
}

// parts returns the part of each value.
func parts(v, bounds []float32) []int {
	of := make([]int, len(v))
	for i, x := range v {
		of[i] = quant.Part(x, bounds)
	}
	return of
}
