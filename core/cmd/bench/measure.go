package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A row is one measurement: the median, and the smallest and largest.
type row struct {
	What   string  `json:"what"`
	Where  string  `json:"where"` // native or wasm
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
	Unit   string  `json:"unit"`
	Goal   string  `json:"goal,omitempty"`
}

type bench struct {
	rounds int
	rows   []row
}

// add notes measurements of one thing.
func (b *bench) add(what, unit, goal string, values []float64) {
	slices.Sort(values)
	where := "native"
	if runtime.GOOS == "js" {
		where = "wasm"
	}
	b.rows = append(b.rows, row{what, where, values[len(values)/2], values[0], values[len(values)-1], unit, goal})
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

func (b *bench) markdown() string {
	var s strings.Builder
	s.WriteString("| what | where | median | spread | goal |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range b.rows {
		fmt.Fprintf(&s, "| %s | %s | %s %s | %s to %s | %s |\n", r.What, r.Where, short(r.Median), r.Unit, short(r.Least), short(r.Most), r.Goal)
	}
	return s.String()
}

// short writes three digits.
func short(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
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
