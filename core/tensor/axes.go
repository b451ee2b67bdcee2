package tensor

import "iter"

// A Run is a half-open range of elements that follow each other.
type Run struct{ From, To int }

// Runs walks the n elements from flat index off of a tensor whose channels, dim
// of them, lie in blocks of inner elements (see [Shape.Axis]). It yields the
// channel and where in those n elements its next run lies, in order.
func Runs(off int64, n, dim, inner int) iter.Seq2[int, Run] { panic("coming") }

// SwapAxes copies src of shape [outer, dim, inner] to dst as [dim, outer, inner].
// With the result of [Shape.Axis] it brings all elements of a channel together;
// called again with outer and dim exchanged it brings them back.
func SwapAxes[T any](dst, src []T, outer, dim, inner int) { panic("coming") }
