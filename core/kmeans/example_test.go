package kmeans_test

import (
	"fmt"

	"splitquant/core/kmeans"
)

func ExampleOptimal() {
	weights := []float32{-0.9, -0.1, 0, 0.05, 0.1, 0.15, 2.1, 2.3}
	c, err := kmeans.Optimal(weights, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := c.Boundaries()
	for _, w := range weights {
		switch {
		case w <= t[0]:
			fmt.Println(w, "lower")
		case w < t[1]:
			fmt.Println(w, "middle")
		default:
			fmt.Println(w, "upper")
		}
	}
	fmt.Printf("centres %.3f, inertia %.4f\n", c.Centers, c.Inertia)
	// Output:
	// -0.9 lower
	// -0.1 middle
	// 0 middle
	// 0.05 middle
	// 0.1 middle
	// 0.15 middle
	// 2.1 upper
	// 2.3 upper
	// centres [-0.900 0.040 2.200], inertia 0.0570
}

// A large layer is worked on in pieces, here two, which may be on different machines.
func ExampleSummary() {
	pieces := [][]float32{{-3, -2.5, 0.1, 0.2}, {0, 0.3, 7, 8}}
	var whole kmeans.Summary
	for _, piece := range pieces {
		var s kmeans.Summary
		if err := s.Add(piece); err != nil {
			fmt.Println(err)
			return
		}
		whole.Merge(&s)
	}
	found := whole.Candidates()
	for _, piece := range pieces {
		c := whole.Candidates()
		c.Add(piece)
		found.Merge(c)
	}
	c, err := found.Clustering()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %d\n", c.Centers, c.Counts)
	// Output:
	// [-2.75 0.15 7.50] [2 4 2]
}

// A bad start: Lloyd's algorithm stays where two centres share one cluster.
func ExampleLloydFrom() {
	values := []float32{0, 1, 10, 11, 20, 21}
	trace, err := kmeans.LloydFrom(values, []float64{0, 1, 15})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range trace.Steps {
		fmt.Printf("centres %4.1f  inertia %5.1f  moved %d\n", s.Centers, s.Inertia, s.Moved)
	}
	best, err := kmeans.Optimal(values, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("optimal %4.1f  inertia %5.1f\n", best.Centers, best.Inertia)
	// Output:
	// centres [ 0.0  1.0 15.0]  inertia 102.0  moved 6
	// centres [ 0.0  1.0 15.5]  inertia 101.0  moved 0
	// optimal [ 0.5 10.5 20.5]  inertia   1.5
}
