package plan

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
)

// The piece that was used last is the last to go.
func TestKept(t *testing.T) {
	k := pieceCache{most: 30}
	w := new(model.Tensor)
	for i := range int64(3) {
		k.put(w, Piece{i, i + 1}, bytes.Repeat([]byte{byte(i)}, 10))
	}
	if raw := k.take(w, Piece{0, 1}); !bytes.Equal(raw, make([]byte, 10)) {
		t.Fatalf("kept %v", raw)
	} else if k.take(w, Piece{0, 1}) != nil {
		t.Error("it can be taken twice")
	} else {
		k.put(w, Piece{0, 1}, raw)
	}
	k.put(w, Piece{3, 4}, make([]byte, 10))
	for i, want := range []bool{true, false, true, true} {
		if got := k.take(w, Piece{int64(i), int64(i) + 1}) != nil; got != want {
			t.Errorf("piece %d is kept: %t, want %t", i, got, want)
		}
	}
	if k.put(w, Piece{0, 9}, make([]byte, 31)); k.size != 0 || len(k.list) != 0 {
		t.Errorf("%d bytes in %d pieces are kept", k.size, len(k.list))
	}
}

// counted counts the bytes that are read.
type counted struct {
	io.ReaderAt
	n atomic.Int64
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	c.n.Add(int64(len(p)))
	return c.ReaderAt.ReadAt(p, at)
}

// Where reading is slow, all rounds read a weight once, and the next run not at
// all; otherwise each reads it again.
func TestReadOnce(t *testing.T) {
	defer func(p, s, m int64) { pieceSize, slab, kept.most = p, s, m }(pieceSize, slab, kept.most)
	pieceSize, slab = 2*chunk, 8*2*chunk
	const size = 4 * 5 * chunk
	w := weight("fc", 1, 5, chunk)
	data := &counted{ReaderAt: w.Data}
	w.Data = data
	m := &model.Model{Tensors: []*model.Tensor{w}, Layers: []model.Layer{{Name: "fc", Op: "Linear", Kind: model.Linear, Shape: w.Shape, Weight: w}}}
	p, err := New(m, recipe.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ most, want int64 }{{0, 3 * size}, {0, 3 * size}, {2 * size, size}, {2 * size, 0}} {
		kept.most = c.most
		data.n.Store(0)
		if _, err := p.Run(context.Background(), Memory{}, 2, nil); err != nil {
			t.Fatal(err)
		}
		if got := data.n.Load(); got != c.want {
			t.Errorf("keeping %d bytes, %d of %d were read, want %d", c.most, got, size, c.want)
		}
	}
}
