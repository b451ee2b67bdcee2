// Package engine is the page's side of the worker: it keeps what the page
// asks for in order, one request at a time, starts the worker when it is
// first needed, and replaces it when it dies or is cancelled.
//
// A worker that computes sees no messages, so to cancel is to end it. The
// next request starts another, which opens the same files again first, so
// that for the rest of the page the model simply stays loaded. A new model is
// opened in a worker of its own, which takes the place of the one before only
// when it could: a file that is none stops nothing.
package engine

import "splitquant/wasm/message"

// Files are the browser's File objects, and Blob its Blob: the engine passes
// them on and looks into neither.
type (
	Files []any
	Blob  any
)

// A Worker takes requests at once, and works on them when it has started.
type Worker interface {
	Send(r message.Request, files Files)
	Stop()
}

// Handlers are what a worker calls, one at a time, until it is stopped.
type Handlers struct {
	Reply func(message.Reply, Blob)
	Died  func(reason string) // it could not start, or ended by itself
}

const stopped = "the engine stopped: "

// precedence is the order in which waiting requests go.
var precedence = [...]string{message.Run, message.Lesson, message.Suggest, message.Frontier, message.Estimate, message.Figure, message.Compare, message.Verify, message.Sensitivity, message.Look}

// Client asks the worker. Its methods and the handlers that it gives to
// workers are called by one goroutine at a time.
type Client struct {
	// Start starts a worker, which calls no handler before Start has returned.
	Start func(Handlers) Worker
	// Died, if not nil, is told when the worker ended by itself, whatever it
	// was doing, before what it was doing is answered.
	Died func(reason string)

	worker  Worker
	opened  bool             // this worker knows the model
	model   *call            // that opened the model, kept for the next worker
	trial   Worker           // is to open another model, and then take the place of worker
	trying  *call            // that other model
	spare   Worker           // was started ahead and does nothing yet
	waiting map[string]*call // by what to do; only the newest of a kind waits
	active  *call
	lastID  int
}

// A call is a request on its way.
type call struct {
	request message.Request
	files   Files
	answer  func(message.Reply, Blob)
}

// Open makes the files the model that all further requests are about, unless
// they cannot be opened: then the model before them stays, and with it what is
// asked about it. Else what still runs or waits for that one is dropped.
func (c *Client) Open(name string, names []string, files Files, answer func(message.Reply, Blob)) {
	if c.trial != nil {
		c.trial.Stop()
	}
	c.lastID++
	c.trying = &call{message.Request{ID: c.lastID, Do: message.Open, Name: name, Names: names}, files, answer}
	c.trial = c.start()
	c.trial.Send(c.trying.request, files)
}

// Take makes the files the model that all further requests are about. They are
// opened when the first one comes: a page that knows the model need not wait.
func (c *Client) Take(name string, names []string, files Files) {
	c.Drop()
	c.model = &call{message.Request{Do: message.Open, Name: name, Names: names}, files, nil}
}

// Ask puts the request in line. It takes the place of a waiting request of the
// same kind: the page wants to know about what is chosen now. The layers of a
// Look are asked for one by one, so that nothing waits long behind them.
func (c *Client) Ask(r message.Request, answer func(message.Reply, Blob)) {
	c.AskWith(r, nil, answer)
}

// AskWith is Ask with files that go along.
func (c *Client) AskWith(r message.Request, files Files, answer func(message.Reply, Blob)) {
	if c.waiting == nil {
		c.waiting = map[string]*call{}
	}
	c.waiting[r.Do] = &call{r, files, answer}
	c.next()
}

// Cancel drops the request of a kind, wherever it is.
func (c *Client) Cancel(do string) {
	delete(c.waiting, do)
	if c.active != nil && c.active.request.Do == do {
		c.end()
	}
	c.next()
}

// Drop drops all that is asked, wherever it is.
func (c *Client) Drop() {
	clear(c.waiting)
	c.end()
}

// end ends the worker and forgets what it was doing.
func (c *Client) end() {
	if c.worker != nil {
		c.worker.Stop()
	}
	c.worker, c.active, c.opened = nil, nil, false
}

// next sends the request whose turn it is, if the worker is free; before
// that, it makes sure that there is a worker, and that it knows the model.
func (c *Client) next() {
	if c.active != nil {
		return
	}
	next := c.first()
	if next == nil {
		return
	}
	if c.worker == nil {
		c.worker = c.start()
	}
	do := next.request.Do
	switch {
	case !c.opened && c.model != nil:
		next = &call{c.model.request, c.model.files, func(r message.Reply, _ Blob) {
			if r.Error != "" {
				c.fail(r.Error)
			}
		}}
	case do == message.Look && len(next.request.Layers) > 1:
		one := *next
		one.request.Layers = next.request.Layers[:1]
		next.request.Layers = next.request.Layers[1:]
		next = &one
	default:
		delete(c.waiting, do)
	}
	c.lastID++
	next.request.ID = c.lastID
	c.active = next
	c.worker.Send(next.request, next.files)
}

// Warm starts a worker ahead, so that the first model need not wait for it.
func (c *Client) Warm() {
	if c.worker == nil && c.trial == nil && c.spare == nil {
		c.spare = c.start()
	}
}

// start starts a worker and ignores all that it says once it was replaced.
func (c *Client) start() Worker {
	if w := c.spare; w != nil {
		c.spare = nil
		return w
	}
	var w Worker
	w = c.Start(Handlers{
		Reply: func(r message.Reply, b Blob) {
			switch w {
			case c.trial:
				c.tried(r)
			case c.worker:
				c.receive(r, b)
			}
		},
		Died: func(reason string) {
			switch w {
			case c.trial:
				c.tried(message.Reply{ID: c.trying.request.ID, Final: true, Error: stopped + reason})
			case c.worker:
				c.died(reason)
			case c.spare: // the next one may do better
				c.spare = nil
			}
		},
	})
	return w
}

// tried ends the trial: its worker takes over, or goes.
func (c *Client) tried(r message.Reply) {
	now, w := c.trying, c.trial
	if r.ID != now.request.ID {
		return
	}
	c.trying, c.trial = nil, nil
	if r.Error != "" {
		w.Stop()
	} else {
		c.end()
		c.worker, c.opened, c.model = w, true, now
		clear(c.waiting)
	}
	now.answer(r, nil)
	c.next()
}

// first returns the waiting request that goes next, or nil.
func (c *Client) first() *call {
	for _, do := range precedence {
		if w := c.waiting[do]; w != nil {
			return w
		}
	}
	return nil
}

func (c *Client) receive(r message.Reply, b Blob) {
	now := c.active
	if now == nil || r.ID != now.request.ID {
		return
	}
	if r.Final {
		c.active = nil
		if now.request.Do == message.Open && r.Error == "" {
			c.opened = true
		}
	}
	now.answer(r, b)
	c.next()
}

// died answers what the dead worker was doing, and goes on in another one. If
// it died of opening the model again, that has answered all that waits.
func (c *Client) died(reason string) {
	dead := c.active
	c.end()
	if c.Died != nil {
		c.Died(stopped + reason)
	}
	if dead != nil {
		dead.answer(message.Reply{Error: stopped + reason, Final: true}, nil)
	}
	c.next()
}

// fail answers everything that waits with the error.
func (c *Client) fail(why string) {
	all := c.waiting
	c.waiting = map[string]*call{}
	for _, do := range precedence {
		if w := all[do]; w != nil {
			w.answer(message.Reply{Error: why, Final: true}, nil)
		}
	}
}
