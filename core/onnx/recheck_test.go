package onnx

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"splitquant/core/tensor"
)

// TestRecheck gives the check results that are not what was planned.
func TestRecheck(t *testing.T) {
	graph := func(nodes ...[]byte) []byte {
		return aModel(8, 17, aGraph(bytes.Join(nodes, nil), anInit("w", 2, 2), aValue(11, "x", 1, 2), aValue(12, "z", 1, 2)))
	}
	first, second := aNode("a", "MatMul", list("x", "w"), list("y")), aNode("b", "MatMul", list("y", "w"), list("z"))
	good := graph(first, second)
	w := planned{"w", tensor.Float32, tensor.Shape{2, 2}}
	for _, c := range []struct {
		name    string
		result  []byte
		planned planned
		want    string // empty where all is well
	}{
		{"as planned", good, w, ""},
		{"half a file", good[:len(good)/2], w, "byte"},
		{"a tensor missing", good, planned{"v", tensor.Float32, tensor.Shape{2, 2}}, `no tensor "v"`},
		{"another type", good, planned{"w", tensor.Uint8, tensor.Shape{2, 2}}, `no tensor "w" of uint8`},
		{"another shape", good, planned{"w", tensor.Float32, tensor.Shape{4}}, `no tensor "w"`},
		{"an input missing", graph(second), w, `input "y"`},
		{"nodes in the wrong order", graph(second, first), w, `input "y"`},
		{"an output missing", graph(first), w, `output "z"`},
		{"a name twice", graph(first, first, second), w, "is the name of another value"},
		{"too few data", bytes.Replace(good, pbInts(1, 2, 2), pbInts(1, 2, 3), 1), w, "bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustOpen(t, good)
			// In pieces, as a layout has them.
			at := len(c.result) / 3
			out := append(literal(c.result[:at]), data(bytes.NewReader(c.result[at:]), int64(len(c.result)-at), "the rest")...)
			err := f.recheck(&layout{out: out, planned: []planned{c.planned}}, "")
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
	// What was odd already may stay so.
	odd := mustOpen(t, graph(second, first))
	if err := odd.recheck(&layout{out: literal(graph(second, first))}, ""); err != nil {
		t.Error(err)
	}
}

// TestReadable reads segments in all the ways that a reader may.
func TestReadable(t *testing.T) {
	want := []byte("three segments, one of them empty, and an end")
	s := literal(want[:5:5])
	s = append(s, segment{r: bytes.NewReader(want), at: 5, n: 10}, segment{lit: []byte{}, n: 0}, segment{r: bytes.NewReader(want[15:]), n: int64(len(want) - 15)})
	r := newReadable(s)
	for from := range want {
		for to := from; to <= len(want); to++ {
			b := make([]byte, to-from)
			if n, err := r.ReadAt(b, int64(from)); n != len(b) || err != nil || !bytes.Equal(b, want[from:to]) {
				t.Fatalf("from %d to %d: %q, %d, %v", from, to, b, n, err)
			}
		}
	}
	if n, err := r.ReadAt(make([]byte, 9), int64(len(want))-4); n != 4 || err == nil {
		t.Errorf("at the end: %d bytes, %v", n, err)
	}
	broken := newReadable(data(readerAt{}, 4, "the spool"))
	if _, err := broken.ReadAt(make([]byte, 4), 0); err == nil || !strings.Contains(err.Error(), "the spool") {
		t.Errorf("got error %v, want one of the spool", err)
	}
}

// readerAt fails.
type readerAt struct{}

func (readerAt) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }
