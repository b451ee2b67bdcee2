package figure

import (
	"fmt"
	"html"
	"strings"

	"splitquant/ui/format"
	"splitquant/ui/words"
	"splitquant/wasm/message"
)

// Table returns the numbers of the figure as HTML tables: the levels of each
// part, and the bins of the histogram.
func Table(f *message.FigureInfo) string {
	var b strings.Builder
	if f.Of != "" {
		fmt.Fprintf(&b, `<p class="muted">%s</p>`, html.EscapeString(f.Of))
	}
	heads(&b, words.T(textHeadPart), "", words.T(textHeadCentre), "n", words.T(textHeadWeights), "n", words.T(textHeadLevels), "")
	rowOfLevels(&b, words.T(textPlainRow), format.None, "", f.Plain)
	for i := range max(len(f.Levels), len(f.Sizes)) {
		centre, size := format.None, ""
		var levels []float64
		if i < len(f.Centers) {
			centre = format.Real(f.Centers[i])
		}
		if i < len(f.Sizes) {
			size = format.Count(f.Sizes[i])
		}
		if i < len(f.Levels) {
			levels = f.Levels[i]
		}
		rowOfLevels(&b, rowName(f, i), centre, size, levels)
	}
	b.WriteString(`</tbody></table>`)
	heads(&b, words.T(textHeadFrom), "n", words.T(textHeadTo), "n", words.T(textHeadWeights), "n")
	bin := (f.Max - f.Min) / float64(len(f.Counts))
	for i, n := range f.Counts {
		from := f.Min + bin*float64(i)
		fmt.Fprintf(&b, `<tr><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td></tr>`,
			format.Real(from), format.Real(from+bin), format.Count(n))
	}
	b.WriteString(`</tbody></table>`)
	return b.String()
}

// rowName is what the table calls part i.
func rowName(f *message.FigureInfo, i int) string {
	_, letter := railOf(len(f.Bounds), len(f.Levels), i)
	switch {
	case len(f.Bounds) > 0:
		return letter + " " + nameOf(i, len(f.Bounds)+1)
	case letter == "":
		return words.T(textTableRow)
	}
	return letter
}

// heads starts a table; a class follows the name of each column.
func heads(b *strings.Builder, columns ...string) {
	b.WriteString(`<table><thead><tr>`)
	for i := 0; i < len(columns); i += 2 {
		fmt.Fprintf(b, `<th scope="col" class="%s">%s</th>`, columns[i+1], html.EscapeString(columns[i]))
	}
	b.WriteString(`</tr></thead><tbody>`)
}

func rowOfLevels(b *strings.Builder, name, centre, size string, levels []float64) {
	fmt.Fprintf(b, `<tr><th scope="row">%s</th><td class="n">%s</td><td class="n">%s</td><td>%s</td></tr>`,
		html.EscapeString(name), centre, size, listLevels(levels))
}

// listLevels writes out a few levels, and of many the ends.
func listLevels(levels []float64) string {
	const few = 16
	n := len(levels)
	if n == 0 {
		return format.None
	}
	if n > few {
		return textManyLevels(n, format.Range(levels[0], levels[n-1]))
	}
	s := make([]string, n)
	for i, l := range levels {
		s[i] = format.Real(l)
	}
	return strings.Join(s, ", ")
}
