package calibrate

import (
	"iter"
	"slices"

	"splitquant/core/evaluate"
	"splitquant/core/ort"
	"splitquant/core/rows"
)

// tokens of a batch, or what else counts: with all values in between given out, a
// batch takes more memory than where only the outputs are.
const batchSize = 1024

// Rows gives a model the rows of a set in batches, of as many as it takes, and
// says how many batches these are.
func Rows(m *evaluate.Model, set rows.Set) (inputs iter.Seq2[map[string]ort.Value, error], n int) {
	batches := rows.Batches(set, batchSize)
	for _, in := range m.Inputs {
		if len(in.Shape) > 1 && in.Shape[0] > 0 {
			batches = slices.Collect(slices.Chunk(slices.Concat(batches...), int(in.Shape[0])))
			last := &batches[len(batches)-1]
			for int64(len(*last)) < in.Shape[0] { // the last row stands in for those that are missing
				*last = append((*last)[:len(*last):len(*last)], (*last)[len(*last)-1])
			}
			break
		}
	}
	return func(yield func(map[string]ort.Value, error) bool) {
		for _, rows := range batches {
			if inputs, err := set.Inputs(rows, m.Inputs); !yield(inputs, err) || err != nil {
				return
			}
		}
	}, len(batches)
}

// Inputs gives a model inputs that are there, such as those of [evaluate.Inputs].
func Inputs(inputs []map[string]ort.Value) iter.Seq2[map[string]ort.Value, error] {
	return func(yield func(map[string]ort.Value, error) bool) {
		for _, in := range inputs {
			if !yield(in, nil) {
				return
			}
		}
	}
}
