package onnx

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"splitquant/core/model"
)

// TestManyMessages refuses files that are nothing but empty messages, and that
// before they take much memory.
func TestManyMessages(t *testing.T) {
	const n = 1 << 20
	for name, b := range map[string][]byte{
		"values":       aModel(8, 17, aGraph(bytes.Repeat(pbMsg(13), n))),
		"initializers": aModel(8, 17, aGraph(bytes.Repeat(pbMsg(5), n))),
		"tensors":      aModel(8, 17, aGraph(bytes.Repeat(pbMsg(5, pbInt(2, 1)), n))),
		"nodes":        aModel(8, 17, aGraph(bytes.Repeat(pbMsg(1, pbStr(4, "a")), n))),
		"attributes":   aModel(8, 17, aGraph(pbMsg(1, pbStr(4, "Relu"), bytes.Repeat(pbMsg(5), n)))),
		"opsets":       aModel(8, 17, nil, bytes.Repeat(pbMsg(8), n)),
		"inputs":       aModel(8, 17, nil, pbMsg(25, pbStr(1, "f"), bytes.Repeat(pbMsg(4), n))),
	} {
		bytes, err := allocated(func() error { _, err := openBytes(b); return err })
		if err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
		if most := uint64(200 << 20); bytes > most {
			t.Errorf("%s: %d bytes are allocated for a file of %d", name, bytes, len(b))
		}
	}
}

// TestManyProperties opens a file with a million properties, and replaces one.
func TestManyProperties(t *testing.T) {
	b := aModel(8, 17, aGraph(aNode("n", "MatMul", list("x", "w"), list("y")), anInit("w", 2, 2)),
		bytes.Repeat(pbMsg(14), 1<<20), pbMsg(14, pbStr(1, "k"), pbStr(2, "old")))
	var f *File
	bytes, err := allocated(func() (err error) { f, err = openBytes(b); return err })
	if err != nil || bytes > 1<<20 {
		t.Errorf("%d bytes are allocated, %v", bytes, err)
	}
	_, _, out := write(t, f, floatSplit(t, f), WriteOptions{Properties: []model.Property{{Key: "k", Value: "new"}}})
	if n := strings.Count(string(out), "old"); n != 0 {
		t.Errorf("%d old values", n)
	}
}

func allocated(do func() error) (uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// TestManyLayers writes a chain of layers, which have one name, or one weight,
// or neither. The work is bounded in what can be counted: the bytes allocated
// for each layer.
func TestManyLayers(t *testing.T) {
	for _, test := range []struct{ name, weight string }{{"n%d", "w%d"}, {"n", "w%d"}, {"n%d", "w"}} {
		var each [2]uint64
		for i, n := range []int{500, 4000} {
			f := mustOpen(t, chainOf(n, test.name, test.weight))
			changes := floatSplit(t, f)
			for i := range changes {
				for j := range changes[i].Parts {
					changes[i].Parts[j].Name = "part"
				}
			}
			bytes, err := allocated(func() error { _, err := f.Write(io.Discard, changes, WriteOptions{}); return err })
			if err != nil {
				t.Fatal(err)
			}
			each[i] = bytes / uint64(n)
		}
		if each[1] > 2*each[0]+1000 {
			t.Errorf("%+v: %d bytes for each of 4000 layers, %d for each of 500", test, each[1], each[0])
		}
	}
}

// chainOf is a model of n layers, named by formats of their number.
func chainOf(n int, name, weight string) []byte {
	var parts [][]byte
	made := map[string]bool{}
	format := func(format string, i int) string {
		return strings.ReplaceAll(format, "%d", fmt.Sprint(i))
	}
	for i := range n {
		w := format(weight, i)
		parts = append(parts, aNode(format(name, i), "MatMul", list(fmt.Sprint("x", i), w), list(fmt.Sprint("x", i+1))))
		if !made[w] {
			made[w] = true
			parts = append(parts, anInit(w, 3, 3))
		}
	}
	return aModel(8, 17, aGraph(slices.Concat(parts...), aValue(11, "x0", 1, 3), aValue(12, fmt.Sprint("x", n), 1, 3)))
}

// TestMergedSegments counts the segments of a file with nothing but small new
// nodes: those of a message are joined, and no two share memory.
func TestMergedSegments(t *testing.T) {
	f := mustOpen(t, chainOf(100, "n%d", "w"))
	changes := floatSplit(t, f)
	l, err := f.layout(changes, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.out) > 20 {
		t.Errorf("%d segments", len(l.out))
	}
	a := nested(1, slices.Concat(literal([]byte("a")), literal([]byte("b"))))
	b, c := nested(1, slices.Concat(a, literal([]byte("c")))), nested(1, slices.Concat(a, literal([]byte("d"))))
	if string(b[0].lit) != "\x0a\x05\x0a\x02abc" || string(c[0].lit) != "\x0a\x05\x0a\x02abd" || string(a[0].lit) != "\x0a\x02ab" {
		t.Errorf("%q, %q, %q", a[0].lit, b[0].lit, c[0].lit)
	}
}

// TestLongJoins opens layers whose weights are joined of ever more pieces.
func TestLongJoins(t *testing.T) {
	const n = 20000
	parts := [][]byte{anInit("c0", 3, 3)}
	for i := range n {
		parts = append(parts,
			aNode("", "Concat", list(fmt.Sprint("c", i), fmt.Sprint("c", i)), list(fmt.Sprint("c", i+1)), attrInt("axis", 0)),
			aNode("", "MatMul", list("x", fmt.Sprint("c", i+1)), list(fmt.Sprint("m", i+1))))
	}
	bytes, err := allocated(func() error { _, err := openBytes(aModel(8, 17, aGraph(parts...))); return err })
	if err != nil || bytes > 1<<30 {
		t.Errorf("%d bytes are allocated, %v", bytes, err)
	}
}
