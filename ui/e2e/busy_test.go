//go:build !js

package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// busy returns how long each task took on the page's thread while f ran, the
// longest first. It is the thread's own time, so that what else the machine
// does meanwhile makes no difference.
func (k *tab) busy(f func()) []time.Duration {
	k.Helper()
	var mu sync.Mutex
	var events []event
	complete := make(chan struct{})
	ctx, cancel := context.WithTimeout(k.ctx, 4*patient)
	defer cancel()
	k.check(chromedp.Listen(ctx, func(e any) {
		switch e := e.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			for _, v := range e.Value {
				var one event
				if json.Unmarshal(v, &one) == nil {
					events = append(events, one)
				}
			}
			mu.Unlock()
		case *tracing.EventTracingComplete:
			close(complete)
		}
	}))
	_, err := chromedp.Call(ctx, tracing.Start, tracing.StartParams{
		TransferMode: tracing.StartTransferModeReportEvents,
		TraceConfig:  &tracing.TraceConfig{IncludedCategories: []string{"toplevel", "blink.user_timing"}},
	})
	k.check(err)
	eval[chromedp.Void](k, "performance.mark('this page')")
	f()
	_, err = chromedp.Call(ctx, tracing.End, cdp.Empty{})
	k.check(err)
	select {
	case <-complete:
	case <-ctx.Done():
		k.Fatal("waited for the trace in vain")
	}
	mu.Lock()
	defer mu.Unlock()
	return tasks(events)
}

// An event of a trace: see the "Trace Event Format" of Chromium's tracing.
type event struct {
	Name     string
	Pid, Tid int
	Tdur     int64 // the thread's own time, in microseconds
}

// tasks picks the tasks of the thread that set the mark.
func tasks(events []event) []time.Duration {
	mark := slices.IndexFunc(events, func(e event) bool { return e.Name == "this page" })
	if mark < 0 {
		return nil
	}
	var took []time.Duration
	for _, e := range events {
		if e.Name == "ThreadControllerImpl::RunTask" && e.Pid == events[mark].Pid && e.Tid == events[mark].Tid {
			took = append(took, time.Duration(e.Tdur)*time.Microsecond)
		}
	}
	slices.Sort(took)
	slices.Reverse(took)
	return took
}
