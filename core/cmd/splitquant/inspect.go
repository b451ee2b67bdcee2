package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"splitquant/core/model"
	"splitquant/core/report"
	"splitquant/core/tensor"
)

type inspectCmd struct {
	Model  string `arg:"" help:"The model file."`
	JSON   bool   `help:"Print JSON."`
	SHA256 bool   `name:"sha256" help:"With --json, the SHA-256 of every tensor's values as little-endian float32."`
}

func (c *inspectCmd) Run(s streams) error {
	f, closeModel, err := new(files).openModel(c.Model)
	if err != nil {
		return err
	}
	if c.SHA256 && !c.JSON {
		return usageError{errors.New("--sha256 needs --json")}
	}
	defer closeModel()
	in := inspect(f.Model(), f.Size())
	if c.JSON {
		if in.Tensors, err = inspectTensors(f.Model(), c.SHA256); err != nil {
			return fmt.Errorf("%s: %w", c.Model, err)
		}
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(in)
	}
	return in.print(s.out)
}

// inspection is what inspect prints.
type inspection struct {
	Format      string              `json:"format"`
	Version     string              `json:"version,omitempty"`
	Producer    string              `json:"producer,omitempty"`
	Bytes       int64               `json:"bytes"`
	Parameters  int64               `json:"parameters"`
	Layers      []inspectedLayer    `json:"layers"`
	Tensors     []inspectedTensor   `json:"tensors,omitempty"`
	Activations []report.Activation `json:"activations,omitempty"`
	Warnings    []string            `json:"warnings,omitempty"`
}

type inspectedLayer struct {
	Name       string  `json:"name"`
	Op         string  `json:"op"`
	Kind       string  `json:"kind"`
	Shape      []int64 `json:"shape"`
	Parameters int64   `json:"parameters"`
	Type       string  `json:"type,omitempty"`
	Skipped    string  `json:"skipped,omitempty"`
}

// inspectedTensor is a tensor of the file. Encoding is how the file keeps it where
// DType does not say.
type inspectedTensor struct {
	Name     string  `json:"name"`
	DType    string  `json:"dtype"`
	Shape    []int64 `json:"shape"`
	Encoding string  `json:"encoding,omitempty"`
	SHA256   string  `json:"sha256,omitempty"`
}

// inspectTensors lists the tensors of a model, with sums of those that hold
// numbers where they are asked for.
func inspectTensors(m *model.Model, sums bool) (list []inspectedTensor, err error) {
	for _, t := range m.Tensors {
		i := inspectedTensor{Name: t.Name, DType: t.Type.String(), Shape: append([]int64{}, t.Shape...), Encoding: t.Encoding}
		if sums {
			if i.SHA256, err = sumOf(t); err != nil {
				return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// sumOf is the SHA-256 of a tensor's values as little-endian float32; empty where
// it has none that are numbers.
func sumOf(t *model.Tensor) (string, error) {
	n, err := t.Shape.Elems()
	if err != nil {
		return "", err
	}
	if tensor.Float32s(nil, nil, t.Type) != nil || t.Data == nil {
		return "", nil
	}
	const piece = 1 << 18 // a multiple of 8, so that codes of any width start on a byte
	bits := int64(t.Type.Bits())
	raw, values := make([]byte, (min(n, piece)*bits+7)/8), make([]float32, min(n, piece))
	floats, sum := make([]byte, 4*len(values)), sha256.New()
	for at := int64(0); at < n; at += piece {
		v := values[:min(piece, n-at)]
		b := raw[:(int64(len(v))*bits+7)/8]
		if got, err := t.Data.ReadAt(b, at*bits/8); got < len(b) {
			return "", err
		}
		if err := tensor.Float32s(v, b, t.Type); err != nil {
			return "", err
		}
		for i, x := range v {
			binary.LittleEndian.PutUint32(floats[4*i:], math.Float32bits(x))
		}
		sum.Write(floats[:4*len(v)])
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func inspect(m *model.Model, bytes int64) inspection {
	in := inspection{
		Format: m.Format, Version: m.Version, Producer: m.Producer, Bytes: bytes,
		Parameters: m.Parameters, Warnings: m.Warnings, Layers: []inspectedLayer{},
	}
	for _, l := range m.Layers {
		i := inspectedLayer{
			Name: l.Name, Op: l.Op, Kind: string(l.Kind), Shape: append([]int64{}, l.Shape...),
			Parameters: l.Parameters(), Skipped: l.Skipped,
		}
		if l.Weight != nil {
			i.Type = l.Weight.Type.String()
		}
		in.Layers = append(in.Layers, i)
	}
	for _, a := range m.Activations {
		in.Activations = append(in.Activations, report.Activation{Name: a.Name, Op: a.Op, Axis: a.Axis, Channels: a.Channels, Skipped: a.Skipped})
	}
	return in
}

func (in inspection) print(w io.Writer) error {
	what := in.Format
	if in.Version != "" {
		what += ", " + report.Printable(in.Version)
	}
	fmt.Fprintf(w, "%s, %d parameters, %d bytes\n", what, in.Parameters, in.Bytes)
	for _, warning := range in.Warnings {
		fmt.Fprintln(w, "warning:", report.Printable(warning))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range in.Layers {
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%d\t%s\n", report.Printable(l.Name), report.Printable(l.Op), l.Shape, l.Type, l.Parameters, report.Printable(l.Skipped))
	}
	return t.Flush()
}
