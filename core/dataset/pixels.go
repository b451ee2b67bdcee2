package dataset

import (
	"fmt"

	"splitquant/core/ort"
	"splitquant/core/tensor"
)

// Pixels say how pictures become the numbers that a model takes. The zero value
// divides by 255 and changes nothing else.
type Pixels struct {
	Width, Height int       // to resize pictures to; 0 for what the model says
	Crop          bool      // cut what does not fit, instead of stretching
	Layout        string    // of the model's input: nchw or nhwc; empty to find out
	BGR           bool      // blue first
	Raw           bool      // 0 to 255, instead of 0 to 1
	Mean, Std     []float32 // for each channel, or one for all, after dividing: (v - mean) / std
}

// fits finds the shape of one row, of the given shape, in a model's input, and
// whether its channels move: from the last axis to the first, or back.
func (p Pixels) fits(row tensor.Shape, want ort.Info) (shape tensor.Shape, move int, err error) {
	if len(want.Shape) < 2 {
		return nil, 0, p.misfit(row, want)
	}
	open := want.Shape[1:]
	candidates := []tensor.Shape{row}
	if len(open) == 3 && len(row) == 2 { // gray
		candidates = append(candidates, tensor.Shape{1, row[0], row[1]}, tensor.Shape{row[0], row[1], 1})
	}
	if p.Layout == "nhwc" && len(candidates) == 3 {
		candidates = candidates[2:]
	}
	for _, c := range candidates {
		if matches(open, c) && !(len(row) == 3 && p.moves(row) != 0) {
			return c, 0, nil
		}
	}
	if len(open) == 3 && len(row) == 3 {
		if last := (tensor.Shape{row[2], row[0], row[1]}); channels(row[2]) && matches(open, last) && p.Layout != "nhwc" {
			return last, toFirst, nil
		}
		if first := (tensor.Shape{row[1], row[2], row[0]}); channels(row[0]) && matches(open, first) && p.Layout != "nchw" {
			return first, toLast, nil
		}
	}
	n, _ := row.Elems() // of data that are there
	if want, err := open.Elems(); err == nil && want == n {
		return open, 0, nil
	}
	if len(open) == 1 && open[0] < 0 {
		return tensor.Shape{n}, 0, nil
	}
	return nil, 0, p.misfit(row, want)
}

const (
	toFirst = 1
	toLast  = 2
)

// moves says where the layout that the user names wants the channels, 0 where
// they are there or nothing is said.
func (p Pixels) moves(row tensor.Shape) int {
	switch {
	case p.Layout == "nchw" && channels(row[2]) && !channels(row[0]):
		return toFirst
	case p.Layout == "nhwc" && channels(row[0]) && !channels(row[2]):
		return toLast
	}
	return 0
}

// channels reports whether an axis of that length can be colours.
func channels(n int64) bool { return n == 1 || n == 3 || n == 4 }

func (p Pixels) misfit(row tensor.Shape, want ort.Info) error {
	return fmt.Errorf("rows of shape %v do not fit the input %q of shape %v", row, want.Name, want.Shape)
}

// matches reports whether a shape fits one in which some dimensions are open.
func matches(open, s tensor.Shape) bool {
	if len(open) != len(s) {
		return false
	}
	for i, d := range open {
		if d >= 0 && d != s[i] {
			return false
		}
	}
	return true
}

// arrange writes a row with its channels where the model wants them.
func arrange(dst, src []float32, row tensor.Shape, move int) {
	switch move {
	case toFirst:
		n, c := int(row[0]*row[1]), int(row[2])
		for i, v := range src {
			dst[i%c*n+i/c] = v
		}
	case toLast:
		n, c := int(row[1]*row[2]), int(row[0])
		for i, v := range src {
			dst[i%n*c+i/n] = v
		}
	default:
		copy(dst, src)
	}
}

// normalize turns the pixels of a row into what the model was trained on. axis
// is that of the channels, -1 where there is none.
func (p Pixels) normalize(values []float32, row tensor.Shape, axis int, bytes bool) error {
	if bytes && !p.Raw {
		for i := range values {
			values[i] /= 255
		}
	}
	if len(p.Mean) == 0 && len(p.Std) == 0 {
		return nil
	}
	_, dim, inner := row.Axis(axis)
	if axis < 0 {
		dim, inner = 1, len(values)
	}
	for _, list := range [][]float32{p.Mean, p.Std} {
		if n := len(list); n > 1 && n != dim {
			return fmt.Errorf("%d numbers of mean or deviation for %d channels", n, dim)
		}
	}
	for i := range values {
		c := i / max(inner, 1) % max(dim, 1)
		if n := len(p.Mean); n > 0 {
			values[i] -= p.Mean[c%n]
		}
		if n := len(p.Std); n > 0 {
			values[i] /= p.Std[c%n]
		}
	}
	return nil
}

// channelAxis finds the colours in the shape of a row that moves like that: -1
// where it has none.
func (p Pixels) channelAxis(row tensor.Shape, move int) int {
	colours := func(n int64) bool { return n > 1 && channels(n) }
	switch {
	case len(row) != 3:
		return -1
	case move == toFirst:
		return 2
	case move == toLast:
		return 0
	case colours(row[2]) && (p.Layout == "nhwc" || !colours(row[0])):
		return 2
	case colours(row[0]):
		return 0
	}
	return -1 // gray: one number is for all of it
}

// check reports settings that make no sense.
func (p Pixels) check() error {
	if p.Layout != "" && p.Layout != "nchw" && p.Layout != "nhwc" {
		return fmt.Errorf("layout %q is unknown; it is one of nchw, nhwc", p.Layout)
	}
	for _, s := range p.Std {
		if s == 0 {
			return fmt.Errorf("a standard deviation of 0 cannot be divided by")
		}
	}
	return nil
}
