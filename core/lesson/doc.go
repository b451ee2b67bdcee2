// Package lesson computes what the lessons of the page show: the same
// quantization, clustering and splitting as of a whole model, on a handful of
// numbers, with everything that happens on the way to look at.
//
// An [Ask] says what is to be computed, an [Answer] is what came of it. Both
// are plain data that travel between the page and its worker as JSON.
//
//	answer, err := lesson.Work(lesson.Ask{Quantize: &lesson.QuantizeAsk{
//		Values: []float32{-0.3, 0.1, 4},
//		Ways:   []lesson.Way{{Bits: 2, Strategy: "none"}, {Bits: 2, Strategy: "kmeans"}},
//	}})
//
// To add a lesson that needs something new computed, add a field to both and a
// file here with the function between them.
package lesson

import "errors"

// An Ask says what to compute: one of the fields is set.
type Ask struct {
	Quantize *QuantizeAsk `json:"quantize,omitempty"` // numbers on grids
	Cluster  *ClusterAsk  `json:"cluster,omitempty"`  // k-means, step by step
	Layer    *LayerAsk    `json:"layer,omitempty"`    // a small matrix split
}

// An Answer has the field set that the Ask had.
type Answer struct {
	Quantize []Quantized `json:"quantize,omitempty"` // for each way
	Cluster  *Clustered  `json:"cluster,omitempty"`
	Layer    *Layer      `json:"layer,omitempty"`
	// Values are those that the Quantize and Cluster answers are about, as
	// float32 has them, Data's among them.
	Values []float32 `json:"values,omitempty"`
}

// Work computes an answer.
func Work(a Ask) (Answer, error) {
	switch {
	case a.Quantize != nil:
		return quantizeAll(*a.Quantize)
	case a.Cluster != nil:
		return cluster(*a.Cluster)
	case a.Layer != nil:
		return layer(*a.Layer)
	}
	return Answer{}, errors.New("the lesson asks for nothing")
}
