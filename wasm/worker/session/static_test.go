package session_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"splitquant/core/dataset/digits"
	"splitquant/core/recipe"
	"splitquant/wasm/message"
	"splitquant/wasm/worker/session"
	"splitquant/wasm/worker/session/native"
)

// The result with activations in codes of 8 bits runs beside the result, whole
// and in chunks, by ranges of which that of the input is known: it is that of
// the generated inputs. The chunks do about as well: at 8 bits most of
// the noise is that of the weights.
func TestStatic(t *testing.T) {
	if !native.Available() {
		t.Skip("needs ONNX Runtime")
	}
	content, err := os.ReadFile("../../../public/samples/digits.onnx")
	if err != nil {
		t.Fatal(err)
	}
	replies := make(chan message.Reply, 1000)
	s := session.New(native.Host(func(r message.Reply) { replies <- r }))
	go s.Serve()
	last := func() message.Reply {
		for r := range replies {
			if r.Error != "" {
				t.Fatal(r.Error)
			}
			if r.Final {
				return r
			}
		}
		return message.Reply{}
	}
	s.Add(session.Job{
		Request: message.Request{ID: 1, Do: message.Open, Name: "digits.onnx"},
		Files:   []session.File{{Name: "digits.onnx", Size: int64(len(content)), ReaderAt: bytes.NewReader(content)}},
	})
	last()
	const rows = 300
	o := recipe.Defaults()
	o.Bits, o.Strategy = 8, "none"
	for _, method := range []string{"minmax", "mse"} {
		s.Add(session.Job{Files: drawn(rows), Request: message.Request{ID: 2, Do: message.Verify, Options: &o, Verify: &message.VerifyRequest{
			Data: []string{"images-idx3-ubyte", "labels-idx1-ubyte"}, Static: &message.StaticRequest{Bits: 8, Method: method},
		}}})
		p := last().Proof
		if len(p.Lines) != 4 || p.Lines[2].Model != message.Static || p.Lines[3].Model != message.StaticSplit {
			t.Fatalf("got %+v", p.Lines)
		}
		for _, l := range p.Lines {
			if l.Error != "" {
				t.Fatalf("%s: %s", l.Model, l.Error)
			}
		}
		weights, whole, chunks := *p.Lines[1].SQNR, *p.Lines[2].SQNR, *p.Lines[3].SQNR
		t.Logf("%s: %.2f dB, with activations %.2f, in chunks %.2f", method, weights, whole, chunks)
		if whole > weights || whole < 20 || chunks < whole-0.3 {
			t.Errorf("%s: %.2f dB, with activations in codes %.2f, in chunks %.2f", method, weights, whole, chunks)
		}
		if method != "minmax" {
			continue // clips
		}
		if r := p.Ranges["image"]; r.Min != 0 || r.Max != 1 || p.RangeRows != rows {
			t.Errorf("range of the input %v on %d rows, want 0 to 1, as pixels are, on %d", r, p.RangeRows, rows)
		}
	}
}

// drawn are n pictures of digits and their labels, as MNIST comes.
func drawn(n int) []session.File {
	pixels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(n))
	pixels = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(pixels, digits.Size), digits.Size)
	labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(n))
	for i := range n {
		image, label := digits.Draw(digits.TestSeed, i)
		pixels, labels = append(pixels, image[:]...), append(labels, byte(label))
	}
	return []session.File{
		{Name: "images-idx3-ubyte", Size: int64(len(pixels)), ReaderAt: bytes.NewReader(pixels)},
		{Name: "labels-idx1-ubyte", Size: int64(len(labels)), ReaderAt: bytes.NewReader(labels)},
	}
}
