package tensor

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// Every element is where the definition of a stride says, whatever piece is read.
func TestStrided(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		shape, strides := Shape{}, []int64{}
		step := int64(1)
		for range 1 + r.IntN(4) {
			shape = append(shape, 1+r.Int64N(5))
			strides = append(strides, step)
			step *= shape[len(shape)-1] + r.Int64N(2) // some views leave gaps
		}
		r.Shuffle(len(shape), func(i, j int) {
			shape[i], shape[j] = shape[j], shape[i]
			strides[i], strides[j] = strides[j], strides[i]
		})
		offset, size := r.Int64N(4), []int64{1, 2, 4, 8}[r.IntN(4)]
		storage := make([]byte, (offset+step)*size)
		for i := range storage {
			storage[i] = byte(r.Uint32())
		}
		data, err := Strided(bytes.NewReader(storage), size, offset+step, offset, shape, strides)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := shape.Elems()
		var want []byte
		for i := range n {
			at, rest := offset, i
			for a := len(shape) - 1; a >= 0; a-- {
				at += rest % shape[a] * strides[a]
				rest /= shape[a]
			}
			want = append(want, storage[at*size:(at+1)*size]...)
		}
		got, err := io.ReadAll(io.NewSectionReader(data, 0, 1<<20))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("shape %v strides %v: % x, want % x, %v", shape, strides, got, want, err)
		}
		from := r.IntN(len(want))
		to := from + r.IntN(len(want)-from)
		piece := make([]byte, to-from)
		if _, err := data.ReadAt(piece, int64(from)); err != nil || !bytes.Equal(piece, want[from:to]) {
			t.Fatalf("shape %v strides %v, bytes %d to %d: % x, want % x, %v", shape, strides, from, to, piece, want[from:to], err)
		}
	}
}

func TestStridedErrors(t *testing.T) {
	for _, c := range []struct {
		elems, offset int64
		shape         Shape
		strides       []int64
		want          string
	}{
		{6, 0, Shape{2, 3}, []int64{3}, "1 strides"},
		{6, 7, Shape{0}, []int64{1}, "element 7 of a storage of 6"},
		{6, 1, Shape{2, 3}, []int64{3, 1}, "reach element 6"},
		{6, 0, Shape{2, 3}, []int64{1 << 62, 1}, "reach"},
		{6, 0, Shape{1 << 40}, []int64{0}, "its storage 6"},
		{6, 0, Shape{3}, []int64{-1}, "negative"},
		{6, 0, Shape{-3}, []int64{1}, "negative"},
	} {
		if _, err := Strided(bytes.NewReader(make([]byte, 24)), 4, c.elems, c.offset, c.shape, c.strides); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A transposed matrix of 4 MB is read in pieces, each with one pass over it.
func TestStridedPasses(t *testing.T) {
	const rows, cols = 1024, 1024
	storage := &counter{ReaderAt: bytes.NewReader(make([]byte, 4*rows*cols))}
	data, err := Strided(storage, 4, rows*cols, 0, Shape{rows, cols}, []int64{1, rows})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := data.ReadAt(make([]byte, 1<<20), 1<<20); err != nil {
		t.Fatal(err)
	}
	if storage.bytes > 4*rows*cols+windowSize {
		t.Errorf("%d bytes were read of %d", storage.bytes, 4*rows*cols)
	}
}

type counter struct {
	io.ReaderAt
	bytes int
}

func (c *counter) ReadAt(p []byte, at int64) (int, error) {
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, at)
}
