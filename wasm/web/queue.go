//go:build js && wasm

package web

import "sync"

// queue hands values from callbacks, which may not wait, to a goroutine that
// does.
type queue[T any] struct {
	mu     sync.Mutex
	values []T
	filled chan struct{}
}

func newQueue[T any]() *queue[T] { return &queue[T]{filled: make(chan struct{}, 1)} }

// put adds a value and never waits.
func (q *queue[T]) put(v T) {
	q.mu.Lock()
	q.values = append(q.values, v)
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

// take waits for values and returns all that there are.
func (q *queue[T]) take() []T {
	<-q.filled
	q.mu.Lock()
	defer q.mu.Unlock()
	v := q.values
	q.values = nil
	return v
}
