package session

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"splitquant/core/model"
	"splitquant/core/plan"
	"splitquant/core/recipe"
	"splitquant/core/safetensors"
	"splitquant/core/tensor"
	"splitquant/wasm/message"
)

// neighbour is a hand in the same process: a session of its own, to which all
// goes as JSON. It is gone after so many requests.
type neighbour struct {
	*Session
	left   int
	answer Answer
	line   chan struct{}
}

func newNeighbour(t *testing.T, left int) *neighbour {
	n := &neighbour{left: left, line: make(chan struct{}, 1)}
	n.Session = New(Host{
		Reply:      func(r message.Reply, _ Store) { n.answer = Answer{Reply: r} },
		ReplyParts: func(r message.Reply, parts [][]byte) { n.answer = Answer{Reply: r, Parts: parts} },
		ReplyKept: func(r message.Reply, kept []io.ReaderAt) error {
			n.answer = Answer{Reply: r, Kept: kept}
			return nil
		},
		NewStore: func() Store { return new(memory) },
		Hands:    2,
		NewHand: func() Hand {
			t.Error("a hand has a hand of its own")
			return newNeighbour(t, 0)
		},
		Yield: func() {},
	})
	return n
}

func (n *neighbour) Ask(r message.Request, files []File) (Answer, error) {
	n.line <- struct{}{}
	defer func() { <-n.line }()
	if n.left--; n.left < 0 {
		return Answer{}, errors.New("gone")
	}
	text, err := json.Marshal(r)
	if err != nil {
		return Answer{}, err
	}
	var sent message.Request
	if err := json.Unmarshal(text, &sent); err != nil {
		return Answer{}, err
	}
	n.work(Job{sent, files})
	return n.answer, nil
}

func (n *neighbour) Stop() { n.left = 0 }

// large is a safetensors file of more weights than worthHands.
func large(t *testing.T) File {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 2))
	var tensors []*model.Tensor
	for name, shape := range map[string]tensor.Shape{"a.weight": {300, 300}, "b.weight": {64, 640}} {
		n, _ := shape.Elems()
		var data []byte
		for range n {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(r.NormFloat64())))
		}
		tensors = append(tensors, &model.Tensor{Name: name, Type: tensor.Float32, Shape: shape, Data: bytes.NewReader(data)})
	}
	var b bytes.Buffer
	if _, err := safetensors.Write(&b, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return File{"large.safetensors", int64(b.Len()), bytes.NewReader(b.Bytes())}
}

// The oracle is the plan run in one place: with hands, and with hands that die
// on the way, a session makes the same bytes.
func TestCrew(t *testing.T) {
	defer func(n int64, k int) { worthHands, worthKeeping = n, k }(worthHands, worthKeeping)
	worthHands, worthKeeping = 100_000, 16<<10 // of the larger weight's parts
	file := large(t)
	o := recipe.Defaults()
	var want memory
	f, err := plan.Open(file, file.Size, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Quantize(t.Context(), &want, f, o, plan.Memory{}, 1, nil); err != nil {
		t.Fatal(err)
	}
	for _, lives := range [][]int{{1000, 1000}, {3, 1000}, {3, 3}, {4, 2}, {0, 0}} {
		k := newTalk()
		k.host.Hands = len(lives)
		started := 0
		k.host.NewHand = func() Hand {
			started++
			return newNeighbour(t, lives[started-1])
		}
		k.Add(Job{message.Request{ID: 1, Do: message.Open, Name: file.Name}, []File{file}})
		k.ask()
		for range 2 {
			said := k.ask(message.Request{ID: 2, Do: message.Run, Options: &o})
			if last := said[len(said)-1]; last.Error != "" || last.Report == nil {
				t.Fatalf("hands that live for %v requests: %+v", lives, last)
			}
			if !bytes.Equal(k.result, want.Bytes()) {
				t.Errorf("hands that live for %v requests: other bytes", lives)
			}
		}
		if started != len(lives) {
			t.Errorf("%d hands, want %d", started, len(lives))
		}
	}
}
