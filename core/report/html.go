package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"strings"

	"splitquant/core/evaluate"
	"splitquant/core/recipe"
)

// A Document is what a report in HTML can hold; parts that are nil are left out.
type Document struct {
	Run      *Report
	Proof    *Proof
	Ranking  *Ranking
	Frontier *Frontier
}

// HTML writes one file that needs no other: tables, figures and styles are in it,
// and no scripts. It says how to make the result again.
func HTML(w io.Writer, d Document) error {
	p := &page{}
	p.head(d.title())
	if d.Run != nil {
		p.run(d.Run)
	}
	if d.Proof != nil {
		p.proof(d.Proof)
	}
	if d.Ranking != nil {
		p.ranking(d.Ranking)
	}
	if d.Frontier == nil && d.Proof != nil {
		d.Frontier = d.Proof.Frontier
	}
	if d.Frontier != nil {
		p.section("Bits per weight against SQNR")
		var figure bytes.Buffer
		if err := FrontierSVG(&figure, d.Frontier); err != nil {
			return err
		}
		p.figure(figure.String())
		f := d.Frontier
		p.table(f.heading(), len(f.Points), func(i int) []string { return f.Points[i].cells() })
	}
	p.WriteString("</main>\n</html>\n")
	_, err := w.Write(p.Bytes())
	return err
}

func runHTML(w io.Writer, r *Report) error      { return HTML(w, Document{Run: r}) }
func proofHTML(w io.Writer, p *Proof) error     { return HTML(w, Document{Proof: p}) }
func rankingHTML(w io.Writer, r *Ranking) error { return HTML(w, Document{Ranking: r}) }

func (d Document) title() string {
	switch {
	case d.Run != nil:
		return title(d.Run)
	case d.Proof != nil:
		return d.Proof.title()
	case d.Ranking != nil:
		return d.Ranking.Model
	case d.Frontier != nil:
		return d.Frontier.Model
	}
	return "SplitQuant"
}

// page is an HTML file in the making.
type page struct{ bytes.Buffer }

const style = `:root{color-scheme:light dark;--line:#8884;--other:#d55e00}
body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:70rem;margin:auto;padding:1rem}
h1,h2{line-height:1.2}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.875rem;margin:1rem 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child,.text{text-align:left}
pre{overflow-x:auto;padding:.75rem;border:1px solid var(--line);border-radius:.25rem;font-size:.875rem}
td{white-space:nowrap}
td.text{white-space:normal;min-width:12rem}
svg{max-width:100%;min-width:38rem;height:auto}
svg text{fill:currentColor}
figure{margin:1rem 0}
.warning{border-left:.25rem solid var(--other);padding-left:.75rem}
`

func (p *page) head(title string) {
	t := text(title)
	fmt.Fprintf(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"+
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"+
		"<title>%s</title>\n<style>\n%s</style>\n<main>\n<h1>%s</h1>\n", t, style, t)
}

// text is a text of a file as HTML.
func text(s string) string { return html.EscapeString(Printable(s)) }

func (p *page) section(title string) { fmt.Fprintf(p, "<h2>%s</h2>\n", text(title)) }
func (p *page) paragraph(s string)   { fmt.Fprintf(p, "<p>%s</p>\n", text(s)) }
func (p *page) figure(svg string)    { fmt.Fprintf(p, "<figure class=\"wide\">\n%s</figure>\n", svg) }

// pre shows text as it is.
func (p *page) pre(s string) {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = text(lines[i])
	}
	fmt.Fprintf(p, "<pre>%s</pre>\n", strings.Join(lines, "\n"))
}

func (p *page) warnings(list []string) {
	for _, w := range list {
		fmt.Fprintf(p, "<p class=\"warning\">%s</p>\n", text(w))
	}
}

// table writes a table of n rows.
func (p *page) table(heading []string, n int, row func(int) []string) {
	p.WriteString("<div class=\"wide\"><table>\n<tr>")
	for _, h := range heading {
		fmt.Fprintf(p, "<th>%s</th>", text(h))
	}
	p.WriteString("</tr>\n")
	for i := range n {
		p.WriteString("<tr>")
		for j, cell := range row(i) {
			class := ""
			if j > 0 && strings.ContainsRune(cell, ' ') && !strings.Contains(cell, " of ") && !strings.Contains(cell, " to ") {
				class = ` class="text"`
			}
			fmt.Fprintf(p, "<td%s>%s</td>", class, text(cell))
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</table></div>\n")
}

// run says what was done to a model, and to each of its layers.
func (p *page) run(r *Report) {
	p.section("What was done")
	var summary strings.Builder
	r.Summary(&summary)
	p.pre(summary.String())
	p.warnings(r.Messages())
	p.layerFigure(r)
	p.table(columns, len(r.Layers), func(i int) []string { return cells(&r.Layers[i]) })
	if len(r.Activations) > 0 {
		p.table([]string{"activation", "operator", "axis", "channels", "note"}, len(r.Activations), func(i int) []string {
			a := &r.Activations[i]
			return []string{a.Name, a.Op, fmt.Sprint(a.Axis), fmt.Sprint(a.Channels), a.Skipped}
		})
	}
	p.section("To make it again")
	m := r.Model
	p.paragraph(fmt.Sprintf("SplitQuant %s on %s (%s, %s %s, %d bytes, %d parameters). The same file and options give the same bytes. Save this as recipe.json:",
		r.Version, title(r), m.Producer, m.Format, m.Version, r.BytesBefore, m.Parameters))
	p.recipe(r.Options)
	p.pre(fmt.Sprintf("splitquant quantize %s -o result.onnx --recipe recipe.json", quoted(title(r))))
}

// recipe shows options as the file that sets them.
func (p *page) recipe(o recipe.Options) {
	var b bytes.Buffer
	if o.Write(&b) == nil { // plain data, which can be written
		p.pre(b.String())
	}
}

// quoted is a name as a shell takes it.
func quoted(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// layerFigure draws the SQNR of each layer beside that of plain quantization.
func (p *page) layerFigure(r *Report) {
	var bars []bar
	for i := range r.Layers {
		if l := &r.Layers[i]; l.SQNR != nil {
			b := bar{name: l.Name, value: *l.SQNR, label: ratio(l.SQNR, false) + " dB"}
			if l.Plain != nil && r.Options.Splits() {
				b.mark, b.marked = *l.Plain, true
				b.label += ", plain " + ratio(l.Plain, false)
			}
			bars = append(bars, b)
		}
	}
	p.bars("SQNR of each layer, dB; the mark is plain quantization to the same bits", bars)
}

// proof says what models make of the same inputs.
func (p *page) proof(r *Proof) {
	p.section("What it answers")
	p.paragraph(r.about() + ", " + r.Runtime + ", SplitQuant " + r.Version)
	p.warnings(r.Warnings)
	if r.Rows > 0 {
		var bars []bar
		for _, m := range r.Models {
			if m.Score != nil {
				bars = append(bars, bar{
					name: m.Model, value: 100 * m.Accuracy, low: 100 * m.Low, high: 100 * m.High,
					label: fmt.Sprintf("%.2f %%, %d of %d", 100*m.Accuracy, m.Correct, m.Rows),
				})
			}
		}
		p.bars("accuracy in percent, with its 95 % interval", bars)
	}
	p.table(r.heading(), len(r.Models), func(i int) []string { return r.cells(&r.Models[i]) })
	for i := range r.Models {
		if a := r.Models[i].Agreement; a != nil && len(a.Outputs) > 1 {
			p.section(r.Models[i].Model + ": each output")
			p.table([]string{"output", "values", "largest difference", "relative", "cosine", "SQNR dB"}, len(a.Outputs), func(i int) []string {
				o := &a.Outputs[i]
				return []string{o.Name, fmt.Sprint(o.Values), significant(o.MaxAbs), significant(o.MaxRel), optional(o.Cosine, 1, 6), ratio(o.SQNR, o.Exact)}
			})
		}
	}
	if len(r.Classes) > 0 && len(r.Classes) <= widestMatrix {
		for i := range r.Models {
			p.confusion(r, &r.Models[i])
		}
	}
	if n := len(r.Differ); n > 0 {
		p.section(fmt.Sprintf("%d rows on which they differ", n))
		p.table(r.differHeading(), n, func(i int) []string { return r.differCells(&r.Differ[i]) })
	}
	for i := range r.Made {
		m := &r.Made[i]
		p.section("How " + m.Model + " was made")
		p.paragraph(m.about())
		if m.Report != nil {
			p.run(m.Report)
		}
	}
}

// confusion shows which labels a model takes for which, shaded by their share.
func (p *page) confusion(r *Proof, m *evaluate.Result) {
	if m.Score == nil {
		return
	}
	p.section(m.Model)
	p.WriteString("<div class=\"wide\"><table>\n<tr><th>label \\ taken for</th>")
	for _, c := range r.Classes {
		fmt.Fprintf(p, "<th>%s</th>", text(c))
	}
	p.WriteString("</tr>\n")
	for c, counts := range m.Confusion {
		fmt.Fprintf(p, "<tr><th class=\"text\">%s</th>", text(r.Classes[c]))
		all := 0
		for _, n := range counts {
			all += n
		}
		for _, n := range counts {
			fmt.Fprintf(p, "<td style=\"background:rgb(0 114 178/%.2f)\">%d</td>", 0.6*float64(n)/float64(max(all, 1)), n)
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</table></div>\n")
}

// ranking says which layers hurt.
func (p *page) ranking(r *Ranking) {
	p.section("Which layer hurts")
	p.paragraph(r.about() + ", " + r.Runtime + ", SplitQuant " + r.Version)
	p.paragraph(r.ends())
	p.warnings(r.Warnings)
	var bars []bar
	for i := range r.Layers {
		l := &r.Layers[i]
		b := bar{name: strings.Join(l.Layers, ", ")}
		if r.Rows > 0 {
			b.value, b.label = 100*(l.Loss+l.Gain), fmt.Sprintf("loses %.2f alone, saves %.2f", 100*l.Loss, 100*l.Gain)
		} else if a := l.Alone.Agreement; a != nil && a.SQNR != nil {
			b.value, b.label = *a.SQNR, fmt.Sprintf("%.2f dB, sparing it saves %.2f", *a.SQNR, l.Gain)
		}
		bars = append(bars, b)
	}
	if r.Rows > 0 {
		p.bars("points of accuracy that each layer loses alone, and saves when it is spared", bars)
	} else {
		p.bars("SQNR of the outputs when the layer alone is quantized, dB: the less, the worse", bars)
	}
	p.table(r.heading(), len(r.Layers), func(i int) []string { return r.cells(&r.Layers[i]) })
	p.section("To do it again")
	p.recipe(r.Options)
	p.pre(fmt.Sprintf("splitquant sensitivity %s --recipe recipe.json --data ...", quoted(r.Model)))
}

// A bar is a figure with a name: a value, maybe an interval or a mark.
type bar struct {
	name, label string
	value       float64
	low, high   float64 // where not both are 0
	mark        float64
	marked      bool
}

// bars draws horizontal bars from 0 on; what is below 0 has none.
func (p *page) bars(title string, bars []bar) {
	if len(bars) == 0 {
		return
	}
	const width, right, step, top, letter, longest = 900, 240, 24, 30, 7.5, 44
	most, left := 1e-9, 60.0
	for _, b := range bars {
		most = max(most, b.value, b.high, b.mark)
		left = max(left, 16+letter*float64(min(longest, len([]rune(b.name)))))
	}
	x := func(v float64) float64 { return left + math.Max(v, 0)/most*(width-left-right) }
	height := top + step*len(bars) + 6
	var s strings.Builder
	fmt.Fprintf(&s, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%[1]d\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n", width, height)
	fmt.Fprintf(&s, "<title>%s</title>\n<text x=\"0\" y=\"16\">%[1]s</text>\n", text(title))
	for i, b := range bars {
		y := top + step*i
		fmt.Fprintf(&s, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\">%s</text>", left-8, y+15, text(tail(b.name, longest)))
		fmt.Fprintf(&s, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#0072b2\"/>", left, y+3, x(b.value)-left, step-8)
		if b.low != 0 || b.high != 0 {
			ends := fmt.Sprintf("M%.1f %dv8M%.1f %dv8", x(b.low), y+7, x(b.high), y+7)
			fmt.Fprintf(&s, "<path d=\"M%.1f %dH%.1f%s\" stroke=\"#d55e00\" stroke-width=\"2\" fill=\"none\"/>", x(b.low), y+11, x(b.high), ends)
		}
		if b.marked {
			fmt.Fprintf(&s, "<path d=\"M%.1f %dv%d\" stroke=\"#d55e00\" stroke-width=\"3\"/>", x(b.mark), y+1, step-4)
		}
		fmt.Fprintf(&s, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", max(x(b.value), x(b.high))+8, y+15, text(b.label))
	}
	s.WriteString("</svg>\n")
	p.figure(s.String())
}

// tail is the end of a long name, which tells layers apart better than the
// beginning.
func tail(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}
