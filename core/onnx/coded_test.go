package onnx

import (
	"math/rand/v2"
	"testing"

	"splitquant/core/model"
	"splitquant/core/tensor"
)

// TestCodedAgain opens codebooks that were written, with types of their own and
// unpacked: their layers are quantized already.
func TestCodedAgain(t *testing.T) {
	for name, b := range layerModels(17) {
		for _, target := range []Target{Auto, Any} {
			f := mustOpen(t, b)
			layers, done := 0, make(map[*model.Tensor]bool)
			var changes []model.Change
			for i, l := range f.Model().Layers {
				if l.Skipped != "" || done[l.Weight] {
					continue
				}
				s, _ := codebook(tensor.Uint4, 12, l.OutAxis >= 0)(rand.New(rand.NewPCG(1, uint64(i))), &l)
				changes = append(changes, model.Change{Weight: l.Weight, Parts: []model.Stored{s}, Form: model.FormCodebook})
				done[l.Weight] = true
				layers++
			}
			g, _, _ := write(t, f, changes, WriteOptions{Target: target})
			found := 0
			for _, l := range g.Model().Layers {
				if l.Skipped == "already quantized to a table of 12 values" {
					found++
				}
			}
			if found < layers || layers == 0 {
				t.Errorf("%s, %s: %d layers of %d are recognised: %+v", name, target, found, layers, g.Model().Layers)
			}
		}
	}
}
