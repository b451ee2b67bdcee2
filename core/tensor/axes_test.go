package tensor

import (
	"slices"
	"testing"
)

// A flat index i has channel i / inner % dim: that sentence of the
// documentation of Shape.Axis is the oracle of all tests here.

var shapes = []Shape{{1}, {7}, {3, 5}, {5, 1}, {16, 9}, {9, 17}, {2, 3, 4}, {8, 1, 3, 3}, {2, 3, 2, 5}}

func counting(n int) []uint16 {
	s := make([]uint16, n)
	for i := range s {
		s[i] = uint16(i)
	}
	return s
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		s                 Shape
		axis              int
		outer, dim, inner int
	}{
		{Shape{5}, 0, 1, 5, 1},
		{Shape{64, 32, 3, 3}, 0, 1, 64, 288},
		{Shape{64, 32, 3, 3}, 1, 64, 32, 9},
		{Shape{128, 512}, 1, 128, 512, 1},
	} {
		if o, d, i := c.s.Axis(c.axis); o != c.outer || d != c.dim || i != c.inner {
			t.Errorf("%v.Axis(%d) = %d %d %d, want %d %d %d", c.s, c.axis, o, d, i, c.outer, c.dim, c.inner)
		}
	}
}

func TestRuns(t *testing.T) {
	for _, s := range shapes {
		for axis := range s {
			outer, dim, inner := s.Axis(axis)
			n := outer * dim * inner
			for off := range n + 1 {
				for count := range n - off + 1 {
					next := 0
					for channel, run := range Runs(int64(off), count, dim, inner) {
						if run.From != next || run.To <= run.From {
							t.Fatalf("%v axis %d: run %v follows %d", s, axis, run, next)
						}
						for i := run.From; i < run.To; i++ {
							if want := (off + i) / inner % dim; channel != want {
								t.Fatalf("%v axis %d, %d from %d: element %d is in channel %d, want %d", s, axis, count, off, i, channel, want)
							}
						}
						next = run.To
					}
					if next != count {
						t.Fatalf("%v axis %d, %d from %d: runs end at %d", s, axis, count, off, next)
					}
				}
			}
		}
	}
}

func TestSwapAxes(t *testing.T) {
	for _, s := range append(shapes, Shape{0, 3}, Shape{33, 40}) {
		for axis := range s {
			outer, dim, inner := s.Axis(axis)
			src := counting(outer * dim * inner)
			var want []uint16
			for channel := range dim {
				for i := range src {
					if i/inner%dim == channel {
						want = append(want, src[i])
					}
				}
			}
			got, back := make([]uint16, len(src)), make([]uint16, len(src))
			SwapAxes(got, src, outer, dim, inner)
			if !slices.Equal(got, want) {
				t.Fatalf("%v axis %d: %v, want %v", s, axis, got, want)
			}
			SwapAxes(back, got, dim, outer, inner)
			if !slices.Equal(back, src) {
				t.Fatalf("%v axis %d: comes back as %v", s, axis, back)
			}
		}
	}
}
