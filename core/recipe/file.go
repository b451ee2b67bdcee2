package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Rule says what is different for the layers whose names match a glob.
// Where several rules match a layer, the later ones prevail.
type Rule struct {
	Layer       string `json:"layer"`          // a glob, see Match
	Bits        int    `json:"bits,omitempty"` // 0, like the empty words below: as in the options
	Strategy    string `json:"strategy,omitempty"`
	Form        string `json:"form,omitempty"`
	Granularity string `json:"granularity,omitempty"`
	Clip        string `json:"clip,omitempty"`
	Parts       int    `json:"parts,omitempty"`
	Palette     int    `json:"palette,omitempty"`
	Exclude     bool   `json:"exclude,omitempty"`
}

// For returns the options of one layer: those of the run, changed by the
// rules that match its name. They have no rules themselves, and where they
// mean plain quantization both Strategy and Form say so.
func (o Options) For(layer string) Options {
	rules := o.Layers
	o.Layers = nil
	for _, r := range rules {
		if !Match(r.Layer, layer) {
			continue
		}
		give(&o.Bits, r.Bits)
		if r.Strategy != "" || r.Form != "" { // which would mean nothing beside a palette
			o.Palette = 0
		}
		give(&o.Parts, r.Parts)
		give(&o.Palette, r.Palette)
		give(&o.Strategy, r.Strategy)
		give(&o.Form, r.Form)
		give(&o.Granularity, r.Granularity)
		give(&o.Clip, r.Clip)
	}
	switch {
	case o.Palette != 0:
		o.Strategy, o.Form = "none", "codebook"
	case o.Form == "matmulnbits": // one part or more, and never without groups
		if o.Group() == 0 {
			o.Granularity = "group:32"
		}
	case o.Strategy == "none" && o.Form == "float" && o.Activations == "split": // weights stay as they are
	case !o.Splits(): // both words mean the same
		o.Strategy, o.Form = "none", "plain"
	}
	return o
}

// give sets an option to what a rule says, if it says anything.
func give[T comparable](option *T, rule T) {
	var none T
	if rule != none {
		*option = rule
	}
}

// validate reports the first word of the rule that is not known.
func (r Rule) validate() error {
	o := Defaults()
	o.Layers = []Rule{r}
	o.Layers[0].Layer = "*"
	if err := o.For("").Validate(); err != nil {
		return fmt.Errorf("layers %q: %w", r.Layer, err)
	}
	return nil
}

// Read reads a recipe: a JSON object with the fields of [Options], those that
// are missing as in [Defaults]. Fields that are not known are an error, since
// they would be choices that have no effect.
func Read(r io.Reader) (Options, error) {
	o := Defaults()
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return Options{}, fmt.Errorf("recipe: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Options{}, errors.New("recipe: there is more after the JSON object")
	}
	if err := o.Validate(); err != nil {
		return Options{}, fmt.Errorf("recipe: %w", err)
	}
	return o, nil
}

// Write writes the recipe as [Read] reads it.
func (o Options) Write(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(o); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
