package evaluate

import (
	"context"

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
