package main

import (
	"runtime"
	"runtime/debug"
	"time"

	"splitquant/core/cmd/bench/rows"
)

type bench struct {
	rounds int
	rows   []rows.Row
}

// add notes measurements of one thing.
func (b *bench) add(what, unit, goal string, values []float64) {
	where := "native"
	if runtime.GOOS == "js" {
		where = "Node"
	}
	b.rows = append(b.rows, rows.Of(what, where, unit, goal, values))
}

// clock returns a time that only runs while it should: of the processor for what
// runs on one core, otherwise of the wall.
type clock func() time.Duration

func wall() time.Duration { return time.Since(start) }

var start = time.Now()

// took returns the time that f takes by a clock.
func (c clock) took(f func()) time.Duration {
	runtime.GC()
	from := c()
	f()
	return c() - from
}

// pairs measures f against base, one after the other, and returns their ratios and
// the times of f in seconds. Neighbours in time share what else the machine does.
func (b *bench) pairs(c clock, f, base func()) (ratios, seconds []float64) {
	base() // the first time pays for memory that the next ones have
	f()
	for range b.rounds {
		x, y := c.took(base), c.took(f)
		ratios = append(ratios, y.Seconds()/x.Seconds())
		seconds = append(seconds, y.Seconds())
	}
	return ratios, seconds
}

// rates turns seconds into millions of weights a second.
func rates(weights int, seconds []float64) (all []float64) {
	for _, s := range seconds {
		all = append(all, float64(weights)/s/1e6)
	}
	return all
}

// memory returns the most memory in bytes that Go had from the system while f ran,
// beyond what it had in use before.
func memory(f func()) float64 {
	debug.FreeOSMemory()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	had := before.Sys - before.HeapReleased
	most := had
	done, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.Sys-now.HeapReleased)
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-ended
	return float64(most - had)
}
