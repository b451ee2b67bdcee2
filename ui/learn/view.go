package learn

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"splitquant/ui/route"
	"splitquant/ui/state"
	"splitquant/ui/words"
	"splitquant/wasm/message"

	"github.com/vugu/vugu"
)

// Room is what the classroom is in: the page, and through it the browser.
type Room interface {
	// Compute asks the worker and calls back, under the page's lock.
	Compute(a *message.LessonAsk, done func(message.Reply))
	// Address shows where the page is.
	Address(route.Route)
	// SaveFigure saves the drawing in the element of that id as svg or png.
	SaveFigure(id, name, kind string)
	// SaveText saves a text as a file.
	SaveText(name, text string)
	// Copy puts the page's address on the clipboard.
	Copy(done func(error))
	// Load opens a model of the site in the worker, of which files are beside it,
	// and says why it could not. LoadOwn opens the one that is open in the tool.
	Load(samples []string, done func(why string))
	LoadOwn(done func(why string))
	// Go follows an address, from its # on.
	Go(hash string)
	// Paint shows an image on the canvas.
	Paint(image []byte)
	// Print prints the page.
	Print()
	// Say tells people what happened.
	Say(text string)
}

// What a link may hide from a class.
const (
	hideHint     = "hint"
	hideAnswer   = "answer"
	hideQuestion = "question"
	hideTable    = "table"
	hideSave     = "save"
	hideLessons  = "lessons"
)

var hideable = []string{hideHint, hideAnswer, hideQuestion, hideTable, hideSave, hideLessons}

// View is the classroom.
type View struct {
	S    *state.State
	Room Room

	lessons []*Lesson

	at     int    // the lesson, from 0; -1 for the list of them
	sheet  string // in place of a lesson, or empty
	set    Settings
	shown  map[string]bool // hint, answer, table
	hidden map[string]bool // parts and controls that a link takes away
	large  bool            // for a projector

	answer *info // of settings that may be older than set
	of     Settings
	why    string // there is no answer
	asked  int    // how often; older answers do not count
	drawn  drawn  // the picture that is shown

	source    any      // the model that is open in the worker, see wanted
	loading   bool     // one is being opened
	sampled   bool     // a lesson about the own model takes the sample instead
	ink       []byte   // what was drawn by hand, or nil
	known     measured // of the sample
	measuring bool
	seeking   bool // for a digit on which models disagree, once all is measured
}

// New returns a classroom that shows the list of lessons.
func New(s *state.State, room Room) *View {
	return &View{S: s, Room: room, lessons: Lessons, at: -1, shown: map[string]bool{}, hidden: map[string]bool{}}
}

// Open goes to where an address says, and returns what in it makes no sense
// and was ignored.
func (c *View) Open(r route.Route) (ignored []string) {
	at := -1
	_, sheet := sheetTitles[r.Page]
	if sheet {
		c.sheet = r.Page
	} else if r.Page != "" {
		n, err := strconv.Atoi(r.Page)
		if err != nil || n < 1 || n > len(c.lessons) {
			return []string{r.Page}
		}
		at = n - 1
	}
	if at != c.at {
		c.answer, c.of, c.why, c.ink, c.measuring, c.seeking = nil, nil, "", nil, false, false
	}
	if !sheet {
		c.sheet = ""
	}
	c.at, c.shown, c.hidden, c.large = at, map[string]bool{}, map[string]bool{}, false
	c.set = Settings{}
	if l := c.lesson(); l != nil {
		c.set = l.start()
	}
	for _, name := range slices.Sorted(maps.Keys(r.Values)) {
		if err := c.take(name, r.Values[name]); err != nil {
			ignored = append(ignored, err.Error())
		}
	}
	c.compute()
	return ignored
}

// take takes one value of an address.
func (c *View) take(name, value string) error {
	switch name {
	case "hide":
		var strange []string
		for _, h := range strings.Split(value, ",") {
			if !slices.Contains(hideable, h) && (c.lesson() == nil || c.lesson().control(h) == nil) {
				strange = append(strange, h)
				continue
			}
			c.hidden[h] = true
		}
		if len(strange) > 0 {
			return fmt.Errorf("hide=%s", strings.Join(strange, ","))
		}
		return nil
	case "show":
		for _, s := range strings.Split(value, ",") {
			if s != hideHint && s != hideAnswer && s != hideTable {
				return fmt.Errorf("show=%s", value)
			}
			c.shown[s] = true
		}
		return nil
	case "size":
		if value != "large" {
			return fmt.Errorf("size=%s", value)
		}
		c.large = true
		return nil
	}
	l := c.lesson()
	if l == nil || l.control(name) == nil {
		return fmt.Errorf("%s=%s", name, value)
	}
	checked, err := l.control(name).check(value)
	if err != nil {
		return err
	}
	c.set[name] = checked
	return nil
}

// Route is where the classroom is: all of its state.
func (c *View) Route() route.Route {
	r := route.Route{Screen: route.Learn, Values: map[string]string{}}
	if l := c.lesson(); l != nil {
		r.Page = strconv.Itoa(c.at + 1)
		for name, start := range l.start() {
			if c.set[name] != start {
				r.Values[name] = c.set[name]
			}
		}
	}
	if c.sheet != "" {
		r.Page = c.sheet
	}
	put := func(name string, of map[string]bool) {
		if len(of) > 0 {
			r.Values[name] = strings.Join(slices.Sorted(maps.Keys(of)), ",")
		}
	}
	put("hide", c.hidden)
	put("show", c.shown)
	if c.large {
		r.Values["size"] = "large"
	}
	return r
}

// Set changes a setting, as a control or the drag of a handle does.
func (c *View) Set(name, value string) {
	l := c.lesson()
	if l == nil || l.control(name) == nil {
		return
	}
	checked, err := l.control(name).check(value)
	if err != nil || checked == c.set[name] {
		return
	}
	c.set[name] = checked
	if name == "n" {
		c.ink = nil
	}
	c.changed()
}

// Drag is Set for a number that may lie outside of what can be set.
func (c *View) Drag(name string, value float64) {
	if l := c.lesson(); l != nil {
		if k := l.control(name); k != nil && k.slider() {
			c.Set(name, strconv.FormatFloat(min(max(value, k.Min), k.Max), 'f', -1, 64))
		}
	}
}

func (c *View) changed() {
	c.Room.Address(c.Route())
	c.compute()
}

// compute asks for the answer to the settings; the one before stays until
// then.
func (c *View) compute() {
	l := c.lesson()
	if l == nil {
		return
	}
	c.asked++
	if source := c.wanted(); source != c.source && source != nil {
		c.load(source)
		return
	} else if source == nil && l.Own {
		return
	}
	a := l.Ask(c.set)
	if a == nil {
		return
	}
	if a.Digit != nil {
		a.Digit.Image = c.ink
	}
	this, of := c.asked, maps.Clone(c.set)
	c.Room.Compute(a, func(r message.Reply) {
		if this != c.asked {
			return
		}
		c.why = r.Error
		if r.Lesson != nil {
			c.answer, c.of = &info{*r.Lesson, c.known}, of
			if d := r.Lesson.Digit; d != nil && len(d.Image) > 0 {
				c.Room.Paint(d.Image)
			}
		}
		c.measure()
	})
}

// wanted is the model that the lesson is about: the name of a sample, or the
// description of the model that is open in the tool; nil where it needs none,
// or there is none.
func (c *View) wanted() any {
	switch l := c.lesson(); {
	case len(l.Samples) > 0 && (!l.Own || c.sampled):
		return l.Samples[0]
	case l.Own && c.S.Model != nil:
		return c.S.Model
	}
	return nil
}

// load opens the model that the lesson is about, and then computes.
func (c *View) load(source any) {
	if c.loading {
		return
	}
	c.loading = true
	done := func(why string) {
		c.loading = false
		if c.why = why; why == "" {
			c.source, c.known = source, measured{}
			c.compute()
		}
	}
	if source == c.S.Model {
		c.Room.LoadOwn(done)
	} else {
		c.Room.Load(c.lesson().Samples, done)
	}
}

func (c *View) lesson() *Lesson {
	if c.at < 0 {
		return nil
	}
	return c.lessons[c.at]
}

// toggle shows or hides the hint, the answer or the table.
func (c *View) toggle(what string) {
	if c.shown[what] {
		delete(c.shown, what)
	} else {
		c.shown[what] = true
	}
	c.Room.Address(c.Route())
}

func (c *View) enlarge() {
	c.large = !c.large
	c.Room.Address(c.Route())
}

// press does what a button of the lesson does.
func (c *View) press(b Button) {
	b.Press(c)
}

// A link leads to a lesson.
type link struct {
	href, number, current string
	title                 words.Text
	says                  words.Text
}

// links lists the lessons; the presenter's size stays from one to the next.
func (c *View) links() []link {
	var all []link
	for i, l := range c.lessons {
		k := link{href: c.href(i), current: "false", number: strconv.Itoa(i + 1), title: l.Title, says: l.Says[0]}
		if i == c.at {
			k.current = "page"
		}
		all = append(all, k)
	}
	return all
}

func (c *View) href(lesson int) string {
	r := route.Route{Screen: route.Learn, Page: strconv.Itoa(lesson + 1), Values: map[string]string{}}
	if c.large {
		r.Values["size"] = "large"
	}
	return r.String()
}

// A field is a control as it is shown.
type field struct {
	Control
	id, value, shown, min, max, step, letters string
}

func (c *View) fields() []field {
	var all []field
	for _, k := range c.lesson().Controls {
		if c.hidden[k.Name] || k.Unseen {
			continue
		}
		f := field{Control: k, id: "set-" + k.Name, value: c.set[k.Name], shown: strings.Replace(c.set[k.Name], "-", "\u2212", 1)}
		if k.Unit != "" {
			f.shown = words.F(k.Unit, f.shown)
		}
		number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
		f.min, f.max, f.step, f.letters = number(k.Min), number(k.Max), number(k.Step), strconv.Itoa(k.Letters)
		all = append(all, f)
	}
	return all
}

// changedTo takes what a control was set to.
func (c *View) changedTo(name string, event vugu.DOMEvent) {
	c.Set(name, event.PropString("target", "value"))
}

// The widths that drawings are made for, in CSS pixels.
var widths = map[state.Room]int{state.Wide: 800, state.Middle: 620, state.Narrow: 360}

// drawn is a picture, and what it was made for.
type drawn struct {
	of       *info
	width    int
	language string
	Figure
}

// figure is the picture for the newest answer. It is asked for several times
// in each render, and made when something of it has changed.
func (c *View) figure() Figure {
	l := c.lesson()
	if l == nil || c.answer == nil {
		return Figure{}
	}
	if d := &c.drawn; d.of != c.answer || d.width != widths[c.S.Room] || d.language != words.Language {
		*d = drawn{c.answer, widths[c.S.Room], words.Language, l.Show(c.of, c.answer, widths[c.S.Room])}
	}
	return c.drawn.Figure
}

func (f Figure) html() vugu.HTML { return vugu.HTML(f.SVG) }

// name is what files of the lesson are called.
func (c *View) name() string { return fmt.Sprintf("splitquant-lesson-%d", c.at+1) }

// FigureID names the element that the drawing is in.
const FigureID = "lesson-figure"

func (c *View) save(kind string) {
	if kind == "csv" {
		c.Room.SaveText(c.name()+".csv", c.figure().Table.csv())
		return
	}
	c.Room.SaveFigure(FigureID, c.name()+"."+kind, kind)
}

func (c *View) copyLink() {
	c.Room.Copy(func(err error) {
		if err != nil {
			c.Room.Say(words.F("The link could not be copied: %v. It is the address of this page.", err))
			return
		}
		c.Room.Say(words.T("The link is copied: it opens this lesson as it is now."))
	})
}

func (c *View) class() string {
	if c.large {
		return "learn-body large"
	}
	return "learn-body"
}

// off reports whether a part of the lesson is hidden.
func (c *View) off(part string) bool { return c.hidden[part] }

func (c *View) title() string {
	return strconv.Itoa(c.at+1) + " " + words.T(c.lesson().Title)
}

func (c *View) caption() string {
	switch {
	case c.why != "":
		return words.F("This cannot be computed: %s.", c.why)
	case c.lesson().Own && c.wanted() == nil:
		return words.T("No model is open. Open yours in the tool, or take the sample.")
	case c.answer == nil:
		return words.T("Computing …")
	case c.measuring:
		return words.F(c.lesson().Measuring, len(c.known))
	}
	return ""
}

func (f Fact) class() string {
	if f.Loud {
		return "loud"
	}
	return ""
}

// truth writes an ARIA state: unlike an HTML attribute it is there when false.
var truth = strconv.FormatBool

// number writes an index.
func number(i int) string { return strconv.Itoa(i) }

// listed is the ARIA state of the link to the list.
func (c *View) listed() string {
	if c.at < 0 && c.sheet == "" {
		return "page"
	}
	return "false"
}

func (c *View) table() vugu.HTML { return vugu.HTML(c.figure().Table.html()) }
