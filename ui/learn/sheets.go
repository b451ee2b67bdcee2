package learn

import (
	"strconv"

	"splitquant/ui/words"
)

// The sheets, by what they are called in the address: pages for the teacher,
// made from the lessons, to be read or printed.
const (
	guideSheet     = "guide"
	worksheetSheet = "worksheet"
	answersSheet   = "answers"
)

var sheetTitles = map[string]words.Text{
	guideSheet:     "Teacher's guide",
	worksheetSheet: "Worksheet",
	answersSheet:   "Answer sheet",
}

// sheetOrder is the order in which they are offered.
var sheetOrder = []string{guideSheet, worksheetSheet, answersSheet}

// A plan is a timetable of lessons.
type plan struct {
	Title words.Text
	Steps []planStep
}

// A planStep is some minutes of a plan. Address, from behind "#learn/", opens
// the lesson as the step needs it.
type planStep struct {
	Minutes int
	Lesson  int // from 1
	Address string
	Does    words.Text
}

// plans are the timetables of the teacher's guide.
var plans = []plan{
	{"45 minutes", []planStep{
		{5, 9, "9?hide=answer", "Begin with the surprise: draw a digit on the board's screen, at 2 bits. Why does one model still read it and another not?"},
		{7, 1, "1?hide=answer", "The number line. Each pupil finds the largest error of w; collect the answers, then show the reason."},
		{7, 2, "2?hide=answer,bits", "The outlier. Let one pupil drag it on the screen while the class counts the levels that are left."},
		{6, 3, "3?hide=answer,bits", "Clipping. In pairs: find the best percentage, and say what was lost there."},
		{7, 5, "5?hide=answer", "A layer in three. Check by hand that one row of the three matrices adds up."},
		{6, 6, "6?hide=answer", "Three scales. Read the SQNR of each strategy; say in words why the split gains."},
		{4, 7, "7", "What it costs. The honest question: better than what, and at which size?"},
		{3, 10, "10?hide=answer", "Close with a message that someone types: here plain INT2 is as good as float. What is the split worth then?"},
	}},
	{"90 minutes", []planStep{
		{8, 9, "9?hide=answer", "Draw a digit: everybody draws one, and looks for one on which the models disagree."},
		{9, 1, "1?hide=answer", "The number line, with 2, 3 and 4 bits; fill in the first lines of the worksheet."},
		{9, 2, "2?hide=answer", "The outlier; then the same with 4 bits: how much farther may it go?"},
		{8, 3, "3?hide=answer", "Clipping, in pairs, with the curve of errors."},
		{11, 4, "4?hide=answer", "k-means by hand: three starts, one best division. Why do two people get different results with Lloyd's algorithm?"},
		{9, 5, "5?hide=answer", "A layer in three, first in float, then rounded."},
		{9, 6, "6?hide=answer", "Three scales: k-means, least error, digits."},
		{8, 7, "7?hide=answer", "What it costs: each pair defends one point of the picture."},
		{6, 10, "10?hide=answer", "Type a message: a model that plain quantization does not break. When does a split pay?"},
		{7, 11, "11?hide=answer", "A model that someone brought, or the sample: in which layer does the split gain most? Those who are ahead look at activations, lesson 8."},
		{6, 9, "9", "Measure on 2,000 digits, compare answers, collect the worksheets."},
	}},
}

// guideSays is what a teacher should know before.
var guideSays = []words.Text{
	"The hour needs nothing but this page, open in the browsers of the class. Open it once while there is a network; from then on it works without one, and nothing that pupils do leaves their machine.",
	"Every link below opens a lesson as that step needs it, with the answer hidden. Add hide=hint,answer,question,table,save or the name of a control, such as hide=bits, to an address to take more away, and size=large for a projector.",
	"Pupils should know decimal numbers and what an average is. They need not know what a neural network is: it is enough that it multiplies and adds many numbers, its weights.",
	"By the end they can say what a scale is, why one outlier spoils INT2, what clipping destroys, what splitting saves, and what it costs.",
}

func (s planStep) minutes() string { return words.F("%d min", s.Minutes) }
func (s planStep) href() string    { return "#learn/" + s.Address }
func (s planStep) title() string {
	return strconv.Itoa(s.Lesson) + " " + words.T(Lessons[s.Lesson-1].Title)
}

// A Sheet shows the sheet that the classroom is at, if it is at one.
type Sheet struct{ *View }

// sheetLinks lists the sheets.
func (c *View) sheetLinks() []link {
	var all []link
	for _, s := range sheetOrder {
		all = append(all, link{href: "#learn/" + s, title: sheetTitles[s]})
	}
	return all
}

// numbered is a lesson on a sheet.
type numbered struct {
	*Lesson
	title string
}

func (c *View) numbered() []numbered {
	var all []numbered
	for i, l := range c.lessons {
		all = append(all, numbered{l, strconv.Itoa(i+1) + " " + words.T(l.Title)})
	}
	return all
}
