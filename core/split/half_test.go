package split

import (
	"math"
	"math/rand/v2"
	"testing"
)

func rowsOf(scales ...float32) []float32 {
	r := rand.New(rand.NewPCG(5, 6))
	var w []float32
	for _, s := range scales {
		for range 64 {
			w = append(w, s*float32(r.NormFloat64()))
		}
	}
	return w
}

// The scales fit in float16, and the error grows by no more than their
// rounding: one part in 2^11 of each weight.
func TestHalfScales(t *testing.T) {
	w := rowsOf(0.02, 0.5, 3e-4, 0)
	c, err := KMeansCodebook(w, 4, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	before := c.Error(w)
	if Halves(c.Scales) {
		t.Error("the scales fit in float16 before they are rounded")
	}
	c.HalfScales()
	if !Halves(c.Scales) {
		t.Errorf("scales %v do not fit in float16", c.Scales)
	}
	for _, s := range c.Scales {
		// 11 significant bits, and not below the smallest normal number.
		if _, e := math.Frexp(float64(s)); s != 0 && (math.Mod(math.Ldexp(float64(s), 11-e), 1) != 0 || s < 1.0/(1<<14) || s > 1) {
			t.Errorf("scale %v is no normal float16 up to 1", s)
		}
	}
	var signal float64
	for _, v := range w {
		signal += float64(v) * float64(v)
	}
	if after := c.Error(w); after > before+signal/(1<<20) {
		t.Errorf("error %v, was %v", after, before)
	}
}

// Scales that differ too much stay as they are.
func TestHalfScalesOfWideRange(t *testing.T) {
	w := rowsOf(1, 1e-6)
	c, err := KMeansCodebook(w, 2, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	before := append([]float32(nil), c.Scales...)
	c.HalfScales()
	if c.Scales[0] != before[0] || c.Scales[1] != before[1] {
		t.Errorf("scales %v became %v", before, c.Scales)
	}
}
