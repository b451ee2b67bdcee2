package rows

import (
	"testing"

	"splitquant/core/ort"
)

// sizes are rows of which nothing but the size is known.
type sizes []int

func (s sizes) Len() int                                               { return len(s) }
func (s sizes) Label(int) int                                          { return -1 }
func (s sizes) Classes() []string                                      { return nil }
func (s sizes) Size(row int) int                                       { return s[row] }
func (s sizes) Title(int) string                                       { return "" }
func (s sizes) Inputs([]int, []ort.Info) (map[string]ort.Value, error) { return nil, nil }

// Batches hold each row once, and with padding no more than their size.
func TestBatches(t *testing.T) {
	var set sizes
	for i := range 200 {
		set = append(set, 1+i*37%50)
	}
	seen := map[int]bool{}
	for _, rows := range Batches(set, 100) {
		longest := 0
		for _, row := range rows {
			longest = max(longest, set.Size(row))
			seen[row] = true
		}
		if len(rows) > 1 && len(rows)*longest > 100 || len(rows) > mostRows {
			t.Errorf("%d rows of up to %d tokens", len(rows), longest)
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d rows, want 200", len(seen))
	}
	thin := Thin(set, 7)
	if thin.Len() != 7 || thin.Size(6) != set.Size(6*200/7) || Thin(set, 0).Len() != 200 || Thin(set, 300).Len() != 200 {
		t.Error("thinned set is not evenly spread")
	}
}
