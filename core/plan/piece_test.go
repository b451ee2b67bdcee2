package plan

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"splitquant/core/model"
	"splitquant/core/recipe"
	"splitquant/core/report"
	"splitquant/core/tensor"
)

// large is a model of weights of more than a chunk each, in all layouts that
// pieces have to cope with.
func large() *model.Model {
	var layers []model.Layer
	for i, typ := range []tensor.Type{tensor.Float32, tensor.BFloat16, tensor.Float16, tensor.Float64} {
		seed := uint64(10 * i)
		wide := linear("wide "+typ.String(), drawn(typ, seed+1, 140, 1003), drawn(typ, seed+2, 140))
		tall := linear("tall "+typ.String(), drawn(typ, seed+3, 1003, 140), nil)
		tall.OutAxis = 1
		conv := model.Layer{Name: "conv " + typ.String(), Op: "Conv", Kind: model.Conv, Weight: drawn(typ, seed+4, 60, 50, 5, 5)}
		conv.Shape = conv.Weight.Shape
		back := model.Layer{Name: "back " + typ.String(), Op: "ConvTranspose", Kind: model.ConvTranspose, OutAxis: 1, Weight: drawn(typ, seed+5, 40, 24, 9, 9)}
		back.Shape = back.Weight.Shape
		if layers = append(layers, wide); typ == tensor.Float32 || full {
			layers = append(layers, tall, conv, back)
		}
	}
	return &model.Model{Layers: layers}
}

// pieceOptions are those under which weights are cut into pieces.
func pieceOptions() (all []recipe.Options) {
	for _, granularity := range []string{"tensor", "channel"} {
		for _, strategy := range []string{"kmeans", "resolution", "residual", "none"} {
			for _, bits := range []int{2, 8} {
				if bits == 8 && !full && strategy != "resolution" {
					continue
				}
				o := recipe.Defaults()
				o.Granularity, o.Strategy, o.Bits = granularity, strategy, bits
				all = append(all, o)
			}
		}
		o := recipe.Defaults()
		o.Granularity, o.Cluster, o.Form = granularity, "kernel", "float"
		all = append(all, o)
	}
	return all
}

// carriedOut returns the report of a plan that was carried out, and the bytes of all
// it made.
func carriedOut(t *testing.T, p *Plan, w *Work) (*report.Report, [][]byte) {
	t.Helper()
	r := w.Result()
	var made [][]byte
	for _, c := range r.Changes {
		for _, s := range c.Parts {
			made = append(made, bytesOf(t, s, c.Form))
		}
		for _, i := range p.users[c.Weight] {
			for _, s := range c.Biases[i] {
				made = append(made, bytesOf(t, s, c.Form))
			}
		}
	}
	return r.Report, made
}

// The oracle is the work on whole weights: pieces, in whatever order they are
// done, come to the same bytes and the same figures, also when all that is asked
// and answered went through JSON, to plans of their own.
func TestPiecesAddUpToTheWhole(t *testing.T) {
	m := large()
	for _, o := range pieceOptions() {
		p, err := New(m, o)
		if err != nil {
			t.Fatal(err)
		}
		whole := p.Work(Memory{}, nil)
		if err := whole.Run(context.Background(), 1, p.Do); err != nil {
			t.Fatal(err)
		}
		wantReport, want := carriedOut(t, p, whole)

		pieceSize = chunk
		pieces := p.Work(Memory{}, nil)
		cut := 0
		for _, u := range pieces.units {
			cut += u.pieces - 1
		}
		if min := 4; cut < min {
			t.Errorf("%v: %d cuts in all weights, want %d or more", o, cut, min)
		}
		inAnyOrder(t, m, o, pieces)
		pieceSize = 1 << 22
		gotReport, got := carriedOut(t, p, pieces)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: other bytes in pieces", o)
		}
		if !reflect.DeepEqual(gotReport, wantReport) {
			t.Errorf("%v: another report in pieces:\n%+v\n%+v", o, gotReport, wantReport)
		}
	}
}

// inAnyOrder does the tasks of w in the order of chance, each in a plan of its own.
func inAnyOrder(t *testing.T, m *model.Model, o recipe.Options, w *Work) {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 8))
	elsewhere, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	var waiting []Task
	for !w.Finished() {
		for {
			task, ok := w.Next()
			if !ok {
				break
			}
			waiting = append(waiting, task)
		}
		i := r.IntN(len(waiting))
		var sent Task
		throughJSON(t, waiting[i], &sent)
		done, err := elsewhere.Do(context.Background(), sent)
		if err != nil {
			t.Fatal(err)
		}
		text, beside, err := done.Pack()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unpack(text, beside)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Put(waiting[i], back); err != nil {
			t.Fatal(err)
		}
		waiting = slices.Delete(waiting, i, i+1)
	}
}

func throughJSON(t *testing.T, from, to any) {
	t.Helper()
	b, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(err)
	}
}

func TestJoined(t *testing.T) {
	whole := []byte("0123456789")
	j := joined{[]io.ReaderAt{sectionOf(whole[:4]), sectionOf(whole[4:8]), sectionOf(whole[8:])}, 4}
	for from := range whole {
		for to := from; to <= len(whole); to++ {
			p := make([]byte, to-from)
			if n, err := j.ReadAt(p, int64(from)); n != len(p) || err != nil && err != io.EOF || string(p) != string(whole[from:to]) {
				t.Errorf("[%d, %d) is %q, %d, %v", from, to, p, n, err)
			}
		}
	}
	if n, err := j.ReadAt(make([]byte, 5), 8); n != 2 || err != io.EOF {
		t.Errorf("beyond the end: %d, %v", n, err)
	}
}

func sectionOf(b []byte) io.ReaderAt { r, _ := Memory{}.Put(b); return r }
