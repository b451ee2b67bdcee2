package learn

import "splitquant/ui/words"

const (
	textTitle    words.Text = "Learn"
	textIntro    words.Text = "An hour about quantization: what a scale is, why one outlier spoils it, what clipping destroys, what splitting saves, and what it costs. Every picture is computed in this page while you move something."
	textLessons  words.Text = "Lessons"
	textAll      words.Text = "All lessons"
	textQuestion words.Text = "Question"
	textHint     words.Text = "Hint"
	textAnswer   words.Text = "Answer"
	textCanvas   words.Text = "A sheet to draw a digit on with the pointer. Without one, choose a digit by its number."
	textTeachers words.Text = "For teachers"
	textPrint    words.Text = "Print"
	textName     words.Text = "Name"
	textControls words.Text = "Move something"
	textNumbers  words.Text = "Numbers behind the picture"
	textSave     words.Text = "Save or share"
	textSVG      words.Text = "Save as SVG"
	textPNG      words.Text = "Save as PNG"
	textCSV      words.Text = "Save numbers as CSV"
	textCopy     words.Text = "Copy link"
	textLarge    words.Text = "Presenter size"
	textPrevious words.Text = "Previous lesson"
	textNext     words.Text = "Next lesson"
)
