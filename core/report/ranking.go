package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"splitquant/core/evaluate"
)

// A Ranking says which layers of a model hurt most when they are quantized.
type Ranking struct {
	Version   string `json:"version"`
	Runtime   string `json:"runtime"`
	Model     string `json:"model"`
	Data      string `json:"data,omitempty"`
	Tokenizer string `json:"tokenizer,omitempty"`
	Inputs    string `json:"inputs,omitempty"`
	evaluate.Ranking
	Warnings []string `json:"warnings,omitempty"`
	Seconds  float64  `json:"seconds"`
}

// RankingWriterFor returns the function that writes a ranking in the format
// that the ending of name asks for: .html, .md, .csv or .json. For an empty
// name it is nil.
func RankingWriterFor(name string) (func(io.Writer, *Ranking) error, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case name == "":
		return nil, nil
	case ext == ".json":
		return RankingJSON, nil
	case ext == ".csv":
		return rankingCSV, nil
	case ext == ".md":
		return rankingMarkdown, nil
	case ext == ".html", ext == ".htm":
		return rankingHTML, nil
	}
	return nil, fmt.Errorf("report %s: the name must end in .html, .md, .csv or .json", name)
}

// RankingJSON writes all that is known.
func RankingJSON(w io.Writer, r *Ranking) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// heading names the columns: with labelled data accuracy, otherwise SQNR.
func (r *Ranking) heading() []string {
	if r.Rows > 0 {
		return []string{"layer", "alone: accuracy %", "loses", "all but it: accuracy %", "saves"}
	}
	return []string{"layer", "alone: SQNR dB", "all but it: SQNR dB", "saves"}
}

func (r *Ranking) cells(l *evaluate.Sensitive) []string {
	name := strings.Join(l.Layers, ", ")
	if r.Rows > 0 {
		return []string{name, figure(l.Alone), number(100*l.Loss, 2, false), figure(l.Spared), number(100*l.Gain, 2, false)}
	}
	return []string{name, figure(l.Alone), figure(l.Spared), number(l.Gain, 2, false)}
}

// figure is the accuracy in percent, or else the SQNR.
func figure(r evaluate.Result) string {
	switch {
	case r.Score != nil:
		return number(100*r.Accuracy, 2, false)
	case r.Agreement != nil:
		return ratio(r.SQNR, r.Exact)
	}
	return ""
}

// about says in a sentence what was done.
func (r *Ranking) about() string {
	s := fmt.Sprintf("%s, %d made-up inputs (%s)", r.Model, r.Samples, r.Inputs)
	if r.Rows > 0 {
		s = fmt.Sprintf("%s, %d rows of %s", r.Model, r.Rows, r.Data)
		if r.Tokenizer != "" {
			s += ", tokens by " + r.Tokenizer
		}
	}
	return s
}

// ends says what the model does as it was, and with all layers quantized.
func (r *Ranking) ends() string {
	if r.Rows > 0 {
		return fmt.Sprintf("float: %d of %d correct (%s %%); all layers quantized: %d (%s %%)",
			r.Float.Correct, r.Rows, figure(r.Float), r.All.Correct, figure(r.All))
	}
	return fmt.Sprintf("all layers quantized: SQNR of the outputs %s dB", figure(r.All))
}

// Text writes the ranking for a terminal.
func (r *Ranking) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s\noptions: %s\n%s\n\n", Printable(r.about()), r.Runtime, Printable(r.Options.String()), r.ends())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(r.heading(), "\t"))
	for i := range r.Layers {
		cells := r.cells(&r.Layers[i])
		cells[0] = Printable(cells[0])
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

func rankingCSV(w io.Writer, r *Ranking) error {
	c := csv.NewWriter(w)
	c.Write(r.heading())
	for i := range r.Layers {
		c.Write(r.cells(&r.Layers[i]))
	}
	c.Flush()
	return c.Error()
}

func rankingMarkdown(w io.Writer, r *Ranking) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Which layer hurts\n\n%s, %s, SplitQuant %s.\n\nOptions: `%s`\n\n%s\n\n", escape(r.about()), r.Runtime, r.Version, code(r.Options.String()), r.ends())
	markdownTable(&b, r.heading(), len(r.Layers), func(i int) []string { return r.cells(&r.Layers[i]) })
	_, err := io.WriteString(w, b.String())
	return err
}

// code is text inside a pair of backticks.
func code(s string) string { return strings.ReplaceAll(Printable(s), "`", "'") }
