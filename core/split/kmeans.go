package split

import (
	"fmt"
	"math"

	"splitquant/core/kmeans"
)

// KMeans divides each of the equally long rows of w at the midpoints between the
// centres of the optimal 3-means of its values (METHOD, strategy kmeans; arXiv
// 2501.12428, with the optimum in place of Lloyd's iteration). The clusterings
// come with the division, for figures. The values must be finite.
func KMeans(w []float32, rows int) (Division, []kmeans.Clustering, error) {
	return KMeansParts(w, rows, K)
}

// KMeansParts is KMeans with any number of parts from 2 on.
func KMeansParts(w []float32, rows, parts int) (Division, []kmeans.Clustering, error) {
	clusters := make([]kmeans.Clustering, 0, rows)
	d, err := divideRows(w, rows, parts, func(row []float32) ([]float32, error) {
		c, err := kmeans.Optimal(row, parts)
		if err != nil {
			return nil, fmt.Errorf("clustering: %w", err)
		}
		clusters = append(clusters, c)
		return bounds(c), nil
	})
	return d, clusters, err
}

// Clusters returns the division of one row in parts by a clustering of its values,
// as [KMeansParts] does.
func Clusters(c kmeans.Clustering, parts int) Division {
	return Division{[][]float32{fill(bounds(c), parts)}}
}

// bounds returns the boundaries of a clustering as thresholds of a Division. The
// two differ in where a value on a boundary belongs, except with up to three
// clusters: after the first one, w > b is w >= the next float32.
func bounds(c kmeans.Clustering) []float32 {
	t := c.Boundaries()
	if len(t) > 2 {
		for p := range t[1:] {
			t[p+1] = math.Nextafter32(t[p+1], float32(math.Inf(1)))
		}
	}
	return t
}
