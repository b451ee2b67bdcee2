package tensor

import (
	"math"
	"testing"
)

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		t    Type
		n    int64
		want int64 // -1 for an error
	}{
		{Float32, 3, 12}, {Float64, 1, 8}, {BFloat16, 5, 10}, {Bool, 7, 7},
		{Int4, 0, 0}, {Int4, 1, 1}, {Uint4, 3, 2}, {Int2, 4, 1}, {Uint2, 5, 2},
		{Complex128, 2, 32}, {String, 1, -1}, {Invalid, 0, -1}, {Type(200), 1, -1}, {Float32, -1, -1},
		{Uint8, math.MaxInt64 / 8, math.MaxInt64 / 8}, {Float64, math.MaxInt64 / 8, -1},
	} {
		got, err := c.t.Bytes(c.n)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%v.Bytes(%d) = %d (%v), want %d", c.t, c.n, got, err, c.want)
		}
	}
}

func TestElems(t *testing.T) {
	for _, c := range []struct {
		s    Shape
		want int64 // -1 for an error
	}{
		{nil, 1}, {Shape{5}, 5}, {Shape{2, 0, 3}, 0}, {Shape{2, 3, 4}, 24},
		{Shape{2, -1}, -1}, {Shape{1 << 32, 1 << 31}, -1}, {Shape{1 << 31, 1 << 31}, 1 << 62},
	} {
		got, err := c.s.Elems()
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%v.Elems() = %d (%v), want %d", c.s, got, err, c.want)
		}
	}
}
