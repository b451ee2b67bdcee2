package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Point is one way to quantize a whole model: what it stores and what it
// keeps.
type Point struct {
	Series        string   `json:"series"` // strategy, form and granularity, in words
	Bits          int      `json:"bits"`   // of a code
	BitsPerWeight float64  `json:"bits_per_weight"`
	SQNR          *float64 `json:"sqnr_db"` // nil where exact
	Accuracy      *float64 `json:"accuracy,omitempty"`
	Correct       int      `json:"correct,omitempty"`
	Rows          int      `json:"rows,omitempty"`
	// Best is set where no other point keeps more in as few bits.
	Best bool `json:"best"`
}

// A Frontier is bits per weight against SQNR, for many ways to quantize one
// model.
type Frontier struct {
	Model  string  `json:"model"`
	Points []Point `json:"points"`
	// Failed says which settings could not be tried, and why.
	Failed []string `json:"failed,omitempty"`
}

// Sort orders the points by size and marks the best of each.
func (f *Frontier) Sort() {
	slices.SortStableFunc(f.Points, func(a, b Point) int {
		switch d := a.BitsPerWeight - b.BitsPerWeight; {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return strings.Compare(a.Series, b.Series)
	})
	for i := range f.Points {
		p := &f.Points[i]
		p.Best = !slices.ContainsFunc(f.Points, func(o Point) bool {
			return o.BitsPerWeight <= p.BitsPerWeight && o.db() > p.db()
		})
	}
}

func (p Point) db() float64 {
	if p.SQNR == nil {
		return math.Inf(1)
	}
	return *p.SQNR
}

// FrontierWriterFor returns the function that writes a frontier in the format
// that the ending of name asks for: .html, .json, .csv, .md or .svg.
func FrontierWriterFor(name string) (func(io.Writer, *Frontier) error, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return frontierJSON, nil
	case ".csv":
		return frontierCSV, nil
	case ".md", "":
		return FrontierTable, nil
	case ".svg":
		return FrontierSVG, nil
	case ".html", ".htm":
		return func(w io.Writer, f *Frontier) error { return HTML(w, Document{Frontier: f}) }, nil
	}
	return nil, fmt.Errorf("%s: the name must end in .html, .svg, .md, .csv or .json", name)
}

func frontierJSON(w io.Writer, f *Frontier) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(f)
}

func (p Point) cells() []string {
	c := []string{p.Series, strconv.Itoa(p.Bits), number(p.BitsPerWeight, 2, false), ratio(p.SQNR, p.SQNR == nil)}
	if p.Accuracy != nil {
		c = append(c, number(100**p.Accuracy, 2, false), fmt.Sprintf("%d of %d", p.Correct, p.Rows))
	}
	best := ""
	if p.Best {
		best = "best of its size"
	}
	return append(c, best)
}

func (f *Frontier) heading() []string {
	h := []string{"how", "bits of a code", "bits per weight", "SQNR dB"}
	if len(f.Points) > 0 && f.Points[0].Accuracy != nil {
		h = append(h, "accuracy %", "correct")
	}
	return append(h, "")
}

func frontierCSV(w io.Writer, f *Frontier) error {
	c := csv.NewWriter(w)
	c.Write(f.heading())
	for _, p := range f.Points {
		c.Write(p.cells())
	}
	c.Flush()
	return c.Error()
}

// FrontierTable writes the points as a Markdown table.
func FrontierTable(w io.Writer, f *Frontier) error {
	var b strings.Builder
	h := f.heading()
	fmt.Fprintf(&b, "%s\n\n| %s |\n|%s\n", escape(f.Model), strings.Join(h, " | "), strings.Repeat(" --- |", len(h)))
	for _, p := range f.Points {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(p.cells(), " | "))
	}
	for i, failed := range f.Failed {
		if i == 0 {
			b.WriteString("\nFailed:\n\n")
		}
		fmt.Fprintf(&b, "- %s\n", escape(failed))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inks are the colours of series, in turn; shapes tell them apart without.
var (
	inks   = []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7A7A7A", "#000000"}
	shapes = []string{
		`<circle r="4"/>`, `<path d="M-4-4h8v8h-8z"/>`, `<path d="M0-5l5 9h-10z"/>`,
		`<path d="M0 5l5-9h-10z"/>`, `<path d="M0-5l5 5l-5 5l-5-5z"/>`,
	}
)

// FrontierSVG draws the points: bits per weight to the right, SQNR upwards,
// one line for each series.
func FrontierSVG(w io.Writer, f *Frontier) error {
	const width, height, left, top, right, bottom = 980, 560, 60, 30, 340, 50
	var series []string
	maxBits, maxDB := 1.0, 10.0
	for _, p := range f.Points {
		if p.SQNR == nil {
			continue
		}
		if !slices.Contains(series, p.Series) {
			series = append(series, p.Series)
		}
		maxBits, maxDB = max(maxBits, p.BitsPerWeight), max(maxDB, *p.SQNR)
	}
	slices.Sort(series)
	maxBits, maxDB = math.Ceil(maxBits), 10*math.Ceil(maxDB/10)
	x := func(bits float64) float64 { return left + bits/maxBits*(width-left-right) }
	y := func(db float64) float64 { return height - bottom - max(db, 0)/maxDB*(height-top-bottom) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>%s: bits per weight against SQNR</title><rect width="%d" height="%d" fill="#fff"/>`+"\n", html.EscapeString(Printable(f.Model)), width, height)
	for bits := 0.0; bits <= maxBits; bits += max(1, math.Floor(maxBits/12)) {
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x(bits), top, height-bottom, x(bits), height-bottom+18, bits)
	}
	for db := 0.0; db <= maxDB; db += 10 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", left, y(db), width-right, left-6, y(db)+4, db)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">stored bits per weight</text><text x="%d" y="%d">SQNR, dB</text>`+"\n", (left+width-right)/2, height-12, left-50, top-12)
	for i, name := range series {
		fmt.Fprintf(&b, `<g fill="%s" stroke="%[1]s">`, inks[i%len(inks)])
		line := ""
		for _, p := range f.Points {
			if p.Series == name && p.SQNR != nil {
				line += fmt.Sprintf("%c%.1f %.1f", "ML"[min(len(line), 1)], x(p.BitsPerWeight), y(*p.SQNR))
				fmt.Fprintf(&b, `<g transform="translate(%.1f %.1f)"><title>%s, %d bits: %.2f bits per weight, %.2f dB</title>%s</g>`,
					x(p.BitsPerWeight), y(*p.SQNR), html.EscapeString(name), p.Bits, p.BitsPerWeight, *p.SQNR, shapes[i%len(shapes)])
			}
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none"/><g transform="translate(%d %d)">%s</g>`, line, width-right+24, top+10+20*i, shapes[i%len(shapes)])
		fmt.Fprintf(&b, `</g><text x="%d" y="%d">%s</text>`+"\n", width-right+36, top+14+20*i, html.EscapeString(name))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
