package plan

import (
	"slices"
	"sync"

	"splitquant/core/model"
)

// kept are the pieces that were read last: the next round of questions, and the
// next run, need them again.
var kept pieceCache

// Keep sets how many bytes of weights, those that were read last, stay in memory for
// the next round and the next run, and drops those that are there. At first none
// stay: natively, the operating system keeps files well enough.
func Keep(bytes int64) {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	kept.most, kept.size, kept.list = bytes, 0, nil
}

// A pieceCache keeps the bytes of pieces, those that were used last.
type pieceCache struct {
	most int64 // bytes to keep; 0 where reading again is cheap

	mu   sync.Mutex
	size int64
	list []keptPiece // in the order of their use
}

type keptPiece struct {
	weight *model.Tensor
	piece  Piece
	raw    []byte
}

// take returns the bytes of a piece, nil where they are not kept. They are the
// caller's until they are put back.
func (k *pieceCache) take(w *model.Tensor, p Piece) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.list, func(e keptPiece) bool { return e.weight == w && e.piece == p })
	if i < 0 {
		return nil
	}
	raw := k.list[i].raw
	k.drop(i)
	return raw
}

// put keeps the bytes of a piece.
func (k *pieceCache) put(w *model.Tensor, p Piece, raw []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, keptPiece{w, p, raw})
	k.size += int64(cap(raw))
	k.shrink()
}

func (k *pieceCache) shrink() {
	for k.size > k.most {
		give(&rawBuffers, k.list[0].raw)
		k.drop(0)
	}
}

func (k *pieceCache) drop(i int) {
	k.size -= int64(cap(k.list[i].raw))
	k.list = slices.Delete(k.list, i, i+1)
}
