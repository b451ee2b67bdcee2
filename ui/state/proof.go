package state

import (
	"maps"
	"slices"
	"strings"
	"time"

	"splitquant/core/evaluate"
	"splitquant/core/recipe"
	"splitquant/wasm/message"
)

// A Proof is what step 4 shows: what to run the models on, and what came of it.
type Proof struct {
	// What to run, and on what.
	Data      []string // the files with labelled data; none: generated inputs
	Tokenizer string   // the file with the tokenizer or vocabulary, or empty
	Images    string   // how pixels become numbers: a word of [Scales]
	Rivals    map[string]bool
	Sizes     map[string]int64 // of dimensions that the model leaves open, where they are said
	Static    int              // bits of activations in a further variant; 0 for none
	Method    string           // how their ranges are found: a word of [Methods]

	Doing    string // message.Verify, message.Sensitivity, or empty
	Started  time.Time
	Progress float64 // share that is done
	Of       string  // the model, or the layer, that is being worked on
	Stage    string

	Info   *message.ProofInfo // nil before the first proof
	Report string             // the address of its report, or empty
	SaveAs string             // the name of that
	Asked  recipe.Options     // the options that its result has
	Table  int                // the line of Info whose confusion matrix is shown
	Page   int                // of the rows that differ
	Matrix bool               // the confusion matrix is unfolded
	Rows   bool               // so are the rows that differ

	Hurt  *evaluate.Ranking
	Doubt []string // what is odd about its data

	Error string // why there is no proof; empty where there is one
}

// Scales are the ways to turn pixels into numbers.
var Scales = []string{message.ScaleUnit, message.ScaleSigned, message.ScaleImageNet, message.ScaleRaw}

// Methods are the ways to find ranges of activations.
var Methods = []string{"minmax", "percentile:99.9", "mse", "entropy"}

func newProof() Proof {
	return Proof{Images: Scales[0], Method: Methods[0], Rivals: map[string]bool{
		recipe.RivalPlain: true, recipe.RivalSize: true, recipe.RivalKMeans: true, recipe.RivalResolution: true, recipe.RivalResidual: true,
	}}
}

// forget drops what came of another model; what to run it on stays.
func (p *Proof) forget() {
	p.Doing, p.Info, p.Hurt, p.Error, p.Sizes = "", nil, nil, "", nil
	p.Table, p.Page = 0, 0
}

// RivalNames lists the rivals of the chosen options that are to be run.
func (s *State) RivalNames() []string {
	var names []string
	for _, r := range s.PossibleRivals() {
		if s.Proof.Rivals[r] {
			names = append(names, r)
		}
	}
	return names
}

// PossibleRivals lists the rivals of the chosen options.
func (s *State) PossibleRivals() []string {
	var bits float64
	if s.Estimate != nil {
		bits = s.Estimate.BitsPerWeight
	}
	var names []string
	for _, r := range s.Asked().Rivals(bits) {
		names = append(names, r.Name)
	}
	return names
}

// SetSize says how large a dimension of generated inputs is, 0 that it is as
// large as usual.
func (p *Proof) SetSize(name string, size int64) {
	if size <= 0 {
		delete(p.Sizes, name)
		return
	}
	if p.Sizes == nil {
		p.Sizes = map[string]int64{}
	}
	p.Sizes[name] = size
}

// ProofStatic reports whether the choices have the activations of a line of
// the proof, in the ranges that it found.
func (s *State) ProofStatic(l message.ProofLine) bool {
	o := &s.Options
	return o.ActivationBits == l.Activations && o.Activations == chunks(l) && maps.Equal(o.Ranges, s.Proof.Info.Ranges)
}

// ChooseStatic makes the choices have the activations of a line of the proof,
// or leaves activations in float again.
func (s *State) ChooseStatic(l message.ProofLine) {
	o := s.clone()
	if s.ProofStatic(l) {
		o = inFloat(o)
	} else {
		o.ActivationBits, o.Ranges, o.Activations = l.Activations, s.Proof.Info.Ranges, chunks(l)
	}
	s.Choose(o)
}

// inFloat returns o with activations in float.
func inFloat(o recipe.Options) recipe.Options {
	if o.ActivationBits > 0 {
		o.ActivationBits, o.Ranges, o.Activations = 0, nil, "keep"
	}
	return o
}

// chunks is the choice of Activations that a line has.
func chunks(l message.ProofLine) string {
	if l.Model == message.StaticSplit {
		return "split"
	}
	return "keep"
}

// ProofOutdated reports whether the proof is of other options than those that
// are chosen now.
func (s *State) ProofOutdated() bool {
	was, now := s.Proof.Asked, s.Asked()
	return s.Proof.Info != nil && (was.String() != now.String() || !maps.Equal(was.Ranges, now.Ranges))
}

// WorstLayers returns the names of the n layers that hurt most, of those that
// the choices quantize to fewer than 8 bits. Layers that share a weight are one.
func (s *State) WorstLayers(n int) []string {
	if s.Proof.Hurt == nil {
		return nil
	}
	var names []string
	for _, l := range s.Proof.Hurt.Layers {
		if bits := s.LayerBits(l.Layers[0]); n > 0 && bits > 0 && bits < 8 {
			names = append(names, l.Layers...)
			n--
		}
	}
	return names
}

// LayerBits is how many bits the chosen options give a layer, 0 where it is
// left out.
func (s *State) LayerBits(name string) int {
	o := s.Asked()
	if _, in := o.Selects(name); !in {
		return 0
	}
	return o.For(name).Bits
}

// GiveBits gives layers so many bits, or takes that back where bits is 0.
func (s *State) GiveBits(bits int, names ...string) {
	o := s.clone()
	for _, name := range names {
		glob := recipe.Literal(name)
		i := slices.IndexFunc(o.Layers, func(r recipe.Rule) bool { return r.Layer == glob })
		if i < 0 {
			i = len(o.Layers)
			o.Layers = append(o.Layers, recipe.Rule{Layer: glob})
		}
		o.Layers[i].Bits = bits
	}
	o.Layers = slices.DeleteFunc(o.Layers, nothing)
	s.Choose(o)
}

// isData and isTokenizer tell files for a proof by their names.
func isTokenizer(name string) bool {
	return name == "tokenizer.json" || name == "vocab.txt" || hasSuffix(name, "vocab.txt", "tokenizer.json")
}

// SetData takes files for the proof. Data take the place of the data before, a
// tokenizer that of the one before.
func (p *Proof) SetData(names []string) {
	var data []string
	for _, n := range names {
		if isTokenizer(n) {
			p.Tokenizer = n
		} else {
			data = append(data, n)
		}
	}
	if len(data) > 0 {
		p.Data = data
	}
}

// IsProofData reports whether all the files are such that only a proof can
// use them.
func IsProofData(names []string) bool {
	for _, n := range names {
		if !isTokenizer(n) && !hasSuffix(n, ".tsv", ".csv", ".idx", "-ubyte", "-ubyte.gz") {
			return false
		}
	}
	return len(names) > 0
}

func hasSuffix(name string, suffixes ...string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// HasPixels reports whether files of such names may hold pictures: all but
// tables may.
func HasPixels(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return !hasSuffix(n, ".tsv", ".csv", ".txt") })
}
