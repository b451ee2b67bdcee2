package tensor

import "iter"

// A Run is a half-open range of elements that follow each other.
type Run struct{ From, To int }

// Runs walks the n elements from flat index off of a tensor whose channels, dim
// of them, lie in runs of inner elements (see [Shape.Axis]). It yields, in
// order, a channel and where its run lies among those n elements; the first
// and the last run may be cut short. Where inner is 1 every run is one
// element, and [SwapAxes] first is faster.
func Runs(off int64, n, dim, inner int) iter.Seq2[int, Run] {
	return func(yield func(int, Run) bool) {
		for from := 0; from < n; {
			at := off + int64(from)
			to := min(n, from+inner-int(at%int64(inner)))
			if !yield(int(at/int64(inner)%int64(dim)), Run{from, to}) {
				return
			}
			from = to
		}
	}
}

// SwapAxes copies src of shape [outer, dim, inner] to dst as [dim, outer, inner].
// With the result of [Shape.Axis] it brings all elements of a channel together;
// called again with outer and dim exchanged it brings them back. The two must
// not overlap.
func SwapAxes[T any](dst, src []T, outer, dim, inner int) {
	if inner == 1 {
		transpose(dst, src, outer, dim)
		return
	}
	for o := range outer {
		for d := range dim {
			copy(dst[(d*outer+o)*inner:][:inner], src[(o*dim+d)*inner:])
		}
	}
}

// transpose turns rows x columns into columns x rows, eight rows at a time, so
// that what is written lies together.
func transpose[T any](dst, src []T, rows, columns int) {
	r := 0
	for ; r+8 <= rows; r += 8 {
		row := func(k int) []T { return src[(r+k)*columns:][:columns] }
		s0, s1, s2, s3 := row(0), row(1), row(2), row(3)
		s4, s5, s6, s7 := row(4), row(5), row(6), row(7)
		for c := range columns {
			d := (*[8]T)(dst[c*rows+r:])
			d[0], d[1], d[2], d[3] = s0[c], s1[c], s2[c], s3[c]
			d[4], d[5], d[6], d[7] = s4[c], s5[c], s6[c], s7[c]
		}
	}
	for ; r < rows; r++ {
		for c := range columns {
			dst[c*rows+r] = src[r*columns+c]
		}
	}
}
