package figure

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"splitquant/ui/state"
	"splitquant/ui/uitest"
	"splitquant/wasm/message"
)

// info is a weight of 100 bins from -1 to 1, split at -0.5 and 0.5, in 2 bits.
func info() *message.FigureInfo {
	f := &message.FigureInfo{
		Min: -1, Max: 1, Counts: make([]int64, 100),
		Bounds: []float64{-0.5, 0.5}, Centers: []float64{-0.7, 0, 0.7}, Sizes: []int64{25, 50, 25},
		Levels: [][]float64{{-1, -0.75, -0.5, 0}, {-0.4, -0.2, 0, 0.2}, {0, 0.5, 0.75, 1}},
		Plain:  []float64{-1.2, -0.4, 0.4, 1.2},
	}
	for i := range f.Counts {
		f.Counts[i] = int64(i + 1)
	}
	return f
}

var titles = []string{"Plain", "Split"}

// at is where a weight lies in a drawing of that width whose axis spans lo to
// hi: the closed form that Draw is held against.
func at(v, lo, hi float64, width int) float64 {
	return left + (v-lo)/(hi-lo)*float64(width-left-right)
}

// numbers returns what a pattern finds, as numbers.
func numbers(t *testing.T, pattern, text string) []float64 {
	t.Helper()
	var found []float64
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, x)
	}
	return found
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d of them, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 0.051 { // one decimal is written
			t.Errorf("%s %d at %v, want %v", what, i, got[i], want[i])
		}
	}
}

// Both panels have the same axis, which spans all weights and all levels.
func TestDrawPutsLevelsAndBoundariesWhereTheyAre(t *testing.T) {
	for _, width := range []int{wide, narrow} {
		svg := Draw(info(), titles, width, false)
		var want []float64
		for _, l := range append([][]float64{info().Plain}, info().Levels...) {
			for _, v := range l {
				want = append(want, at(v, -1.2, 1.2, width))
			}
		}
		near(t, "level", numbers(t, `<circle[^>]* cx="([\d.]+)"`, svg), want)
		near(t, "boundary", numbers(t, `class="bound" x1="([\d.]+)"`, svg), []float64{at(-0.5, -1.2, 1.2, width), at(0.5, -1.2, 1.2, width)})
	}
}

// Levels that no weight is rounded to neither are drawn nor stretch the axis,
// and an empty part has none.
func TestTheAxisSpansTheWeights(t *testing.T) {
	f := info()
	f.Plain = []float64{-9, -3, -1.2, 0, 1.2, 3}
	f.Levels = [][]float64{{-1, -0.5}, nil, {0.5, 1, 2}}
	var want []float64
	for _, v := range []float64{-1.2, 0, 1.2, -1, -0.5, 0.5, 1} {
		want = append(want, at(v, -1.2, 1.2, wide))
	}
	near(t, "level", numbers(t, `<circle[^>]* cx="([\d.]+)"`, Draw(f, titles, wide, false)), want)
}

// Any number of parts: each bar is in one, and each has its own letter.
func TestManyParts(t *testing.T) {
	for _, bounds := range [][]float64{{0}, {-0.5, 0, 0.5}, {-0.8, -0.6, -0.4, 0.9}} {
		f := info()
		f.Bounds, f.Sizes, f.Centers = bounds, make([]int64, len(bounds)+1), nil
		f.Levels = make([][]float64, len(bounds)+1)
		svg := Draw(f, titles, narrow, false)
		marks := regexp.MustCompile(`class="letter" x="(\d+)"[^>]*middle">([A-Z0-9]+)<`).FindAllStringSubmatch(svg, -1)
		seen := map[string]bool{}
		for _, m := range marks {
			seen[m[2]] = true
		}
		if len(seen) != len(bounds)+1 {
			t.Errorf("%v: letters %v", bounds, marks)
		}
	}
}

func TestPartOf(t *testing.T) {
	bounds := []float64{-1, 0, 1}
	for v, want := range map[float64]int{-2: 0, -1: 0, -0.5: 1, 0: 2, 0.5: 2, 1: 3, 2: 3} {
		if got := partOf(v, bounds); got != want {
			t.Errorf("%v is in part %d, want %d", v, got, want)
		}
	}
}

// Each bar has the colour of the part that its middle belongs to.
func TestDrawColoursTheParts(t *testing.T) {
	svg := Draw(info(), titles, wide, false)
	for class, want := range map[string]int{"whole": 100, "part-l": 25, "part-m": 50, "part-u": 25} {
		path := regexp.MustCompile(`<path class="` + class + `" d="([^"]*)"`).FindStringSubmatch(svg)
		if path == nil {
			t.Fatalf("no bars of class %s", class)
		}
		if got := strings.Count(path[1], "z"); got != want {
			t.Errorf("%d bars of class %s, want %d", got, class, want)
		}
	}
	for _, letter := range letters {
		if !strings.Contains(svg, `text-anchor="middle">`+letter+"<") {
			t.Errorf("no letter %s over its part", letter)
		}
	}
}

// Heights follow the axis: a bar of the largest count is as high as the panel,
// and one of half that count half as high, or less low on a logarithmic one.
func TestHeights(t *testing.T) {
	c := &canvas{most: 100, linear: true}
	near(t, "linear height", []float64{c.height(100), c.height(50), c.height(0)}, []float64{plotHeight, plotHeight / 2.0, 0})
	c.linear = false
	near(t, "logarithmic height", []float64{c.height(100), c.height(50), c.height(0)},
		[]float64{plotHeight, plotHeight * math.Log(51) / math.Log(101), 0})
}

func TestDrawIsXML(t *testing.T) {
	plain := info()
	plain.Bounds, plain.Centers, plain.Sizes, plain.Levels = nil, nil, nil, [][]float64{plain.Plain}
	float := info()
	float.Levels = nil
	many := info()
	many.Levels[1] = make([]float64, 256)
	for name, f := range map[string]*message.FigureInfo{"split": info(), "plain": plain, "float": float, "many": many} {
		names := []string{"a < b", "c & d"}
		if name == "plain" {
			names = names[:1]
		}
		svg := Draw(f, names, wide, true)
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
		if panels := strings.Count(svg, `class="title"`); (panels == 1) != (name == "plain") {
			t.Errorf("%s: %d panels", name, panels)
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s: a coordinate is no number", name)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	for name, f := range map[string]*message.FigureInfo{
		"one value": {Min: 1, Max: 1, Counts: []int64{3}},
		"no counts": {Min: 0, Max: 1},
		"no weight": {Min: 0, Max: 1, Counts: []int64{0, 0}},
	} {
		if svg := Draw(f, titles, wide, false); svg != "" {
			t.Errorf("%s: %s", name, svg)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		span float64
		n    int
		want float64
	}{{1, 8, 0.2}, {1, 10, 0.1}, {0.03, 8, 0.005}, {7, 4, 2}, {900, 4, 500}} {
		if got := niceStep(c.span, c.n); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v in %d: %v, want %v", c.span, c.n, got, c.want)
		}
	}
	for n, want := range map[float64]string{1: "1", 1000: "1k", 20000: "20k", 1.5e6: "1.5M", 2e9: "2G"} {
		if got := shortCount(n); got != want {
			t.Errorf("%v is written %s, want %s", n, got, want)
		}
	}
	if got := tick(-1e-17, 1); got != "0" {
		t.Errorf("almost zero is written %s", got)
	}
}

// The table holds every number of the picture.
func TestTable(t *testing.T) {
	f := info()
	text := strings.ReplaceAll(Table(f), "\u00a0", " ")
	for _, want := range []string{"L lower", "M middle", "U upper", "−0.400, −0.200, 0, 0.200", "−0.700", ">50<", "−1.20, −0.400, 0.400, 1.20"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	if rows := strings.Count(text, "<tr>"); rows != 2+4+len(f.Counts) {
		t.Errorf("%d rows", rows)
	}
}

func TestView(t *testing.T) {
	s := state.New()
	c := &View{S: &s}
	if got := uitest.Text(uitest.Render(c)); got != "" {
		t.Errorf("without a model it says %q", got)
	}
	s.SetModel(&message.ModelInfo{Layers: []message.LayerInfo{{Name: "conv<1>", Op: "Conv", Shape: []int64{8, 1, 3, 3}}}})
	s.Chosen, s.Figure = 0, info()
	text := uitest.Text(uitest.Render(c))
	for _, want := range []string{"conv<1>", "Conv, 8 × 1 × 3 × 3", "L lower up to −0.500, 25 %", "M middle −0.500 to 0.500, 50 %"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	s.Drawing, s.Running = true, true
	if text := uitest.Text(uitest.Render(c)); !strings.Contains(text, string(textAfterRun)) {
		t.Errorf("while a run goes on it says %q", text)
	}
}

// Two values apart have an excess kurtosis of -2, a normal distribution 0, a
// Laplace distribution 3: the words follow.
func TestTails(t *testing.T) {
	for kurtosis, want := range map[float64]string{-2: "few outliers", 0: "few outliers", 1.5: "heavier tails", 3: "heavy tails"} {
		if got := tails(kurtosis); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", kurtosis, got, want)
		}
	}
}
