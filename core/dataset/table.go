package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"splitquant/core/tokenize"
)

// TextOptions say how to read a table of texts. The zero value is right for
// most tables of token ids.
type TextOptions struct {
	Tokenizer *tokenize.Tokenizer // nil where the table holds token ids
	Max       int                 // tokens of a text at most, 0 for what the tokenizer says, or else 512
	Text      string              // the column, by its name or its number from 1 on; empty to find it
	Label     string              // likewise
	Classes   []string            // names of the classes by number; nil for the labels themselves, in the order of the alphabet
}

// defaultMax is how many tokens models of the BERT family take.
const defaultMax = 512

// maxTable bounds a table, which is held in memory.
const maxTable = 1 << 30

// ReadTexts reads a table with a label and a text, or token ids, in each row:
// with tabs, or with commas as RFC 4180 has them. The first row may name the
// columns. Where nothing else is said, the label is the column of the few
// different values and the text that of the longest. Labels are numbers of
// classes, or names.
func ReadTexts(r io.Reader, o TextOptions) (*Texts, error) {
	rows, err := readTable(r)
	if err != nil {
		return nil, err
	}
	label, text, first, err := columns(rows, o)
	if err != nil {
		return nil, err
	}
	rows = rows[first:]
	if len(rows) == 0 {
		return nil, errors.New("there are no rows below the names of the columns")
	}
	for _, row := range rows {
		if need := max(label, text); need >= len(row.cells) {
			return nil, fmt.Errorf("line %d has %d columns, expected at least %d", row.line, len(row.cells), need+1)
		}
	}
	t := &Texts{}
	labels, err := t.label(rows, label, o.Classes)
	if err != nil {
		return nil, err
	}
	err = t.encode(rows, text, o)
	for i := range t.Rows {
		t.Rows[i].Label = labels[i]
	}
	return t, err
}

// row is a row of a table.
type row struct {
	cells []string
	line  int
}

// readTable reads the cells. A table with a tab in its first line has tabs, and
// then quotation marks mean nothing.
func readTable(r io.Reader) ([]row, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxTable {
		return nil, fmt.Errorf("a table of more than %d MB is too large to be held in memory", maxTable>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		for n, line := range bytes.Split(data, []byte("\n")) {
			if !utf8.Valid(line) {
				return nil, fmt.Errorf("line %d is not UTF-8 text", n+1)
			}
		}
	}
	var rows []row
	if head, _, _ := bytes.Cut(data, []byte("\n")); bytes.Contains(head, []byte("\t")) {
		rows, err = readTabs(data)
	} else {
		rows, err = readCommas(data)
	}
	if err == nil && len(rows) == 0 {
		err = errors.New("there are no rows")
	}
	return rows, err
}

func readTabs(data []byte) (rows []row, err error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxTable)
	columns := -1
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		cells := strings.SplitN(lines.Text(), "\t", columns) // a further tab is part of the last
		columns = max(columns, len(cells))
		rows = append(rows, row{cells, n})
	}
	return rows, lines.Err()
}

func readCommas(data []byte) (rows []row, err error) {
	c := csv.NewReader(bytes.NewReader(data))
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		rows = append(rows, row{cells, line})
	}
}

// Names that people give to columns, in lower case.
var (
	labelNames = []string{"label", "labels", "class", "category", "target", "intent", "sentiment", "emotion", "coarse_label", "label_id", "v1"}
	textNames  = []string{"text", "sentence", "message", "review", "content", "tweet", "body", "comment", "question", "document", "token_ids", "input_ids", "ids", "v2"}
)

// columns finds where label and text are, and the first row that holds data.
func columns(rows []row, o TextOptions) (label, text, first int, err error) {
	head := make([]string, len(rows[0].cells))
	for i, name := range rows[0].cells {
		head[i] = strings.ToLower(strings.TrimSpace(name))
	}
	named := slices.ContainsFunc(head, func(name string) bool {
		return slices.Contains(labelNames, name) || slices.Contains(textNames, name) ||
			isName(name) && (name == strings.ToLower(o.Label) || name == strings.ToLower(o.Text))
	})
	if !named {
		label, text, err = unnamed(rows, o)
		return label, text, 0, err
	}
	if label, err = column(head, o.Label, labelNames); err != nil {
		return 0, 0, 0, fmt.Errorf("no label column: %w", err)
	}
	if text, err = column(head, o.Text, textNames); err != nil {
		return 0, 0, 0, fmt.Errorf("no text column: %w", err)
	}
	return label, text, 1, nil
}

// isName reports whether a word is no number, which counts columns.
func isName(word string) bool {
	_, err := strconv.ParseFloat(word, 64)
	return word != "" && err != nil
}

// column finds a column by what the user says, or else by one of its usual names.
func column(head []string, wanted string, usual []string) (int, error) {
	if wanted != "" {
		if i := slices.Index(head, strings.ToLower(wanted)); i >= 0 {
			return i, nil
		}
		if n, err := strconv.Atoi(wanted); err == nil && n >= 1 && n <= len(head) {
			return n - 1, nil
		}
		return 0, fmt.Errorf("%q is none of the columns %s", wanted, strings.Join(head, ", "))
	}
	for _, name := range usual {
		if i := slices.Index(head, name); i >= 0 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("the columns are %s; say which one it is", strings.Join(head, ", "))
}

// unnamed finds the columns of a table that does not name them.
func unnamed(rows []row, o TextOptions) (label, text int, err error) {
	head := make([]string, len(rows[0].cells))
	for i := range head {
		head[i] = "column " + strconv.Itoa(i+1)
	}
	if len(head) < 2 {
		return 0, 0, fmt.Errorf("no label column: line %d has one column, expected a label and a text with a tab or a comma between them", rows[0].line)
	}
	different, length := make([]int, len(head)), make([]int, len(head))
	for c := range head {
		seen := map[string]bool{}
		for _, r := range rows {
			if c < len(r.cells) {
				seen[r.cells[c]] = true
				length[c] += len(r.cells[c])
			}
		}
		different[c] = len(seen)
	}
	label = -1
	for c := range head {
		if length[c] >= length[text] {
			text = c
		}
	}
	if o.Text != "" {
		if text, err = column(head, o.Text, nil); err != nil {
			return 0, 0, fmt.Errorf("no text column: %w", err)
		}
	}
	if o.Label != "" {
		label, err = column(head, o.Label, nil)
		if err != nil {
			err = fmt.Errorf("no label column: %w", err)
		}
		return label, text, err
	}
	for c := range head {
		if onlyClasses(rows, c, o.Classes) {
			return c, text, nil
		}
		if c != text && (label < 0 || different[c] < different[label]) {
			label = c
		}
	}
	if enough := 20; len(rows) >= enough && different[label] > len(rows)/2 {
		return 0, 0, fmt.Errorf("no label column: of %d rows, column %d has %d different values", len(rows), label+1, different[label])
	}
	return label, text, nil
}

// onlyClasses reports whether a column holds nothing but names of classes.
func onlyClasses(rows []row, column int, classes []string) bool {
	return len(classes) > 0 && !slices.ContainsFunc(rows, func(r row) bool {
		return column >= len(r.cells) || !slices.Contains(classes, strings.TrimSpace(r.cells[column]))
	})
}

// label reads the labels of all rows, and names the classes.
func (t *Texts) label(rows []row, column int, classes []string) ([]int, error) {
	cells := make([]string, len(rows))
	numbers := true
	for i, row := range rows {
		cells[i] = strings.TrimSpace(row.cells[column])
		if cells[i] == "" {
			return nil, fmt.Errorf("line %d has no label", row.line)
		}
		_, err := strconv.ParseUint(cells[i], 10, 31)
		numbers = numbers && err == nil
	}
	t.Names = classes
	if !numbers && classes == nil {
		t.Names = slices.Compact(slices.Sorted(slices.Values(cells)))
		if most := 10000; len(t.Names) > most {
			return nil, fmt.Errorf("no label column: column %d has %d different values", column+1, len(t.Names))
		}
	}
	labels := make([]int, len(rows))
	for i, cell := range cells {
		if numbers {
			labels[i], _ = strconv.Atoi(cell) // parsed above
			continue
		}
		if labels[i] = slices.Index(t.Names, cell); labels[i] < 0 {
			return nil, fmt.Errorf("line %d: label %q is none of the classes %s", rows[i].line, cell, strings.Join(classes, ", "))
		}
	}
	return labels, nil
}

// encode reads the texts of all rows, as ids if they are that already.
func (t *Texts) encode(rows []row, column int, o TextOptions) error {
	t.Rows = make([]Text, len(rows))
	are := true
	for i, row := range rows {
		ids, ok := parseIDs(row.cells[column])
		t.Rows[i].IDs = ids
		are = are && ok
	}
	if are {
		return nil
	}
	if o.Tokenizer == nil {
		return errors.New("this is text: it needs the model's tokenizer, vocab.txt or tokenizer.json")
	}
	most := o.Max
	if most == 0 {
		most = o.Tokenizer.Max
	}
	if most == 0 {
		most = defaultMax
	}
	t.Pad = o.Tokenizer.Pad
	tokens, unknown := 0, 0
	frame := len(o.Tokenizer.Encode("", 0))
	for i, row := range rows {
		words := row.cells[column]
		ids := o.Tokenizer.Encode(words, most)
		t.Rows[i] = Text{Words: words, IDs: ids}
		tokens += len(ids) - frame
		for _, id := range ids {
			if id == o.Tokenizer.Unknown {
				unknown++
			}
		}
	}
	t.Unknown = float64(unknown) / float64(max(tokens, 1))
	return nil
}

// parseIDs reads token ids with spaces between them.
func parseIDs(cell string) (ids []int64, ok bool) {
	for _, word := range strings.Fields(cell) {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || id < 0 {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, len(ids) > 0
}
