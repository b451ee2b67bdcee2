package session

import (
	"slices"
	"sync"

	"splitquant/wasm/message"
)

// A Job is a request and, with an Open, the files that came along.
type Job struct {
	Request message.Request
	Files   []File
}

// queue holds the jobs that wait. Looks, which only decorate the page, wait
// for everything else.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	jobs   []Job
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

func isLook(j Job) bool  { return j.Request.Do == message.Look }
func notLook(j Job) bool { return !isLook(j) }

// add puts a job in line and never waits. An Open makes the Looks before it
// pointless: add returns them, and they are not in line any more.
func (q *queue) add(j Job) (dropped []Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.Request.Do == message.Open {
		for _, old := range q.jobs {
			if isLook(old) {
				dropped = append(dropped, old)
			}
		}
		q.jobs = slices.DeleteFunc(q.jobs, isLook)
	}
	q.jobs = append(q.jobs, j)
	q.filled.Signal()
	return dropped
}

// next waits for a job and takes the first that is not a Look, or else the
// first.
func (q *queue) next() Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		q.filled.Wait()
	}
	i := max(slices.IndexFunc(q.jobs, notLook), 0)
	j := q.jobs[i]
	q.jobs = slices.Delete(q.jobs, i, i+1)
	return j
}

// interrupt puts the rest of a Look back at the head of the line if something
// more urgent waits, and reports whether it did.
func (q *queue) interrupt(rest Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !slices.ContainsFunc(q.jobs, notLook) {
		return false
	}
	q.jobs = slices.Insert(q.jobs, 0, rest)
	return true
}
