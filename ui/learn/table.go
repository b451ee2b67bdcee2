package learn

import (
	"encoding/csv"
	"html"
	"strings"

	"splitquant/ui/words"
)

// html returns the table as HTML.
func (t Table) html() string {
	var b strings.Builder
	b.WriteString(`<table><thead><tr>`)
	for _, h := range t.Heads {
		b.WriteString(`<th scope="col" class="n">` + html.EscapeString(words.T(h)) + `</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	for _, row := range t.Rows {
		b.WriteString(`<tr>`)
		for _, cell := range row {
			b.WriteString(`<td class="n">` + html.EscapeString(cell) + `</td>`)
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</tbody></table>`)
	return b.String()
}

// csv returns the table as RFC 4180 has it, with plain minus signs, so that
// programs read its numbers.
func (t Table) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	heads := make([]string, len(t.Heads))
	for i, h := range t.Heads {
		heads[i] = words.T(h)
	}
	w.Write(heads)
	plain := strings.NewReplacer("\u2212", "-", "\u00a0", " ", "\u2013", "")
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = plain.Replace(row[i])
		}
		w.Write(cells)
	}
	w.Flush()
	return b.String()
}
