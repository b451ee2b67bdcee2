package tensor

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Strided returns the elements of a tensor, row-major, that lie in r with the
// distances strides from one to the next along each axis, counted in elements
// from offset on, as PyTorch's views and NumPy's column-major arrays do. r holds
// elems elements of the given size in bytes.
//
// What it returns reads with windows of fixed size, in the order of r as far as
// a read allows: any piece of a transposed matrix costs one pass over the matrix.
func Strided(r io.ReaderAt, size, elems, offset int64, shape Shape, strides []int64) (io.ReaderAt, error) {
	n, err := shape.Elems()
	if err != nil {
		return nil, err
	}
	if err := reach(n, elems, offset, shape, strides); err != nil {
		return nil, err
	}
	if n == 0 {
		return io.NewSectionReader(r, 0, 0), nil
	}
	if contiguous(shape, strides) {
		return io.NewSectionReader(r, offset*size, n*size), nil
	}
	return &strided{r: r, size: size, n: n, end: elems * size, offset: offset, shape: shape, strides: strides}, nil
}

// reach reports elements that do not lie among the elems of the storage.
func reach(n, elems, offset int64, shape Shape, strides []int64) error {
	if len(strides) != len(shape) {
		return fmt.Errorf("%d strides for shape %v", len(strides), shape)
	}
	if offset < 0 || offset > elems {
		return fmt.Errorf("it begins at element %d of a storage of %d", offset, elems)
	}
	if n > elems {
		return fmt.Errorf("shape %v has %d elements, its storage %d", shape, n, elems)
	}
	last := offset
	for i, d := range shape {
		if strides[i] < 0 {
			return fmt.Errorf("strides %v: one is negative", strides)
		}
		if n > 0 && d > 1 {
			if strides[i] > (math.MaxInt64-last)/(d-1) {
				return fmt.Errorf("strides %v reach beyond the storage of %d elements", strides, elems)
			}
			last += (d - 1) * strides[i]
		}
	}
	if n > 0 && last >= elems {
		return fmt.Errorf("strides %v of shape %v reach element %d of a storage of %d", strides, shape, last, elems)
	}
	return nil
}

func contiguous(shape Shape, strides []int64) bool {
	want := int64(1)
	for i, d := range slices.Backward(shape) {
		if d != 1 && strides[i] != want {
			return false
		}
		want *= d
	}
	return true
}

type strided struct {
	r       io.ReaderAt
	size    int64 // of an element, in bytes
	n       int64 // elements of the tensor
	end     int64 // of r, in bytes
	offset  int64
	shape   Shape
	strides []int64
}

// ReadAt implements io.ReaderAt.
func (s *strided) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("tensor: negative offset")
	}
	total := s.n * s.size
	if at >= total {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), total-at)]
	from, to := at/s.size, (at+int64(len(want))+s.size-1)/s.size
	whole := want
	if at%s.size != 0 || int64(len(want))%s.size != 0 {
		whole = make([]byte, (to-from)*s.size)
	}
	box := box{start: make([]int64, len(s.shape)), count: make([]int64, len(s.shape))}
	if err := s.boxes(whole, from, to, 0, box); err != nil {
		return 0, err
	}
	if len(whole) != len(want) {
		copy(want, whole[at%s.size:])
	}
	if len(want) < len(p) {
		return len(want), io.EOF
	}
	return len(want), nil
}

// A box is a range of indices along each axis, and where its first element goes.
type box struct {
	start, count []int64
	to           int64
}

// boxes cuts elements from up to to, counted within the sub-tensor of the axes
// from axis on, into boxes, and reads them.
func (s *strided) boxes(dst []byte, from, to int64, axis int, b box) error {
	if from >= to {
		return nil
	}
	if axis == len(s.shape) {
		return s.read(dst, b)
	}
	inner := int64(1)
	for _, d := range s.shape[axis+1:] {
		inner *= d
	}
	first, last := from/inner, to/inner // whole sub-tensors, once the ends are cut off
	part := func(index, from, to int64) error {
		sub := box{slices.Clone(b.start), slices.Clone(b.count), b.to}
		sub.start[axis], sub.count[axis] = index, 1
		return s.boxes(dst[:(to-from)*s.size], from, to, axis+1, sub)
	}
	if from%inner != 0 {
		end := min((first+1)*inner, to)
		if err := part(first, from-first*inner, end-first*inner); err != nil {
			return err
		}
		dst = dst[(end-from)*s.size:]
		from, first = end, first+1
	}
	if first < last {
		sub := box{slices.Clone(b.start), slices.Clone(b.count), 0}
		sub.start[axis], sub.count[axis] = first, last-first
		for i := axis + 1; i < len(s.shape); i++ {
			sub.start[i], sub.count[i] = 0, s.shape[i]
		}
		if err := s.read(dst[:(last-first)*inner*s.size], sub); err != nil {
			return err
		}
		dst = dst[(last-first)*inner*s.size:]
		from = last * inner
	}
	if from < to {
		return part(last, from-last*inner, to-last*inner)
	}
	return nil
}

// read reads a box into dst, row-major, in the order in which it lies in r.
func (s *strided) read(dst []byte, b box) error {
	type axis struct{ count, from, to int64 } // distances in bytes
	var axes []axis
	at, step := s.offset*s.size, s.size
	for i := len(b.count) - 1; i >= 0; i-- {
		at += b.start[i] * s.strides[i] * s.size
		if b.count[i] != 1 {
			axes = append(axes, axis{b.count[i], s.strides[i] * s.size, step})
		}
		step *= b.count[i]
	}
	slices.SortStableFunc(axes, func(a, b axis) int { return int(min(max(b.from-a.from, -1), 1)) })
	w := window{r: s.r, end: s.end}
	var walk func(axes []axis, from, to int64) error
	walk = func(axes []axis, from, to int64) error {
		if len(axes) == 0 {
			p, err := w.at(from, s.size)
			copy(dst[to:to+s.size], p)
			return err
		}
		for i := range axes[0].count {
			if err := walk(axes[1:], from+i*axes[0].from, to+i*axes[0].to); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(axes, at, 0)
}

// A window keeps the bytes around the last ones that were read.
type window struct {
	r    io.ReaderAt
	end  int64
	from int64
	buf  []byte
}

const windowSize = 64 << 10

func (w *window) at(from, n int64) ([]byte, error) {
	if from < w.from || from+n > w.from+int64(len(w.buf)) {
		size := min(max(windowSize, n), w.end-from)
		if int64(cap(w.buf)) < size {
			w.buf = make([]byte, size)
		}
		w.from, w.buf = from, w.buf[:size]
		if got, err := w.r.ReadAt(w.buf, from); int64(got) < size {
			w.buf = w.buf[:0]
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return w.buf[from-w.from : from-w.from+n], nil
}
