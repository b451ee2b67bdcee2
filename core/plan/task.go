package plan

import (
	"context"
	"fmt"
)

// Stages of a unit, in order.
const (
	Learn  = "learn"  // read the weights, find ranges and clusters
	Encode = "encode" // make the parts, decode them again and measure
	Whole  = "whole"  // both, of a weight in one piece
)

// A Task is a stage of the work on a piece of a unit. It says all that whoever has
// opened the same file and made the same plan needs to know: it can be sent
// anywhere as JSON.
type Task struct {
	Unit     int       `json:"unit"` // index into Plan.Units
	Stage    string    `json:"stage"`
	Piece    int       `json:"piece"`
	Question *Question `json:"question,omitempty"` // to Learn
	Learned  *Learned  `json:"learned,omitempty"`  // to Encode
}

// Done is what came of a Task. It can be sent anywhere, too: see [Done.Pack].
type Done struct {
	Answer  *Answer  // of Learn
	Learned *Learned // of Whole
	Encoded *Encoded // of Encode and Whole
}

// Do does a task. It depends on nothing but the task and the file, and changes
// nothing: tasks can be done anywhere, at the same time, and again.
func (p *Plan) Do(ctx context.Context, t Task) (d Done, err error) {
	if t.Unit < 0 || t.Unit >= len(p.Units) {
		return Done{}, fmt.Errorf("there is no unit %d, the plan has %d", t.Unit, len(p.Units))
	}
	return p.Units[t.Unit].do(ctx, t)
}

// do is Do for a unit, with a fault of the program turned into an error: a panic
// in a goroutine of its own would end all of it.
func (u *Unit) do(ctx context.Context, t Task) (d Done, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("layer %q: the program failed: %v", u.layer.Name, fault)
		}
	}()
	if err := ctx.Err(); err != nil {
		return Done{}, err
	}
	pieces := u.Pieces()
	if t.Stage == Learn {
		pieces = u.learnPieces()
	}
	if t.Piece < 0 || t.Piece >= len(pieces) {
		return Done{}, fmt.Errorf("layer %q has no piece %d", u.layer.Name, t.Piece)
	}
	s := u.open(pieces[t.Piece])
	defer s.close()
	switch t.Stage {
	case Learn:
		d.Answer, err = s.answer(ctx, t.Question)
	case Encode:
		d.Encoded, err = s.encode(ctx, t.Learned)
		if err == nil && t.Piece == 0 {
			d.Encoded.Biases, err = u.changeBiases()
		}
	case Whole:
		d.Learned, d.Encoded, err = u.whole(ctx, s)
	default:
		err = fmt.Errorf("there is no stage %q", t.Stage)
	}
	return d, err
}
