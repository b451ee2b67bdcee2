package evaluate

import (
	"context"

	"splitquant/core/model"
	"splitquant/core/ort"
)

// A Model is a model that runs.
type Model struct {
	Name            string // for tables and errors
	Inputs, Outputs []ort.Info
	// Run runs the model on one value for each of its inputs and returns its
	// outputs by name.
	Run func(ctx context.Context, inputs map[string]ort.Value) (map[string]ort.Value, error)
	// IDs says for inputs that are looked up in an embedding how many rows that
	// has: ids are below it. Inputs that are missing are not known to be ids.
	IDs map[string]int64
}

// Know adds what a model's file says of its inputs and a runtime does not.
func (m *Model) Know(inputs []model.Input) {
	m.IDs = map[string]int64{}
	for i := range m.Inputs {
		for _, in := range inputs {
			if in.Name == m.Inputs[i].Name {
				m.Inputs[i].Dims = in.Dims
				m.IDs[in.Name] = in.IDs
			}
		}
	}
}

// Vocabulary is how many rows the largest embedding has that an input is looked
// up in, 0 where none is.
func (m *Model) Vocabulary() (rows int64) {
	for _, n := range m.IDs {
		rows = max(rows, n)
	}
	return rows
}
