package onnx

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"splitquant/core/tensor"
)

// golden compares text with testdata/NAME.txt, or writes that file if the
// environment variable UPDATE_GOLDEN is set. Spaces in the name become hyphens.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldenFile(t, strings.NewReplacer(" ", "-", ",", "").Replace(name)+".txt", got)
}

func goldenFile(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (UPDATE_GOLDEN=1 go test writes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nexpected\n%s", path, got, want)
	}
}

// TestExampleModel makes the model that the examples open.
func TestExampleModel(t *testing.T) {
	goldenFile(t, "matmul.onnx", string(aModel(8, 17, aGraph(
		aNode("matmul", "MatMul", list("x", "w"), list("y")), anInit("w", 2, 2), aValue(11, "x", 1, 2), aValue(12, "y", 1, 2)))))
}

// dump writes down what is in a model: versions, inputs and outputs,
// initializers with their bytes, nodes.
func dump(t *testing.T, f *File) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, f.Model().Version)
	p := &parser{source: newSource(f.r, f.size)}
	err := p.each(f.proto.body, func(field field) error {
		if field.num != 14 {
			return nil
		}
		e, err := p.property(field)
		fmt.Fprintf(&b, "metadata %s\n", e.Key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	dumpGraph(t, &b, f, f.proto.graph, "")
	for _, g := range f.proto.functions {
		fmt.Fprintf(&b, "function %s, opset %d\n", g.function, importedOpset(g.opsets))
		dumpGraph(t, &b, f, g, "  ")
	}
	return b.String()
}

func dumpGraph(t *testing.T, b *strings.Builder, f *File, g *graph, indent string) {
	names := func(what string, infos []*valueInfo) {
		for _, v := range infos {
			fmt.Fprintf(b, "%s%s %s\n", indent, what, v.name)
		}
	}
	names("input", g.inputs)
	names("output", g.outputs)
	names("value", g.infos)
	for _, c := range g.inits {
		fmt.Fprintf(b, "%s%s = %s\n", indent, c.name, dumpTensor(t, c))
	}
	p := &parser{source: newSource(f.r, f.size)}
	for _, n := range g.nodes {
		v, err := p.view(n)
		if err != nil {
			t.Fatal(err)
		}
		var attrs []string
		for i, a := range v.Attrs {
			s := fmt.Sprintf("%s=%v", a.Name, a.Value)
			for _, c := range n.attrs[i].tensors {
				s = a.Name + "=" + dumpTensor(t, c)
			}
			attrs = append(attrs, s)
		}
		op := n.op
		if n.domain != "" {
			op = n.domain + ":" + op
		}
		fmt.Fprintf(b, "%s%s = %s(%s) {%s} as %q\n", indent, strings.Join(n.outputs, ", "), op, strings.Join(n.inputs, ", "), strings.Join(attrs, " "), n.name)
		for _, a := range n.attrs {
			for _, inner := range a.graphs {
				fmt.Fprintf(b, "%s  %s:\n", indent, a.name)
				dumpGraph(t, b, f, inner, indent+"    ")
			}
		}
	}
}

func dumpTensor(t *testing.T, c *constant) string {
	x := c.tensor
	n, err := x.Shape.Elems()
	if err != nil {
		t.Fatal(err)
	}
	size, err := x.Type.Bytes(n)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(x.Data, 0, size), raw); err != nil {
		t.Fatal(err)
	}
	if x.Type == tensor.Float32 {
		values := make([]float32, n)
		if err := tensor.Float32s(values, raw, x.Type); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%v %v %v", x.Type, x.Shape, values)
	}
	return fmt.Sprintf("%v %v %s", x.Type, x.Shape, hex.EncodeToString(raw))
}
