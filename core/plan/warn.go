package plan

import (
	"fmt"

	"splitquant/core/tensor"
)

// warnings say, before a run, what its result will cost that people may not
// expect: a file larger than the original, and parts that store more bits than
// plain quantization with more levels does. What depends on the values of the
// weights they leave out.
func (p *Plan) warnings(before, after int64) (all []string) {
	if len(p.Units) > 0 && before > 0 && after > before {
		all = append(all, fmt.Sprintf("the result is larger than the original: %d bytes instead of %d", after, before))
	}
	type setting struct{ bits, parts int }
	var settings []setting
	layers := make(map[setting]int)
	for _, u := range p.Units {
		if !u.Split || u.codebook() || u.float() || u.Options.Strategy == "residual" {
			continue
		}
		s := setting{u.params.Bits, u.parts()}
		if layers[s] == 0 {
			settings = append(settings, s)
		}
		layers[s] += len(u.Layers)
	}
	for _, s := range settings {
		if rival := rivalOf(s.bits, s.parts); rival != "" {
			all = append(all, fmt.Sprintf("%d parts of INT%d store %d bits a weight and have %d levels; %s (%s)",
				s.parts, s.bits, s.parts*width(s.bits), s.parts<<s.bits, rival, count(layers[s], "layer")))
		}
	}
	return all
}

// rivalOf says what stores no more bits than so many parts and has more levels;
// empty where nothing is known to. The levels of a split can lie closer where the
// weights are, so that a rival with a few more is not always better: it is said
// what it has.
func rivalOf(bits, parts int) string {
	stored, levels := parts*width(bits), parts<<bits
	best := 0
	for _, b := range []int{2, 3, 4, 5, 6, 8} {
		if width(b) <= stored && 1<<b > levels {
			best = b
		}
	}
	switch {
	case best > 0:
		return fmt.Sprintf("plain INT%d stores %d and has %d, and form codebook keeps this split in %d", best, width(best), 1<<best, indexType(levels).Bits())
	case stored > tensor.Float16.Bits():
		return fmt.Sprintf("half-precision floats store %d and lose less, and form codebook keeps this split in %d", tensor.Float16.Bits(), indexType(levels).Bits())
	}
	return ""
}

// width is how many bits a code of so many bits is stored in.
func width(bits int) int {
	switch {
	case bits <= 2:
		return 2
	case bits <= 4:
		return 4
	}
	return 8
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
