// Package kmeans divides values on the line into k clusters: one-dimensional
// k-means.
//
// k-means looks for k centres such that the sum of the squared distances of all
// values to their nearest centre, the inertia, is least. In the plane that is a hard
// problem, and everybody uses Lloyd's algorithm: start with some centres,
// give each value to the nearest, move each centre to the mean of its values, repeat
// until nothing moves. It ends in a local optimum that depends on the start.
//
// # The optimum on the line
//
// On the line there is more to know. The values nearest to a centre are an
// interval, so a clustering is k-1 boundaries between the sorted values, and the
// best of all can be computed. [Optimal] does so:
//
//	c, err := kmeans.Optimal(weights, 3)
//	t := c.Boundaries() // t[0], t[1]
//
// For three clusters, which is what SplitQuant needs (Song and Lin, "SplitQuant:
// Layer Splitting for Low-Bit Neural Network Quantization", arXiv 2501.12428), it
// takes two passes over the values and keeps few of them: the first counts and
// sums the values in 65,536 bins, the second takes the values out of those bins where a
// boundary can lie. A layer too large for one piece goes through the same passes
// piece by piece:
//
//	var s kmeans.Summary
//	for piece := range pieces {
//		err := s.Add(piece) // or in parallel, and Merge
//	}
//	c := s.Candidates()
//	for piece := range pieces {
//		c.Add(piece)
//	}
//	clustering, err := c.Clustering()
//
// For any other k the values are sorted and the optimum is found by dynamic
// programming (Wang and Song, "Ckmeans.1d.dp: Optimal k-means clustering in one
// dimension by dynamic programming", The R Journal 3/2, 2011; the monotony that
// makes it fast: Grønlund et al., "Fast exact k-means, k-medians and Bregman
// divergence clustering in 1D", arXiv 1701.07204).
//
// # Lloyd's algorithm
//
// [Lloyd] and [LloydFrom] are Lloyd's algorithm with every step to look at: for
// lessons, and because the paper's reference implementation clusters in this way.
//
// # Always the same
//
// Results are the same on every platform and for every order of the values. Sums run
// over sorted values or integers, never over values as they come, and no product is
// left for a compiler to fuse into a sum. The values -0 and +0 are one value.
package kmeans
