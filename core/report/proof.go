package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"splitquant/core/evaluate"
)

// A Proof says what forms of a model make of the same inputs.
type Proof struct {
	Version   string `json:"version"`
	Runtime   string `json:"runtime"`             // that ran the models, with its version
	Data      string `json:"data,omitempty"`      // the file of labelled data
	Tokenizer string `json:"tokenizer,omitempty"` // that made ids of its texts
	Inputs    string `json:"inputs,omitempty"`    // what was made up where there are no data, in words
	evaluate.Table
	Warnings []string `json:"warnings,omitempty"`
	Seconds  float64  `json:"seconds"`

	Made     []Made    `json:"made,omitempty"`     // how the models came about, where that is known
	Frontier *Frontier `json:"frontier,omitempty"` // of the original; nil where it was not looked for
}

// Made says how one of the models was made of the original.
type Made struct {
	Model   string  `json:"name"`
	Version string  `json:"version"`          // of SplitQuant
	Options string  `json:"options"`          // in the sense of [splitquant/core/recipe.Parse]
	Again   string  `json:"again,omitempty"`  // what came of making it again, in a sentence
	Report  *Report `json:"report,omitempty"` // layer by layer; nil where it could not be made again
}

// ProofWriterFor returns the function that writes a proof in the format that the
// ending of name asks for: .html, .md, .csv or .json. For an empty name it is nil.
func ProofWriterFor(name string) (func(io.Writer, *Proof) error, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case name == "":
		return nil, nil
	case ext == ".json":
		return ProofJSON, nil
	case ext == ".csv":
		return proofCSV, nil
	case ext == ".md":
		return proofMarkdown, nil
	case ext == ".html", ext == ".htm":
		return proofHTML, nil
	}
	return nil, fmt.Errorf("report %s: the name must end in .html, .md, .csv or .json", name)
}

// ProofJSON writes all that is known.
func ProofJSON(w io.Writer, p *Proof) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

// heading names the columns of the table of models.
func (p *Proof) heading() []string {
	h := []string{"model", "bytes"}
	if p.Rows > 0 {
		h = append(h, "correct", "accuracy %", "95 % interval")
	}
	return append(h, "largest difference", "relative", "cosine", "SQNR dB", "top-1 %")
}

// cells is the row of one model.
func (p *Proof) cells(r *evaluate.Result) []string {
	c := []string{r.Model, number(float64(r.Bytes), 0, r.Bytes == 0)}
	if r.Score != nil {
		c = append(c, fmt.Sprintf("%d of %d", r.Correct, r.Rows), number(100*r.Accuracy, 2, false), fmt.Sprintf("%.2f to %.2f", 100*r.Low, 100*r.High))
	}
	if r.Agreement == nil {
		return append(c, "", "", "", "", "")
	}
	return append(c, significant(r.MaxAbs), significant(r.MaxRel), optional(r.Cosine, 1, 6), ratio(r.SQNR, r.Exact), optional(r.Top1, 100, 2))
}

// significant writes three digits of a number.
func significant(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// optional writes a figure that may be missing, times a factor.
func optional(v *float64, factor float64, digits int) string {
	if v == nil {
		return ""
	}
	return number(*v*factor, digits, false)
}

// about says in a sentence what the models were run on.
func (p *Proof) about() string {
	s := fmt.Sprintf("%d made-up inputs (%s)", p.Samples, p.Inputs)
	if p.Rows > 0 {
		s = fmt.Sprintf("%d rows of %s in %d classes", p.Rows, p.Data, len(p.Classes))
		if p.Tokenizer != "" {
			s += ", tokens by " + p.Tokenizer
		}
	}
	return s
}

// listedRows is how many differing rows the terminal and Markdown show.
const listedRows = 10

// widestMatrix is how many classes a confusion matrix has at most that is shown.
const widestMatrix = 20

// Text writes the proof for a terminal.
func (p *Proof) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s\n\n", Printable(p.about()), p.Runtime)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = Printable(c)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t")+"\t") // a cell without a tab is no part of its column
	}
	line(p.heading())
	for i := range p.Models {
		line(p.cells(&p.Models[i]))
	}
	for i := range p.Models {
		if s := p.Models[i].Score; s != nil && len(p.Classes) <= widestMatrix {
			fmt.Fprintln(t)
			line(append([]string{p.Models[i].Model + ": label \\ taken for"}, p.Classes...))
			for c, counts := range s.Confusion {
				line(append([]string{p.Classes[c]}, integers(counts)...))
			}
		}
	}
	if n := len(p.Differ); n > 0 {
		fmt.Fprintf(t, "\n%d rows on which they differ\n", n)
		line(p.differHeading())
		for i := range p.Differ[:min(n, listedRows)] {
			line(p.differCells(&p.Differ[i]))
		}
		if n > listedRows {
			fmt.Fprintf(t, "and %d more: --report or --json has them all\n", n-listedRows)
		}
	}
	return t.Flush()
}

func integers(counts []int) []string {
	cells := make([]string, len(counts))
	for i, n := range counts {
		cells[i] = strconv.Itoa(n)
	}
	return cells
}

func (p *Proof) differHeading() []string {
	h := []string{"row", "label"}
	for _, m := range p.Models {
		h = append(h, m.Model)
	}
	return append(h, "what")
}

func (p *Proof) differCells(r *evaluate.Row) []string {
	c := []string{strconv.Itoa(r.Row + 1), p.class(r.Label)}
	for _, class := range r.Predicted {
		c = append(c, p.class(class))
	}
	return append(c, cut(r.Title, 60))
}

// class names a class; -1 is an answer of NaN.
func (p *Proof) class(c int) string {
	if c < 0 || c >= len(p.Classes) {
		return "NaN"
	}
	return p.Classes[c]
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// proofCSV writes one line for each model.
func proofCSV(w io.Writer, p *Proof) error {
	c := csv.NewWriter(w)
	c.Write(append(p.heading(), "options", "SplitQuant", "runtime", "data"))
	for i := range p.Models {
		c.Write(append(p.cells(&p.Models[i]), p.options(p.Models[i].Model), p.Version, p.Runtime, p.about()))
	}
	c.Flush()
	return c.Error()
}

// proofMarkdown writes the tables.
func proofMarkdown(w io.Writer, p *Proof) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s, %s, SplitQuant %s.\n\n", escape(p.title()), escape(p.about()), p.Runtime, p.Version)
	for _, warning := range p.Warnings {
		fmt.Fprintf(&b, "Warning: %s\n\n", escape(warning))
	}
	markdownTable(&b, p.heading(), len(p.Models), func(i int) []string { return p.cells(&p.Models[i]) })
	for i := range p.Models {
		if s := p.Models[i].Score; s != nil && len(p.Classes) <= widestMatrix {
			fmt.Fprintf(&b, "\n## %s\n\n", escape(p.Models[i].Model))
			markdownTable(&b, append([]string{"label \\ taken for"}, p.Classes...), len(p.Classes), func(c int) []string {
				return append([]string{p.Classes[c]}, integers(s.Confusion[c])...)
			})
		}
	}
	if len(p.Differ) > 0 {
		fmt.Fprintf(&b, "\n## %d rows on which they differ\n\n", len(p.Differ))
		markdownTable(&b, p.differHeading(), len(p.Differ), func(i int) []string { return p.differCells(&p.Differ[i]) })
	}
	for i := range p.Made {
		m := &p.Made[i]
		fmt.Fprintf(&b, "\n## How %s was made\n\n%s\n", escape(m.Model), escape(m.about()))
		if m.Report != nil {
			b.WriteString("\n")
			layersMarkdown(&b, m.Report)
		}
	}
	if p.Frontier != nil {
		b.WriteString("\n## Bits per weight against SQNR\n\n")
		if err := FrontierTable(&b, p.Frontier); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// about says in sentences how a model was made.
func (m *Made) about() string {
	return strings.TrimSpace(fmt.Sprintf("By SplitQuant %s with %s. %s", m.Version, m.Options, m.Again))
}

// options are those that a model was made with, empty where that is not known.
func (p *Proof) options(model string) string {
	for i := range p.Made {
		if p.Made[i].Model == model {
			return p.Made[i].Options
		}
	}
	return ""
}

func (p *Proof) title() string {
	if len(p.Models) == 0 {
		return "SplitQuant proof"
	}
	return p.Models[0].Model
}

// markdownTable writes a table of n rows.
func markdownTable(b *strings.Builder, heading []string, n int, row func(int) []string) {
	line := func(cells []string) {
		escaped := make([]string, len(cells))
		for i, c := range cells {
			escaped[i] = escape(c)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(escaped, " | "))
	}
	line(heading)
	b.WriteString("|" + strings.Repeat(" --- |", len(heading)) + "\n")
	for i := range n {
		line(row(i))
	}
}
