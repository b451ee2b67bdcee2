package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"splitquant/core/model"
	"splitquant/core/report"
)

type inspectCmd struct {
	Model string `arg:"" help:"The model file."`
	JSON  bool   `help:"Print JSON."`
}

func (c *inspectCmd) Run(s streams) error {
	f, closeModel, err := new(files).openModel(c.Model)
	if err != nil {
		return err
	}
	defer closeModel()
	in := inspect(f.Model(), f.Size())
	if c.JSON {
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
	fmt.Fprintf(w, "%s, %s, %d parameters, %d bytes\n", in.Format, report.Printable(in.Version), in.Parameters, in.Bytes)
	for _, warning := range in.Warnings {
		fmt.Fprintln(w, "warning:", report.Printable(warning))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range in.Layers {
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%d\t%s\n", report.Printable(l.Name), report.Printable(l.Op), l.Shape, l.Type, l.Parameters, report.Printable(l.Skipped))
	}
	return t.Flush()
}
