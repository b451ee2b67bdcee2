package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"splitquant/core/ort"
	"splitquant/core/rows"
	"splitquant/core/tensor"
)

// A Table sets several forms of a model side by side, the original first.
type Table struct {
	// Rows counts those of the labelled data; 0 where there are none, and then
	// Samples says how many made-up inputs took their place.
	Rows    int      `json:"rows,omitempty"`
	Samples int      `json:"samples,omitempty"`
	Classes []string `json:"classes,omitempty"` // their names, or numbers
	Output  string   `json:"output,omitempty"`  // that has a score for each class
	Models  []Result `json:"models"`
	// Differ lists the rows that not all models put in the same class.
	Differ []Row `json:"differ,omitempty"`
}

// A Result is one form of the model.
type Result struct {
	Model      string `json:"name"`
	Bytes      int64  `json:"bytes,omitempty"` // of the file, where that is known
	*Score            // nil without labelled data
	*Agreement        // with the original on the same inputs; nil for itself
}

// A Score says how many rows a model puts in the class of their label.
type Score struct {
	Accuracy float64 `json:"accuracy"` // Correct / Rows
	Correct  int     `json:"correct"`
	Rows     int     `json:"rows"`
	// Low and High bound the accuracy on all data of this kind, with a
	// confidence of 95 %, see [Wilson].
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Confusion counts rows by their label and by what the model took them for.
	Confusion [][]int `json:"confusion"`
	// Unanswered counts rows for which the model had no answer but NaN.
	Unanswered int `json:"unanswered,omitempty"`
}

// A Row is one that models do not agree on.
type Row struct {
	Row       int    `json:"row"` // from 0 on
	Title     string `json:"title"`
	Label     int    `json:"label"`
	Predicted []int  `json:"predicted"` // by each model of the table; -1 for NaN
}

// AccuracyOptions say how to try models on data. The zero value is right unless
// the model has several outputs that could be the scores.
type AccuracyOptions struct {
	Output   string // with the scores; empty for the first of shape [rows classes]
	Batch    int    // tokens, or what else counts, of a batch; 0 for a size that is fast
	Progress func(done, rows int)
}

// defaultBatch is near the fastest for small models on two processors, in
// ONNX Runtime and in ONNX Runtime Web.
const defaultBatch = 2048

// Accuracy runs the models, of which the first is the original, on all rows of
// a set, and counts which rows they put in the class of their label. All models
// get the same batches, one after another.
func Accuracy(ctx context.Context, models []*Model, set rows.Set, o AccuracyOptions) (*Table, error) {
	if len(models) == 0 || set.Len() == 0 {
		return nil, errors.New("accuracy needs a model and rows")
	}
	if !rows.Labelled(set) {
		return nil, errors.New("the data have no labels: accuracy needs the class of each row")
	}
	comparisons, err := comparisonsOf(models)
	if err != nil {
		return nil, err
	}
	a := &accuracy{models: models, set: set, options: o, output: o.Output, comparisons: comparisons}
	for range models {
		a.predicted = append(a.predicted, make([]int, set.Len()))
	}
	if err := a.run(ctx); err != nil {
		return nil, err
	}
	return a.table(), nil
}

// accuracy is a run in progress.
type accuracy struct {
	models  []*Model
	set     rows.Set
	options AccuracyOptions

	output      string
	classes     int           // 0 before the first batch
	comparisons []*comparison // one for each model; that of the original is unused
	predicted   [][]int       // by model and row
}

func (a *accuracy) run(ctx context.Context) error {
	size := a.options.Batch
	if size == 0 {
		size = defaultBatch
	}
	done := 0
	for _, rows := range a.batches(size) {
		if a.options.Progress != nil {
			a.options.Progress(done, a.set.Len())
		}
		if err := a.batch(ctx, rows); err != nil {
			return err
		}
		done += len(rows)
	}
	if a.options.Progress != nil {
		a.options.Progress(done, a.set.Len())
	}
	return nil
}

// batches cuts the rows into batches that the model takes: where that has a
// fixed number of rows, into so many.
func (a *accuracy) batches(size int) [][]int {
	batches := rows.Batches(a.set, size)
	n := a.fixed()
	if n == 0 {
		return batches
	}
	return slices.Collect(slices.Chunk(slices.Concat(batches...), n))
}

// fixed is the number of rows that the model takes, 0 for any.
func (a *accuracy) fixed() int {
	for _, in := range a.models[0].Inputs {
		if len(in.Shape) > 1 && in.Shape[0] > 0 {
			return int(in.Shape[0])
		}
	}
	return 0
}

func (a *accuracy) batch(ctx context.Context, rows []int) error {
	full := rows
	for n := a.fixed(); len(full) < n; { // the last one stands in for those that are missing
		full = append(full[:len(full):len(full)], full[len(full)-1])
	}
	inputs, err := a.set.Inputs(full, a.models[0].Inputs)
	if err != nil {
		return err
	}
	var original map[string]ort.Value
	for i, m := range a.models {
		out, err := m.run(ctx, inputs)
		if err != nil {
			return err
		}
		if a.classes == 0 {
			if err := a.choose(out, len(full)); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
		}
		if err := a.predict(a.predicted[i], rows, out[a.output], len(full)); err != nil {
			return fmt.Errorf("%s: output %q: %w", m.Name, a.output, err)
		}
		if i == 0 {
			original = out
		} else if err := a.comparisons[i].add(original, out); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

// choose finds the output with the scores, and checks that it has one for every
// label.
func (a *accuracy) choose(out map[string]ort.Value, rows int) error {
	var have []string
	for _, info := range a.models[0].Outputs {
		v := out[info.Name]
		n := scores(v, rows)
		if a.output == info.Name && n == 0 {
			return fmt.Errorf("output %q has shape %v for %d rows, expected a score for each class of each row", info.Name, v.Shape, rows)
		}
		if n > 0 && (a.output == "" || a.output == info.Name) {
			a.output, a.classes = info.Name, n
		}
		have = append(have, fmt.Sprintf("%q %v", info.Name, v.Shape))
	}
	if a.classes == 0 && a.output != "" {
		return fmt.Errorf("there is no output %q: these are %s", a.output, strings.Join(have, ", "))
	}
	if a.classes == 0 {
		return fmt.Errorf("no output has a score for each class of each of %d rows: %s", rows, strings.Join(have, ", "))
	}
	return a.checkLabels()
}

func (a *accuracy) checkLabels() error {
	lowest := a.set.Label(0)
	for row := range a.set.Len() {
		lowest = min(lowest, a.set.Label(row))
	}
	for row := range a.set.Len() {
		label := a.set.Label(row)
		if label < a.classes {
			continue
		}
		hint := ""
		if label == a.classes && lowest == 1 {
			hint = ": are they counted from 1?"
		}
		return fmt.Errorf("row %d (%s): label %s is outside the %d classes of output %q, 0 to %d%s",
			row+1, short(a.set.Title(row)), a.labelName(label), a.classes, a.output, a.classes-1, hint)
	}
	return nil
}

// labelName is a label as the data have it.
func (a *accuracy) labelName(label int) string {
	if names := a.set.Classes(); label < len(names) {
		return fmt.Sprintf("%d (%q)", label, names[label])
	}
	return fmt.Sprint(label)
}

// short is the beginning of a long title.
func short(title string) string {
	const most = 40
	if r := []rune(title); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return title
}

// scores is how many scores an output has for each row; 0 where it is no list
// of scores.
func scores(v ort.Value, rows int) int {
	if !v.Type.IsFloat() || len(v.Shape) < 2 || v.Shape[0] != int64(rows) {
		return 0
	}
	for _, d := range v.Shape[2:] { // as of a convolution that takes a dense layer's place
		if d != 1 {
			return 0
		}
	}
	if v.Shape[1] < 2 {
		return 0
	}
	return int(v.Shape[1])
}

// predict notes the class of each row.
func (a *accuracy) predict(predicted []int, rows []int, v ort.Value, full int) error {
	if n := scores(v, full); n != a.classes {
		return fmt.Errorf("shape %v for %d rows, expected %v", v.Shape, full, tensor.Shape{int64(full), int64(a.classes)})
	}
	floats, err := v.Floats()
	if err != nil {
		return err
	}
	for i, row := range rows {
		predicted[row] = argmax(floats[i*a.classes : (i+1)*a.classes])
	}
	return nil
}

// table counts.
func (a *accuracy) table() *Table {
	t := &Table{Rows: a.set.Len(), Classes: a.names(), Output: a.output}
	for i, m := range a.models {
		r := Result{Model: m.Name, Score: a.score(a.predicted[i])}
		if i > 0 {
			r.Agreement = a.comparisons[i].agreement()
		}
		t.Models = append(t.Models, r)
	}
	for row := range t.Rows {
		classes := make([]int, len(a.models))
		differ := false
		for i := range a.models {
			classes[i] = a.predicted[i][row]
			differ = differ || classes[i] != classes[0]
		}
		if differ {
			t.Differ = append(t.Differ, Row{row, a.set.Title(row), a.set.Label(row), classes})
		}
	}
	return t
}

func (a *accuracy) score(predicted []int) *Score {
	s := &Score{Rows: len(predicted), Confusion: make([][]int, a.classes)}
	for c := range s.Confusion {
		s.Confusion[c] = make([]int, a.classes)
	}
	for row, class := range predicted {
		label := a.set.Label(row)
		switch {
		case class < 0:
			s.Unanswered++
			continue
		case class == label:
			s.Correct++
		}
		s.Confusion[label][class]++
	}
	s.Accuracy = float64(s.Correct) / float64(s.Rows)
	s.Low, s.High = Wilson(s.Correct, s.Rows)
	return s
}

// names are the data's names of the classes, as far as it has any.
func (a *accuracy) names() []string {
	names := make([]string, a.classes)
	for i := range names {
		names[i] = fmt.Sprint(i)
		if known := a.set.Classes(); i < len(known) {
			names[i] = known[i]
		}
	}
	return names
}

// Wilson returns the 95 % confidence interval of a share of which correct of n
// were seen (Wilson, Journal of the American Statistical Association 22, 1927):
// it never leaves 0 to 1, and is right near both, where the textbook's is not.
func Wilson(correct, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the normal distribution's 97.5 % quantile
	p, rows := float64(correct)/float64(n), float64(n)
	middle := p + z*z/(2*rows)
	half := z * math.Sqrt(p*(1-p)/rows+z*z/(4*rows*rows))
	scale := 1 + z*z/rows
	return max(0, (middle-half)/scale), min(1, (middle+half)/scale)
}
