package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriterFor returns the function that writes a report in the format that the
// ending of name asks for: .html, .md, .csv or .json. For an empty name it is
// nil.
func WriterFor(name string) (func(io.Writer, *Report) error, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case name == "":
		return nil, nil
	case ext == ".json":
		return JSON, nil
	case ext == ".csv":
		return CSV, nil
	case ext == ".md":
		return Markdown, nil
	case ext == ".html", ext == ".htm":
		return runHTML, nil
	}
	return nil, fmt.Errorf("report %s: the name must end in .html, .md, .csv or .json", name)
}

// JSON writes all that the report knows. Lists are never null.
func JSON(w io.Writer, r *Report) error {
	whole := *r
	whole.Layers = append([]Layer{}, r.Layers...)
	for i := range whole.Layers {
		if l := &whole.Layers[i]; l.Shape == nil {
			l.Shape = []int64{}
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(whole)
}

// columns of the tables, and the cells of a layer in them.
var columns = []string{"layer", "operator", "shape", "parameters", "bits", "strategy", "SQNR dB", "plain SQNR dB", "max abs error", "bits per weight", "note"}

func cells(l *Layer) []string {
	note := l.Note
	if l.Skipped != "" {
		note = l.Skipped
	}
	c := []string{l.Name, l.Op, shape(l.Shape), strconv.FormatInt(l.Parameters, 10)}
	if l.Skipped != "" {
		return append(c, "", "", "", "", "", "", note)
	}
	return append(c, number(float64(l.Bits), 0, l.Bits == 0), l.Strategy, ratio(l.SQNR, l.Exact), ratio(l.Plain, l.Exact),
		number(l.MaxAbsError, 6, l.Bits == 0), number(l.BitsPerWeight, 2, false), note)
}

// CSV writes one line for each layer.
func CSV(w io.Writer, r *Report) error {
	c := csv.NewWriter(w)
	c.Write(columns)
	for i := range r.Layers {
		c.Write(cells(&r.Layers[i]))
	}
	c.Flush()
	return c.Error()
}

// Markdown writes the pooled figures and a table of the layers.
func Markdown(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", escape(title(r)))
	r.Summary(&b)
	fmt.Fprintf(&b, "\nOptions: `%s`\n\n", strings.ReplaceAll(Printable(r.Options.String()), "`", "'"))
	layersMarkdown(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func layersMarkdown(b *strings.Builder, r *Report) {
	markdownTable(b, columns, len(r.Layers), func(i int) []string { return cells(&r.Layers[i]) })
}

// escape makes text of s that means nothing else in a cell of Markdown.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`, "`", "\\`", `*`, `\*`, `<`, `&lt;`).Replace(Printable(s))
}

// Printable returns s with whatever is no character to look at, such as a line
// break or the start of a terminal's escape code, written as Go would quote it.
// Names come from files that anybody may have made.
func Printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if strconv.IsPrint(r) && !(r == utf8.RuneError && size == 1) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.Quote(s[i:i+size]), `"`))
	}
	return b.String()
}

// worked counts the layers that were not left alone.
func (r *Report) worked() (n int) {
	for _, l := range r.Layers {
		if l.Skipped == "" {
			n++
		}
	}
	return n
}

// Reasons says why layers were left alone: each reason once, with how many
// layers it holds for.
func (r *Report) Reasons() []string {
	if len(r.Layers) == 0 {
		return []string{"it has no layers with weights"}
	}
	var reasons []string
	count := map[string]int{}
	for _, l := range r.Layers {
		if l.Skipped != "" && count[l.Skipped] == 0 {
			reasons = append(reasons, l.Skipped)
		}
		count[l.Skipped]++
	}
	for i, why := range reasons {
		if n := count[why]; n == 1 {
			reasons[i] = "1 layer: " + why
		} else {
			reasons[i] = fmt.Sprintf("%d layers: %s", n, why)
		}
	}
	return reasons
}

// Nothing is the warning of a run that changed nothing.
const Nothing = "nothing to quantize: the file is copied unchanged"

// Messages returns the warnings as a person should read them: where nothing
// was done, a single one with all the reasons in it.
func (r *Report) Messages() []string {
	if !slices.Contains(r.Warnings, Nothing) {
		return r.Warnings
	}
	why := r.Reasons()
	for _, w := range r.Warnings {
		if w != Nothing {
			why = append(why, w)
		}
	}
	return []string{Nothing + " (" + strings.Join(why, "; ") + ")"}
}

// Summary writes the pooled figures in a few lines.
func (r *Report) Summary(w io.Writer) {
	worked := r.worked()
	fmt.Fprintf(w, "layers            %d of %d\n", worked, len(r.Layers))
	if cut := r.cut(); len(r.Activations) > 0 {
		fmt.Fprintf(w, "activations       %d of %d in 3 chunks\n", cut, len(r.Activations))
	}
	if r.Rounded > 0 {
		fmt.Fprintf(w, "in %d bits         %d activations, chunks counted by themselves\n", r.Options.ActivationBits, r.Rounded)
	}
	fmt.Fprintf(w, "size              %d -> %d bytes (%.1f %%)\n", r.BytesBefore, r.BytesAfter, 100*float64(r.BytesAfter)/float64(max(r.BytesBefore, 1)))
	if r.BytesBeside > 0 {
		fmt.Fprintf(w, "in two files      %d bytes of tensors are beside the model\n", r.BytesBeside)
	}
	if worked == 0 {
		return
	}
	fmt.Fprintf(w, "bits per weight   %.2f\n", r.BitsPerWeight)
	fmt.Fprintf(w, "SQNR              %s", ratio(r.SQNR, r.Exact))
	if r.Plain != nil && r.Options.Splits() {
		fmt.Fprintf(w, " dB, plain quantization to the same bits %s dB", ratio(r.Plain, false))
	} else if r.SQNR != nil {
		fmt.Fprint(w, " dB")
	}
	fmt.Fprintln(w)
	if r.Needs != "" {
		fmt.Fprintf(w, "runs on           %s\n", r.Needs)
	}
}

// cut counts the activations that are cut into chunks.
func (r *Report) cut() (n int) {
	for _, a := range r.Activations {
		if a.Skipped == "" {
			n++
		}
	}
	return n
}

func title(r *Report) string {
	if r.Model.Name != "" {
		return r.Model.Name
	}
	return "SplitQuant report"
}

func shape(s []int64) string {
	dims := make([]string, len(s))
	for i, d := range s {
		dims[i] = strconv.FormatInt(d, 10)
	}
	return strings.Join(dims, "x")
}

func ratio(db *float64, exact bool) string {
	switch {
	case db != nil:
		return strconv.FormatFloat(*db, 'f', 2, 64)
	case exact:
		return "exact"
	}
	return ""
}

func number(v float64, digits int, hide bool) string {
	if hide {
		return ""
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
