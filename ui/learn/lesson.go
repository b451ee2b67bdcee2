package learn

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// A Lesson is one screen of the classroom.
type Lesson struct {
	Title    words.Text
	Says     []words.Text // two or three sentences in all
	Controls []Control
	Buttons  []Button
	Question words.Text
	Hint     words.Text
	Answer   words.Text // with the reason

	// Canvas lets pupils draw an image of digits.Size pixels square, which goes
	// with what is asked.
	Canvas bool
	// Samples are the files of the site that it is about, the model first; Own
	// makes it about the model that is open in the tool.
	Samples []string
	Own     bool

	// Ask says what the worker must compute for settings; nil where it has
	// nothing to compute yet.
	Ask func(s Settings) *ask
	// Show makes the picture from the answer, for a width in CSS pixels.
	Show func(s Settings, a *info, width int) Figure
	// Measure asks about all inputs of the test for a way, where that can be;
	// the caption says how many models are done.
	Measure   func(w message.Way) *ask
	Measuring words.Text
}

// A Control is something to set: a slider where Max is above Min, a text of at
// most Letters where that is set, otherwise a choice among words.
type Control struct {
	Name           string // in the address
	Label          words.Text
	Min, Max, Step float64
	Words          []Word
	Start          string // the setting at the start
	Unit           words.Text
	Letters        int
	Unseen         bool // only buttons and addresses set it
}

// A Word is one of the choices of a control.
type Word struct {
	Word  string // in the address
	Label words.Text
}

// A Button does what a control cannot.
type Button struct {
	Label words.Text
	Press func(c *View)
}

// Settings are what the controls of a lesson are set to, by name.
type Settings map[string]string

// Number returns a setting as a number.
func (s Settings) Number(name string) float64 {
	x, _ := strconv.ParseFloat(s[name], 64) // checked when it was set
	return x
}

// Int returns a setting as a whole number.
func (s Settings) Int(name string) int { return int(math.Round(s.Number(name))) }

// Put sets a number.
func (s Settings) Put(name string, x float64) {
	s[name] = strconv.FormatFloat(x, 'f', -1, 64)
}

// start returns the settings that a lesson starts with.
func (l *Lesson) start() Settings {
	s := Settings{}
	for _, c := range l.Controls {
		s[c.Name] = c.Start
	}
	return s
}

// control returns the control of that name, or nil.
func (l *Lesson) control(name string) *Control {
	i := slices.IndexFunc(l.Controls, func(c Control) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Controls[i]
}

// slider reports whether the control is one.
func (c *Control) slider() bool { return c.Max > c.Min }

// choice reports whether the control is one among words.
func (c *Control) choice() bool { return len(c.Words) > 0 }

// check returns a setting in the form that the control has it, or an error.
func (c *Control) check(value string) (string, error) {
	if c.Letters > 0 {
		if utf8.RuneCountInString(value) > c.Letters {
			return "", fmt.Errorf("%s=%.20s…", c.Name, value)
		}
		return value, nil
	}
	if !c.slider() {
		if !slices.ContainsFunc(c.Words, func(w Word) bool { return w.Word == value }) {
			return "", fmt.Errorf("%s=%s", c.Name, value)
		}
		return value, nil
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || !(x >= c.Min && x <= c.Max) {
		return "", fmt.Errorf("%s=%s", c.Name, value)
	}
	steps := math.Round((x - c.Min) / c.Step)
	return strconv.FormatFloat(min(round(c.Min+steps*c.Step), c.Max), 'f', -1, 64), nil
}

// round takes away what binary fractions add to decimal steps.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// bits is the control that most lessons have.
var bits = Control{Name: "bits", Label: "Bits", Min: 2, Max: 8, Step: 1, Start: "2"}

// A Figure is what a lesson shows for its settings.
type Figure struct {
	SVG   string // a whole <svg>
	Alt   string // what is to be seen, in words
	Facts []Fact // the few numbers that matter
	Table Table
}

// A Fact is a number with its name.
type Fact struct {
	ID    string // for tests
	Name  words.Text
	Value string
	Loud  bool // the one to look at
}

// A Table has the numbers behind a picture.
type Table struct {
	Heads []words.Text
	Rows  [][]string
}

// Facts returns the numbers that a lesson, counted from 0, shows for settings
// that differ from its start, by their IDs; work answers what it asks. It is
// for sheets and tests, which have no page.
func Facts(of int, set map[string]string, work func(*message.LessonAsk) (*message.LessonInfo, error)) (map[string]string, error) {
	l := Lessons[of]
	s := l.start()
	for name, value := range set {
		checked, err := l.control(name).check(value)
		if err != nil {
			return nil, err
		}
		s[name] = checked
	}
	answer, err := work(l.Ask(s))
	if err != nil {
		return nil, err
	}
	facts := map[string]string{}
	for _, f := range l.Show(s, &info{LessonInfo: *answer}, widths[state.Wide]).Facts {
		facts[f.ID] = f.Value
	}
	return facts, nil
}
