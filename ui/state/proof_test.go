package state

import (
	"testing"

	"splitquant/core/evaluate"
	weights "splitquant/core/model"
	"splitquant/wasm/message"
)

// proved is the state after a proof with activations in codes.
func proved() State {
	s := New()
	s.SetModel(&message.ModelInfo{Layers: []message.LayerInfo{{Name: "fc", Parameters: 10}}})
	s.Proof.Asked = s.Asked()
	s.Proof.Info = &message.ProofInfo{Ranges: weights.Ranges{"x": {Min: -1, Max: 1}}}
	return s
}

var (
	whole    = message.ProofLine{Result: evaluate.Result{Model: message.Static}, Activations: 8}
	inChunks = message.ProofLine{Result: evaluate.Result{Model: message.StaticSplit}, Activations: 8}
)

// The activations of a line are chosen with the ranges that it was measured
// with, and given up by the same button.
func TestChooseStatic(t *testing.T) {
	s := proved()
	s.ChooseStatic(inChunks)
	if o := s.Options; o.ActivationBits != 8 || o.Activations != "split" || o.Ranges["x"].Max != 1 {
		t.Errorf("chosen: %v with %v", o, o.Ranges)
	}
	if !s.ProofStatic(inChunks) || s.ProofStatic(whole) || !s.ProofOutdated() {
		t.Error("the page does not tell what is chosen")
	}
	s.Proof.Asked = s.Asked()
	s.Proof.Info.Ranges = weights.Ranges{"x": {Min: -1, Max: 0.5}}
	if s.ProofStatic(inChunks) {
		t.Error("ranges of the proof before pass for those of this one")
	}
	s.ChooseStatic(inChunks)
	if s.Options.Ranges["x"].Max != 0.5 || !s.ProofOutdated() {
		t.Errorf("the new ranges are not chosen: %v", s.Options.Ranges)
	}
	s.ChooseStatic(inChunks)
	if o := s.Options; o.ActivationBits != 0 || o.Ranges != nil || o.Activations != "keep" {
		t.Errorf("given up: %v", o)
	}
	if s.Undo(); !s.ProofStatic(inChunks) {
		t.Error("that cannot be undone")
	}
}

// Ranges are those of one model: another one has its activations in float.
func TestStaticOfAnotherModel(t *testing.T) {
	s := proved()
	s.ChooseStatic(whole)
	again := *s.Model
	if s.SetModel(&again); s.Options.ActivationBits != 8 {
		t.Error("the same model loses its ranges")
	}
	other := again
	other.Name = "other.onnx"
	if s.SetModel(&other); s.Options.ActivationBits != 0 || s.Options.Ranges != nil {
		t.Errorf("another model has the ranges %v", s.Options.Ranges)
	}
}
