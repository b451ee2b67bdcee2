package lesson

import (
	"fmt"

	"splitquant/core/kmeans"
)

// ClusterAsk asks how k-means divides values, from the given centres.
type ClusterAsk struct {
	Values []float32 `json:"values,omitempty"`
	Data   []Data    `json:"data,omitempty"`
	Start  []float64 `json:"start"` // centres, in any order
}

// Clustered is the course of Lloyd's algorithm and, beside it, the best that
// any algorithm could find.
type Clustered struct {
	Steps     []kmeans.Step `json:"steps"` // the first has the start centres
	Converged bool          `json:"converged"`
	Of        [][]int       `json:"of"` // for each step the cluster of each value
	Best      Best          `json:"best"`
}

// Best is the exact optimum.
type Best struct {
	Centers []float64 `json:"centers"`
	Bounds  []float32 `json:"bounds"`
	Inertia float64   `json:"inertia"`
	Of      []int     `json:"of"`
}

func cluster(a ClusterAsk) (Answer, error) {
	v, _, err := Draw(a.Values, a.Data...)
	if err != nil {
		return Answer{}, err
	}
	trace, err := kmeans.LloydFrom(v, a.Start)
	if err != nil {
		return Answer{}, fmt.Errorf("lloyd: %w", err)
	}
	best, err := kmeans.Optimal(v, len(a.Start))
	if err != nil {
		return Answer{}, fmt.Errorf("optimum: %w", err)
	}
	c := &Clustered{Steps: trace.Steps, Converged: trace.Converged}
	for _, s := range trace.Steps {
		c.Of = append(c.Of, parts(v, s.Boundaries))
	}
	c.Best = Best{best.Centers, best.Boundaries(), best.Inertia, parts(v, best.Boundaries())}
	return Answer{Cluster: c, Values: v}, nil
}
