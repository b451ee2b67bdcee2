package session

import (
	"strings"
	"testing"

	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// A suggestion keeps its promise when it is run.
func TestSuggest(t *testing.T) {
	k := opened(t)
	o := recipe.Defaults()
	o.Exclude = []string{"fc1"} // the large one
	said := k.ask(message.Request{ID: 2, Do: message.Suggest, Options: &o, Goal: &message.Goal{Budget: 4.5}})
	last := said[len(said)-1]
	if !last.Final || last.Suggestion == nil || len(said) < 5 {
		t.Fatalf("%d replies, the last %+v", len(said), last)
	}
	got := last.Suggestion
	if got.BitsPerWeight > 4.5 || got.SQNR == nil {
		t.Errorf("%.2f bits for a budget of 4.5, SQNR %v", got.BitsPerWeight, got.SQNR)
	}
	said = k.ask(message.Request{ID: 3, Do: message.Run, Options: &got.Recipe})
	r := said[len(said)-1].Report
	if r == nil || r.SQNR == nil || *r.SQNR < *got.SQNR-0.01 || r.BitsPerWeight > got.BitsPerWeight+0.01 {
		t.Errorf("promised %.2f bits and %.2f dB, ran to %+v", got.BitsPerWeight, *got.SQNR, r)
	}
	if said := k.ask(message.Request{ID: 4, Do: message.Suggest, Goal: &message.Goal{Budget: 1}}); !strings.Contains(said[len(said)-1].Error, "no setting reaches the goal") {
		t.Errorf("%+v", said)
	}
}

func TestFrontierAndCompare(t *testing.T) {
	k := opened(t)
	o := recipe.Defaults()
	o.Exclude = []string{"fc1"} // the large one
	said := k.ask(message.Request{ID: 2, Do: message.Frontier, Options: &o})
	f := said[len(said)-1].Frontier
	if f == nil || len(f.Points) < 80 || f.Model != "digits.onnx" {
		t.Fatalf("%+v", said[len(said)-1])
	}
	said = k.ask(message.Request{ID: 3, Do: message.Compare, Limit: 1 << 20, Options: &o})
	c := said[0].Comparison
	if c == nil || c.Weights != c.All || c.Plain.Bits != 4 || *c.Plain.SQNR <= *c.Own.SQNR {
		t.Errorf("the paper's options against plain quantization of their size: %+v", c)
	}
}
