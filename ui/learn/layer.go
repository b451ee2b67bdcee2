package learn

import (
	"fmt"
	"math"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// oneLayer is lesson 5: a matrix as three that add up to it.
var oneLayer = Lesson{
	Title: "Splitting a layer",
	Says: []words.Text{
		"A layer multiplies its input by a matrix of weights. SplitQuant makes three layers of it: each weight goes, unchanged, to the lower, the middle or the upper one, and the others have 0 in its place.",
		"All three get the same input, and their outputs are added. Nothing is lost by that: only now can each be rounded on a scale of its own.",
	},
	Controls: []Control{
		{Name: "w", Label: "One of the weights", Min: -6, Max: 6, Step: 0.1, Start: "4.2"},
		{Name: "bits", Label: "Weights", Words: []Word{{"0", "as they are, in float"}, {"2", "rounded to 2 bits"}, {"3", "rounded to 3 bits"}, {"4", "rounded to 4 bits"}}, Start: "0"},
	},
	Question: "How far apart are the outputs of the one layer and of the three, as long as nothing is rounded?",
	Hint:     "Read “largest difference”, and move the weight through zero and to the other end.",
	Answer:   "Not at all, or by the last digit that a float has: every weight stands in exactly one of the three, so their sum is the old matrix, bit for bit. Only the order of the additions is another. The error comes with the rounding, not with the split.",
	Ask: func(s Settings) *ask {
		w := append([]float32(nil), layerWeight...)
		w[layerMoved] = float32(s.Number("w"))
		return &ask{Ask: lesson.Ask{Layer: &lesson.LayerAsk{Weight: w, Input: layerInput, Bits: s.Int("bits")}}}
	},
	Show: showLayer,
}

var (
	layerWeight = []float32{
		0.3, -0.2, 0.1, 0.4, -0.5,
		-0.1, 0.6, -3.1, 0.2, 0.1,
		0.2, -0.4, 0.3, 4.2, -0.3,
		-0.6, 0.1, 0.5, -0.2, 3.4,
	}
	layerInput = []float32{1, -0.5, 0.8, 0.3, -1.2}
)

const layerMoved = 13 // the weight that can be moved

func showLayer(s Settings, a *info, width int) Figure {
	l := a.Layer
	cols := len(layerInput)
	rows := len(layerWeight) / cols
	whole := append([]float32(nil), layerWeight...)
	whole[layerMoved] = float32(s.Number("w"))

	p := newPlot(width, 0, 1)
	perRow, most, gap := 2, 54.0, 34.0 // of the four matrices
	if width < 500 {
		perRow, most = 1, 42
	}
	cell := min(most, (float64(width)-gap)/float64(perRow*(cols+1)))
	size := float64(cols+1)*cell + gap
	matrix := func(at int, title string, w, y []float32, part int) {
		x0 := float64(at%perRow)*size + 2
		y0 := float64(at/perRow)*(float64(rows)*cell+50) + 30
		p.text(x0, y0-10, "title", "start", title)
		for i, v := range w {
			p.cell(x0+float64(i%cols)*cell, y0+float64(i/cols)*cell, cell, v, part, part == noPart && i == layerMoved)
		}
		for i, v := range y {
			p.text(x0+float64(cols)*cell+4, y0+(float64(i)+0.5)*cell+4, "letter", "start", "= "+fixed(float64(v), 2))
		}
	}
	matrix(0, words.T("The layer"), whole, l.Whole, noPart)
	names := []words.Text{"lower", "middle", "upper"}
	for i := range l.Parts {
		matrix(i+1, letters[i]+" "+words.T(names[i]), l.Parts[i], l.Outputs[i], i)
	}
	p.height = int(float64(4/perRow)*(float64(rows)*cell+50)) + 10

	t := Table{Heads: []words.Text{"Row", "Output of the layer", "Output of L", "Output of M", "Output of U", "Sum of the three", "Difference"}}
	for i := range l.Whole {
		row := []string{fmt.Sprint(i + 1), real32(l.Whole[i])}
		for _, y := range l.Outputs {
			row = append(row, real32(y[i]))
		}
		t.Rows = append(t.Rows, append(row, real32(l.Sum[i]), format.Real(float64(l.Sum[i])-float64(l.Whole[i]))))
	}
	n := [3]int{}
	for _, part := range l.Of {
		n[part]++
	}
	return Figure{
		SVG: p.svg(),
		Alt: words.T("A matrix of weights and the three matrices that add up to it, each with its outputs; the numbers are written in the cells."),
		Facts: []Fact{
			{"apart", "Largest difference of the outputs", format.Real(l.Apart), true},
			{"rebuilt", "Largest difference of the weights", format.Real(l.Rebuilt), false},
			{"sizes", "Weights in L, M, U", fmt.Sprintf("%d, %d, %d", n[0], n[1], n[2]), false},
		},
		Table: t,
	}
}

// cell draws one weight of a matrix, the stronger the larger it is.
func (p *plot) cell(x, y, size float64, v float32, part int, moved bool) {
	class := [...]string{"whole", "part-l", "part-m", "part-u"}[part+1]
	if v != 0 {
		fmt.Fprintf(p, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill-opacity="%.2f"/>`,
			class, x, y, size, size, 0.12+0.38*min(1, math.Abs(float64(v))/5))
		if part == 0 || part == 2 {
			fmt.Fprintf(p, `<rect class="hatch" fill="url(#stripes-%d)" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, part, x, y, size, 6.0)
		}
	}
	frame := "frame"
	if moved {
		frame = "frame moved"
	}
	fmt.Fprintf(p, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, frame, x, y, size, size)
	p.text(x+size/2, y+size/2+5, "value", "middle", short(math.Round(float64(v)*100)/100))
}
