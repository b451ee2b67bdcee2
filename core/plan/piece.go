package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"

	"splitquant/core/fold"
	"splitquant/core/model"
	"splitquant/core/quant"
	"splitquant/core/tensor"
)

// A Piece is a run of a weight's elements, in the order of the file, that is read
// and worked on at a time: from From up to To.
type Piece struct{ From, To int64 }

// pieceSize is how many weights a piece has: a multiple of chunk. Tests make it
// small.
var pieceSize = int64(1 << 22)

// chunk is how many weights are decoded and measured at a time: few enough for
// the processor's cache, and a multiple of 8, so that packed codes start on a byte.
const chunk = 1 << 16

// Pieces returns the pieces of the weight: one of all but a large weight, and of
// one that can only be worked on as a whole. They do not depend on who works on
// them.
func (u *Unit) Pieces() []Piece {
	if u.elems <= pieceSize || !u.divisible() {
		return []Piece{{0, u.elems}}
	}
	return cutAt(u.elems, pieceSize)
}

// learnPieces are the pieces of the first stage: where rows have divisions of
// their own, whole rows.
func (u *Unit) learnPieces() []Piece {
	if p := u.Pieces(); len(p) == 1 || !u.byRows() {
		return p
	}
	_, dim, inner := u.runs()
	rows := max(1, pieceSize/int64(inner))
	return cutAt(int64(dim)*int64(inner), rows*int64(inner))
}

func cutAt(n, size int64) (pieces []Piece) {
	for from := int64(0); from < n; from += size {
		pieces = append(pieces, Piece{from, min(from+size, n)})
	}
	return pieces
}

// divisible reports whether the weight can be worked on in pieces.
func (u *Unit) divisible() bool {
	return u.inRounds() || u.byRows()
}

// inRounds reports whether all that must be known of the weight can be summed
// up piece by piece, as a [learner] does it.
func (u *Unit) inRounds() bool {
	o := u.Options
	switch {
	case u.elems <= chunk || u.group > 0 || u.blocks > 1 || u.codebook() || o.Clip != "minmax":
		return false
	case u.Split && u.float() && o.Strategy == "residual":
		return false
	case !u.Split || o.Strategy == "residual":
		return true
	case u.kernels || u.perRow && o.Strategy == "resolution": // each row has a division of its own
		return false
	}
	return u.Options.Parts == parts || u.counts()
}

// byRows reports whether rows that lie one after another have divisions and
// scales of their own, so that some of them can be learned without the others.
func (u *Unit) byRows() bool {
	if u.inRounds() || u.group > 0 || u.codebook() || !u.byChannel() || !u.perRow && !u.float() {
		return false
	}
	if u.Split && u.float() && u.Options.Strategy == "residual" {
		return false
	}
	if u.Split && !u.kernels && u.Options.Strategy == "kmeans" {
		return false
	}
	outer, _, _ := u.runs()
	return outer == 1
}

// counts reports whether the values of the weight's type are so few that they can
// be counted one by one.
func (u *Unit) counts() bool { return u.Weight.Type.Bits() == 16 }

// A source is a piece of a weight, of which some is in memory.
type source struct {
	u      *Unit
	piece  Piece
	held   Piece     // what is in memory
	raw    []byte    // its bytes
	values []float32 // of a chunk
}

// slab is how many bytes are read at a time: what stays in the processor's cache
// until it is decoded. In a browser, where reading is a message to another process,
// it is a whole piece, which is then kept for the next round. A chunk is the least.
var slab = int64(1 << 18)

func init() {
	if runtime.GOOS == "js" {
		slab = 8 * pieceSize
	}
}

var (
	rawBuffers   = sync.Pool{New: func() any { return new([]byte) }}
	valueBuffers = sync.Pool{New: func() any { return new([]float32) }}
)

// open returns a source of a piece, which must be closed.
func (u *Unit) open(p Piece) *source {
	size := int64(u.Weight.Type.Bits() / 8)
	s := &source{u: u, piece: p, held: Piece{p.From, p.From}}
	if s.raw = kept.take(u.Weight, p); s.raw != nil {
		s.held = p
	} else {
		s.raw = take[byte](&rawBuffers, int(min(max(slab, chunk*size), (p.To-p.From)*size)))
	}
	s.values = take[float32](&valueBuffers, int(min(chunk, p.To-p.From)))
	return s
}

func (s *source) close() {
	if s.held == s.piece {
		kept.put(s.u.Weight, s.piece, s.raw)
	} else {
		give(&rawBuffers, s.raw)
	}
	give(&valueBuffers, s.values)
	s.raw, s.values = nil, nil
}

// load returns the bytes of the chunk that begins at a flat index.
func (s *source) load(at int64) ([]byte, error) {
	size := int64(s.u.Weight.Type.Bits() / 8)
	to := min(at+chunk, s.piece.To)
	if b := model.InMemory(s.u.Weight.Data, at*size, (to-at)*size); b != nil {
		return b, nil
	}
	if at < s.held.From || to > s.held.To {
		s.held = Piece{at, min(at+int64(len(s.raw))/size, s.piece.To)}
		buffer := s.raw[:(s.held.To-at)*size]
		if got, err := s.u.Weight.Data.ReadAt(buffer, at*size); got < len(buffer) {
			s.held = Piece{at, at}
			return nil, fmt.Errorf("tensor %q: reading %d bytes: %w", s.u.Weight.Name, len(buffer), err)
		}
	}
	return s.raw[(at-s.held.From)*size : (to-s.held.From)*size], nil
}

// take returns n elements from a pool, of any content. It may have room for a few
// more: what is kept must not be much larger than it seems.
func take[T any](pool *sync.Pool, n int) []T {
	b := *pool.Get().(*[]T)
	if cap(b) < n || cap(b) > 2*n {
		b = make([]T, n)
	}
	return b[:n]
}

func give[T any](pool *sync.Pool, b []T) { pool.Put(&b) }

// eachRaw calls f for every chunk of the piece with the flat index of its first
// weight and the bytes as the file has them, which f must not keep.
func (s *source) eachRaw(ctx context.Context, f func(at int64, raw []byte) error) error {
	for at := s.piece.From; at < s.piece.To; at += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := s.load(at)
		if err != nil {
			return err
		}
		if err := f(at, raw); err != nil {
			return err
		}
	}
	return nil
}

// each is eachRaw with the values. What is folded into the weight is in both.
func (s *source) each(ctx context.Context, f func(at int64, raw []byte, values []float32) error) error {
	return s.eachRaw(ctx, func(at int64, raw []byte) (err error) {
		values := s.values[:len(raw)*8/s.u.Weight.Type.Bits()]
		if raw, err = s.u.decode(values, raw, at); err != nil {
			return err
		}
		return f(at, raw, values)
	})
}

// eachBytes is each with the values as float32 in the order of bytes that files have,
// little endian: a float32 weight needs no decoding.
func (s *source) eachBytes(ctx context.Context, f func(at int64, w []byte) error) error {
	if s.u.Weight.Type == tensor.Float32 && !s.u.folds {
		return s.eachRaw(ctx, f)
	}
	buffer := take[byte](&rawBuffers, 4*len(s.values))
	defer give(&rawBuffers, buffer)
	return s.each(ctx, func(at int64, _ []byte, values []float32) error {
		w := buffer[:4*len(values)]
		if err := tensor.PutFloat(w, values, tensor.Float32); err != nil {
			return err
		}
		return f(at, w)
	})
}

// decode reads values, the first of which has flat index at, and folds into them
// what is to be folded. It returns their bytes.
func (u *Unit) decode(values []float32, raw []byte, at int64) ([]byte, error) {
	if err := tensor.Float32s(values, raw, u.Weight.Type); err != nil || !u.folds {
		return raw, err
	}
	fold.Weight(u.layer, values, int(at))
	folded := make([]byte, len(raw))
	return folded, tensor.PutFloat(folded, values, u.Weight.Type)
}

// all returns the bytes and values of the whole piece.
func (s *source) all() (raw []byte, values []float32, err error) {
	n, size := s.piece.To-s.piece.From, s.u.Weight.Type.Bits()/8
	values, raw = make([]float32, 0, n), make([]byte, 0, n*int64(size))
	err = s.each(context.Background(), func(_ int64, r []byte, v []float32) error {
		raw, values = append(raw, r...), append(values, v...)
		return nil
	})
	return raw, values, err
}

// refusal says why values cannot be worked on; empty where they can.
func (u *Unit) refusal(raw []byte, values []float32) string {
	if _, _, finite := quant.MinMax(values); finite {
		return ""
	}
	what := "NaN or infinite values"
	if u.Weight.Type == tensor.Float64 && finite64(raw) {
		what = "values beyond float32"
	}
	return fmt.Sprintf("its weight %q has %s", u.Weight.Name, what)
}

// finite64 reports whether none of some float64 is NaN or infinite.
func finite64(raw []byte) bool {
	for i := 0; i < len(raw); i += 8 {
		if v := math.Float64frombits(binary.LittleEndian.Uint64(raw[i:])); v-v != 0 {
			return false
		}
	}
	return true
}
