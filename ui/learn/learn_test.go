package learn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"splitquant/ui/route"
	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/ui/words"
	"splitquant/wasm/message"
	"splitquant/wasm/worker/session"
	"splitquant/wasm/worker/session/native"

	"github.com/vugu/html"
)

// A class is a classroom whose engine is the real one, in the same program.
type class struct {
	*testing.T
	*View
	address string
	said    string
	saved   string
	painted []byte
	own     []string // the model that is open in the tool
	went    string
	session *session.Session
	answers chan message.Reply
}

func newClass(t *testing.T) *class {
	c := &class{T: t, answers: make(chan message.Reply, 1)}
	c.session = session.New(native.Host(func(r message.Reply) { c.answers <- r }))
	go c.session.Serve()
	s := state.New()
	c.View = New(&s, c)
	return c
}

// ready returns a classroom that has what the lesson needs.
func ready(t *testing.T, l *Lesson) *class {
	if len(l.Samples) > 1 && !native.Available() {
		t.Skip("needs ONNX Runtime: run ./build.sh test")
	}
	c := newClass(t)
	if l.Own {
		c.own, c.S.Model = []string{digitSample}, new(message.ModelInfo)
	}
	return c
}

func (c *class) Compute(a *message.LessonAsk, done func(message.Reply)) {
	c.session.Add(session.Job{Request: message.Request{ID: 1, Do: message.Lesson, Lesson: a}})
	done(<-c.answers)
}
func (c *class) Address(r route.Route)            { c.address = r.String() }
func (c *class) SaveFigure(id, name, kind string) { c.saved = name }
func (c *class) SaveText(name, text string)       { c.saved = text }
func (c *class) Copy(done func(error))            { done(nil) }
func (c *class) Paint(image []byte)               { c.painted = image }
func (c *class) Load(samples []string, done func(string)) {
	var files []session.File
	for _, s := range samples {
		raw, err := os.ReadFile("../../public/" + s)
		if err != nil {
			done(err.Error())
			return
		}
		files = append(files, session.File{Name: path.Base(s), Size: int64(len(raw)), ReaderAt: bytes.NewReader(raw)})
	}
	c.session.Add(session.Job{Request: message.Request{ID: 1, Do: message.Open, Name: files[0].Name}, Files: files})
	done((<-c.answers).Error)
}
func (c *class) LoadOwn(done func(string)) { c.Load(c.own, done) }
func (c *class) Go(hash string)            { c.went = hash }
func (c *class) Print()                    {}
func (c *class) Say(text string)           { c.said = text }

// follow opens an address and fails if some of it is ignored.
func (c *class) follow(hash string) {
	c.Helper()
	r, err := route.Parse(hash)
	if err != nil {
		c.Fatal(err)
	}
	if ignored := c.Open(r); len(ignored) > 0 {
		c.Fatalf("%s: ignored %v", hash, ignored)
	}
}

// fact returns what a number on the screen says, without its unit.
func (c *class) fact(id string) float64 {
	c.Helper()
	for _, f := range c.figure().Facts {
		if f.ID == id {
			number, _, _ := strings.Cut(strings.ReplaceAll(f.Value, "\u2212", "-"), "\u00a0")
			x, err := strconv.ParseFloat(number, 64)
			if err != nil {
				c.Fatalf("fact %s is %q", id, f.Value)
			}
			return x
		}
	}
	c.Fatalf("there is no fact %s", id)
	return 0
}

// values returns what a control can be tried with: its ends, its start and
// what is between, or all its words.
func (k *Control) values() []string {
	if !k.slider() {
		var all []string
		for _, w := range k.Words {
			all = append(all, w.Word)
		}
		return all
	}
	if k.Letters > 0 {
		return []string{"", "See you at eight?", strings.Repeat("w", k.Letters)}
	}
	var all []string
	for i := range 5 {
		v, err := k.check(strconv.FormatFloat(k.Min+(k.Max-k.Min)*float64(i)/4, 'f', -1, 64))
		if err != nil {
			panic(err)
		}
		all = append(all, v)
	}
	return all
}

// Every lesson has all of its parts, and a picture with facts and a table for
// every setting and width.
func TestEveryLesson(t *testing.T) {
	for i, l := range Lessons {
		t.Run(string(l.Title), func(t *testing.T) {
			c := ready(t, l)
			c.follow("#learn/" + strconv.Itoa(i+1))
			if l.Title == "" || len(l.Says) == 0 || l.Question == "" || l.Hint == "" || l.Answer == "" || len(l.Controls) == 0 {
				t.Error("a part of the lesson is missing")
			}
			for _, k := range l.Controls {
				if v, err := k.check(k.Start); err != nil || v != k.Start {
					t.Errorf("control %s starts with %s, which is %q, %v", k.Name, k.Start, v, err)
				}
				for _, v := range k.values() {
					c.Set(k.Name, v)
					checkFigure(t, k.Name+"="+v, c)
				}
				c.Set(k.Name, k.Start)
			}
			for _, room := range []state.Room{state.Wide, state.Middle, state.Narrow} {
				c.S.Room = room
				checkFigure(t, "width", c)
			}
		})
	}
}

func checkFigure(t *testing.T, what string, c *class) {
	t.Helper()
	if c.why != "" {
		t.Errorf("%s: %s", what, c.why)
		return
	}
	f := c.figure()
	if len(f.Facts) == 0 || f.Alt == "" || len(f.Table.Heads) == 0 || len(f.Table.Rows) == 0 {
		t.Errorf("%s: a part of the figure is missing", what)
	}
	if strings.Contains(f.SVG, "NaN") || strings.Contains(f.SVG, "Inf") {
		t.Errorf("%s: the drawing has a number that is none", what)
	}
	d := xml.NewDecoder(strings.NewReader(f.SVG))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Errorf("%s: the drawing is no XML: %v", what, err)
			break
		}
	}
	for _, row := range f.Table.Rows {
		if len(row) != len(f.Table.Heads) {
			t.Errorf("%s: a row of %d under %d heads", what, len(row), len(f.Table.Heads))
		}
	}
}

// What the answers to the questions say is so.
func TestAnswersAreTrue(t *testing.T) {
	c := newClass(t)

	c.follow("#learn/1")
	worst := 0.0
	for w := -0.9; w <= 0.8; w += 0.01 {
		c.Drag("w", w)
		worst = max(worst, max(c.fact("error"), -c.fact("error")))
	}
	if half := c.fact("scale") / 2; worst > half+0.001 || worst < half-0.03 {
		t.Errorf("lesson 1: the largest error is %v, half the scale %v", worst, half)
	}

	c.follow("#learn/2?w=1")
	before := c.fact("used")
	c.follow("#learn/2?w=6")
	if before < 2 || c.fact("used") != 1 {
		t.Errorf("lesson 2: the small weights become %v numbers, then %v", before, c.fact("used"))
	}

	c.follow("#learn/3?p=100")
	smallBefore := c.fact("small")
	c.follow("#learn/3?p=98")
	if c.fact("small") >= smallBefore || c.fact("lost") <= c.fact("small") || c.fact("kept") > 2 {
		t.Errorf("lesson 3: small %v then %v, the outlier loses %v and becomes %v", smallBefore, c.fact("small"), c.fact("lost"), c.fact("kept"))
	}

	ends := map[string]float64{}
	for start := range clusterStarts {
		c.follow("#learn/4?start=" + start)
		ends[start] = c.fact("end")
	}
	best := c.fact("best")
	if ends["spread"] != best || ends["right"] < 1.5*best {
		t.Errorf("lesson 4: the starts end at %v, the best is %v", ends, best)
	}

	c.follow("#learn/5")
	if c.fact("apart") > 1e-6 || c.fact("rebuilt") != 0 {
		t.Errorf("lesson 5: %v and %v apart", c.fact("apart"), c.fact("rebuilt"))
	}
	c.follow("#learn/5?bits=2")
	if c.fact("apart") < 0.01 {
		t.Errorf("lesson 5: rounded, still only %v apart", c.fact("apart"))
	}

	c.follow("#learn/6")
	if !(c.fact("none") < c.fact("kmeans") && c.fact("kmeans") <= c.fact("resolution") && c.fact("resolution") < c.fact("residual")) {
		t.Errorf("lesson 6: %v", c.figure().Facts)
	}

	c.follow("#learn/7?a=table2&b=plain4")
	if c.fact("a") <= c.fact("b") {
		t.Errorf("lesson 7: with outliers, a table has %v dB and plain INT4 %v", c.fact("a"), c.fact("b"))
	}
	c.follow("#learn/7?a=kmeans2&b=residual2")
	if c.fact("a")+6 > c.fact("b") {
		t.Errorf("lesson 7: split INT2 has %v dB, three digits %v", c.fact("a"), c.fact("b"))
	}

	c.follow("#learn/8")
	gain := c.fact("cut") - c.fact("whole")
	c.follow("#learn/8?loud=0.2")
	if quiet := c.fact("cut") - c.fact("whole"); gain < 10 || quiet > 3 {
		t.Errorf("lesson 8: the quiet channels gain %v dB, and %v where all are quiet", gain, quiet)
	}
}

// The lesson about one's own model says that none is open, takes the sample or
// the one in the tool, and goes through its layers and around.
func TestOwnModel(t *testing.T) {
	c := newClass(t)
	at := strconv.Itoa(slices.Index(Lessons, &ownModel) + 1)
	c.follow("#learn/" + at)
	if c.answer != nil || !strings.Contains(c.caption(), "No model is open") {
		t.Errorf("without a model it says %q", c.caption())
	}
	c.press(ownModel.Buttons[3])
	first := c.answer.Own
	if first.Model != "digits.onnx" || first.Count < 2 || c.caption() != "" {
		t.Fatalf("the sample is %+v, and %q", first, c.caption())
	}
	c.press(ownModel.Buttons[1])
	if c.answer.Own.Index != 1 || c.address != "#learn/"+at+"?layer=1" {
		t.Errorf("the next layer is number %d, at %s", c.answer.Own.Index, c.address)
	}
	c.press(ownModel.Buttons[0])
	c.press(ownModel.Buttons[0])
	if c.answer.Own.Index != first.Count-1 {
		t.Errorf("before the first layer comes number %d", c.answer.Own.Index)
	}
	c.own, c.S.Model = []string{"samples/spam/model.onnx"}, new(message.ModelInfo)
	c.press(ownModel.Buttons[2])
	c.follow("#learn/" + at)
	if c.went != "#tool" || c.answer.Own.Model != "model.onnx" {
		t.Errorf("went to %q and shows %s", c.went, c.answer.Own.Model)
	}
}

// The message is read by ONNX Runtime as by the page; measured, the sample gets
// as many of its messages right as its README says.
func TestTypeMessage(t *testing.T) {
	c := ready(t, &typeMessage)
	at := strconv.Itoa(slices.Index(Lessons, &typeMessage) + 1)
	c.follow("#learn/" + at + "?text=See+you+at+eight%3F")
	if c.why != "" || c.figure().Facts[1].Value != "ham" {
		t.Fatalf("%s: %v", c.why, c.figure().Facts)
	}
	c.Set("text", typeMessage.Controls[0].Start)
	if got := c.figure().Facts[1].Value; got != "spam" {
		t.Errorf("the start is %s", got)
	}
	c.press(typeMessage.Buttons[0])
	for _, w := range digitWays(2) {
		t.Logf("%+v: %d of 120, %.2f bits", w, c.known[w].Correct, c.known[w].BitsPerWeight)
	}
	if got := c.known[message.Way{}].Correct; got != 119 {
		t.Errorf("float gets %d right, its README says 119", got)
	}
}

// All of the state is in the address, and the address gives it back.
func TestAddress(t *testing.T) {
	c := newClass(t)
	c.follow("#learn/2?bits=4&hide=answer,bits&show=hint,table&size=large&w=3.5")
	if got := c.Route().String(); got != "#learn/2?bits=4&hide=answer,bits&show=hint,table&size=large&w=3.5" {
		t.Errorf("goes back to %s", got)
	}
	c.Set("w", "2")
	if want := "#learn/2?bits=4&hide=answer,bits&show=hint,table&size=large&w=2"; c.address != want {
		t.Errorf("the address is %s, want %s", c.address, want)
	}
	page := uitest.Render(c.View)
	if text, _ := uitest.ByTestID(page, "hint-text"); text != string(outlier.Hint) {
		t.Errorf("the hint reads %q", text)
	}
	if len(uitest.Find(page, "data-testid", "set-w")) != 1 || len(uitest.Find(page, "data-testid", "set-bits")) != 0 {
		t.Error("the hidden control is there, or another is not")
	}
	if len(uitest.Find(page, "data-testid", "lesson-table")) != 1 {
		t.Error("there is no table")
	}
}

// What makes no sense in an address is named, and the rest is taken.
func TestWrongAddress(t *testing.T) {
	for hash, want := range map[string][]string{
		"#learn/99":                      {"99"},
		"#learn/x":                       {"x"},
		"#learn/2?w=100":                 {"w=100"},
		"#learn/2?w=NaN":                 {"w=NaN"},
		"#learn/2?colour=red&bits=3":     {"colour=red"},
		"#learn/2?hide=hint,wall":        {"hide=wall"},
		"#learn/2?size=small&show=shoes": {"show=shoes", "size=small"},
		"#learn/1?levels=none":           {"levels=none"},
	} {
		c := newClass(t)
		r, err := route.Parse(hash)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Open(r); !slices.Equal(got, want) {
			t.Errorf("%s: ignored %v, want %v", hash, got, want)
		}
	}
}

// Every lesson can be drawn in every language.
func TestLanguages(t *testing.T) {
	defer func() { words.Language = words.English }()
	for _, l := range words.Languages {
		words.Language = l.Code
		for i, lesson := range Lessons {
			if len(lesson.Samples) > 1 {
				continue // takes a runtime
			}
			c := ready(t, lesson)
			c.follow("#learn/" + strconv.Itoa(i+1))
			checkFigure(t, l.Code, c)
			if text := uitest.Text(uitest.Render(c.View)); strings.Contains(text, "%!") {
				t.Errorf("%s, lesson %d: %s", l.Code, i+1, text)
			}
		}
	}
}

// The sheets hold every lesson, and answers only where they belong; every link
// of the guide opens its lesson, and its minutes add up.
func TestSheets(t *testing.T) {
	c := newClass(t)
	for _, sheet := range sheetOrder {
		c.follow("#learn/" + sheet)
		if got := c.Route().String(); got != "#learn/"+sheet {
			t.Errorf("goes back to %s", got)
		}
	}
	for _, p := range plans {
		sum := 0
		for _, s := range p.Steps {
			sum += s.Minutes
			c.follow(s.href())
			if c.at != s.Lesson-1 || c.sheet != "" {
				t.Errorf("%s opens lesson %d", s.href(), c.at+1)
			}
		}
		if want := strconv.Itoa(sum) + " minutes"; string(p.Title) != want {
			t.Errorf("%s has %d minutes", p.Title, sum)
		}
	}
	c.follow("#learn/worksheet")
	work := visible(uitest.Render(&Sheet{c.View}))
	c.follow("#learn/answers")
	answers := visible(uitest.Render(&Sheet{c.View}))
	for _, l := range Lessons {
		if !strings.Contains(work, string(l.Question)) || strings.Contains(work, string(l.Answer)) || !strings.Contains(answers, string(l.Answer)) {
			t.Errorf("%s is not on the sheets as it should be", l.Title)
		}
	}
}

// visible is the text of what is not hidden.
func visible(n *html.Node) string {
	var hidden []*html.Node
	uitest.Walk(n, func(e *html.Node) {
		if uitest.Has(e, "hidden") {
			hidden = append(hidden, e)
		}
	})
	for _, e := range hidden {
		e.Parent.RemoveChild(e)
	}
	return uitest.Text(n)
}

func TestCSV(t *testing.T) {
	c := newClass(t)
	c.follow("#learn/1")
	c.save("csv")
	if want := "Weight,Code,Becomes,Error\r\n-0.920,0,-1.17,-0.247\r\n"; !strings.HasPrefix(c.saved, want) {
		t.Errorf("saved %q, want %q first", c.saved, want)
	}
}
