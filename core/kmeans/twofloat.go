package kmeans

import "math"

// A twoFloat is the unevaluated sum hi + lo with |lo| at most half a unit in the
// last place of hi: 106 bits of precision from additions alone (Dekker, "A
// floating-point technique for extending the available precision", 1971).
type twoFloat struct{ hi, lo float64 }

// twoSum returns a + b and its rounding error, exactly (Knuth, TAOCP 2, 4.2.2).
func twoSum(a, b float64) twoFloat {
	s := a + b
	t := s - a
	return twoFloat{s, (a - (s - t)) + (b - t)}
}

// add returns a + b with an error of at most 2^-104 * (|a| + |b|).
func (a twoFloat) add(b twoFloat) twoFloat {
	s := twoSum(a.hi, b.hi)
	return twoSum(s.hi, s.lo+(a.lo+b.lo))
}

func (a twoFloat) neg() twoFloat { return twoFloat{-a.hi, -a.lo} }

// sub returns a - b, rounded to float64.
func (a twoFloat) sub(b twoFloat) float64 { return (a.hi - b.hi) + (a.lo - b.lo) }

// scaled returns m * ulp, exactly, for |m| < 2^62 and a power of two ulp.
func scaled(m int64, ulp float64) twoFloat {
	hi := float64(m)
	return twoFloat{hi * ulp, float64(m-int64(hi)) * ulp}
}

// units is the inverse of scaled.
func (a twoFloat) units(ulp float64) int64 {
	return int64(math.Round(a.hi/ulp)) + int64(math.Round(a.lo/ulp))
}
