package session

import (
	"os"
	"testing"

	"splitquant/core/dataset/digits"
	"splitquant/wasm/message"
)

// The float sample gets as many of the test digits right as its README says.
// At 2 bits plain quantization breaks it, and what splits with the least error
// or by digits comes back to within two points.
func TestDigitsMeasured(t *testing.T) {
	s := opened(t)
	right := func(w message.Way) int {
		info, err := s.digit(message.DigitAsk{Measure: true, Ways: []message.Way{w}})
		if err != nil {
			t.Fatal(err)
		}
		m := info.Models[0]
		if len(m.Says) != digits.TestCount {
			t.Fatalf("%d answers", len(m.Says))
		}
		t.Logf("%+v: %d of %d right, %.2f bits", w, m.Correct, digits.TestCount, m.BitsPerWeight)
		return m.Correct
	}
	float := right(message.Way{})
	if float != 1979 {
		t.Errorf("the float model gets %d right, its README says 1979", float)
	}
	if plain := right(message.Way{Bits: 2, Strategy: "none"}); plain > float-400 {
		t.Errorf("plain INT2 still gets %d right", plain)
	}
	strategies := []string{"resolution"}
	if os.Getenv("SPLITQUANT_FULL") != "" {
		strategies = append(strategies, "residual")
	}
	for _, strategy := range strategies {
		if n := right(message.Way{Bits: 2, Strategy: strategy}); n < float-digits.TestCount/50 {
			t.Errorf("%s INT2 gets %d right, float %d", strategy, n, float)
		}
	}
}

// One image is answered as measuring answers it; a wrong one is refused.
func TestDigit(t *testing.T) {
	s := opened(t)
	ways := []message.Way{{}, {Bits: 2, Strategy: "kmeans"}}
	drawn, err := s.digit(message.DigitAsk{Ways: ways, Index: 7})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.digit(message.DigitAsk{Ways: ways, Image: drawn.Image})
	if err != nil {
		t.Fatal(err)
	}
	if drawn.Label != 7 || again.Label != -1 || drawn.Models[1].Probabilities[7] != again.Models[1].Probabilities[7] || drawn.Models[0].Probabilities[7] < 0.5 {
		t.Errorf("drawn %+v, then %+v", drawn, again)
	}
	for _, a := range []message.DigitAsk{{Ways: ways, Image: []byte{1}}, {Ways: ways, Index: -1}, {Ways: ways, Index: digits.TestCount}, {Ways: []message.Way{{Bits: 9}}}} {
		if _, err := s.digit(a); err == nil {
			t.Errorf("%+v: no error", a)
		}
	}
	if _, err := New(Host{}).digit(message.DigitAsk{}); err == nil {
		t.Error("no model, and no error")
	}
}
