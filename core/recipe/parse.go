package recipe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads what [Options.String] writes, as the metadata of a result has it.
// What it does not write, the ranges of activations, is not there.
func Parse(s string) (Options, error) {
	o := Defaults()
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		word, rest := s, ""
		if i := strings.IndexAny(s, " ="); i >= 0 {
			word, rest = s[:i], s[i:]
		}
		if !strings.HasPrefix(rest, "=") {
			if err := o.flag(word); err != nil {
				return o, err
			}
			s = rest
			continue
		}
		var err error
		if s, err = o.take(word, rest[1:]); err != nil {
			return o, fmt.Errorf("option %s: %w", word, err)
		}
	}
	return o, o.Validate()
}

func (o *Options) flag(word string) error {
	switch word {
	case "symmetric":
		o.Symmetric = true
	case "embeddings":
		o.Embeddings = true
	case "no-fold":
		o.NoFold = true
	default:
		return fmt.Errorf("option %q is unknown", word)
	}
	return nil
}

// take reads the value of an option from the start of s, and returns the rest.
func (o *Options) take(option, s string) (rest string, err error) {
	switch list := map[string]*[]string{
		"include": &o.Include, "exclude": &o.Exclude, "as-linear": &o.AsLinear, "as-embedding": &o.AsEmbedding,
	}[option]; {
	case list != nil:
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", err
		}
		glob, err := strconv.Unquote(quoted)
		*list = append(*list, glob)
		return s[len(quoted):], err
	case option == "layer":
		var r Rule
		d := json.NewDecoder(strings.NewReader(s))
		if err := d.Decode(&r); err != nil {
			return "", err
		}
		o.Layers = append(o.Layers, r)
		return s[d.InputOffset():], nil
	}
	word, rest, _ := strings.Cut(s, " ")
	if text := map[string]*string{
		"strategy": &o.Strategy, "form": &o.Form, "granularity": &o.Granularity, "cluster": &o.Cluster, "clip": &o.Clip,
		"bias": &o.Bias, "activations": &o.Activations, "target": &o.Target,
	}[option]; text != nil {
		*text = word
		return rest, nil
	}
	number := map[string]*int{"bits": &o.Bits, "activation-bits": &o.ActivationBits, "parts": &o.Parts, "palette": &o.Palette}[option]
	if number == nil {
		return "", fmt.Errorf("is unknown")
	}
	*number, err = strconv.Atoi(word)
	return rest, err
}
