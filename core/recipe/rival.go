package recipe

import "slices"

// A Rival is another way to quantize, to compare a result with.
type Rival struct {
	Name    string
	Options Options
}

// The names of rivals.
const (
	RivalPlain      = "plain"      // not split, to the same bits
	RivalSize       = "plain size" // not split, to as many bits as the result stores for a weight
	RivalKMeans     = "kmeans"
	RivalResolution = "resolution"
	RivalResidual   = "residual"
)

// Rivals returns what to compare a result of these options with that stores so
// many bits for each weight: plain quantization to the same bits and at the
// same size, and the other ways to split. Whatever does not go together with
// the options, or would be the result itself, is left out.
func (o Options) Rivals(bitsPerWeight float64) []Rival {
	own := o.String()
	o.Layers = slices.Clone(o.Layers)
	for i := range o.Layers { // bits and scales of single layers stay
		r := &o.Layers[i]
		r.Strategy, r.Form, r.Parts, r.Palette = "", "", 0, 0
	}
	plain := o
	plain.Strategy, plain.Form, plain.Parts, plain.Palette = "none", "plain", 3, 0
	size := plain
	size.Bits = storedBits(bitsPerWeight)
	rivals := []Rival{{RivalPlain, plain}, {RivalSize, size}}
	for _, strategy := range []string{RivalKMeans, RivalResolution, RivalResidual} {
		split := o
		split.Strategy, split.Palette = strategy, 0
		if !split.Splits() || split.Form == "float" || split.Form == "matmulnbits" {
			split.Form = "summed"
		}
		if strategy == RivalResidual {
			split.Parts = 3
			if split.Form == "codebook" {
				split.Form = "summed"
			}
		}
		rivals = append(rivals, Rival{strategy, split})
	}
	return slices.DeleteFunc(rivals, func(r Rival) bool {
		return r.Options.String() == own || r.Options.Validate() != nil ||
			r.Name == RivalSize && r.Options.Bits == plain.Bits
	})
}

// storedBits is the widest integer that a file stores in at most so many bits.
func storedBits(bitsPerWeight float64) int {
	for _, bits := range []int{8, 4} {
		if float64(bits) <= bitsPerWeight+0.5 { // scales weigh a little
			return bits
		}
	}
	return 2
}
