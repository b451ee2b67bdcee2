package main

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// matrix is row-major, without gaps between its rows.
type matrix = blas64.General

func newMatrix(rows, cols int) matrix {
	return matrix{Rows: rows, Cols: cols, Stride: cols, Data: make([]float64, rows*cols)}
}

// multiply sets c to the product of a and b, each transposed or not.
//
// gonum adds the terms of a product in an order, and with roundings, that
// depend on the processor, and training turns a different last bit into a
// different network: after 8,000 digits gonum's assembly and its plain Go give
// different files. So gonum gets nothing to round: both factors are first
// rounded to so few bits, 19 to 24 for the layers here, that float64 holds every
// product and every sum of products exactly. Then the order does not matter,
// and the same seed gives the same bytes everywhere.
func multiply(ta, tb blas.Transpose, a, b, c matrix) {
	terms := a.Cols
	if ta == blas.Trans {
		terms = a.Rows
	}
	n := (53 - bits.Len(uint(terms))) / 2
	blas64.Gemm(ta, tb, 1, rounded(a, n), rounded(b, n), 0, c)
}

// rounded returns a copy of m whose elements are integers of at most n bits
// and a sign, times a power of two that they share.
func rounded(m matrix, n int) matrix {
	var largest float64
	for _, v := range m.Data {
		largest = max(largest, math.Abs(v))
	}
	_, exponent := math.Frexp(largest)
	// Adding a number whose last bit is worth 2^(exponent-n) rounds to that bit.
	shift := math.Ldexp(1.5, 52+exponent-n)
	r := newMatrix(m.Rows, m.Cols)
	for i, v := range m.Data {
		r.Data[i] = (v + shift) - shift
	}
	return r
}
