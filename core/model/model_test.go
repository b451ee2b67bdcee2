package model

import (
	"testing"

	"splitquant/core/tensor"
)

func TestParameters(t *testing.T) {
	for _, c := range []struct {
		name  string
		layer Layer
		want  int64
	}{
		{"a matrix", Layer{Weight: &Tensor{}, Shape: tensor.Shape{4, 3}}, 12},
		{"a scalar", Layer{Weight: &Tensor{}}, 1},
		{"no constant weight", Layer{}, 0},
		{"a shape of an unread weight", Layer{Shape: tensor.Shape{2, 2}}, 4},
		{"too large a shape", Layer{Weight: &Tensor{}, Shape: tensor.Shape{1 << 62, 4}}, 0},
	} {
		if got := c.layer.Parameters(); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
