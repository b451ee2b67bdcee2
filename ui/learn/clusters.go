package learn

import (
	"fmt"

	"splitquant/core/lesson"
	"splitquant/ui/format"
	"splitquant/ui/words"
)

// clusters is lesson 4: k-means by hand, and what a bad start costs.
var clusters = Lesson{
	Title: "Three clusters: k-means",
	Says: []words.Text{
		"SplitQuant divides the weights into three clusters, lower, middle and upper. Lloyd's algorithm finds them by turns: each weight goes to the nearest centre, then each centre moves to the middle of its weights.",
		"What k-means makes small is the inertia, the sum of the squared distances to the centres. On a line the best division can be computed exactly, and that is what this program does.",
	},
	Controls: []Control{
		{Name: "start", Label: "Start", Words: []Word{{"spread", "centres spread out"}, {"right", "all centres to the right"}, {"middle", "all centres in the middle"}}, Start: "right"},
		{Name: "step", Label: "Step", Min: 0, Max: clusterSteps, Step: 1, Start: "0"},
	},
	Buttons: []Button{
		{"One step", func(c *View) { c.step(c.set.Number("step") + 1) }},
		{"To the end", func(c *View) {
			if c.answer != nil {
				c.step(float64(len(c.answer.Cluster.Steps) - 1))
			}
		}},
		{"Start over", func(c *View) { c.step(0) }},
	},
	Question: "Step to the end from each of the three starts. Do all of them arrive at the best division?",
	Hint:     "Compare the inertia at the end with the least possible one.",
	Answer:   "No. Lloyd's algorithm only goes downhill, and ends in the nearest valley: a bad start gives two centres to one heap and lets one centre serve two. Started at random, as the paper's program does, it gives another result each time. The exact optimum is the same for everybody.",
	Ask: func(s Settings) *ask {
		return &ask{Ask: lesson.Ask{Cluster: &lesson.ClusterAsk{Data: []lesson.Data{clusterData}, Start: clusterStarts[s["start"]]}}}
	},
	Show: showClusters,
}

// step goes to a step of Lloyd's algorithm.
func (c *View) step(n float64) {
	c.set.Put("step", min(n, clusterSteps))
	c.changed()
}

// clusterSteps is the most that the lesson steps through.
const clusterSteps = 20

var (
	clusterData = lesson.Data{Bell: 70, Spread: 0.5, Outliers: []float64{
		-4.3, -4.1, -3.9, -3.8, -3.6, -3.5, 3.1, 3.3, 3.4, 3.6, 3.7, 3.8, 4, 4.1, 4.2, 4.4, 4.5, 4.7}}
	clusterStarts = map[string][]float64{"spread": {-4, 0, 4}, "right": {3.2, 3.8, 4.5}, "middle": {-0.2, 0, 0.2}}
)

func showClusters(s Settings, a *info, width int) Figure {
	all := a.Cluster.Steps
	n := min(s.Int("step"), len(all)-1)
	now, best := all[n], a.Cluster.Best

	p := newPlot(width, -5, 5.2)
	const base, lower = 175.0, 330.0
	panel := func(y float64, title string, of []int, centers []float64, bounds []float32, inertia float64) {
		p.text(float64(p.left), y-150, "title", "start", title)
		if width >= 500 { // else it stands above the picture only
			p.text(float64(width-p.right), y-150, "axis", "end", words.F("inertia %s", fixed(inertia, 2)))
		}
		p.dots(a.Values, of, y-14, 95)
		for _, b := range bounds {
			p.line("bound", p.x(float64(b)), y-130, p.x(float64(b)), y-4)
		}
		for c, x := range centers {
			fmt.Fprintf(p, `<path class="ink" d="M%.1f %.1fl-5 11h10z"/>`, p.x(x), y-12)
			p.text(p.x(x), y-133, "letter", "middle", letters[c])
		}
		p.axis(y + 2)
	}
	panel(base, words.F("Lloyd's algorithm, step %d of %d", n, len(all)-1), a.Cluster.Of[n], now.Centers, now.Boundaries, now.Inertia)
	panel(lower+42, words.T("The best there is"), best.Of, best.Centers, best.Bounds, best.Inertia)
	p.height = int(lower) + 70

	t := Table{Heads: []words.Text{"Step", "Centre L", "Centre M", "Centre U", "Moved", "Inertia"}}
	for i, step := range all {
		row := []string{fmt.Sprint(i)}
		for _, c := range step.Centers {
			row = append(row, format.Real(c))
		}
		t.Rows = append(t.Rows, append(row, fmt.Sprint(step.Moved), fixed(step.Inertia, 3)))
	}
	row := []string{words.T("best")}
	for _, c := range best.Centers {
		row = append(row, format.Real(c))
	}
	t.Rows = append(t.Rows, append(row, "", fixed(best.Inertia, 3)))
	return Figure{
		SVG: p.svg(),
		Alt: words.F("Weights in three heaps, divided by the step %d of Lloyd's algorithm, and below by the exact optimum.", n),
		Facts: []Fact{
			{"moved", "Weights that changed sides", fmt.Sprint(now.Moved), false},
			{"inertia", "Inertia now", fixed(now.Inertia, 2), true},
			{"end", "Inertia at the end", fixed(all[len(all)-1].Inertia, 2), false},
			{"best", "Least possible", fixed(best.Inertia, 2), false},
		},
		Table: t,
	}
}
